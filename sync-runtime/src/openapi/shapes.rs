//! Types as JSON Schema, as OpenAPI 3.0 knows it.
//!
//! There is no `default` keyword anywhere: what a payload leaves out is not the same as what a state lacks, and
//! openapi-typescript makes every property with a default a required one. `x-sync` has the defaults.

use std::collections::BTreeMap;

use openapiv3::{
    AdditionalProperties, NumberFormat, ObjectType, OpenAPI, ReferenceOr, Schema as Shape,
    SchemaKind, StringType, Type as ShapeType,
};
use serde_json::Value;

use super::{
    events::OfModel,
    extension::{EXCLUDE, OWNER_ONLY},
    names::Names,
    parts::{
        Slot, any, any_of, array, boxed, constant, decorated, described, fixed_array, format,
        formatted, integer, into_shape, nullable, number, object_of, reference, shape, string,
        with_tag,
    },
};
use crate::schema::{
    EnumType, Field, FieldKind, Model, Rules, Schema, StructType, Tagging, Type, UnionBody,
    UnionType, UnionVariant, Visibility,
};

/// Where a value stands. The same struct looks different in each place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// In a state: every key is there.
    State,
    /// In a payload: what has a default may be left out, what is managed must be.
    Input,
    /// In a payload that updates an element: any of its fields.
    Patch,
}

