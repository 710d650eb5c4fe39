//! Rules of a field by itself.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Ident, Type, spanned::Spanned};

use crate::{
    ctxt::Ctxt,
    input::{Field, Kind, container::Mode},
    shape::{Shape, argument},
};

/// Those of a struct that a model holds.
pub(super) fn all(cx: &Ctxt, fields: &[Field<'_>], holder: &str) {
    for field in fields {
        shared(cx, field, holder);
    }
    let ids: Vec<&Field<'_>> = fields
        .iter()
        .filter(|field| field.kind == Kind::Id)
        .collect();
    if let [_, second, ..] = ids[..] {
        cx.error_at(second.ident, "a struct has one id");
    }
    wire_names(cx, fields);
}

/// The rules that hold wherever a field stands.
pub(super) fn shared(cx: &Ctxt, field: &Field<'_>, holder: &str) {
    recursion(cx, field.ty, holder);
    double_option(cx, field.ty);
    one_kind(cx, field);
    times(cx, field);
    ranges(cx, field);
    lengths(cx, field);
    patterns(cx, field);
    big(cx, field);
    skip_if_none(cx, field);
    singular_of_no_list(cx, field);
}

/// `struct Node { children: Vec<Node> }`
pub(super) fn recursion(cx: &Ctxt, ty: &Type, holder: &str) {
    fn mentions(tokens: TokenStream, name: &str) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == name,
            TokenTree::Group(group) => mentions(group.stream(), name),
            _ => false,
        })
    }
    if mentions(ty.to_token_stream(), holder) {
        cx.error_at(
            ty,
            format!("'{holder}' holds itself, which no schema can write out: refer to the other by its id"),
        );
    }
}

/// `Option<Option<String>>`
fn double_option(cx: &Ctxt, ty: &Type) {
    if Shape::of(ty) == Shape::Option
        && argument(ty).is_some_and(|inner| Shape::of(inner) == Shape::Option)
    {
        cx.error_at(
            ty,
            "JSON has one null: an `Option` inside an `Option` cannot be told from it",
        );
    }
}

/// `#[sync(id, event_time)]`
fn one_kind(cx: &Ctxt, field: &Field<'_>) {
    let attrs = &field.attrs;
    let marks = [
        ("id", attrs.id),
        ("state", attrs.state.as_ref().map(|state| state.span)),
        ("created_at", attrs.created_at),
        ("updated_at", attrs.updated_at),
        ("event_time", attrs.event_time),
    ];
    let mut given = marks
        .iter()
        .filter_map(|(name, span)| Some((name, (*span)?)));
    if let (Some((first, _)), Some((second, span))) = (given.next(), given.next()) {
        cx.error(
            span,
            format!("a field is '{first}' or '{second}', not both"),
        );
    }
    let filled = !matches!(field.kind, Kind::Plain | Kind::Machine);
    if let (true, Some(default)) = (filled, &attrs.default) {
        use crate::input::field::DefaultDecl;
        let span = match default {
            DefaultDecl::OfType(span) => *span,
            DefaultDecl::Literal(literal) => literal.span,
        };
        cx.error(
            span,
            format!("'{}' is filled in, so a default has no use", field.name()),
        );
    }
}

/// `#[sync(event_time)] at: String`
fn times(cx: &Ctxt, field: &Field<'_>) {
    let marks = [
        field.attrs.created_at,
        field.attrs.updated_at,
        field.attrs.event_time,
    ];
    for span in marks.into_iter().flatten() {
        if !matches!(field.shape, Shape::DateTime | Shape::Unknown) {
            cx.error(
                span,
                wrong_type(
                    field,
                    "a time that is filled in is a `DateTime<Utc>`",
                    field.shape,
                ),
            );
        }
    }
}

