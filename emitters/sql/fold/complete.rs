//! A value of a payload as the state holds it: defaults filled in, and `event_time` fields with the event's time.
//!
//! Every type is decided in the one match of [`Completion::of`]; a new one does not compile until it is.

use serde_json::Value;
use sync_runtime::{
    schema::{Field, FieldKind, StructType, Tagging, Type, UnionBody, UnionType, UnionVariant},
    semantics::values::default_of,
};

use crate::sql::{
    dialect::{Dialect, case, case_of},
    json::{At, Pair},
};

/// Completes values of one event.
#[derive(Debug, Clone)]
pub(crate) struct Completion {
    /// The dialect.
    pub(crate) dialect: Dialect,
    /// An expression of the event's time as JSON.
    pub(crate) time: String,
}

/// What stands in for a key that an object lacks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lacking<'a> {
    /// The field's default: the object is a whole.
    Default,
    /// The value of that element, which the object changes.
    Kept(&'a At),
}

impl Completion {
    /// The value as the state holds it; SQL's null where there is none.
    pub(crate) fn of(&self, ty: &Type, at: &At, depth: usize) -> String {
        if !is_completed(ty) {
            return self.dialect.raw(at);
        }
        let (kind, made) = match ty {
            Type::Option(inner) => return self.of(inner, at, depth),
            Type::List(item) | Type::Array { item, .. } => ("array", self.items(item, at, depth)),
            Type::Tuple(types) => {
                let parts = types.iter().enumerate();
                let parts = parts.map(|(place, ty)| self.of(ty, &at.place(place), depth));
                ("array", self.dialect.list(&parts.collect::<Vec<_>>()))
            }
            Type::Map { value, .. } => ("object", self.entries(value, at, depth)),
            Type::Struct(shape) => ("object", self.object(shape, at, Lacking::Default, depth)),
            Type::Union(shape) => ("object", self.union(shape, at, depth)),
            Type::Bool
            | Type::Int(_)
            | Type::Float32
            | Type::Float64
            | Type::String
            | Type::Char
            | Type::Uuid
            | Type::DateTime
            | Type::LocalDateTime
            | Type::Date
            | Type::Time
            | Type::Decimal
            | Type::Json
            | Type::Set(_)
            | Type::Enum(_) => return self.dialect.raw(at),
        };
        case_of(
            &self.dialect.kind(at),
            &[(format!("'{kind}'"), made)],
            &self.dialect.raw(at),
        )
    }

    /// A struct with all of its fields.
    pub(crate) fn object(
        &self,
        shape: &StructType,
        at: &At,
        lacking: Lacking<'_>,
        depth: usize,
    ) -> String {
        let pairs: Vec<Pair> = shape
            .fields
            .iter()
            .map(|field| self.pair(field, at, lacking, depth))
            .collect();
        self.dialect.object(&pairs)
    }

    fn pair(&self, field: &Field, at: &At, lacking: Lacking<'_>, depth: usize) -> Pair {
        let given = at.key(&field.name);
        let value = match (lacking, &field.kind) {
            (Lacking::Default, FieldKind::EventTime) => self.time.clone(),
            (Lacking::Default, _) => {
                let value = self.of(&field.ty, &given, depth);
                let default = default_of(field).unwrap_or(Value::Null);
                format!("coalesce({value}, {})", self.dialect.json(&default))
            }
            (Lacking::Kept(element), FieldKind::Plain) => {
                let value = self.of(&field.ty, &given, depth);
                let kept = self.dialect.raw(&element.key(&field.name));
                format!("coalesce({value}, {kept})")
            }
            (Lacking::Kept(element), _) => self.dialect.raw(&element.key(&field.name)),
        };
        let unless = field.optional.then(|| {
            let null = self.dialect.json(&Value::Null);
            // A key that is not there stands for null as well.
            format!("coalesce({value}, {null}) = {null}")
        });
        Pair {
            key: field.name.clone().into_owned(),
            value,
            unless,
        }
    }

    fn items(&self, item: &Type, at: &At, depth: usize) -> String {
        let row = row(depth);
        let value = self.of(item, &At::Row(row.clone()), depth + 1);
        let from = format!("FROM {}", self.dialect.each_item(at, &row));
        self.dialect.list_of(&value, &row, &from)
    }

    fn entries(&self, inner: &Type, at: &At, depth: usize) -> String {
        let row = row(depth);
        let value = self.of(inner, &At::Row(row.clone()), depth + 1);
        let from = format!("FROM {}", self.dialect.each_entry(at, &row));
        self.dialect.object_of(&value, &row, &from)
    }

