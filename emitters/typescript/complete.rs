//! From what a payload gives to what a state holds: defaults filled in, and the event's own time.

use sync_runtime::schema::{Field, FieldKind, Type, UnionBody};

use super::{
    layout::{Doc, concat, condition, object, text},
    syntax::{entry, key, member},
    types::Writer,
};
use crate::Error;

impl Writer<'_, '_> {
    /// The value of a state that a payload's value stands for: defaults filled in, and the event's `time`.
    pub(super) fn completed(&mut self, ty: &Type, value: &str) -> Result<String, Error> {
        if !needs_completion(ty) {
            return Ok(value.to_owned());
        }
        Ok(match ty {
            Type::Option(inner) => {
                format!(
                    "{value} === null ? null : {}",
                    self.completed(inner, value)?
                )
            }
            Type::List(item) | Type::Array { item, .. } => {
                format!("{value}.map((item) => {})", self.completed_item(item)?)
            }
            Type::Map { value: inner, .. } => {
                self.imports.value("materializers/utils", "mapValues");
                format!(
                    "mapValues({value}, (item) => {})",
                    self.completed_item(inner)?
                )
            }
            Type::Tuple(items) => {
                let items = items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| self.completed(item, &format!("{value}[{at}]")))
                    .collect::<Result<Vec<_>, _>>()?;
                format!("[{}]", items.join(", "))
            }
            Type::Struct(shape) => self.complete_named(&shape.name, ty, value)?,
            Type::Union(shape) => self.complete_named(&shape.name, ty, value)?,
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
            | Type::Enum(_) => value.to_owned(),
        })
    }

    /// The body of an arrow function of an `item`.
    fn completed_item(&mut self, ty: &Type) -> Result<String, Error> {
        let body = self.completed(ty, "item")?;
        Ok(match ty {
            Type::Option(_) => format!("({body})"),
            _ => body,
        })
    }

    fn complete_named(&mut self, name: &str, ty: &Type, value: &str) -> Result<String, Error> {
        let plan = self.plan.named(name)?;
        self.imports
            .value(&self.plan.home("materializers", plan), &plan.complete);
        let time = if needs_time(ty) { ", time" } else { "" };
        Ok(format!("{}({value}{time})", plan.complete))
    }

    /// The entries of an object that completes these fields of `from`.
    pub(super) fn completed_fields(
        &mut self,
        fields: &[&Field],
        from: &str,
    ) -> Result<Vec<Doc>, Error> {
        fields
            .iter()
            .map(|field| self.completed_field(field, from))
            .collect()
    }

    fn completed_field(&mut self, field: &Field, from: &str) -> Result<Doc, Error> {
        if !is_given(field) {
            return Ok(text(entry(&field.name, "time")));
        }
        let given = member(from, &field.name);
        let value = self.completed(&field.ty, &given)?;
        if !field.has_default() {
            return Ok(text(entry(&field.name, &value)));
        }
        let default = self.default(field)?;
        let starts_null = matches!(&default, Doc::Text(text) if text == "null");
        if field.optional && starts_null {
            let inner = self.completed(field.ty.non_null(), &given)?;
            let there = object(vec![text(entry(&field.name, &inner))], false);
            return Ok(concat([
                text(format!("...({given} == null ? {{}} : ")),
                there,
                text(")"),
            ]));
        }
        let head = format!("{}:", key(&field.name));
        Ok(
            match (value == given, field.ty.is_nullable(), starts_null) {
                (true, false, _) | (true, true, true) => {
                    concat([text(format!("{head} {given} ?? ")), default])
                }
                (false, true, true) => {
                    let inner = self.completed(field.ty.non_null(), &given)?;
                    condition(
                        &head,
                        &format!("{given} == null"),
                        text("null"),
                        text(inner),
                    )
                }
                _ => condition(
                    &head,
                    &format!("{given} === undefined"),
                    default,
                    text(value),
                ),
            },
        )
    }
}

/// Whether a payload gives the field, or else the event fills it.
pub(super) fn is_given(field: &Field) -> bool {
    !matches!(
        field.kind,
        FieldKind::EventTime | FieldKind::CreatedAt | FieldKind::UpdatedAt
    )
}

/// Whether a payload's value of the type may lack something that a state's has.
pub(super) fn needs_completion(ty: &Type) -> bool {
    any_field(ty, &|field| !is_given(field) || field.has_default())
}

/// Whether completing a value of the type takes the event's time.
pub(super) fn needs_time(ty: &Type) -> bool {
    any_field(ty, &|field| !is_given(field))
}

/// Whether a field of a struct inside the type is such.
fn any_field(ty: &Type, is: &dyn Fn(&Field) -> bool) -> bool {
    let any = |fields: &[Field]| {
        fields
            .iter()
            .any(|field| is(field) || any_field(&field.ty, is))
    };
    match ty {
        Type::Option(inner) | Type::List(inner) | Type::Set(inner) => any_field(inner, is),
        Type::Array { item, .. } => any_field(item, is),
        Type::Map { value, .. } => any_field(value, is),
        Type::Tuple(items) => items.iter().any(|item| any_field(item, is)),
        Type::Struct(shape) => any(&shape.fields),
        Type::Union(shape) => shape.variants.iter().any(|variant| match &variant.body {
            UnionBody::Unit => false,
            UnionBody::Newtype(inner) => any_field(inner, is),
            UnionBody::Struct(fields) => any(fields),
        }),
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
        | Type::Enum(_) => false,
    }
}
