//! What is written: the declaration as data, before any rule looks at it.

pub(crate) mod container;
pub(crate) mod events;
pub(crate) mod field;
pub(crate) mod item;
pub(crate) mod lift;
pub(crate) mod literal;
pub(crate) mod pattern;

use proc_macro2::Span;
use syn::{
    Data, DeriveInput, Fields, Ident, Type, Visibility, ext::IdentExt, punctuated::Punctuated,
};

use crate::{
    case::RenameRule,
    ctxt::Ctxt,
    docs, inflect,
    serde_attrs::{ContainerSerde, FieldSerde, SerdeDefault},
    shape::Shape,
};
use container::{Container, Mode};
use field::{DefaultDecl, FieldAttrs, INNER_FIELD, MODEL_FIELD};

/// A model as it is written.
pub(crate) struct Model<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) doc: String,
    pub(crate) attrs: Container,
    pub(crate) fields: Vec<Field<'a>>,
    /// Fields that serde skips: not part of the model.
    pub(crate) skipped: Vec<&'a Ident>,
    /// What the three changes of a row are called: `created`, `updated`, `deleted`.
    pub(crate) changes: [Ident; 3],
}

/// A field of a model, of a struct or of a member of an enum.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    pub(crate) shape: Shape,
    pub(crate) doc: String,
    /// On the wire.
    pub(crate) wire: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) attrs: FieldAttrs,
    pub(crate) default: Option<DefaultDecl>,
    pub(crate) kind: Kind,
    pub(crate) singular: Option<Singular>,
    /// `serde(skip_serializing_if = "Option::is_none")`
    pub(crate) skip_if_none: Option<Span>,
}

/// Who fills a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Id,
    CreatedAt,
    UpdatedAt,
    EventTime,
    Machine,
}

/// One element's name.
#[derive(Debug, Clone)]
pub(crate) struct Singular {
    /// As events are named after it.
    pub(crate) rust: String,
    /// As a payload's key.
    pub(crate) wire: String,
}

/// Where a field stands: it decides which keys it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Model,
    Struct,
    /// In a member of an enum, where nothing identifies it.
    Variant,
}

impl<'a> Model<'a> {
    /// `None`: no struct with named fields, which is reported.
    pub(crate) fn parse(cx: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        let Data::Struct(data) = &input.data else {
            cx.error_at(
                &input.ident,
                "a model is a struct with named fields; derive `SyncType` for what it holds",
            );
            return None;
        };
        let Fields::Named(named) = &data.fields else {
            cx.error_at(&input.ident, "a model is a struct with named fields");
            return None;
        };
        if !input.generics.params.is_empty() {
            cx.error_at(&input.generics, "a model is not generic: it is a table");
            return None;
        }
        let serde = ContainerSerde::parse(cx, &input.attrs);
        reject_tags(cx, &serde);
        let attrs = Container::parse(cx, &input.attrs);
        let (fields, skipped) = fields(cx, &named.named, &serde, serde.rename_all, Place::Model);
        Some(Self {
            ident: &input.ident,
            vis: &input.vis,
            doc: docs::doc(&input.attrs),
            attrs,
            fields,
            skipped,
            changes: ["created", "updated", "deleted"]
                .map(|name| Ident::new(name, input.ident.span())),
        })
    }

    /// How it reaches a client: a plain typed API unless it says otherwise.
    pub(crate) fn mode(&self) -> Mode {
        self.attrs.mode.map_or(Mode::Api, |(mode, _)| mode)
    }

    /// Whether its mode cannot be read, which is an error already.
    pub(crate) fn has_wrong_mode(&self) -> bool {
        self.attrs.mode.is_none() && self.attrs.wrote("mode")
    }

    pub(crate) fn entity(&self) -> String {
        let written = self.attrs.entity.as_ref().map(syn::LitStr::value);
        written.unwrap_or_else(|| crate::case::entity(&self.ident.unraw().to_string()))
    }

    /// `None`: the entity has no plural by rule.
    pub(crate) fn path(&self) -> Option<String> {
        let written = self.attrs.path.as_ref().map(syn::LitStr::value);
        written.or_else(|| inflect::plural(&self.entity()))
    }

    pub(crate) fn version(&self) -> u32 {
        self.attrs.version.map_or(1, |(version, _)| version)
    }

    /// Its state machines.
    pub(crate) fn machines(&self) -> impl Iterator<Item = (usize, &Field<'a>)> {
        self.fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.kind == Kind::Machine)
    }
}

/// `#[serde(tag = "..")] struct`
pub(crate) fn reject_tags(cx: &Ctxt, serde: &ContainerSerde) {
    for (_, span) in serde.tag.iter().chain(&serde.content) {
        cx.error(
            *span,
            "a tag is for enums: on a struct it cannot be carried to every target",
        );
    }
}