/// `#[sync(range(min = 9, max = 1))]`, `#[sync(range(min = 1))] name: String`
fn ranges(cx: &Ctxt, field: &Field<'_>) {
    let Some(range) = &field.attrs.range else {
        return;
    };
    let bound = |bound: &Option<String>| bound.as_ref().and_then(|bound| bound.parse::<f64>().ok());
    if let (Some(min), Some(max)) = (bound(&range.min), bound(&range.max))
        && min > max
    {
        cx.error(range.span, "'min' is above 'max'");
    }
    let shape = Shape::non_null(field.ty);
    if !matches!(shape, Shape::Int { .. } | Shape::Number | Shape::Unknown) {
        cx.error(
            range.span,
            wrong_type(field, "'range' needs a number", shape),
        );
    }
}

/// `#[sync(length(min = 9, max = 1))]`, `#[sync(length(max = 9))] count: i32`
fn lengths(cx: &Ctxt, field: &Field<'_>) {
    let Some(length) = &field.attrs.length else {
        return;
    };
    if let (Some(min), Some(max)) = (length.min, length.max)
        && min > max
    {
        cx.error(length.span, "'min' is above 'max'");
    }
    let shape = Shape::non_null(field.ty);
    if !matches!(
        shape,
        Shape::String | Shape::List | Shape::Set | Shape::Unknown
    ) {
        cx.error(
            length.span,
            wrong_type(field, "'length' needs a string, a list or a set", shape),
        );
    }
}

/// `#[sync(pattern = "\\d+")] count: i32`
fn patterns(cx: &Ctxt, field: &Field<'_>) {
    let shape = Shape::non_null(field.ty);
    if let Some(pattern) = &field.attrs.pattern
        && !matches!(shape, Shape::String | Shape::Unknown)
    {
        cx.error(
            pattern.span(),
            wrong_type(field, "'pattern' needs a string", shape),
        );
    }
}

/// `#[sync(big)] count: i32`
fn big(cx: &Ctxt, field: &Field<'_>) {
    let shape = Shape::non_null(field.ty);
    if let Some(span) = field.attrs.big
        && matches!(
            shape,
            Shape::Int { wide: false }
                | Shape::Number
                | Shape::String
                | Shape::Uuid
                | Shape::DateTime
        )
    {
        let narrow = matches!(shape, Shape::Int { .. });
        let is = if narrow {
            "a shorter one".to_owned()
        } else {
            shape.name().to_owned()
        };
        cx.error(
            span,
            format!(
                "'big' is for integers of 64 bits or more, and '{}' is {is}",
                field.name()
            ),
        );
    }
}

/// `#[serde(skip_serializing_if = "Option::is_none")] count: i32`
fn skip_if_none(cx: &Ctxt, field: &Field<'_>) {
    if let Some(span) = field.skip_if_none
        && !matches!(field.shape, Shape::Option | Shape::Unknown)
    {
        cx.error(
            span,
            wrong_type(field, "`Option::is_none` needs an `Option`", field.shape),
        );
    }
}

/// `#[sync(singular = "nam")] name: String`
fn singular_of_no_list(cx: &Ctxt, field: &Field<'_>) {
    if let Some(singular) = &field.attrs.singular
        && !field.shape.may_be_list()
    {
        cx.error(
            singular.span(),
            wrong_type(field, "'singular' is for lists and sets", field.shape),
        );
    }
}

/// `#[sync(state(open -> [paid]))] status: Status` without a default, or of a wrong type, or with a doubled state
pub(super) fn machine(cx: &Ctxt, field: &Field<'_>) {
    let Some(machine) = &field.attrs.state else {
        return;
    };
    if field.default.is_none() {
        cx.error(
            machine.span,
            format!(
                "'{}' starts in its default, so it needs one: `default = \"...\"`",
                field.name()
            ),
        );
    }
    if field.shape != Shape::Unknown {
        cx.error(
            machine.span,
            wrong_type(
                field,
                "a state machine is an enum without data",
                field.shape,
            ),
        );
    }
    let mut seen: Vec<&str> = Vec::new();
    for (from, to) in &machine.moves {
        if seen.contains(&from.name.as_str()) {
            cx.error(
                from.span,
                format!("the moves from '{}' are there twice", from.name),
            );
        }
        seen.push(&from.name);
        for (at, state) in to.iter().enumerate() {
            if to[..at].iter().any(|other| other.name == state.name) {
                cx.error(state.span, format!("'{}' is there twice", state.name));
            }
        }
    }
}

