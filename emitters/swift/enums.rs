//! Enums: plain names, and members that carry data. Both keep what a newer server sends.

use sync_runtime::schema::{
    EnumType, Field, FieldKind, Str, Tagging, UnionBody, UnionType, UnionVariant,
};

use super::{
    code::Code,
    plan::{Plan, TypePlan, body_has_draft, case, case_name, has_draft},
    structs::{Property, body},
    types::{Form, swift_string},
};
use crate::names::pascal;

/// An enum of plain names.
pub(super) fn unit_enum(plan: &TypePlan<'_>, shape: &EnumType) -> String {
    let mut code = Code::new();
    let name = &plan.name;
    code.doc_or(&shape.doc, &format!("`{}`.", shape.name));
    code.block(
        format!("public enum {name}: WireObject, WireKey, CaseIterable"),
        |code| {
            for variant in shape.variants.iter() {
                code.doc_or(&variant.doc, &format!("`{}`.", variant.name));
                code.line(format!("case {}", case(&variant.name)));
            }
            code.doc("A name that this version does not know; written back as it came.");
            code.line("case unrecognized(String)");
            code.gap();
            code.doc("Those that this version knows.");
            let known: Vec<String> = shape
                .variants
                .iter()
                .map(|variant| format!(".{}", case_name(&variant.name)))
                .collect();
            code.line(format!(
                "public static let allCases: [{name}] = [{}]",
                known.join(", ")
            ));
            code.gap();
            code.doc("The name on the wire.");
            code.block("public var name: String", |code| {
                code.switch("self", |code| {
                    for variant in shape.variants.iter() {
                        code.line(format!(
                            "case .{}: {}",
                            case_name(&variant.name),
                            swift_string(&variant.name)
                        ));
                    }
                    code.line("case .unrecognized(let name): name");
                });
            });
            code.gap();
            code.doc("Reads a name of the wire.");
            code.block(
                "public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue)",
                |code| {
                    code.line("let name = try String(wire: wire, at: place)");
                    code.switch("WireName(name)", |code| {
                        for variant in shape.variants.iter() {
                            let names: Vec<String> = std::iter::once(&variant.name)
                                .chain(variant.aliases.iter())
                                .map(|name| swift_string(name))
                                .collect();
                            code.line(format!(
                                "case {}: self = .{}",
                                names.join(", "),
                                case_name(&variant.name)
                            ));
                        }
                        code.line("default:");
                        code.line("  try place.checkMember(name, of: Self.allCases.map(\\.name))");
                        code.line("  self = .unrecognized(name)");
                    });
                },
            );
            code.gap();
            code.doc("The name on the wire.");
            code.line("public func wire(_ style: WireStyle) -> JSONValue { .string(name) }");
        },
    );
    code.finish()
}

