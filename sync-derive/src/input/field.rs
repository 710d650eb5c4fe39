//! `#[sync(...)]` on a field.

use darling::{FromMeta, util::SpannedValue};
use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Ident, Lit, LitStr, Token, bracketed,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use super::{
    item::{Item, Value, items, split},
    literal::Literal,
    pattern,
};
use crate::{ctxt::Ctxt, words};

/// `default` or `default = value`
#[derive(Debug, Clone)]
pub(crate) enum DefaultDecl {
    OfType(Span),
    Literal(Literal),
}

/// A state by its name on the wire.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// `state(open -> [sent, cancelled], ...)`
#[derive(Debug, Clone)]
pub(crate) struct MachineDecl {
    pub(crate) moves: Vec<(State, Vec<State>)>,
    pub(crate) span: Span,
}

/// `range(min = 1, max = 9)`; the bounds as they are written.
#[derive(Debug, Clone)]
pub(crate) struct RangeDecl {
    pub(crate) min: Option<String>,
    pub(crate) max: Option<String>,
    pub(crate) span: Span,
}

/// `length(min = 1, max = 9)`
#[derive(Debug, Clone, FromMeta)]
pub(crate) struct LengthDecl {
    pub(crate) min: Option<SpannedValue<u32>>,
    pub(crate) max: Option<SpannedValue<u32>>,
}

/// `#[sync(...)]` on a field, as it is written.
#[derive(Debug, Default)]
pub(crate) struct FieldAttrs {
    pub(crate) id: Option<Span>,
    pub(crate) default: Option<DefaultDecl>,
    pub(crate) exclude: Option<Span>,
    pub(crate) owner_only: Option<Span>,
    pub(crate) state: Option<MachineDecl>,
    pub(crate) singular: Option<LitStr>,
    pub(crate) conflict_manual: Option<Span>,
    pub(crate) event_time: Option<Span>,
    pub(crate) created_at: Option<Span>,
    pub(crate) updated_at: Option<Span>,
    pub(crate) range: Option<RangeDecl>,
    pub(crate) length: Option<(LengthDecl, Span)>,
    pub(crate) pattern: Option<LitStr>,
    pub(crate) big: Option<Span>,
}

/// The keys of a model's field.
pub(crate) const MODEL_FIELD: [&str; 14] = [
    "id",
    "default",
    "exclude",
    "owner_only",
    "state",
    "singular",
    "conflict",
    "event_time",
    "created_at",
    "updated_at",
    "range",
    "length",
    "pattern",
    "big",
];

/// The keys of a field that a model holds deeper down.
pub(crate) const INNER_FIELD: [&str; 8] = [
    "id",
    "default",
    "singular",
    "event_time",
    "range",
    "length",
    "pattern",
    "big",
];

impl FieldAttrs {
    pub(crate) fn parse(cx: &Ctxt, attrs: &[Attribute], known: &[&str], of: &str) -> Self {
        let mut this = Self::default();
        for item in items(cx, attrs, known, of) {
            this.take(cx, &item);
        }
        this
    }

    fn take(&mut self, cx: &Ctxt, item: &Item) {
        match item.key.to_string().as_str() {
            "id" => self.id = item.flag(cx),
            "default" => self.default = default(cx, item),
            "exclude" => self.exclude = item.flag(cx),
            "owner_only" => self.owner_only = item.flag(cx),
            "state" => self.state = machine(cx, item),
            "singular" => self.singular = singular(cx, item),
            "conflict" => {
                self.conflict_manual = item.choice(cx, &[("manual", ())]).map(|(_, span)| span)
            }
            "event_time" => self.event_time = item.flag(cx),
            "created_at" => self.created_at = item.flag(cx),
            "updated_at" => self.updated_at = item.flag(cx),
            "range" => self.range = range(cx, item),
            "length" => self.length = length(cx, item),
            "pattern" => self.pattern = pattern(cx, item),
            "big" => self.big = item.flag(cx),
            _ => {}
        }
    }
}

fn default(cx: &Ctxt, item: &Item) -> Option<DefaultDecl> {
    match &item.value {
        Value::Nothing => Some(DefaultDecl::OfType(item.span())),
        Value::Equals(tokens) => cx.ok(syn::parse2(tokens.clone())).map(DefaultDecl::Literal),
        Value::Parens(..) => {
            cx.error(item.span(), "expected `default` or `default = value`");
            None
        }
    }
}

