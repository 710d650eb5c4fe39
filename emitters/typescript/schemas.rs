//! `schemas/{entity}.ts` and `schemas/shared.ts`, and `types/{entity}.ts` of models that are no events: what values are, and how one
//! from outside is checked.

use serde::Serialize;
use sync_runtime::schema::{Effect, EnumType, Field, Mode, Model, StructType, Type, UnionType};

use super::{
    layout::{Doc, array, concat, render, text, union},
    payloads,
    plan::{ModelPlan, Plan, TypePlan, is_hidden},
    syntax::{key, string},
    types::{Form, Writer},
};
use crate::Error;

/// A file of schemas.
#[derive(Serialize)]
pub(super) struct SchemasView {
    imports: String,
    types: Vec<Declaration>,
    parsers: Vec<Statement>,
}

/// A type.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Declaration {
    Interface(Interface),
    Alias(Statement),
    Members(Statement),
}

/// An interface.
#[derive(Serialize)]
pub(super) struct Interface {
    pub(super) doc: String,
    pub(super) name: String,
    pub(super) members: Vec<Member>,
}

/// A member of an interface.
#[derive(Serialize)]
pub(super) struct Member {
    pub(super) doc: String,
    pub(super) name: String,
    pub(super) optional: bool,
    pub(super) ty: String,
}

/// A whole statement with its comment.
#[derive(Serialize)]
pub(super) struct Statement {
    pub(super) doc: String,
    pub(super) code: String,
}

/// The schemas of one model.
pub(super) fn of_model(
    plan: &Plan<'_>,
    at: usize,
    model: &ModelPlan<'_>,
) -> Result<SchemasView, Error> {
    let mut writer = Writer::new(plan);
    let mut view = Parts::default();
    for ty in plan.types_at(Some(at)) {
        view.named(&mut writer, ty)?;
    }
    view.state(&mut writer, model)?;
    if model.model.mode != Mode::Events {
        view.payloads(&mut writer, model)?;
    }
    Ok(view.finish(writer, &model.at("schemas")))
}

/// The schemas that several models use; `None` where there are none.
pub(super) fn shared(plan: &Plan<'_>) -> Result<Option<SchemasView>, Error> {
    let mut writer = Writer::new(plan);
    let mut view = Parts::default();
    for ty in plan.types_at(None) {
        view.named(&mut writer, ty)?;
    }
    Ok((!view.types.is_empty()).then(|| view.finish(writer, "schemas/shared")))
}

#[derive(Default)]
struct Parts {
    types: Vec<Declaration>,
    parsers: Vec<Statement>,
}

impl Parts {
    fn finish(self, writer: Writer<'_, '_>, file: &str) -> SchemasView {
        SchemasView {
            imports: writer.imports.render(file),
            types: self.types,
            parsers: self.parsers,
        }
    }

    fn named(&mut self, writer: &mut Writer<'_, '_>, plan: &TypePlan<'_>) -> Result<(), Error> {
        match plan.ty {
            Type::Enum(shape) => {
                self.unit_enum(writer, plan, shape);
                Ok(())
            }
            Type::Struct(shape) => self.structure(writer, plan, shape),
            Type::Union(shape) => self.tagged(writer, plan, shape),
            other => Err(Error::new(format!("{other:?} has no name"))),
        }
    }

    fn unit_enum(&mut self, writer: &mut Writer<'_, '_>, plan: &TypePlan<'_>, shape: &EnumType) {
        let names: Vec<Doc> = shape
            .variants
            .iter()
            .map(|v| text(string(&v.name)))
            .collect();
        let docs = shape.variants.iter().map(|v| (&*v.name, &*v.doc));
        self.alias(with_members(&shape.doc, docs), &plan.state, names.clone());
        let members = concat([
            text(format!(
                "export const {}: readonly {}[] = ",
                plan.members, plan.state
            )),
            array(names),
            text(";"),
        ]);
        self.types.push(Declaration::Members(Statement {
            doc: format!("Every {{@link {}}}, as declared.", plan.state),
            code: render(&members, 0),
        }));
        let parser = enum_parser(writer, plan, shape);
        self.parser(writer, &plan.parse, &plan.state, parser);
    }

