//! `forms/{entity}.ts` and `forms/shared.ts`: what a payload must be, as zod schemas, for whoever builds forms on those.
//!
//! The same expressions as the parsers', over `forms/zod.ts` in place of `schemas/validate.ts` and `schemas/combine.ts`.

use serde::Serialize;
use sync_runtime::schema::{Field, PayloadShape, Type};

use super::{
    layout::{Doc, concat, render, text},
    payloads,
    plan::{ModelPlan, Plan, TypePlan},
    schemas::{Statement, enum_parser, patch_parser},
    types::{FORMS, Form, Writer},
};
use crate::Error;

/// A file of forms.
#[derive(Serialize)]
pub(super) struct FormsView {
    imports: String,
    forms: Vec<Statement>,
}

/// What is called `parseOrderCreated` as a parser.
pub(super) fn name(parse: &str) -> String {
    let mut rest = parse.strip_prefix("parse").unwrap_or(parse).chars();
    let first = rest.next().map(|c| c.to_ascii_lowercase());
    first
        .into_iter()
        .chain(rest)
        .chain("Form".chars())
        .collect()
}

/// The forms of one model: of its payloads, and of what they hold.
pub(super) fn of_model(
    plan: &Plan<'_>,
    at: usize,
    model: &ModelPlan<'_>,
) -> Result<FormsView, Error> {
    let mut writer = Writer::of_forms(plan);
    let mut forms = Vec::new();
    for ty in plan.types_at(Some(at)) {
        forms.extend(named(&mut writer, ty)?);
    }
    for payload in &model.payloads {
        let PayloadShape::Keys(keys) = &payload.shape else {
            continue; // a type of its own, which has a form
        };
        let schema = payloads::parser(&mut writer, keys, None)?;
        writer
            .imports
            .ty(&plan.payload_home(model, payload)?, &payload.name);
        forms.push(form(
            &mut writer,
            format!(
                "Payload of `{}.{}`.",
                model.model.entity, payload.event.name
            ),
            &payload.parse,
            &payload.name,
            schema,
        ));
    }
    Ok(FormsView {
        imports: writer.imports.render(&model.at("forms")),
        forms,
    })
}

/// The forms that several models use; `None` where there are none.
pub(super) fn shared(plan: &Plan<'_>) -> Result<Option<FormsView>, Error> {
    let mut writer = Writer::of_forms(plan);
    let mut forms = Vec::new();
    for ty in plan.types_at(None) {
        forms.extend(named(&mut writer, ty)?);
    }
    Ok((!forms.is_empty()).then(|| FormsView {
        imports: writer.imports.render("forms/shared"),
        forms,
    }))
}

fn named(writer: &mut Writer<'_, '_>, plan: &TypePlan<'_>) -> Result<Vec<Statement>, Error> {
    let mut forms = Vec::new();
    let mut add = |writer: &mut Writer<'_, '_>, parse: &str, ty: &str, schema: Doc| {
        let home = writer.plan.home("schemas", plan);
        writer.imports.ty(&home, ty);
        let doc = format!("As {{@link {ty}}} must be.");
        forms.push(form(writer, doc, parse, ty, schema));
    };
    match plan.ty {
        Type::Enum(shape) => {
            let home = writer.plan.home("schemas", plan);
            writer.imports.value(&home, &plan.members);
            let schema = enum_parser(writer, plan, shape);
            add(writer, &plan.parse, &plan.state, schema);
        }
        Type::Struct(shape) => {
            if plan.used.input {
                let fields: Vec<&Field> = shape.input_fields().collect();
                let schema = writer.fields_parser(&fields, Form::Input, true)?;
                add(writer, &plan.parse_input, &plan.input, schema);
            }
            if plan.used.patch {
                let fields: Vec<&Field> = shape.patch_fields().collect();
                let schema = patch_parser(writer, &fields)?;
                add(writer, &plan.parse_patch, &plan.patch, schema);
            }
        }
        Type::Union(shape) => {
            if plan.used.input {
                let schema = writer.union_parser(shape, &plan.input, Form::Input)?;
                add(writer, &plan.parse_input, &plan.input, schema);
            }
        }
        other => return Err(Error::new(format!("{other:?} has no name"))),
    }
    Ok(forms)
}

/// `export const orderCreatedForm = … satisfies FormOf<OrderCreated>;`
fn form(writer: &mut Writer<'_, '_>, doc: String, parse: &str, ty: &str, schema: Doc) -> Statement {
    writer.imports.ty(FORMS, "FormOf");
    let code = concat([
        text(format!("export const {} = ", name(parse))),
        schema,
        text(format!(" satisfies FormOf<{ty}>;")),
    ]);
    Statement {
        doc,
        code: render(&code, 0),
    }
}
