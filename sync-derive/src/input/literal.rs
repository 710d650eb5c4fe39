//! The literal of a default, as JSON.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Ident, Lit, LitStr, Token, braced, bracketed,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    token::{Brace, Bracket},
};

/// The literal of a default, as compact JSON.
#[derive(Debug, Clone)]
pub(crate) struct Literal {
    pub(crate) json: String,
    pub(crate) span: Span,
    pub(crate) tokens: TokenStream,
}

impl Parse for Literal {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let tokens: TokenStream = input.fork().parse()?;
        let span = input.span();
        let json = value(input)?;
        Ok(Self { json, span, tokens })
    }
}

impl ToTokens for Literal {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}

fn value(input: ParseStream<'_>) -> syn::Result<String> {
    if input.peek(Bracket) {
        let inside;
        bracketed!(inside in input);
        let values = inside.parse_terminated(value, Token![,])?;
        return Ok(format!(
            "[{}]",
            values.into_iter().collect::<Vec<_>>().join(",")
        ));
    }
    if input.peek(Brace) {
        let inside;
        braced!(inside in input);
        let pairs = inside.parse_terminated(pair, Token![,])?;
        return Ok(format!(
            "{{{}}}",
            pairs.into_iter().collect::<Vec<_>>().join(",")
        ));
    }
    if input.peek(Token![-]) {
        input.parse::<Token![-]>()?;
        return Ok(format!("-{}", number(&input.parse()?)?));
    }
    if input.peek(Ident::peek_any) && !input.peek(syn::LitBool) {
        let word = Ident::parse_any(input)?;
        return match word.to_string().as_str() {
            "null" | "None" => Ok("null".to_owned()),
            other => Err(syn::Error::new(
                word.span(),
                format!(
                    "a default is a literal; for a member of an enum write its name on the wire, `\"{other}\"`"
                ),
            )),
        };
    }
    match input.parse::<Lit>() {
        Ok(Lit::Str(text)) => string(&text),
        Ok(Lit::Bool(bool)) => Ok(bool.value.to_string()),
        Ok(lit) => number(&lit),
        Err(error) => Err(syn::Error::new(
            error.span(),
            "expected a literal: a string, a number, true, false, null, `[..]` or `{ key: value }`",
        )),
    }
}

fn pair(input: ParseStream<'_>) -> syn::Result<String> {
    let key = if input.peek(LitStr) {
        string(&input.parse()?)?
    } else {
        quote_json(&Ident::parse_any(input)?.unraw().to_string())
    };
    input.parse::<Token![:]>()?;
    Ok(format!("{key}:{}", value(input)?))
}

fn number(lit: &Lit) -> syn::Result<String> {
    match lit {
        Lit::Int(int) => Ok(int.base10_digits().to_owned()),
        Lit::Float(float) => {
            let digits = float.base10_digits();
            Ok(if digits.ends_with('.') {
                format!("{digits}0")
            } else {
                digits.to_owned()
            })
        }
        other => Err(syn::Error::new_spanned(
            other,
            "expected a string, a number, true or false",
        )),
    }
}

fn string(text: &LitStr) -> syn::Result<String> {
    let value = text.value();
    if value.contains('\0') {
        return Err(syn::Error::new(text.span(), "a string holds no U+0000"));
    }
    Ok(quote_json(&value))
}

fn quote_json(text: &str) -> String {
    let mut json = String::from('"');
    for char in text.chars() {
        match char {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            char if u32::from(char) < 0x20 => json.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => json.push(char),
        }
    }
    json.push('"');
    json
}
