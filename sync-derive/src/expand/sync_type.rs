//! What `#[derive(SyncType)]` writes.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Generics, Ident, Type, ext::IdentExt, parse_quote};

use super::{checks, field, list, option, payload, text, variant};
use crate::{
    input::{Field, Kind},
    types::{Body, Declared, Member, Tag},
};

/// All of it.
pub(crate) fn sync_type(declared: &Declared<'_>) -> TokenStream {
    match &declared.body {
        Body::Struct(fields) => structure(declared, fields),
        Body::Newtype(inner) => newtype(declared, inner),
        Body::Tuple(parts) => tuple(declared, parts),
        Body::Enum { members, default } => plain_enum(declared, members, *default),
        Body::Union { members, tag } => union(declared, members, tag),
    }
}

fn structure(declared: &Declared<'_>, fields: &[Field<'_>]) -> TokenStream {
    let name = name(declared);
    let doc = text(&declared.doc);
    let entries = list(fields.iter().map(field::field));
    let ty = quote! {
        ::sync_runtime::schema::Type::Struct(::sync_runtime::schema::Ref::Static(
            &::sync_runtime::schema::StructType { name: #name, doc: #doc, fields: #entries },
        ))
    };
    let id = fields.iter().find(|field| field.kind == Kind::Id);
    let key = id.map_or_else(
        || quote!(Self),
        |id| {
            let ty = id.ty;
            quote!(#ty)
        },
    );
    let mut all: Vec<(Span, TokenStream)> = fields.iter().flat_map(checks::field).collect();
    all.extend(id.map(|id| {
        let (name, ty) = (id.name(), field::type_of(id.ty));
        (
            id.ident.span(),
            checks::call(id.ident.span(), "element_id", &quote!(#name, #ty)),
        )
    }));
    // A struct with an id can be an element of a keyed list: it gets a patch.
    let name = format_ident!("{}Patch", declared.ident);
    let (_, ty_generics, _) = declared.generics.split_for_impl();
    let patch = id.map_or_else(|| quote!(Self), |_| quote!(#name #ty_generics));
    let base = implement(
        declared,
        &ty,
        &Projections {
            key,
            item: quote!(Self),
            patch,
        },
        all,
    );
    let patch = id.map(|_| {
        payload::patch(
            declared.vis,
            &name,
            declared.ident,
            declared.generics,
            fields,
        )
    });
    quote!(#patch #base)
}

/// `struct OrderId(Uuid)`: written as what it holds.
fn newtype(declared: &Declared<'_>, inner: &Type) -> TokenStream {
    let ty = field::type_of(inner);
    let ident = declared.ident;
    let mut generics = bounded(declared.generics);
    // The lifetime keeps the compiler from judging the bound where nobody uses the newtype as a key.
    generics.make_where_clause().predicates.push(parse_quote!(for<'key> ::sync_runtime::__private::Lazy<'key, #inner>: ::sync_runtime::__private::LazyKey));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let key_of_map = quote!(impl #impl_generics ::sync_runtime::SyncKey for #ident #ty_generics #where_clause {});
    let of_inner = |name: TokenStream| quote!(<#inner as ::sync_runtime::SyncType>::#name);
    let projections = Projections {
        key: of_inner(quote!(Key)),
        item: of_inner(quote!(Item)),
        patch: of_inner(quote!(Patch)),
    };
    // The constant of the inner type is a reference already.
    let base = implement_as(declared, &ty, &projections, Vec::new());
    quote!(#base #key_of_map)
}

fn tuple(declared: &Declared<'_>, parts: &[&Type]) -> TokenStream {
    let parts = list(parts.iter().map(|part| {
        let ty = field::type_of(part);
        quote!(::sync_runtime::schema::Ref::Static(#ty))
    }));
    implement(
        declared,
        &quote!(::sync_runtime::schema::Type::Tuple(#parts)),
        &Projections::none(),
        Vec::new(),
    )
}

fn plain_enum(
    declared: &Declared<'_>,
    members: &[Member<'_>],
    default: Option<usize>,
) -> TokenStream {
    let name = name(declared);
    let doc = text(&declared.doc);
    let variants = list(members.iter().map(variant::plain));
    let default = option(default.map(|at| text(&members[at].wire)));
    let ty = quote! {
        ::sync_runtime::schema::Type::Enum(::sync_runtime::schema::Ref::Static(
            &::sync_runtime::schema::EnumType { name: #name, doc: #doc, variants: #variants, default: #default },
        ))
    };
    let base = implement(declared, &ty, &Projections::none(), Vec::new());
    let ident = declared.ident;
    let (impl_generics, ty_generics, where_clause) = declared.generics.split_for_impl();
    quote! {
        #base
        impl #impl_generics ::sync_runtime::SyncKey for #ident #ty_generics #where_clause {}
    }
}

fn union(declared: &Declared<'_>, members: &[Member<'_>], tag: &Tag) -> TokenStream {
    let name = name(declared);
    let doc = text(&declared.doc);
    let variants = list(members.iter().map(variant::with_data));
    let tagging = match tag {
        Tag::External => quote!(External),
        Tag::Internal(tag) => {
            let tag = text(tag);
            quote!(Internal { tag: #tag })
        }
        Tag::Adjacent(tag, content) => {
            let (tag, content) = (text(tag), text(content));
            quote!(Adjacent { tag: #tag, content: #content })
        }
    };
    let ty = quote! {
        ::sync_runtime::schema::Type::Union(::sync_runtime::schema::Ref::Static(
            &::sync_runtime::schema::UnionType {
                name: #name,
                doc: #doc,
                tagging: ::sync_runtime::schema::Tagging::#tagging,
                variants: #variants,
            },
        ))
    };
    let checks = members
        .iter()
        .flat_map(|member| variant::checks(member, tag))
        .collect();
    implement(declared, &ty, &Projections::none(), checks)
}

/// The types that a type is made of, or names.
struct Projections {
    key: TokenStream,
    item: TokenStream,
    patch: TokenStream,
}

impl Projections {
    fn none() -> Self {
        Self {
            key: quote!(Self),
            item: quote!(Self),
            patch: quote!(Self),
        }
    }
}

fn implement(
    declared: &Declared<'_>,
    ty: &TokenStream,
    projections: &Projections,
    checks: Vec<(Span, TokenStream)>,
) -> TokenStream {
    implement_as(declared, &quote!(&#ty), projections, checks)
}

/// Checks of a generic type wait for its arguments; the others are items of their own.
fn implement_as(
    declared: &Declared<'_>,
    ty: &TokenStream,
    projections: &Projections,
    checks: Vec<(Span, TokenStream)>,
) -> TokenStream {
    let ident = declared.ident;
    let Projections { key, item, patch } = projections;
    let generics = bounded(declared.generics);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let (early, late) = if declared.generics.params.is_empty() {
        (checks::items(checks), TokenStream::new())
    } else {
        let checks = checks.into_iter().map(|(_, check)| check);
        (TokenStream::new(), quote!(#(#checks;)*))
    };
    quote! {
        impl #impl_generics ::sync_runtime::SyncType for #ident #ty_generics #where_clause {
            const TYPE: &'static ::sync_runtime::schema::Type = { #late #ty };
            type Key = #key;
            type Item = #item;
            type Patch = #patch;
        }

        #early
    }
}

/// With `T: SyncType` for each parameter.
fn bounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for parameter in generics.type_params_mut() {
        parameter
            .bounds
            .push(parse_quote!(::sync_runtime::SyncType));
    }
    generics
}

/// The name of the type; a generic one is named after its arguments too, since clients have one type for each.
fn name(declared: &Declared<'_>) -> TokenStream {
    let ident: &Ident = declared.ident;
    let name = ident.unraw().to_string();
    let arguments: Vec<&Ident> = declared
        .generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .collect();
    if arguments.is_empty() {
        return text(&name);
    }
    quote! {
        ::std::borrow::Cow::Borrowed({
            const { &::sync_runtime::__private::declare::Name::new(#name, &[#(<#arguments as ::sync_runtime::SyncType>::TYPE),*]) }.text()
        })
    }
}
