//! Payloads: what a writer gives, and how it is checked.

use sync_runtime::schema::{ElementKind, Key, KeyShape};

use super::{
    layout::{Doc, object, text},
    plan::{ModelPlan, is_hidden},
    schemas::{Declaration, Member, declare},
    syntax::{entry, key, string},
    types::{Form, Writer},
};
use crate::Error;

/// The interface of a payload.
pub(super) fn interface(
    writer: &mut Writer<'_, '_>,
    doc: &str,
    name: &str,
    keys: &[Key<'_>],
) -> Result<Declaration, Error> {
    let members = keys
        .iter()
        .map(|part| {
            Ok(Member {
                doc: match &part.shape {
                    KeyShape::Field(field) => field.doc.trim().to_owned(),
                    _ => String::new(),
                },
                name: key(&part.name),
                optional: !part.required,
                ty: key_type(writer, part)?,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(declare(doc, name, members))
}

fn key_type(writer: &mut Writer<'_, '_>, key: &Key<'_>) -> Result<String, Error> {
    match &key.shape {
        KeyShape::Field(field) => writer.ty(&field.ty, field.big, Form::Input),
        KeyShape::State(field) => writer.ty(&field.ty, false, Form::Input),
        KeyShape::ElementId(field) => writer.ty(&field.ty, field.big, Form::Input),
        KeyShape::Amount => Ok("number".to_owned()),
        KeyShape::Element(part) => match (part.kind, part.item) {
            (ElementKind::Partial, sync_runtime::schema::Type::Struct(shape)) => {
                let plan = writer.plan.named(&shape.name)?;
                let home = writer.plan.home("schemas", plan);
                writer.imports.ty(&home, &plan.patch);
                Ok(plan.patch.clone())
            }
            (_, item) => writer.ty(item, part.list.big, Form::Input),
        },
    }
}

fn key_parser(writer: &mut Writer<'_, '_>, key: &Key<'_>) -> Result<Doc, Error> {
    match &key.shape {
        KeyShape::Field(field) | KeyShape::ElementId(field) => {
            writer.field_parser(field, Form::Input)
        }
        KeyShape::State(field) => writer.parser(&field.ty, false, Form::Input),
        KeyShape::Amount => Ok(writer.single("schemas/combine", "i64")),
        KeyShape::Element(part) => match (part.kind, part.item) {
            (ElementKind::Partial, sync_runtime::schema::Type::Struct(shape)) => {
                let plan = writer.plan.named(&shape.name)?;
                Ok(writer.own_parser(plan, &plan.parse_patch))
            }
            (_, item) => writer.parser(item, part.list.big, Form::Input),
        },
    }
}

/// The parser of a payload; for a reader of that model, who may lack the keys that are hidden from him.
pub(super) fn parser(
    writer: &mut Writer<'_, '_>,
    keys: &[Key<'_>],
    reader: Option<&ModelPlan<'_>>,
) -> Result<Doc, Error> {
    if keys.is_empty() {
        return Ok(writer.single("schemas/validate", "empty"));
    }
    let mut required = Vec::new();
    let mut optional = Vec::new();
    let mut aliases = Vec::new();
    for part in keys {
        let parser = key_parser(writer, part)?;
        let member = writer.member(&part.name, parser);
        if part.required && !(reader.is_some() && may_be_hidden(part)) {
            required.push(member);
        } else {
            optional.push(member);
        }
        if let KeyShape::Field(field) = &part.shape {
            for alias in field.aliases.iter() {
                aliases.push(text(entry(alias, &string(&field.name))));
            }
        }
    }
    let parser = writer.object_parser("object", required, optional, false);
    Ok(if aliases.is_empty() {
        parser
    } else {
        writer.apply(
            "schemas/combine",
            "aliased",
            vec![object(aliases, false), parser],
        )
    })
}

/// Whether a reader may get the payload without the key; one that is about a list, a number or a machine loses all.
pub(super) fn may_be_hidden(key: &Key<'_>) -> bool {
    match &key.shape {
        KeyShape::Field(field) => is_hidden(field),
        _ => true,
    }
}
