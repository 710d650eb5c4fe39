//! Enums whose members carry data, in serde's three representations.

use serde_json::{Map, Value};

use super::{
    Form, Missing, complete, complete_fields,
    normal::{names, normal, normal_fields, object},
};
use crate::{
    schema::{Field, FieldKind, Tagging, UnionBody, UnionType},
    semantics::Invalid,
};

pub(super) fn normal_union(
    shape: &UnionType,
    big: bool,
    form: Form,
    value: Value,
) -> Result<Value, Invalid> {
    let unknown = || {
        Invalid::here(format!(
            "expected one of {}",
            names(shape.variants.iter().map(|variant| &*variant.name))
        ))
    };
    let find = |name: &str| {
        shape
            .variants
            .iter()
            .find(|variant| variant.name == name || variant.aliases.iter().any(|a| a == name))
            .ok_or_else(unknown)
    };
    match &shape.tagging {
        Tagging::External => match value {
            Value::String(name) => match find(&name)? {
                variant if variant.body == UnionBody::Unit => {
                    Ok(Value::String(variant.name.clone().into_owned()))
                }
                _ => Err(unknown()),
            },
            Value::Object(object) if object.len() == 1 => {
                let Some((name, inner)) = object.into_iter().next() else {
                    return Err(unknown());
                };
                let variant = find(&name)?;
                let inner = normal_body(&variant.body, big, form, Some(inner))
                    .map_err(|invalid| invalid.under(&name))?
                    .unwrap_or(Value::Null);
                Ok(Value::Object(Map::from_iter([(
                    variant.name.clone().into_owned(),
                    inner,
                )])))
            }
            _ => Err(unknown()),
        },
        Tagging::Internal { tag } => {
            let mut object = object(value)?;
            let name = object.remove(&**tag);
            let variant = name.as_ref().and_then(Value::as_str).map(find);
            let variant = variant
                .unwrap_or_else(|| Err(unknown()))
                .map_err(|i| i.under(tag))?;
            let inner = normal_body(&variant.body, big, form, Some(Value::Object(object)))?;
            let mut out = match inner {
                Some(Value::Object(object)) => object,
                _ => Map::new(),
            };
            out.insert(
                tag.clone().into_owned(),
                Value::String(variant.name.clone().into_owned()),
            );
            Ok(Value::Object(out))
        }
        Tagging::Adjacent { tag, content } => {
            let mut object = object(value)?;
            let name = object.remove(&**tag);
            let variant = name.as_ref().and_then(Value::as_str).map(find);
            let variant = variant
                .unwrap_or_else(|| Err(unknown()))
                .map_err(|i| i.under(tag))?;
            let inner = normal_body(&variant.body, big, form, object.remove(&**content))
                .map_err(|invalid| invalid.under(content))?;
            if let Some(other) = object.keys().next() {
                return Err(Invalid::here("is no key of this value").under(other));
            }
            let name = Value::String(variant.name.clone().into_owned());
            let mut out = Map::from_iter([(tag.clone().into_owned(), name)]);
            out.extend(inner.map(|inner| (content.clone().into_owned(), inner)));
            Ok(Value::Object(out))
        }
    }
}

/// The data of a union's member; `None` where it carries none.
fn normal_body(
    body: &UnionBody,
    big: bool,
    form: Form,
    value: Option<Value>,
) -> Result<Option<Value>, Invalid> {
    match (body, value) {
        (UnionBody::Unit, None | Some(Value::Null)) => Ok(None),
        (UnionBody::Unit, Some(Value::Object(object))) if object.is_empty() => Ok(None),
        (UnionBody::Unit, Some(_)) => Err(Invalid::here("this member carries no data")),
        (_, None) => Err(Invalid::here("this member carries data")),
        (UnionBody::Newtype(ty), Some(value)) => normal(ty, big, form, value).map(Some),
        (UnionBody::Struct(fields), Some(value)) => {
            let given = |field: &&Field| form == Form::State || field.kind != FieldKind::EventTime;
            let fields = fields.iter().filter(given);
            normal_fields(fields, form, object(value)?, Missing::WithDefaultMay)
                .map(|object| Some(Value::Object(object)))
        }
    }
}

pub(super) fn complete_union(shape: &UnionType, big: bool, value: Value, time: &str) -> Value {
    let body = |name: &str| {
        shape
            .variants
            .iter()
            .find(|v| v.name == name)
            .map(|v| &v.body)
    };
    let inside = |body: Option<&UnionBody>, value: Value| match (body, value) {
        (Some(UnionBody::Newtype(ty)), value) => complete(ty, big, value, time),
        (Some(UnionBody::Struct(fields)), Value::Object(object)) => {
            Value::Object(complete_fields(fields, object, time))
        }
        (_, value) => value,
    };
    match (&shape.tagging, value) {
        (Tagging::External, Value::Object(object)) => Value::Object(
            object
                .into_iter()
                .map(|(name, value)| {
                    let value = inside(body(&name), value);
                    (name, value)
                })
                .collect(),
        ),
        (Tagging::Internal { tag }, Value::Object(mut object)) => {
            let name = object.remove(&**tag);
            let known = name.as_ref().and_then(Value::as_str).and_then(body);
            let mut out = match inside(known, Value::Object(object)) {
                Value::Object(object) => object,
                _ => Map::new(),
            };
            out.extend(name.map(|name| (tag.clone().into_owned(), name)));
            Value::Object(out)
        }
        (Tagging::Adjacent { tag, content }, Value::Object(mut object)) => {
            let known = object.get(&**tag).and_then(Value::as_str).and_then(body);
            if let Some(value) = object.remove(&**content) {
                object.insert(content.clone().into_owned(), inside(known, value));
            }
            Value::Object(object)
        }
        (_, value) => value,
    }
}
