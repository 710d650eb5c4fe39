//! Unions: the three ways in which serde tells their members apart, as types and as parsers.

use sync_runtime::schema::{Field, FieldKind, Tagging, UnionBody, UnionType, UnionVariant};

use super::{
    layout::{Doc, call, concat, object, object_type, text},
    syntax::{entry, key, string},
    types::{COMBINE, Form, VALIDATE, Writer},
};
use crate::Error;

impl Writer<'_, '_> {
    /// The members of a union, each with the parser of its form.
    pub(super) fn union_type(&mut self, shape: &UnionType, form: Form) -> Result<Vec<Doc>, Error> {
        shape
            .variants
            .iter()
            .map(|variant| self.variant_type(&shape.tagging, variant, form))
            .collect()
    }

    fn variant_type(
        &mut self,
        tagging: &Tagging,
        variant: &UnionVariant,
        form: Form,
    ) -> Result<Doc, Error> {
        let name = string(&variant.name);
        let tag = |tag: &str| text(format!("readonly {}: {name}", key(tag)));
        Ok(match (tagging, &variant.body) {
            (Tagging::External, UnionBody::Unit) => text(name),
            (Tagging::External, body) => {
                let body = self.body_type(body, form)?;
                object_type(vec![concat([
                    text(format!("readonly {}: ", key(&variant.name))),
                    body,
                ])])
            }
            (Tagging::Internal { tag: at }, UnionBody::Unit) => object_type(vec![tag(at)]),
            (Tagging::Internal { tag: at }, UnionBody::Newtype(ty)) => {
                let ty = self.ty(ty, false, form)?;
                concat([
                    text("("),
                    object_type(vec![tag(at)]),
                    text(format!(" & {ty})")),
                ])
            }
            (Tagging::Internal { tag: at }, UnionBody::Struct(fields)) => {
                let mut members = vec![tag(at)];
                members.extend(self.inline_members(fields, form)?);
                object_type(members)
            }
            (Tagging::Adjacent { tag: at, .. }, UnionBody::Unit) => object_type(vec![tag(at)]),
            (Tagging::Adjacent { tag: at, content }, body) => {
                let body = self.body_type(body, form)?;
                let content = concat([text(format!("readonly {}: ", key(content))), body]);
                object_type(vec![tag(at), content])
            }
        })
    }

    fn body_type(&mut self, body: &UnionBody, form: Form) -> Result<Doc, Error> {
        Ok(match body {
            UnionBody::Unit => text("null"),
            UnionBody::Newtype(ty) => text(self.ty(ty, false, form)?),
            UnionBody::Struct(fields) => object_type(self.inline_members(fields, form)?),
        })
    }

    fn inline_members(&mut self, fields: &[Field], form: Form) -> Result<Vec<Doc>, Error> {
        fields
            .iter()
            .filter(|field| form == Form::State || field.kind != FieldKind::EventTime)
            .map(|field| {
                let ty = self.ty(&field.ty, field.big, form)?;
                let optional = match form {
                    Form::State => field.optional,
                    Form::Input => field.has_default(),
                };
                let mark = if optional { "?" } else { "" };
                Ok(text(format!("readonly {}{mark}: {ty}", key(&field.name))))
            })
            .collect()
    }

    /// The parser of a union.
    pub(super) fn union_parser(
        &mut self,
        shape: &UnionType,
        name: &str,
        form: Form,
    ) -> Result<Doc, Error> {
        let mut units = Vec::new();
        let mut members = Vec::new();
        for variant in shape.variants.iter() {
            let own = string(&variant.name);
            let parser = match (&shape.tagging, &variant.body) {
                (Tagging::External, UnionBody::Unit) => {
                    units.push(variant);
                    continue;
                }
                (Tagging::External, body) => {
                    let inner = self.body_parser(body, form)?;
                    let member = self.member(&variant.name, inner);
                    self.object_parser("object", vec![member], vec![], false)
                }
                (Tagging::Internal { tag }, body) => {
                    let inner = self.body_parser(body, form)?;
                    let args = vec![text(string(tag)), text(own), inner];
                    self.apply(COMBINE, "withTag", args)
                }
                (Tagging::Adjacent { tag, content }, body) => {
                    let inner = match body {
                        UnionBody::Unit => vec![],
                        body => {
                            let inner = self.body_parser(body, form)?;
                            vec![self.member(content, inner)]
                        }
                    };
                    let inner = self.object_parser("object", inner, vec![], false);
                    let args = vec![text(string(tag)), text(own), inner];
                    self.apply(COMBINE, "withTag", args)
                }
            };
            for alias in variant.aliases.iter() {
                let parser = match &shape.tagging {
                    Tagging::External => {
                        let renamed =
                            object(vec![text(entry(alias, &string(&variant.name)))], false);
                        self.apply(COMBINE, "aliased", vec![renamed, parser.clone()])
                    }
                    Tagging::Internal { .. } | Tagging::Adjacent { .. } => parser.clone(),
                };
                members.push(self.member(alias, parser));
            }
            members.push(self.member(&variant.name, parser));
        }
        Ok(match &shape.tagging {
            Tagging::External => {
                let units = self.unit_parser(&units);
                self.library(COMBINE, "external");
                call(
                    &format!("external<{name}>"),
                    vec![units, object(members, true)],
                )
            }
            Tagging::Internal { tag } | Tagging::Adjacent { tag, .. } => {
                self.library(VALIDATE, "tagged");
                call(
                    &format!("tagged<{name}>"),
                    vec![text(string(tag)), object(members, true)],
                )
            }
        })
    }

    fn body_parser(&mut self, body: &UnionBody, form: Form) -> Result<Doc, Error> {
        match body {
            UnionBody::Unit => Ok(self.object_parser("object", vec![], vec![], false)),
            UnionBody::Newtype(ty) => self.parser(ty, false, form),
            UnionBody::Struct(fields) => {
                let fields: Vec<&Field> = fields
                    .iter()
                    .filter(|field| form == Form::State || field.kind != FieldKind::EventTime)
                    .collect();
                self.fields_parser(&fields, form, false)
            }
        }
    }

    fn unit_parser(&mut self, units: &[&UnionVariant]) -> Doc {
        let names = units.iter().map(|unit| text(string(&unit.name))).collect();
        let parser = self.apply(VALIDATE, "oneOf", names);
        let aliases: Vec<(&str, &str)> = units
            .iter()
            .flat_map(|unit| unit.aliases.iter().map(|alias| (&**alias, &*unit.name)))
            .collect();
        self.aliased_names(&aliases, parser)
    }
}
