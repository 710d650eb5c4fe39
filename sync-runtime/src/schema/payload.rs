//! What the payload of an event looks like, derived from its effect.
//!
//! The one place that knows it: the server's validation, OpenAPI and every emitter read it from here.

use std::borrow::Cow;

use super::{Effect, Event, Field, FieldKind, Model, StructType, Type};

/// What the payload of an event looks like.
#[derive(Debug, Clone, PartialEq)]
pub enum PayloadShape<'a> {
    /// These keys and no others.
    Keys(Vec<Key<'a>>),
    /// The payload of a custom effect: a struct that the application declares.
    Struct(&'a StructType),
}

/// A key of a payload.
#[derive(Debug, Clone, PartialEq)]
pub struct Key<'a> {
    /// On the wire.
    pub name: Cow<'a, str>,
    /// What it holds.
    pub shape: KeyShape<'a>,
    /// Whether it must be there.
    pub required: bool,
}

/// What a key of a payload holds.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyShape<'a> {
    /// A value of the field.
    Field(&'a Field),
    /// An element of a list field.
    Element(ElementPart<'a>),
    /// The id of an element of a keyed list; the field is the element's id.
    ElementId(&'a Field),
    /// An integer to add, within ±(2^53-1).
    Amount,
    /// A state of the machine.
    State(&'a Field),
}

/// An element of a list field, whole or in part.
#[derive(Debug, Clone, PartialEq)]
pub struct ElementPart<'a> {
    /// The list.
    pub list: &'a Field,
    /// Its element's type.
    pub item: &'a Type,
    /// Whole or in part.
    pub kind: ElementKind,
}

/// Whether an element is given whole or in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementKind {
    /// All of it; what has a default may be left out.
    Full,
    /// Some of its fields, never the id.
    Partial,
}

impl<'a> PayloadShape<'a> {
    /// The shape of an event of a checked model.
    pub fn of(model: &'a Model, event: &'a Event) -> Self {
        let field = |name: &str| model.field(name).into_iter();
        let keys = match &event.effect {
            Effect::Create => model
                .fields
                .iter()
                .filter(|field| field.is_writable())
                .map(|field| Key::field(field, !field.has_default()))
                .collect(),
            Effect::Set { fields } => fields
                .iter()
                .flat_map(|name| field(name))
                .map(|field| Key::field(field, true))
                .collect(),
            Effect::Merge { fields } => fields
                .iter()
                .flat_map(|name| field(name))
                .map(|field| Key::field(field, false))
                .collect(),
            Effect::Push { list } => field(list).filter_map(Key::pushed).collect(),
            Effect::Remove { list } => field(list).filter_map(Key::removed).collect(),
            Effect::Update { list } => field(list).flat_map(Key::updated).collect(),
            Effect::Increment { .. } => vec![Key::required("by".into(), KeyShape::Amount)],
            Effect::Transition { field: name } => field(name)
                .map(|field| {
                    Key::required(format!("new_{}", field.name).into(), KeyShape::State(field))
                })
                .collect(),
            Effect::Delete => Vec::new(),
            Effect::Custom { payload } => match payload.non_null() {
                Type::Struct(shape) => return PayloadShape::Struct(shape),
                _ => Vec::new(),
            },
        };
        PayloadShape::Keys(keys)
    }

    /// The keys; none for a custom effect, whose struct has its own.
    pub fn keys(&self) -> &[Key<'a>] {
        match self {
            PayloadShape::Keys(keys) => keys,
            PayloadShape::Struct(_) => &[],
        }
    }

    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&Key<'a>> {
        self.keys().iter().find(|key| key.name == name)
    }
}

impl<'a> Key<'a> {
    fn field(field: &'a Field, required: bool) -> Self {
        Key {
            name: Cow::Borrowed(&field.name),
            shape: KeyShape::Field(field),
            required,
        }
    }

    fn required(name: Cow<'a, str>, shape: KeyShape<'a>) -> Self {
        Key {
            name,
            shape,
            required: true,
        }
    }

    fn pushed(list: &'a Field) -> Option<Self> {
        let part = ElementPart {
            list,
            item: list.ty.element()?,
            kind: ElementKind::Full,
        };
        Some(Key::required(
            Cow::Borrowed(&list.singular),
            KeyShape::Element(part),
        ))
    }

    fn removed(list: &'a Field) -> Option<Self> {
        match keyed_id(list) {
            Some(id) => Some(Key::element_id(list, id)),
            None => Key::pushed(list),
        }
    }

    fn updated(list: &'a Field) -> Vec<Self> {
        let (Some(id), Some(item)) = (keyed_id(list), list.ty.element()) else {
            return Vec::new();
        };
        let part = ElementPart {
            list,
            item,
            kind: ElementKind::Partial,
        };
        vec![
            Key::element_id(list, id),
            Key::required(Cow::Borrowed(&list.singular), KeyShape::Element(part)),
        ]
    }

    fn element_id(list: &'a Field, id: &'a Field) -> Self {
        Key::required(
            format!("{}_id", list.singular).into(),
            KeyShape::ElementId(id),
        )
    }
}

impl Event {
    /// The fields of the model that the event writes; for a `create` all that a payload may hold, for a custom effect
    /// none that can be told.
    pub fn touched<'a>(&'a self, model: &'a Model) -> Vec<&'a Field> {
        match &self.effect {
            Effect::Create => model.fields.iter().filter(|f| f.is_writable()).collect(),
            Effect::Set { fields } | Effect::Merge { fields } => {
                fields.iter().filter_map(|name| model.field(name)).collect()
            }
            Effect::Push { list } | Effect::Remove { list } | Effect::Update { list } => {
                model.field(list).into_iter().collect()
            }
            Effect::Increment { field } | Effect::Transition { field } => {
                model.field(field).into_iter().collect()
            }
            Effect::Delete | Effect::Custom { .. } => Vec::new(),
        }
    }
}

impl StructType {
    /// The fields that a payload may hold when the struct is given whole.
    pub fn input_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields
            .iter()
            .filter(|field| matches!(field.kind, FieldKind::Plain | FieldKind::Id))
    }

    /// The fields that a payload may hold when an element is updated.
    pub fn patch_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields
            .iter()
            .filter(|field| matches!(field.kind, FieldKind::Plain))
    }
}

fn keyed_id(list: &Field) -> Option<&Field> {
    list.ty.keyed_element().and_then(StructType::id_field)
}