/// The fields, and the names of those that serde skips.
pub(crate) fn fields<'a>(
    cx: &Ctxt,
    named: &'a Punctuated<syn::Field, syn::Token![,]>,
    serde: &ContainerSerde,
    rule: RenameRule,
    place: Place,
) -> (Vec<Field<'a>>, Vec<&'a Ident>) {
    let mut fields = Vec::new();
    let mut skipped = Vec::new();
    for field in named {
        let Some(ident) = &field.ident else {
            continue;
        };
        let of_field = FieldSerde::parse(cx, &field.attrs);
        if of_field.skip.is_some() {
            skipped.push(ident);
        } else {
            fields.push(Field::parse(
                cx,
                field,
                ident,
                of_field,
                (serde, rule, place),
            ));
        }
    }
    one_marked_id(&mut fields);
    (fields, skipped)
}

/// Where another field is marked as the id, one that is only called so is not.
fn one_marked_id(fields: &mut [Field<'_>]) {
    if fields.iter().any(|field| field.attrs.id.is_some()) {
        for field in fields {
            if field.kind == Kind::Id && field.attrs.id.is_none() {
                field.kind = Kind::Plain;
            }
        }
    }
}

impl<'a> Field<'a> {
    fn parse(
        cx: &Ctxt,
        field: &'a syn::Field,
        ident: &'a Ident,
        serde: FieldSerde,
        (container, rule, place): (&ContainerSerde, RenameRule, Place),
    ) -> Self {
        let (known, of) = match place {
            Place::Model => (&MODEL_FIELD[..], "key of a field"),
            Place::Struct => (&INNER_FIELD[..], "key of a struct's field"),
            Place::Variant => (&INNER_FIELD[1..], "key of a member's field"),
        };
        let attrs = FieldAttrs::parse(cx, &field.attrs, known, of);
        let name = ident.unraw().to_string();
        let shape = Shape::of(&field.ty);
        let kind = kind(&attrs, &name, shape, place);
        // The struct's own default matters where a payload may leave the field out.
        let asks = matches!(kind, Kind::Plain | Kind::Machine) && shape != Shape::Option;
        let singular = attrs.singular.as_ref().map(syn::LitStr::value);
        let singular = singular.or_else(|| {
            shape
                .may_be_list()
                .then(|| inflect::singular(&name))
                .flatten()
        });
        Self {
            ident,
            vis: &field.vis,
            ty: &field.ty,
            shape,
            doc: docs::doc(&field.attrs),
            wire: serde.rename.unwrap_or_else(|| rule.apply_to_field(&name)),
            aliases: serde.aliases,
            default: default(
                cx,
                &attrs,
                serde.default,
                container.default.filter(|_| asks),
                ident,
            ),
            kind,
            singular: singular.map(|rust| Singular {
                wire: rule.apply_to_field(&rust),
                rust,
            }),
            attrs,
            skip_if_none: serde.skip_if_none,
        }
    }

    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Whether a payload may hold it.
    pub(crate) fn is_writable(&self) -> bool {
        self.kind == Kind::Plain && self.attrs.exclude.is_none()
    }

    /// Whether a `create` may leave it out, as far as the text tells.
    pub(crate) fn has_default(&self) -> bool {
        self.default.is_some() || self.shape == Shape::Option
    }
}

/// The literal of `sync`, or what serde says where that is known without running code.
fn default(
    cx: &Ctxt,
    attrs: &FieldAttrs,
    serde: Option<SerdeDefault>,
    of_struct: Option<Span>,
    ident: &Ident,
) -> Option<DefaultDecl> {
    if attrs.default.is_some() {
        return attrs.default.clone();
    }
    match serde {
        Some(SerdeDefault::OfType(span)) => Some(DefaultDecl::OfType(span)),
        Some(SerdeDefault::Path(span)) => {
            cx.error(span, "only running code knows this default: write the value too, `#[sync(default = ...)]`");
            None
        }
        None if of_struct.is_some() => {
            cx.error_at(
                ident,
                "serde takes this field's default from the struct's, which only running code knows: write the value \
                 too, `#[sync(default = ...)]`",
            );
            None
        }
        None => None,
    }
}

fn kind(attrs: &FieldAttrs, name: &str, shape: Shape, place: Place) -> Kind {
    let may_be_time = matches!(shape, Shape::DateTime | Shape::Unknown);
    match name {
        _ if attrs.id.is_some() => Kind::Id,
        _ if attrs.state.is_some() => Kind::Machine,
        _ if attrs.created_at.is_some() => Kind::CreatedAt,
        _ if attrs.updated_at.is_some() => Kind::UpdatedAt,
        _ if attrs.event_time.is_some() => Kind::EventTime,
        "id" if place != Place::Variant => Kind::Id,
        "created_at" if place == Place::Model && may_be_time => Kind::CreatedAt,
        "updated_at" if place == Place::Model && may_be_time => Kind::UpdatedAt,
        _ => Kind::Plain,
    }
}

/// Whether a name is one that every target can carry.
pub(crate) fn is_snake_case(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_lowercase())
        && chars.all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
        && !name.ends_with('_')
        && !name.contains("__")
}
