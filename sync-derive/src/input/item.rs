//! The entries of `#[sync(...)]`: `key`, `key = value` or `key(...)`.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::{
    Attribute, Ident, LitBool, LitStr, Meta, ext::IdentExt, parse::ParseStream, parse::Parser,
};

use crate::{ctxt::Ctxt, words};

/// One entry.
pub(crate) struct Item {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What follows the key.
pub(crate) enum Value {
    Nothing,
    Equals(TokenStream),
    Parens(TokenStream),
}

/// All entries of all `#[sync(...)]`; those that are misspelt, doubled or malformed become errors of their own.
pub(crate) fn items(cx: &Ctxt, attrs: &[Attribute], known: &[&str], of: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("sync")) {
        let Meta::List(list) = &attr.meta else {
            cx.error_at(&attr.meta, "expected `#[sync(...)]`");
            continue;
        };
        for tokens in split(list.tokens.clone()) {
            let Some(item) = cx.ok(parse_item.parse2(tokens)) else {
                continue;
            };
            let name = item.key.unraw().to_string();
            if !known.contains(&name.as_str()) {
                cx.error(
                    item.key.span(),
                    words::unknown(of, &name, known.iter().copied()),
                );
            } else if name != "upcast" && items.iter().any(|other| other.key == item.key) {
                cx.error(item.key.span(), format!("'{name}' is there twice"));
            } else {
                items.push(item);
            }
        }
    }
    items
}

/// What stands between the commas of the outermost level; an empty last part is no part.
pub(crate) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => {
                parts.push(TokenStream::new())
            }
            (_, Some(part)) => part.extend([token]),
            (_, None) => {}
        }
    }
    if parts.last().is_some_and(TokenStream::is_empty) {
        parts.pop();
    }
    parts
}

fn parse_item(input: ParseStream<'_>) -> syn::Result<Item> {
    let key =
        Ident::parse_any(input).map_err(|error| syn::Error::new(error.span(), "expected a key"))?;
    let value = if input.is_empty() {
        Value::Nothing
    } else if input.peek(syn::Token![=]) {
        input.parse::<syn::Token![=]>()?;
        if input.is_empty() {
            return Err(syn::Error::new(
                key.span(),
                format!("expected a value after `{key} =`"),
            ));
        }
        Value::Equals(input.parse()?)
    } else {
        let (group, _) = parens(input)?;
        if !input.is_empty() {
            return Err(input.error("expected a comma"));
        }
        Value::Parens(group)
    };
    Ok(Item { key, value })
}

/// The inside of the parentheses that come next.
pub(crate) fn parens(input: ParseStream<'_>) -> syn::Result<(TokenStream, Span)> {
    input.step(|cursor| match cursor.token_tree() {
        Some((TokenTree::Group(group), rest)) if group.delimiter() == Delimiter::Parenthesis => {
            Ok(((group.stream(), group.span()), rest))
        }
        _ => Err(cursor.error("expected `=`, `(` or a comma")),
    })
}

impl Item {
    pub(crate) fn span(&self) -> Span {
        self.key.span()
    }

    /// `key` alone.
    pub(crate) fn flag(&self, cx: &Ctxt) -> Option<Span> {
        match &self.value {
            Value::Nothing => Some(self.span()),
            _ => self.wrong(cx, &format!("`{}` alone, without a value", self.key)),
        }
    }

    /// `key = "text"`
    pub(crate) fn string(&self, cx: &Ctxt) -> Option<LitStr> {
        self.equals::<LitStr>(cx, &format!("`{} = \"...\"`", self.key))
    }

    /// `key` or `key = true`
    pub(crate) fn bool(&self, cx: &Ctxt) -> Option<bool> {
        match &self.value {
            Value::Nothing => Some(true),
            _ => self
                .equals::<LitBool>(
                    cx,
                    &format!("`{0}`, `{0} = true` or `{0} = false`", self.key),
                )
                .map(|lit| lit.value),
        }
    }

    /// `key = value`, with the value of that kind; else what was expected.
    pub(crate) fn equals<T: syn::parse::Parse>(&self, cx: &Ctxt, expected: &str) -> Option<T> {
        match &self.value {
            Value::Equals(tokens) => match syn::parse2(tokens.clone()) {
                Ok(value) => Some(value),
                Err(_) => {
                    cx.error_at(tokens, format!("expected {expected}"));
                    None
                }
            },
            _ => self.wrong(cx, expected),
        }
    }

    /// `key = "one of these"`
    pub(crate) fn choice<T: Copy>(&self, cx: &Ctxt, choices: &[(&str, T)]) -> Option<(T, Span)> {
        let word = self.string(cx)?;
        let found = choices.iter().find(|(name, _)| *name == word.value());
        if found.is_none() {
            let known = choices.iter().map(|(name, _)| *name);
            cx.error(
                word.span(),
                words::unknown(&self.key.to_string(), &word.value(), known),
            );
        }
        found.map(|(_, value)| (*value, word.span()))
    }

    /// `key(...)`
    pub(crate) fn parens(&self, cx: &Ctxt, expected: &str) -> Option<TokenStream> {
        match &self.value {
            Value::Parens(tokens) => Some(tokens.clone()),
            _ => self.wrong(cx, expected),
        }
    }

    fn wrong<T>(&self, cx: &Ctxt, expected: &str) -> Option<T> {
        cx.error(self.span(), format!("expected {expected}"));
        None
    }
}