/// A type that has a component of its own.
#[derive(Debug, Clone, Copy)]
enum Named<'a> {
    Struct(&'a StructType),
    Enum(&'a EnumType),
    Union(&'a UnionType),
}

/// Collects component schemas as they are referred to.
#[derive(Debug)]
pub(super) struct Shapes {
    names: Names,
    models: BTreeMap<String, String>,
    keys: BTreeMap<(String, Place), String>,
    components: Vec<(String, Shape)>,
    pub(super) of_models: Vec<OfModel>,
}

impl Shapes {
    /// Nothing yet, but for the keys that the document has and those of the models.
    pub(super) fn new(document: &OpenAPI, schema: &Schema) -> Self {
        let mut names = Names::default();
        for name in document.components.iter().flat_map(|c| c.schemas.keys()) {
            names.claim(name);
        }
        for reserved in super::events::UNIONS {
            names.claim(reserved);
        }
        let models = schema
            .models()
            .iter()
            .map(|model| (model.entity.to_string(), names.claim(&model.name)))
            .collect();
        Self {
            names,
            models,
            keys: BTreeMap::new(),
            components: Vec::new(),
            of_models: Vec::new(),
        }
    }

    pub(super) fn into_components(self) -> Vec<(String, Shape)> {
        self.components
    }

    /// The key of a model's state.
    pub(super) fn model_key(&self, model: &Model) -> &str {
        self.models.get(&*model.entity).map_or("", |key| key)
    }

    /// Adds a component and gives its key, which is the wish or close to it.
    pub(super) fn add(&mut self, wish: &str, shape: Shape) -> String {
        let key = self.names.claim(wish);
        self.put(key.clone(), shape);
        key
    }

    /// Adds a component under a key that was claimed.
    pub(super) fn put(&mut self, key: String, shape: Shape) {
        self.components.push((key, shape));
    }

    /// Adds the state of a model.
    pub(super) fn add_state(&mut self, model: &Model) {
        let shape = self.object(&model.fields.iter().collect::<Vec<_>>(), Place::State);
        let key = self.model_key(model).to_owned();
        self.put(key, described(shape, &model.doc));
    }

    /// The value of a field, with what is said about the field itself.
    pub(super) fn field(&mut self, field: &Field, place: Place) -> Slot {
        let place = if place == Place::Patch {
            Place::Input
        } else {
            place
        };
        let mut slot = self.of(&field.ty, place, field.big, &field.rules);
        if !field.doc.is_empty() {
            slot = decorated(slot, |data| data.description = Some(field.doc.to_string()));
        }
        let mark = match field.visibility {
            Visibility::Public => return slot,
            Visibility::OwnerOnly => OWNER_ONLY,
            Visibility::Excluded => EXCLUDE,
        };
        decorated(slot, |data| {
            data.extensions.insert(mark.to_owned(), Value::Bool(true));
        })
    }

    /// A type without rules.
    pub(super) fn plain(&mut self, ty: &Type, place: Place) -> Slot {
        self.of(ty, place, false, &Rules::NONE)
    }

    /// The value that a list is filtered by. The field's rules say what may be written, not what may be asked for.
    pub(super) fn filter(&mut self, field: &Field) -> Slot {
        self.of(field.ty.non_null(), Place::State, field.big, &Rules::NONE)
    }

    fn of(&mut self, ty: &Type, place: Place, big: bool, rules: &Rules) -> Slot {
        let kind = match ty {
            Type::Option(inner) => {
                let slot = self.of(inner, place, big, rules);
                return nullable(slot, keyword(inner));
            }
            Type::Struct(shape) => return self.named(Named::Struct(shape), place),
            Type::Enum(shape) => return self.named(Named::Enum(shape), Place::State),
            Type::Union(shape) => return self.named(Named::Union(shape), place),
            Type::Bool => ShapeType::Boolean(Default::default()),
            Type::Int(_) if big => ShapeType::String(StringType {
                format: format("int64"),
                pattern: Some("^(0|-?[1-9][0-9]*)$".to_owned()),
                ..StringType::default()
            }),
            Type::Int(width) => integer(*width, rules),
            Type::Float32 => number(NumberFormat::Float, rules),
            Type::Float64 => number(NumberFormat::Double, rules),
            Type::String => string(rules),
            Type::Char => ShapeType::String(StringType {
                min_length: Some(1),
                max_length: Some(1),
                ..StringType::default()
            }),
            Type::Uuid => formatted("uuid"),
            Type::DateTime => formatted("date-time"),
            Type::LocalDateTime => formatted("local-date-time"),
            Type::Date => formatted("date"),
            Type::Time => formatted("local-time"),
            Type::Decimal => formatted("decimal"),
            Type::Json => return any(),
            Type::List(item) => {
                let items = self.of(item, place, big, &Rules::NONE);
                array(items, rules, false)
            }
            Type::Set(item) => {
                let items = self.of(item, place, big, &Rules::NONE);
                array(items, rules, true)
            }
            Type::Map { value, .. } => {
                let value = self.of(value, place, big, &Rules::NONE);
                ShapeType::Object(ObjectType {
                    additional_properties: Some(AdditionalProperties::Schema(Box::new(value))),
                    ..ObjectType::default()
                })
            }
            Type::Array { item, len } => {
                let items = self.of(item, place, big, &Rules::NONE);
                fixed_array(items, *len as usize)
            }
            Type::Tuple(items) => {
                let len = items.len();
                let mut kinds: Vec<Slot> = Vec::new();
                for item in items.iter() {
                    let kind = self.of(item, place, big, &Rules::NONE);
                    if !kinds.contains(&kind) {
                        kinds.push(kind);
                    }
                }
                fixed_array(any_of(kinds), len)
            }
        };
        ReferenceOr::Item(shape(SchemaKind::Type(kind)))
    }

    fn named(&mut self, named: Named<'_>, place: Place) -> Slot {
        let key = self.key_of(named, place);
        reference(&key)
    }

    /// The component of a named type, made when it is first asked for.
    fn key_of(&mut self, named: Named<'_>, place: Place) -> String {
        let (name, doc) = match named {
            Named::Struct(StructType { name, doc, .. })
            | Named::Enum(EnumType { name, doc, .. })
            | Named::Union(UnionType { name, doc, .. }) => (name, doc),
        };
        let entry = (name.to_string(), place);
        if let Some(key) = self.keys.get(&entry) {
            return key.clone();
        }
        let wish = match place {
            Place::State => name.to_string(),
            Place::Input => format!("{name}Input"),
            Place::Patch => format!("{name}Patch"),
        };
        let key = self.names.claim(&wish);
        self.keys.insert(entry, key.clone());
        let body = match named {
            Named::Struct(shape) => self.struct_shape(shape, place),
            Named::Enum(shape) => enum_shape(shape),
            Named::Union(shape) => self.union_shape(shape, place),
        };
        self.components.push((key.clone(), described(body, doc)));
        key
    }

    /// The key of a struct's component in that place.
    pub(super) fn struct_key(&mut self, shape: &StructType, place: Place) -> String {
        self.key_of(Named::Struct(shape), place)
    }

    fn struct_shape(&mut self, of: &StructType, place: Place) -> Shape {
        let fields: Vec<&Field> = match place {
            Place::State => of.fields.iter().collect(),
            Place::Input => of
                .input_fields()
                .filter(|field| field.is_shared())
                .collect(),
            Place::Patch => of
                .patch_fields()
                .filter(|field| field.is_shared())
                .collect(),
        };
        self.object(&fields, place)
    }

    fn object(&mut self, fields: &[&Field], place: Place) -> Shape {
        let mut object = ObjectType::default();
        for field in fields {
            let slot = self.field(field, place);
            object
                .properties
                .insert(field.name.to_string(), boxed(slot));
            if is_required(field, place) {
                object.required.push(field.name.to_string());
            }
        }
        if place != Place::State {
            object.additional_properties = Some(AdditionalProperties::Any(false));
        }
        shape(SchemaKind::Type(ShapeType::Object(object)))
    }

    fn union_shape(&mut self, of: &UnionType, place: Place) -> Shape {
        let members = of
            .variants
            .iter()
            .map(|variant| {
                let body = self.member(&of.tagging, variant, place);
                ReferenceOr::Item(described(body, &variant.doc))
            })
            .collect();
        shape(SchemaKind::OneOf { one_of: members })
    }

    /// One member of a union, as serde writes it under that tagging.
    fn member(&mut self, tagging: &Tagging, variant: &UnionVariant, place: Place) -> Shape {
        let body = match &variant.body {
            UnionBody::Unit => None,
            UnionBody::Newtype(inner) => Some(self.plain(inner, place)),
            UnionBody::Struct(fields) => {
                let fields: Vec<&Field> = fields
                    .iter()
                    .filter(|field| place == Place::State || is_input(field))
                    .collect();
                Some(ReferenceOr::Item(self.object(&fields, place)))
            }
        };
        let name = constant(&variant.name);
        match (tagging, body) {
            (Tagging::External, None) => into_shape(name),
            (Tagging::External, Some(body)) => object_of(vec![(&variant.name, body, true)]),
            (Tagging::Internal { tag }, None) => object_of(vec![(tag, name, true)]),
            (Tagging::Internal { tag }, Some(body)) => with_tag(tag, name, body),
            (Tagging::Adjacent { tag, .. }, None) => object_of(vec![(tag, name, true)]),
            (Tagging::Adjacent { tag, content }, Some(body)) => {
                object_of(vec![(tag, name, true), (content, body, true)])
            }
        }
    }
}

fn is_input(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Plain | FieldKind::Id) && field.is_shared()
}

fn is_required(field: &Field, place: Place) -> bool {
    match place {
        Place::State => field.visibility == Visibility::Public && !field.optional,
        Place::Input => !field.has_default(),
        Place::Patch => false,
    }
}

/// The `type` of all values of a named type, if they have one in common.
fn keyword(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Struct(_) => Some("object"),
        Type::Enum(_) => Some("string"),
        Type::Union(of) => {
            let unit = |variant: &UnionVariant| matches!(variant.body, UnionBody::Unit);
            let strings = of.tagging == Tagging::External && of.variants.iter().any(unit);
            (!strings).then_some("object")
        }
        _ => None,
    }
}

fn enum_shape(of: &EnumType) -> Shape {
    shape(SchemaKind::Type(ShapeType::String(StringType {
        enumeration: of
            .variants
            .iter()
            .map(|variant| Some(variant.name.to_string()))
            .collect(),
        ..StringType::default()
    })))
}
