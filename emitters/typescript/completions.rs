//! The functions that fill in what a payload may leave out, one for each type that needs it.

use sync_runtime::schema::{Field, FieldKind, Tagging, Type, UnionBody, UnionType, UnionVariant};

use super::{
    cases::returned,
    complete::{needs_completion, needs_time},
    layout::{Doc, concat, function, object, text},
    materializers::FunctionView,
    plan::Plan,
    syntax::{key, member, string},
    types::Writer,
};
use crate::Error;

/// The functions that fill in what a payload may leave out, of the types that live here.
pub(super) fn completions(
    writer: &mut Writer<'_, '_>,
    plan: &Plan<'_>,
    home: Option<usize>,
) -> Result<Vec<FunctionView>, Error> {
    let mut out = Vec::new();
    for ty in plan.types_at(home) {
        if !(ty.used.input || ty.used.patch) || !needs_completion(ty.ty) || ty.input == ty.state {
            continue;
        }
        let file = plan.home("schemas", ty);
        writer.imports.ty(&file, &ty.state);
        writer.imports.ty(&file, &ty.input);
        let body = match ty.ty {
            Type::Struct(shape) => {
                let fields: Vec<&Field> = shape.fields.iter().collect();
                let members = writer.completed_fields(&fields, "input")?;
                vec![returned(object(members, true), 2)]
            }
            Type::Union(shape) => complete_union(writer, shape)?,
            _ => continue,
        };
        let mut parameters = vec![text(format!("input: {}", ty.input))];
        if needs_time(ty.ty) {
            parameters.push(text("time: string"));
        }
        out.push(FunctionView {
            exported: home.is_none(),
            signature: function(&ty.complete, parameters, &ty.state),
            body,
        });
    }
    Ok(out)
}

fn complete_union(writer: &mut Writer<'_, '_>, shape: &UnionType) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    let whole = |variant: &UnionVariant| match &variant.body {
        UnionBody::Unit => true,
        UnionBody::Newtype(ty) => !needs_completion(ty),
        UnionBody::Struct(fields) => !fields.iter().any(|field| {
            field.has_default() || field.kind == FieldKind::EventTime || needs_completion(&field.ty)
        }),
    };
    match &shape.tagging {
        Tagging::External => {
            if shape
                .variants
                .iter()
                .any(|variant| variant.body == UnionBody::Unit)
            {
                lines.push("if (typeof input === 'string') return input;".to_owned());
            }
            for variant in shape.variants.iter().filter(|variant| !whole(variant)) {
                let inner = member("input", &variant.name);
                let body = body(writer, &variant.body, &inner)?;
                let value = object(
                    vec![concat([text(format!("{}: ", key(&variant.name))), body])],
                    false,
                );
                lines.push(format!("if ({} in input) {{", string(&variant.name)));
                lines.push(format!("  {}", returned(value, 4)));
                lines.push("}".to_owned());
            }
            lines.push("return input;".to_owned());
        }
        Tagging::Internal { tag } => {
            lines.push(format!("switch ({}) {{", member("input", tag)));
            for variant in shape.variants.iter().filter(|variant| !whole(variant)) {
                let name = string(&variant.name);
                let mut members = vec![];
                match &variant.body {
                    UnionBody::Unit => {}
                    UnionBody::Newtype(ty) => {
                        let completed = writer.completed(ty, "input")?;
                        members.push(text(format!("...{completed}")));
                    }
                    UnionBody::Struct(fields) => {
                        let fields: Vec<&Field> = fields.iter().collect();
                        members.extend(writer.completed_fields(&fields, "input")?);
                    }
                }
                members.push(text(format!("{}: {name}", key(tag))));
                lines.push(format!("  case {name}:"));
                lines.push(format!("    {}", returned(object(members, false), 6)));
            }
            lines.push("  default:\n      return input;\n  }".to_owned());
        }
        Tagging::Adjacent { tag, content } => {
            lines.push(format!("switch ({}) {{", member("input", tag)));
            for variant in shape.variants.iter().filter(|variant| !whole(variant)) {
                let name = string(&variant.name);
                let inner = member("input", content);
                let body = body(writer, &variant.body, &inner)?;
                let members = vec![
                    text(format!("{}: {name}", key(tag))),
                    concat([text(format!("{}: ", key(content))), body]),
                ];
                lines.push(format!("  case {name}:"));
                lines.push(format!("    {}", returned(object(members, false), 6)));
            }
            lines.push("  default:\n      return input;\n  }".to_owned());
        }
    }
    Ok(lines)
}

/// The completed data of a union's member.
fn body(writer: &mut Writer<'_, '_>, body: &UnionBody, from: &str) -> Result<Doc, Error> {
    match body {
        UnionBody::Unit => Ok(text("null")),
        UnionBody::Newtype(ty) => Ok(text(writer.completed(ty, from)?)),
        UnionBody::Struct(fields) => {
            let fields: Vec<&Field> = fields.iter().collect();
            Ok(object(writer.completed_fields(&fields, from)?, false))
        }
    }
}