    fn structure(
        &mut self,
        writer: &mut Writer<'_, '_>,
        plan: &TypePlan<'_>,
        shape: &StructType,
    ) -> Result<(), Error> {
        let all: Vec<&Field> = shape.fields.iter().collect();
        let members = members(writer, &all, Form::State, |field| field.optional)?;
        self.interface(&shape.doc, &plan.state, members);
        if plan.used.state {
            let parser = writer.fields_parser(&all, Form::State, true)?;
            self.parser(writer, &plan.parse, &plan.state, parser);
        }
        if plan.used.input {
            let fields: Vec<&Field> = shape.input_fields().collect();
            if plan.input != plan.state {
                let members = self::members(writer, &fields, Form::Input, Field::has_default)?;
                let doc = format!("{{@link {}}} as a payload gives it.", plan.state);
                self.interface(&doc, &plan.input, members);
            }
            let parser = writer.fields_parser(&fields, Form::Input, true)?;
            self.parser(writer, &plan.parse_input, &plan.input, parser);
        }
        if plan.used.patch {
            let fields: Vec<&Field> = shape.patch_fields().collect();
            let members = self::members(writer, &fields, Form::Input, |_| true)?;
            let doc = format!("What an update may change of {{@link {}}}.", plan.state);
            self.interface(&doc, &plan.patch, members);
            let parser = patch_parser(writer, &fields)?;
            self.parser(writer, &plan.parse_patch, &plan.patch, parser);
        }
        Ok(())
    }

    fn tagged(
        &mut self,
        writer: &mut Writer<'_, '_>,
        plan: &TypePlan<'_>,
        shape: &UnionType,
    ) -> Result<(), Error> {
        let docs = || shape.variants.iter().map(|v| (&*v.name, &*v.doc));
        let members = writer.union_type(shape, Form::State)?;
        self.alias(with_members(&shape.doc, docs()), &plan.state, members);
        if plan.used.state {
            let parser = writer.union_parser(shape, &plan.state, Form::State)?;
            self.parser(writer, &plan.parse, &plan.state, parser);
        }
        if plan.used.input {
            if plan.input != plan.state {
                let members = writer.union_type(shape, Form::Input)?;
                let doc = format!("{{@link {}}} as a payload gives it.", plan.state);
                self.alias(doc, &plan.input, members);
            }
            let parser = writer.union_parser(shape, &plan.input, Form::Input)?;
            self.parser(writer, &plan.parse_input, &plan.input, parser);
        }
        Ok(())
    }

    fn state(&mut self, writer: &mut Writer<'_, '_>, plan: &ModelPlan<'_>) -> Result<(), Error> {
        let fields: Vec<&Field> = plan.model.shared_fields().collect();
        let members = members(writer, &fields, Form::State, |f| f.optional || is_hidden(f))?;
        self.interface(&doc_of(plan.model), &plan.state, members);
        let parser = writer.fields_parser(&fields, Form::State, true)?;
        self.parser(writer, &plan.parse, &plan.state, parser);
        Ok(())
    }

    /// What rows are made of and what of them may change, in modes where that is all that can be written.
    fn payloads(&mut self, writer: &mut Writer<'_, '_>, plan: &ModelPlan<'_>) -> Result<(), Error> {
        for payload in &plan.payloads {
            let what = match payload.event.effect {
                Effect::Create => "What a new {} is made of.",
                Effect::Merge { .. } => "What an update may change of {}.",
                _ => continue,
            };
            let doc = what.replace("{}", &format!("{{@link {}}}", plan.state));
            let keys = payload.shape.keys();
            let declared = payloads::interface(writer, &doc, &payload.name, keys)?;
            self.types.push(declared);
            let parser = payloads::parser(writer, keys, None)?;
            self.parser(writer, &payload.parse, &payload.name, parser);
        }
        Ok(())
    }

    fn interface(&mut self, doc: &str, name: &str, members: Vec<Member>) {
        self.types.push(declare(doc, name, members));
    }

