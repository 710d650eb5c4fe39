//! A field as a value of the schema.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{list, option, text, texts};
use crate::{
    input::{
        Field, Kind,
        field::{DefaultDecl, LengthDecl, MachineDecl, RangeDecl},
    },
    shape::Shape,
};

/// What the compiler makes of a type; an error about it stands at the type.
pub(super) fn type_of(ty: &Type) -> TokenStream {
    quote_spanned!(ty.span()=> <#ty as ::sync_runtime::SyncType>::TYPE)
}

/// A field as a value of the schema.
pub(super) fn field(field: &Field<'_>) -> TokenStream {
    let name = text(&field.wire);
    let doc = text(&field.doc);
    let ty = type_of(field.ty);
    let default = option(field.default.as_ref().map(default));
    let kind = kind(field);
    let visibility = match (&field.attrs.exclude, &field.attrs.owner_only) {
        (Some(_), _) => quote!(Excluded),
        (None, Some(_)) => quote!(OwnerOnly),
        (None, None) => quote!(Public),
    };
    let rules = rules(field);
    let big = field.attrs.big.is_some();
    let optional = field.skip_if_none.is_some();
    let singular = singular(field);
    let aliases = texts(&field.aliases);
    let conflict_manual = field.attrs.conflict_manual.is_some();
    quote! {
        ::sync_runtime::schema::Field {
            name: #name,
            doc: #doc,
            ty: ::sync_runtime::schema::Ref::Static(#ty),
            default: #default,
            kind: #kind,
            visibility: ::sync_runtime::schema::Visibility::#visibility,
            rules: #rules,
            big: #big,
            optional: #optional,
            singular: #singular,
            aliases: #aliases,
            conflict_manual: #conflict_manual,
        }
    }
}

fn default(default: &DefaultDecl) -> TokenStream {
    match default {
        DefaultDecl::OfType(_) => quote!(::sync_runtime::schema::Default::OfType),
        DefaultDecl::Literal(literal) => {
            let json = text(&literal.json);
            quote!(::sync_runtime::schema::Default::Literal(#json))
        }
    }
}

fn kind(field: &Field<'_>) -> TokenStream {
    let kind = match field.kind {
        Kind::Plain => quote!(Plain),
        Kind::Id => quote!(Id),
        Kind::CreatedAt => quote!(CreatedAt),
        Kind::UpdatedAt => quote!(UpdatedAt),
        Kind::EventTime => quote!(EventTime),
        Kind::Machine => {
            let moves = field.attrs.state.as_ref().map_or_else(|| list([]), moves);
            quote!(Machine(#moves))
        }
    };
    quote!(::sync_runtime::schema::FieldKind::#kind)
}

fn moves(machine: &MachineDecl) -> TokenStream {
    list(machine.moves.iter().map(|(from, to)| {
        let from = text(&from.name);
        let to = texts(to.iter().map(|state| &state.name));
        quote!(::sync_runtime::schema::Transition { from: #from, to: #to })
    }))
}

fn rules(field: &Field<'_>) -> TokenStream {
    let range = option(field.attrs.range.as_ref().map(range));
    let length = option(field.attrs.length.as_ref().map(length));
    let pattern = option(
        field
            .attrs
            .pattern
            .as_ref()
            .map(|pattern| text(&pattern.value())),
    );
    quote!(::sync_runtime::schema::Rules { range: #range, length: #length, pattern: #pattern })
}

fn range(range: &RangeDecl) -> TokenStream {
    let min = option(range.min.as_deref().map(text));
    let max = option(range.max.as_deref().map(text));
    quote!(::sync_runtime::schema::Range { min: #min, max: #max })
}

fn length(length: &LengthDecl) -> TokenStream {
    let min = option(length.min.map(|min| quote!(#min)));
    let max = option(length.max.map(|max| quote!(#max)));
    quote!(::sync_runtime::schema::Length { min: #min, max: #max })
}

/// Empty for what is no list; behind an alias the compiler says so.
fn singular(field: &Field<'_>) -> TokenStream {
    let wire = field
        .singular
        .as_ref()
        .map_or("", |singular| &singular.wire);
    if field.shape != Shape::Unknown || wire.is_empty() {
        return text(wire);
    }
    let ty = type_of(field.ty);
    quote!(::std::borrow::Cow::Borrowed(::sync_runtime::__private::declare::singular(#ty, #wire)))
}