/// `#[sync(exclude)] secret: String`, `#[sync(exclude, owner_only)]`, `#[sync(exclude)] id`
pub(super) fn hidden(cx: &Ctxt, field: &Field<'_>) {
    let keys = [
        ("exclude", field.attrs.exclude),
        ("owner_only", field.attrs.owner_only),
    ];
    for (key, span) in keys.iter().filter_map(|(key, span)| Some((*key, (*span)?))) {
        let by_all = matches!(
            field.kind,
            Kind::Id | Kind::CreatedAt | Kind::UpdatedAt | Kind::EventTime
        );
        if by_all {
            cx.error(
                span,
                format!("'{}' is seen by all, so it cannot be '{key}'", field.name()),
            );
        } else if key == "exclude" && field.kind == Kind::Machine {
            cx.error(
                span,
                format!(
                    "'{}' is a state machine, which events move: it cannot be 'exclude'",
                    field.name()
                ),
            );
        } else if !field.has_default() && field.shape != Shape::Unknown {
            cx.error(
                span,
                format!(
                    "'{}' is '{key}', so others see it absent: make it an `Option` or give it a `default`",
                    field.name()
                ),
            );
        }
    }
    if let [(_, Some(_)), (_, Some(span))] = keys {
        cx.error(
            span,
            "'exclude' hides it from everyone, 'owner_only' from all but owners: choose one",
        );
    }
}

/// `children: Vec<Child>` without a singular
pub(super) fn list(cx: &Ctxt, field: &Field<'_>) {
    if field.shape.is_list() && field.singular.is_none() && field.attrs.exclude.is_none() {
        cx.error_at(
            field.ident,
            format!(
                "no rule gives the singular of '{0}', which events and payloads are named after: write \
                 `#[sync(singular = \"...\")]`",
                field.name()
            ),
        );
    }
}

/// `#[serde(rename = "b")] a: i32, b: i32`
pub(super) fn wire_names(cx: &Ctxt, fields: &[Field<'_>]) {
    distinct(
        cx,
        "fields",
        fields
            .iter()
            .map(|field| (field.ident, &field.wire, &field.aliases)),
    );
}

/// Names and aliases on the wire are each there once.
pub(super) fn distinct<'a>(
    cx: &Ctxt,
    what: &str,
    named: impl Iterator<Item = (&'a Ident, &'a String, &'a Vec<String>)>,
) {
    let mut seen: BTreeMap<&str, &Ident> = BTreeMap::new();
    for (ident, wire, aliases) in named {
        for name in [wire].into_iter().chain(aliases) {
            match seen.insert(name, ident) {
                Some(first) if first != ident => {
                    cx.error(
                        ident.span(),
                        format!(
                            "two {what} are called '{name}' on the wire: '{first}' and '{ident}'"
                        ),
                    );
                }
                _ => {}
            }
        }
    }
}

/// `'increment' needs an integer, and 'note' is a string`
pub(super) fn wrong_type(field: &Field<'_>, rule: &str, shape: Shape) -> String {
    format!("{rule}, and '{}' is {}", field.name(), shape.name())
}

/// `id: i64`
pub(super) fn id_type(cx: &Ctxt, field: &Field<'_>, mode: Mode) {
    let message = match field.shape {
        Shape::Uuid | Shape::String | Shape::Unknown => return,
        Shape::Int { wide: true } if mode != Mode::Events => return,
        _ if mode != Mode::Events => "an id is a `Uuid`, a newtype of it, a `String`, or an `i64`",
        Shape::Int { .. } => {
            "a device cannot count ids on its own: in events mode an id is a `Uuid`, a newtype of it, or a `String`"
        }
        _ => "an id is a `Uuid`, a newtype of it, or a `String`",
    };
    cx.error(field.ty.span(), message);
}
