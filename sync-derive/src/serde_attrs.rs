//! Serde's attributes: obeyed, not repeated.
//!
//! The list is closed. What cannot be carried to every target is an error at the attribute, never ignored.

use darling::{FromMeta, ast::NestedMeta};
use proc_macro2::Span;
use quote::ToTokens;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, spanned::Spanned};

use crate::{case::RenameRule, ctxt::Ctxt, words};

/// Of a struct or an enum.
#[derive(Debug, Default)]
pub(crate) struct ContainerSerde {
    pub(crate) rename_all: RenameRule,
    pub(crate) rename_all_fields: RenameRule,
    pub(crate) default: Option<Span>,
    pub(crate) transparent: Option<Span>,
    pub(crate) tag: Option<(String, Span)>,
    pub(crate) content: Option<(String, Span)>,
}

/// Of a member of an enum.
#[derive(Debug, Default)]
pub(crate) struct VariantSerde {
    pub(crate) rename: Option<String>,
    pub(crate) rename_all: Option<RenameRule>,
    pub(crate) aliases: Vec<String>,
    pub(crate) skip: bool,
}

/// Of a field.
#[derive(Debug, Default)]
pub(crate) struct FieldSerde {
    pub(crate) rename: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) skip: Option<Span>,
    pub(crate) default: Option<SerdeDefault>,
    pub(crate) skip_if_none: Option<Span>,
}

/// `serde(default)`, or with a path that only running code can follow.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SerdeDefault {
    OfType(Span),
    Path(Span),
}

const CONTAINER: [&str; 6] = [
    "rename_all",
    "rename_all_fields",
    "default",
    "transparent",
    "tag",
    "content",
];
const VARIANT: [&str; 4] = ["rename", "rename_all", "alias", "skip"];
const FIELD: [&str; 5] = ["rename", "alias", "skip", "default", "skip_serializing_if"];

/// Serde's own business: they leave the JSON as it is.
const HARMLESS: [&str; 3] = ["bound", "crate", "expecting"];

impl ContainerSerde {
    pub(crate) fn parse(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        for meta in metas(cx, attrs) {
            let span = meta.path().span();
            match key(&meta).as_str() {
                "rename_all" => this.rename_all = rule(cx, &meta).unwrap_or_default(),
                "rename_all_fields" => this.rename_all_fields = rule(cx, &meta).unwrap_or_default(),
                "default" => this.default = Some(span),
                "transparent" => this.transparent = Some(span),
                "tag" => this.tag = text(cx, &meta).map(|tag| (tag, span)),
                "content" => this.content = text(cx, &meta).map(|content| (content, span)),
                // `rename` of a container names the Rust type for serde's errors and for nothing on the wire.
                "rename" => {}
                other => refuse(cx, &meta, other, &CONTAINER),
            }
        }
        this
    }
}

impl VariantSerde {
    pub(crate) fn parse(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        for meta in metas(cx, attrs) {
            match key(&meta).as_str() {
                "rename" => this.rename = text(cx, &meta),
                "rename_all" => this.rename_all = rule(cx, &meta),
                "alias" => this.aliases.extend(text(cx, &meta)),
                "skip" => this.skip = true,
                other => refuse(cx, &meta, other, &VARIANT),
            }
        }
        this
    }
}

impl FieldSerde {
    pub(crate) fn parse(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        for meta in metas(cx, attrs) {
            let span = meta.path().span();
            match key(&meta).as_str() {
                "rename" => this.rename = text(cx, &meta),
                "alias" => this.aliases.extend(text(cx, &meta)),
                "skip" => this.skip = Some(span),
                "default" => {
                    this.default = Some(match meta {
                        Meta::Path(_) => SerdeDefault::OfType(span),
                        _ => SerdeDefault::Path(meta.span()),
                    });
                }
                "skip_serializing_if" => {
                    let path = text(cx, &meta).unwrap_or_default();
                    if path.ends_with("Option::is_none") {
                        this.skip_if_none = Some(span);
                    } else {
                        cx.error_at(
                            &meta,
                            "only `skip_serializing_if = \"Option::is_none\"` can be carried to every target",
                        );
                    }
                }
                other => refuse(cx, &meta, other, &FIELD),
            }
        }
        this
    }
}

/// The entries of all `#[serde(…)]`. Serde's own derive reports what is malformed.
fn metas(cx: &Ctxt, attrs: &[Attribute]) -> Vec<Meta> {
    let lists = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
    let mut metas = Vec::new();
    for attr in lists {
        let Meta::List(list) = &attr.meta else {
            continue;
        };
        match NestedMeta::parse_meta_list(list.tokens.clone()) {
            Ok(nested) => metas.extend(nested.into_iter().filter_map(|nested| match nested {
                NestedMeta::Meta(meta) => Some(meta),
                _ => None,
            })),
            Err(error) => cx.push(error),
        }
    }
    metas
}

fn key(meta: &Meta) -> String {
    meta.path().to_token_stream().to_string()
}

/// The string of `rename = ".."`, or of both sides of `rename(serialize = "..", deserialize = "..")`.
fn text(cx: &Ctxt, meta: &Meta) -> Option<String> {
    /// The two directions of a name.
    #[derive(FromMeta)]
    struct Both {
        serialize: Option<String>,
        deserialize: Option<String>,
    }
    match meta {
        Meta::NameValue(pair) => match bare(&pair.value) {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            other => {
                cx.error_at(other, "expected a string");
                None
            }
        },
        Meta::List(_) => match Both::from_meta(meta) {
            Ok(Both {
                serialize: Some(one),
                deserialize: Some(other),
            }) if one == other => Some(one),
            Ok(_) => {
                cx.error_at(meta, "a name that differs between reading and writing cannot be carried to every target");
                None
            }
            Err(error) => {
                cx.push(error);
                None
            }
        },
        Meta::Path(_) => None,
    }
}

/// Without the invisible groups that macros leave.
pub(crate) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => bare(&group.expr),
        other => other,
    }
}

fn rule(cx: &Ctxt, meta: &Meta) -> Option<RenameRule> {
    let name = text(cx, meta)?;
    let rule = RenameRule::from_name(&name);
    if rule.is_none() {
        let known = crate::case::RULES.map(|(name, _)| name);
        cx.error_at(meta, words::unknown("rename rule", &name, known));
    }
    rule
}

/// What is not in the list, and why.
fn refuse(cx: &Ctxt, meta: &Meta, key: &str, known: &[&str]) {
    if HARMLESS.contains(&key) {
        return;
    }
    let why = match key {
        "deny_unknown_fields" => {
            "unknown keys of a payload are refused in any case, so leave it out"
        }
        "flatten" => {
            "write the fields where they belong, or give the inner struct a field of its own"
        }
        "untagged" => {
            "without a tag the targets cannot tell the members apart; use `tag`, or no attribute"
        }
        "with" | "serialize_with" | "deserialize_with" | "from" | "into" | "try_from"
        | "remote" | "getter" => {
            "what Rust code does to a value no other target can repeat; write a newtype with the JSON that you want"
        }
        "skip_serializing" | "skip_deserializing" => {
            "a field is carried both ways or, with `skip`, not at all"
        }
        _ => "",
    };
    let mut message = format!("serde's '{key}' cannot be carried to every target");
    if !why.is_empty() {
        message = format!("{message}: {why}");
    } else if let Some(word) = words::nearest(key, known.iter().copied()) {
        message = format!("{message}, did you mean '{word}'?");
    } else {
        message = format!("{message}; those that can are {}", known.join(", "));
    }
    cx.error_at(meta, message);
}