    fn union(&self, shape: &UnionType, at: &At, depth: usize) -> String {
        let members = shape.variants.iter().filter(|v| is_body_completed(&v.body));
        let cases = members.map(|variant| match &shape.tagging {
            Tagging::External => {
                let inside = at.key(&variant.name);
                let value = self.body(&variant.body, &inside, depth);
                let made = self.dialect.object(&[pair(&variant.name, value)]);
                let given = self.dialect.raw(&inside);
                (format!("{given} IS NOT NULL"), made)
            }
            Tagging::Internal { tag } => {
                let made = self.tagged(tag, variant, at, depth);
                let given = self.dialect.scalar(&at.key(tag));
                (
                    format!("{given} = {}", self.dialect.text(&variant.name)),
                    made,
                )
            }
            Tagging::Adjacent { tag, content } => {
                let inside = at.key(content);
                let value = self.body(&variant.body, &inside, depth);
                let name = self.dialect.json(&Value::from(&*variant.name));
                let made = self
                    .dialect
                    .object(&[pair(tag, name), pair(content, value)]);
                let given = self.dialect.scalar(&at.key(tag));
                (
                    format!("{given} = {}", self.dialect.text(&variant.name)),
                    made,
                )
            }
        });
        case(&cases.collect::<Vec<_>>(), &self.dialect.raw(at))
    }

    /// A member whose data stands beside its tag.
    fn tagged(&self, tag: &str, variant: &UnionVariant, at: &At, depth: usize) -> String {
        let name = self.dialect.json(&Value::from(&*variant.name));
        let fields = match &variant.body {
            UnionBody::Unit => &[][..],
            UnionBody::Struct(fields) => fields,
            UnionBody::Newtype(ty) => match ty.non_null() {
                Type::Struct(shape) => &shape.fields,
                // Nothing else that is completed is an object with keys of its own beside a tag.
                _ => return self.dialect.raw(at),
            },
        };
        let pairs: Vec<Pair> = std::iter::once(pair(tag, name))
            .chain(
                fields
                    .iter()
                    .map(|field| self.pair(field, at, Lacking::Default, depth)),
            )
            .collect();
        self.dialect.object(&pairs)
    }

    fn body(&self, body: &UnionBody, at: &At, depth: usize) -> String {
        match body {
            UnionBody::Unit => self.dialect.raw(at),
            UnionBody::Newtype(ty) => self.of(ty, at, depth),
            UnionBody::Struct(fields) => {
                let pairs: Vec<Pair> = fields
                    .iter()
                    .map(|field| self.pair(field, at, Lacking::Default, depth))
                    .collect();
                self.dialect.object(&pairs)
            }
        }
    }
}

fn pair(key: &str, value: String) -> Pair {
    Pair {
        key: key.to_owned(),
        value,
        unless: None,
    }
}

fn row(depth: usize) -> String {
    match depth {
        0 => "item".to_owned(),
        more => format!("item_{more}"),
    }
}

/// Whether values of a type are other in a state than in a payload.
pub(crate) fn is_completed(ty: &Type) -> bool {
    match ty {
        Type::Option(inner)
        | Type::List(inner)
        | Type::Array { item: inner, .. }
        | Type::Map { value: inner, .. } => is_completed(inner),
        Type::Tuple(types) => types.iter().any(|ty| is_completed(ty)),
        Type::Struct(shape) => shape.fields.iter().any(is_field_completed),
        Type::Union(shape) => shape.variants.iter().any(|v| is_body_completed(&v.body)),
        Type::Bool
        | Type::Int(_)
        | Type::Float32
        | Type::Float64
        | Type::String
        | Type::Char
        | Type::Uuid
        | Type::DateTime
        | Type::LocalDateTime
        | Type::Date
        | Type::Time
        | Type::Decimal
        | Type::Json
        | Type::Set(_)
        | Type::Enum(_) => false,
    }
}

fn is_field_completed(field: &Field) -> bool {
    field.kind == FieldKind::EventTime
        || field.has_default()
        || field.optional
        || is_completed(&field.ty)
}

fn is_body_completed(body: &UnionBody) -> bool {
    match body {
        UnionBody::Unit => false,
        UnionBody::Newtype(ty) => is_completed(ty),
        UnionBody::Struct(fields) => fields.iter().any(is_field_completed),
    }
}