impl Plan<'_> {
    /// An enum whose members carry data, with its draft where a payload has one.
    pub(super) fn union_type(&self, plan: &TypePlan<'_>, shape: &UnionType) -> String {
        let mut code = Code::new();
        let name = &plan.name;
        let drafted = has_draft(plan.ty);
        code.doc_or(&shape.doc, &format!("`{}`.", shape.name));
        code.block(format!("public enum {name}: WireObject"), |code| {
            self.union_body(code, shape, Form::State);
            if drafted {
                code.gap();
                code.doc(&format!(
                    "``{name}`` as a payload gives it: without what the event's time fills."
                ));
                code.block("public enum Draft: WireObject", |code| {
                    self.union_body(code, shape, Form::Input);
                });
            }
        });
        if drafted {
            code.gap();
            self.union_completing(&mut code, name, shape);
        }
        code.finish()
    }

    fn union_body(&self, code: &mut Code, shape: &UnionType, form: Form) {
        for variant in shape.variants.iter() {
            code.doc_or(&variant.doc, &format!("`{}`.", variant.name));
            let case = case(&variant.name);
            match self.carried(variant, form) {
                Some(ty) => code.line(format!("case {case}({ty})")),
                None => code.line(format!("case {case}")),
            }
        }
        code.doc("A member that this version does not know; written back as it came.");
        code.line("case unrecognized(JSONValue)");
        for variant in shape.variants.iter() {
            if let UnionBody::Struct(fields) = &variant.body {
                // A draft that differs in nothing is the same struct.
                if form == Form::State || body_has_draft(&variant.body) {
                    code.gap();
                    self.carried_struct(code, variant, fields, form);
                }
            }
        }
        code.gap();
        self.union_reading(code, shape, form);
        code.gap();
        union_writing(code, shape);
    }

    fn carried(&self, variant: &UnionVariant, form: Form) -> Option<String> {
        match &variant.body {
            UnionBody::Unit => None,
            UnionBody::Newtype(ty) => Some(self.swift_type(ty, form)),
            UnionBody::Struct(_) => Some(carried_name(variant)),
        }
    }

    fn carried_struct(
        &self,
        code: &mut Code,
        variant: &UnionVariant,
        fields: &[Field],
        form: Form,
    ) {
        code.doc(&format!("What `{}` carries.", variant.name));
        let head = format!("public struct {}: WireObject", carried_name(variant));
        code.block(head, |code| {
            let properties: Vec<Property> = fields
                .iter()
                .filter(|field| form == Form::State || field.kind != FieldKind::EventTime)
                .map(|field| self.state_property(field, form, false))
                .collect();
            body(code, &properties, "Makes one of these values.");
        });
    }

    fn union_reading(&self, code: &mut Code, shape: &UnionType, form: Form) {
        code.doc("Reads a member of the wire.");
        code.block(
            "public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue)",
            |code| {
                let how = match &shape.tagging {
                    Tagging::External => "external: wire".to_owned(),
                    Tagging::Internal { tag } => {
                        format!("internal: wire, tag: {}", swift_string(tag))
                    }
                    Tagging::Adjacent { tag, content } => format!(
                        "adjacent: wire, tag: {}, content: {}",
                        swift_string(tag),
                        swift_string(content)
                    ),
                };
                code.line(format!("let member = try WireMember({how}, at: place)"));
                code.switch("WireName(member.name)", |code| {
                    for variant in shape.variants.iter() {
                        let names = std::iter::once(&variant.name).chain(variant.aliases.iter());
                        let names: Vec<String> = names.map(|name| swift_string(name)).collect();
                        let case = case_name(&variant.name);
                        code.line(format!("case {}:", names.join(", ")));
                        if self.carried(variant, form).is_some() {
                            code.line(format!("  self = .{case}(try member.value())"));
                        } else {
                            code.line("  try member.empty()");
                            code.line(format!("  self = .{case}"));
                        }
                    }
                    let known = shape.variants.iter().map(|variant| &variant.name);
                    code.line("default:");
                    code.line(format!("  try member.unknown(of: {})", string_list(known)));
                    code.line("  self = .unrecognized(wire)");
                });
            },
        );
    }

    /// What turns a draft into a value of the event's time.
    fn union_completing(&self, code: &mut Code, name: &str, shape: &UnionType) {
        for variant in shape.variants.iter() {
            if let UnionBody::Struct(fields) = &variant.body
                && body_has_draft(&variant.body)
            {
                let carried = carried_name(variant);
                self.completing(
                    code,
                    &format!("{name}.{carried}"),
                    &format!("{name}.Draft.{carried}"),
                    fields,
                );
                code.gap();
            }
        }
        code.block(format!("extension {name}"), |code| {
            code.doc("What an event of that time brings.");
            code.block("init(_ draft: Draft, at time: Date)", |code| {
                code.switch("draft", |code| {
                    for variant in shape.variants.iter() {
                        let case = case_name(&variant.name);
                        let value = match &variant.body {
                            UnionBody::Unit => {
                                code.line(format!("case .{case}: self = .{case}"));
                                continue;
                            }
                            UnionBody::Newtype(ty) => self.completed(ty, "value"),
                            UnionBody::Struct(_) if body_has_draft(&variant.body) => {
                                format!("{}(value, at: time)", carried_name(variant))
                            }
                            UnionBody::Struct(_) => "value".to_owned(),
                        };
                        code.line(format!("case .{case}(let value): self = .{case}({value})"));
                    }
                    code.line("case .unrecognized(let value): self = .unrecognized(value)");
                });
            });
        });
    }
}

fn union_writing(code: &mut Code, shape: &UnionType) {
    code.doc("As a member of the wire.");
    code.block(
        "public func wire(_ style: WireStyle) -> JSONValue",
        |code| {
            code.switch("self", |code| {
                for variant in shape.variants.iter() {
                    let case = case_name(&variant.name);
                    let name = swift_string(&variant.name);
                    let how = match &shape.tagging {
                        Tagging::External => format!("external: {name}"),
                        Tagging::Internal { tag } => {
                            format!("internal: {name}, tag: {}", swift_string(tag))
                        }
                        Tagging::Adjacent { tag, content } => format!(
                            "adjacent: {name}, tag: {}, content: {}",
                            swift_string(tag),
                            swift_string(content)
                        ),
                    };
                    code.line(match &variant.body {
                        UnionBody::Unit => format!("case .{case}: WireMember.wire({how}, nil)"),
                        _ => format!(
                            "case .{case}(let value): WireMember.wire({how}, value.wire(style))"
                        ),
                    });
                }
                code.line("case .unrecognized(let value): value");
            });
        },
    );
}

fn carried_name(variant: &UnionVariant) -> String {
    format!("{}Content", pascal(&variant.name))
}

fn string_list<'a>(names: impl Iterator<Item = &'a Str>) -> String {
    let names: Vec<String> = names.map(|name| swift_string(name)).collect();
    format!("[{}]", names.join(", "))
}