    fn alias(&mut self, doc: String, name: &str, members: Vec<Doc>) {
        let code = concat([
            text(format!("export type {name} =")),
            spaced(members),
            text(";"),
        ]);
        self.types.push(Declaration::Alias(Statement {
            doc,
            code: render(&code, 0),
        }));
    }

    fn parser(&mut self, writer: &mut Writer<'_, '_>, name: &str, ty: &str, parser: Doc) {
        writer.imports.ty("schemas/validate", "Parser");
        self.parsers.push(Statement {
            doc: String::new(),
            code: constant("export const", name, &format!("Parser<{ty}>"), parser),
        });
    }
}

/// An interface, or where it has no members a type that says so.
pub(super) fn declare(doc: &str, name: &str, members: Vec<Member>) -> Declaration {
    if members.is_empty() {
        return Declaration::Alias(Statement {
            doc: doc.to_owned(),
            code: format!("export type {name} = Readonly<Record<string, never>>;"),
        });
    }
    Declaration::Interface(Interface {
        doc: doc.to_owned(),
        name: name.to_owned(),
        members,
    })
}

/// `export const name: Type = value;`
pub(super) fn constant(keyword: &str, name: &str, ty: &str, value: Doc) -> String {
    render(
        &concat([text(format!("{keyword} {name}: {ty} = ")), value, text(";")]),
        0,
    )
}

/// Members of a union behind a space, or on lines of their own.
pub(super) fn spaced(mut members: Vec<Doc>) -> Doc {
    match members.len() {
        1 => concat([text(" "), members.remove(0)]),
        _ => union(members),
    }
}

/// The members of an interface.
pub(super) fn members(
    writer: &mut Writer<'_, '_>,
    fields: &[&Field],
    form: Form,
    optional: impl Fn(&Field) -> bool,
) -> Result<Vec<Member>, Error> {
    fields
        .iter()
        .map(|field| {
            Ok(Member {
                doc: field.doc.trim().to_owned(),
                name: key(&field.name),
                optional: optional(field),
                ty: writer.ty(&field.ty, field.big, form)?,
            })
        })
        .collect()
}

/// The parser of an enum without data.
pub(super) fn enum_parser(
    writer: &mut Writer<'_, '_>,
    plan: &TypePlan<'_>,
    shape: &EnumType,
) -> Doc {
    let aliases: Vec<(&str, &str)> = shape
        .variants
        .iter()
        .flat_map(|v| v.aliases.iter().map(|alias| (&**alias, &*v.name)))
        .collect();
    let members = vec![text(format!("...{}", plan.members))];
    let parser = writer.apply("schemas/validate", "oneOf", members);
    writer.aliased_names(&aliases, parser)
}

/// The parser of some fields, none of them required.
pub(super) fn patch_parser(writer: &mut Writer<'_, '_>, fields: &[&Field]) -> Result<Doc, Error> {
    let members = fields
        .iter()
        .map(|field| {
            let parser = writer.field_parser(field, Form::Input)?;
            Ok(writer.member(&field.name, parser))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let aliases: Vec<Doc> = fields
        .iter()
        .flat_map(|field| field.aliases.iter().map(|alias| (alias, &field.name)))
        .map(|(alias, name)| text(super::syntax::entry(alias, &string(name))))
        .collect();
    let parser = writer.object_parser("object", vec![], members, true);
    Ok(if aliases.is_empty() {
        parser
    } else {
        let aliases = super::layout::object(aliases, false);
        writer.apply("schemas/combine", "aliased", vec![aliases, parser])
    })
}

/// The doc comment of a model, or what can be said without one.
pub(super) fn doc_of(model: &Model) -> String {
    match model.doc.trim() {
        "" => format!("The state of one `{}`.", model.entity),
        doc => doc.to_owned(),
    }
}

/// A doc comment that also tells what the members mean.
fn with_members<'a>(doc: &str, members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let lines: Vec<String> = members
        .filter(|(_, doc)| !doc.trim().is_empty())
        .map(|(name, doc)| {
            let doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("- `{name}`: {doc}")
        })
        .collect();
    [doc.trim().to_owned(), lines.join("\n")]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
}