fn machine(cx: &Ctxt, item: &Item) -> Option<MachineDecl> {
    let expected = "`state(open -> [sent, cancelled], ...)`";
    let moves = |input: ParseStream<'_>| {
        let from = state(input)?;
        input
            .parse::<Token![->]>()
            .map_err(|error| syn::Error::new(error.span(), format!("expected {expected}")))?;
        let to = if input.peek(syn::token::Bracket) {
            let inside;
            bracketed!(inside in input);
            Punctuated::<State, Token![,]>::parse_terminated_with(&inside, state)?
                .into_iter()
                .collect()
        } else {
            vec![state(input)?]
        };
        if input.is_empty() {
            Ok((from, to))
        } else {
            Err(input.error("expected a comma"))
        }
    };
    let parts = split(item.parens(cx, expected)?);
    if parts.is_empty() {
        cx.error(item.span(), format!("expected the moves, {expected}"));
    }
    let moves = parts
        .into_iter()
        .filter_map(|part| cx.ok(moves.parse2(part)))
        .collect();
    Some(MachineDecl {
        moves,
        span: item.span(),
    })
}

fn state(input: ParseStream<'_>) -> syn::Result<State> {
    if input.peek(LitStr) {
        let name: LitStr = input.parse()?;
        return Ok(State {
            name: name.value(),
            span: name.span(),
        });
    }
    let name = Ident::parse_any(input)?;
    Ok(State {
        name: name.unraw().to_string(),
        span: name.span(),
    })
}

fn singular(cx: &Ctxt, item: &Item) -> Option<LitStr> {
    let singular = item.string(cx)?;
    if !super::is_snake_case(&singular.value()) {
        cx.error(
            singular.span(),
            "a singular is in snake_case, such as \"child\"",
        );
    }
    Some(singular)
}

fn range(cx: &Ctxt, item: &Item) -> Option<RangeDecl> {
    let expected = "`range(min = 1, max = 9)`";
    let bound = |input: ParseStream<'_>| {
        let key: Ident = input.parse()?;
        if key != "min" && key != "max" {
            return Err(syn::Error::new(
                key.span(),
                words::unknown("bound", &key.to_string(), ["min", "max"]),
            ));
        }
        input.parse::<Token![=]>()?;
        let sign = if input.peek(Token![-]) {
            input.parse::<Token![-]>().map(|_| "-")?
        } else {
            ""
        };
        let digits = match input.parse()? {
            Lit::Int(int) => int.base10_digits().to_owned(),
            Lit::Float(float) => float.base10_digits().to_owned(),
            other => return Err(syn::Error::new_spanned(other, "expected a number")),
        };
        Ok((key, format!("{sign}{digits}")))
    };
    let mut range = RangeDecl {
        min: None,
        max: None,
        span: item.span(),
    };
    for part in split(item.parens(cx, expected)?) {
        if let Some((key, number)) = cx.ok(bound.parse2(part)) {
            let place = if key == "min" {
                &mut range.min
            } else {
                &mut range.max
            };
            *place = Some(number);
        }
    }
    if range.min.is_none() && range.max.is_none() {
        cx.error(item.span(), format!("expected {expected}"));
        return None;
    }
    Some(range)
}

fn length(cx: &Ctxt, item: &Item) -> Option<(LengthDecl, Span)> {
    let tokens: TokenStream = item.parens(cx, "`length(min = 1, max = 9)`")?;
    let parsed = darling::ast::NestedMeta::parse_meta_list(tokens)
        .map_err(darling::Error::from)
        .and_then(|metas| LengthDecl::from_list(&metas));
    match parsed {
        Ok(decl) if decl.min.is_none() && decl.max.is_none() => {
            cx.error(item.span(), "expected `length(min = 1, max = 9)`");
            None
        }
        Ok(decl) => Some((decl, item.span())),
        Err(error) => {
            cx.push(error);
            None
        }
    }
}

fn pattern(cx: &Ctxt, item: &Item) -> Option<LitStr> {
    let pattern = item.string(cx)?;
    if let Err(why) = pattern::check(&pattern.value()) {
        cx.error(pattern.span(), why);
    }
    Some(pattern)
}
