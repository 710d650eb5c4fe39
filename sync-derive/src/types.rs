//! What `#[derive(SyncType)]` reads: structs, newtypes and enums.

use syn::{
    Data as SynData, DataEnum, DeriveInput, Fields, Generics, Ident, Type, Visibility,
    ext::IdentExt,
};

use crate::{
    check,
    ctxt::Ctxt,
    docs,
    input::{Field, Place, fields, item, reject_tags},
    serde_attrs::{ContainerSerde, FieldSerde, VariantSerde},
};

/// A type that a model may hold, as it is written.
pub(crate) struct Declared<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) generics: &'a Generics,
    pub(crate) doc: String,
    pub(crate) body: Body<'a>,
}

/// What it is.
pub(crate) enum Body<'a> {
    Struct(Vec<Field<'a>>),
    Newtype(&'a Type),
    Tuple(Vec<&'a Type>),
    Enum {
        members: Vec<Member<'a>>,
        /// The member marked `#[default]`.
        default: Option<usize>,
    },
    Union {
        members: Vec<Member<'a>>,
        tag: Tag,
    },
}

/// How the wire tells the members of an enum apart.
pub(crate) enum Tag {
    External,
    Internal(String),
    Adjacent(String, String),
}

/// A member of an enum.
pub(crate) struct Member<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) doc: String,
    pub(crate) wire: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) data: Data<'a>,
}

/// What a member carries.
pub(crate) enum Data<'a> {
    Unit,
    Newtype(&'a Type),
    Struct(Vec<Field<'a>>),
}

impl<'a> Declared<'a> {
    /// `None`: of a form that no target has, which is reported.
    pub(crate) fn parse(cx: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        let serde = ContainerSerde::parse(cx, &input.attrs);
        item::items(cx, &input.attrs, &[], "key of a type");
        let body = match &input.data {
            SynData::Struct(data) => {
                reject_tags(cx, &serde);
                structure(cx, &input.ident, &data.fields, &serde)
            }
            SynData::Enum(data) => enumeration(cx, &input.ident, data, &serde),
            SynData::Union(_) => {
                cx.error_at(&input.ident, "a union has no JSON; write an enum");
                None
            }
        }?;
        for lifetime in input.generics.lifetimes() {
            cx.error_at(
                lifetime,
                "a type that a model holds owns what it holds: no lifetimes",
            );
        }
        let declared = Self {
            ident: &input.ident,
            vis: &input.vis,
            generics: &input.generics,
            doc: docs::doc(&input.attrs),
            body,
        };
        check::sync_type(cx, &declared);
        Some(declared)
    }
}

fn structure<'a>(
    cx: &Ctxt,
    ident: &Ident,
    data: &'a Fields,
    serde: &ContainerSerde,
) -> Option<Body<'a>> {
    match data {
        Fields::Named(named) => {
            let (fields, _) = fields(cx, &named.named, serde, serde.rename_all, Place::Struct);
            match (serde.transparent, &fields[..]) {
                (None, _) => Some(Body::Struct(fields)),
                (Some(_), [only]) => Some(Body::Newtype(only.ty)),
                (Some(span), _) => {
                    cx.error(span, "a transparent struct has one field");
                    None
                }
            }
        }
        Fields::Unnamed(unnamed) => {
            let mut types = Vec::new();
            for field in &unnamed.unnamed {
                item::items(cx, &field.attrs, &[], "key of an unnamed field");
                if FieldSerde::parse(cx, &field.attrs).skip.is_none() {
                    types.push(&field.ty);
                }
            }
            match &types[..] {
                [] => {
                    cx.error_at(ident, "a struct without fields has nothing to carry");
                    None
                }
                [only] => Some(Body::Newtype(only)),
                _ => Some(Body::Tuple(types)),
            }
        }
        Fields::Unit => {
            cx.error_at(ident, "a struct without fields has nothing to carry");
            None
        }
    }
}

fn enumeration<'a>(
    cx: &Ctxt,
    ident: &Ident,
    data: &'a DataEnum,
    serde: &ContainerSerde,
) -> Option<Body<'a>> {
    let mut members = Vec::new();
    let mut default = None;
    for variant in &data.variants {
        let of_variant = VariantSerde::parse(cx, &variant.attrs);
        item::items(cx, &variant.attrs, &[], "key of a member");
        if of_variant.skip {
            continue;
        }
        if variant
            .attrs
            .iter()
            .any(|attr| attr.path().is_ident("default"))
        {
            default = Some(members.len());
        }
        members.extend(member(cx, variant, of_variant, serde));
    }
    if members.is_empty() {
        cx.error_at(ident, "an enum has at least one member");
        return None;
    }
    let tag = match (&serde.tag, &serde.content) {
        (None, None) => Tag::External,
        (Some((tag, _)), None) => Tag::Internal(tag.clone()),
        (Some((tag, _)), Some((content, _))) => Tag::Adjacent(tag.clone(), content.clone()),
        (None, Some((_, span))) => {
            cx.error(*span, "'content' needs a 'tag' beside it");
            Tag::External
        }
    };
    let plain = members
        .iter()
        .all(|member| matches!(member.data, Data::Unit));
    Some(match tag {
        Tag::External if plain => Body::Enum { members, default },
        tag => Body::Union { members, tag },
    })
}

fn member<'a>(
    cx: &Ctxt,
    variant: &'a syn::Variant,
    serde: VariantSerde,
    container: &ContainerSerde,
) -> Option<Member<'a>> {
    let name = variant.ident.unraw().to_string();
    let data = match &variant.fields {
        Fields::Unit => Data::Unit,
        Fields::Named(named) => {
            let rule = serde.rename_all.unwrap_or(container.rename_all_fields);
            // Serde takes no defaults of a member's fields from the enum.
            let none = ContainerSerde::default();
            Data::Struct(fields(cx, &named.named, &none, rule, Place::Variant).0)
        }
        Fields::Unnamed(unnamed) => {
            for field in &unnamed.unnamed {
                item::items(cx, &field.attrs, &[], "key of an unnamed field");
                FieldSerde::parse(cx, &field.attrs);
            }
            match unnamed.unnamed.first() {
                Some(only) if unnamed.unnamed.len() == 1 => Data::Newtype(&only.ty),
                _ => {
                    cx.error_at(
                        &variant.ident,
                        "a member carries one value or named fields: name these",
                    );
                    return None;
                }
            }
        }
    };
    Some(Member {
        ident: &variant.ident,
        doc: docs::doc(&variant.attrs),
        wire: serde
            .rename
            .unwrap_or_else(|| container.rename_all.apply_to_variant(&name)),
        aliases: serde.aliases,
        data,
    })
}
