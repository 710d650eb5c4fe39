//! `#[sync(...)]` on a field.

use proc_macro2::Span;
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
#[derive(Debug, Clone)]
pub(crate) struct LengthDecl {
    pub(crate) min: Option<u32>,
    pub(crate) max: Option<u32>,
    pub(crate) span: Span,
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
    pub(crate) length: Option<LengthDecl>,
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
        Value::Parens(_) => {
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
    let [min, max] = bounds(cx, item, "`range(min = 1, max = 9)`")?;
    let digits = |bound: Option<Bound>| bound.map(|bound| bound.digits);
    Some(RangeDecl {
        min: digits(min),
        max: digits(max),
        span: item.span(),
    })
}

fn length(cx: &Ctxt, item: &Item) -> Option<LengthDecl> {
    let [min, max] = bounds(cx, item, "`length(min = 1, max = 9)`")?;
    let count = |bound: Option<Bound>| {
        let bound = bound?;
        let count = bound.digits.parse().ok();
        if count.is_none() {
            cx.error(bound.span, "a length is a count, such as 9");
        }
        count
    };
    Some(LengthDecl {
        min: count(min),
        max: count(max),
        span: item.span(),
    })
}

/// A number as it is written, without underscores and suffix.
struct Bound {
    digits: String,
    span: Span,
}

/// `min = 1, max = 9`, at least one of them.
fn bounds(cx: &Ctxt, item: &Item, expected: &str) -> Option<[Option<Bound>; 2]> {
    let parts = split(item.parens(cx, expected)?);
    if parts.is_empty() {
        cx.error(item.span(), format!("expected {expected}"));
        return None;
    }
    let mut bounds = [None, None];
    for part in parts {
        if let Some((key, number)) = cx.ok(bound.parse2(part)) {
            bounds[usize::from(key == "max")] = Some(number);
        }
    }
    Some(bounds)
}

fn bound(input: ParseStream<'_>) -> syn::Result<(Ident, Bound)> {
    let key: Ident = input.parse()?;
    if key != "min" && key != "max" {
        let message = words::unknown("bound", &key.to_string(), ["min", "max"]);
        return Err(syn::Error::new(key.span(), message));
    }
    input.parse::<Token![=]>()?;
    let span = input.span();
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
    if !input.is_empty() {
        return Err(input.error("expected a comma"));
    }
    Ok((
        key,
        Bound {
            digits: format!("{sign}{digits}"),
            span,
        },
    ))
}

fn pattern(cx: &Ctxt, item: &Item) -> Option<LitStr> {
    let pattern = item.string(cx)?;
    if let Err(why) = pattern::check(&pattern.value()) {
        cx.error(pattern.span(), why);
    }
    Some(pattern)
}
