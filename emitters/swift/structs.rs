//! Structs with named fields: their properties, how they are read and written, their drafts and changes.

use sync_runtime::schema::{Field, FieldKind, Rules, StructType, Type};

use super::{
    code::Code,
    plan::{Plan, TypePlan, dotted, member, struct_has_draft},
    types::{Form, argument, style, swift_string},
};

/// A property of a struct, and how it stands on the wire.
pub(super) struct Property {
    /// In Swift.
    pub(super) name: String,
    /// In Swift, `Optional` and `Change` included.
    pub(super) ty: String,
    pub(super) doc: String,
    /// On the wire, quoted.
    pub(super) key: String,
    /// Older names, quoted.
    pub(super) aliases: Vec<String>,
    pub(super) presence: Presence,
    /// In an initialiser.
    pub(super) default: Option<String>,
    pub(super) big: bool,
    /// An expression; empty where there are none.
    pub(super) rules: String,
}

/// When a key is there.
pub(super) enum Presence {
    /// Always.
    Required,
    /// It may be missing, and then means this.
    Defaulted(String),
    /// It may be missing, and then is `nil`; `nil` is written as null.
    Nullable,
    /// It may be missing or null, and then is `nil`; `nil` is left out.
    LeftOut,
    /// It may be missing, and then is `nil`, which is left out; null is a value like any other, or none.
    Absent,
    /// A `Change`.
    Change,
}

impl Property {
    fn new(field: &Field, ty: String) -> Self {
        Self {
            name: member(&field.name),
            ty,
            doc: field.doc.trim().to_owned(),
            key: swift_string(&field.name),
            aliases: field
                .aliases
                .iter()
                .map(|alias| swift_string(alias))
                .collect(),
            presence: Presence::Required,
            default: None,
            big: field.big,
            rules: rules(&field.rules),
        }
    }

    /// Of a key that stands for no field.
    pub(super) fn plain(key: &str, ty: String, doc: &str) -> Self {
        Self {
            name: member(key),
            ty,
            doc: doc.to_owned(),
            key: swift_string(key),
            aliases: Vec::new(),
            presence: Presence::Required,
            default: None,
            big: false,
            rules: String::new(),
        }
    }

    /// Missing for readers who may not see it.
    pub(super) fn redactable(mut self, hidden: bool) -> Self {
        if hidden {
            self.ty.push('?');
            self.presence = Presence::Absent;
            self.default = Some("nil".to_owned());
        }
        self
    }

    fn read(&self) -> String {
        let mut arguments = self.key.clone();
        if !self.aliases.is_empty() {
            arguments.push_str(&format!(", aliases: [{}]", self.aliases.join(", ")));
        }
        arguments.push_str(style(self.big));
        if !self.rules.is_empty() {
            arguments.push_str(&format!(", rules: {}", self.rules));
        }
        let name = self_dot(&self.name);
        match &self.presence {
            Presence::Required => format!("{name} = try reader.required({arguments})"),
            // The type is said, because a null would otherwise be refused.
            Presence::Defaulted(value) if self.ty.ends_with('?') => {
                format!(
                    "{name} = try reader.optional({arguments}) as {}? ?? {value}",
                    self.ty
                )
            }
            Presence::Defaulted(value) => {
                format!("{name} = try reader.optional({arguments}) ?? {value}")
            }
            Presence::Nullable | Presence::LeftOut => {
                format!("{name} = try reader.nullable({arguments})")
            }
            Presence::Absent => format!("{name} = try reader.optional({arguments})"),
            Presence::Change => format!("{name} = try reader.change({arguments})"),
        }
    }

    fn write(&self) -> String {
        let (key, name, style) = (&self.key, self_dot(&self.name), style(self.big));
        match self.presence {
            Presence::LeftOut | Presence::Absent => {
                format!("writer.put(ifPresent: {key}, {name}{style})")
            }
            _ => format!("writer.put({key}, {name}{style})"),
        }
    }
}

impl Plan<'_> {
    /// A field as a state or a whole struct holds it.
    pub(super) fn state_property(&self, field: &Field, form: Form, hidden: bool) -> Property {
        let ty = self.swift_type(&field.ty, form);
        let nullable = matches!(&*field.ty, Type::Option(_));
        let mut property = Property::new(field, ty);
        let default = self.default_expression(field, form);
        if hidden && !nullable {
            property.ty.push('?');
        }
        property.presence = match (&default, nullable || hidden) {
            (_, true) if hidden && !nullable => Presence::Absent,
            (_, true) if field.optional => Presence::LeftOut,
            (Some(value), true) if value == "nil" => Presence::Nullable,
            (Some(value), _) => Presence::Defaulted(value.clone()),
            (None, true) => Presence::Nullable,
            (None, false) => Presence::Required,
        };
        property.default = if hidden && !nullable {
            Some("nil".to_owned())
        } else {
            default
        };
        property
    }

    /// A field that a payload may leave out, where it then stays as it is or gets its default.
    pub(super) fn change_property(&self, field: &Field) -> Property {
        let ty = self.swift_type(&field.ty, Form::Input);
        let mut property = Property::new(field, ty);
        if matches!(&*field.ty, Type::Option(_)) {
            property.ty = format!("Change<{}>", property.ty);
            property.presence = Presence::Change;
            property.default = Some(".keep".to_owned());
        } else {
            property.ty.push('?');
            property.presence = Presence::Absent;
            property.default = Some("nil".to_owned());
        }
        property
    }

    /// A field that a `create` may leave out: `nil` there means its default.
    pub(super) fn create_property(&self, field: &Field) -> Property {
        let starts_null = matches!(&*field.ty, Type::Option(_))
            && self.default_expression(field, Form::Input).as_deref() == Some("nil");
        if starts_null {
            let mut property = Property::new(field, self.swift_type(&field.ty, Form::Input));
            property.presence = Presence::LeftOut;
            property.default = Some("nil".to_owned());
            return property;
        }
        if field.has_default() {
            return self.change_property(field);
        }
        self.required_property(field)
    }

    /// A field that a payload must give.
    pub(super) fn required_property(&self, field: &Field) -> Property {
        let ty = self.swift_type(&field.ty, Form::Input);
        Property::new(field, ty)
    }

    /// A declared struct, with its draft and its changes where a payload has them.
    pub(super) fn struct_type(&self, plan: &TypePlan<'_>, shape: &StructType) -> String {
        let mut code = Code::new();
        let name = &plan.name;
        let keyed = shape.id_field().is_some();
        let drafted = struct_has_draft(shape);
        code.doc_or(&shape.doc, &format!("`{}`.", shape.name));
        let conforms = if keyed {
            "WireObject, KeyedElement, Identifiable"
        } else {
            "WireObject"
        };
        code.block(format!("public struct {name}: {conforms}"), |code| {
            let mut properties: Vec<Property> = shape
                .fields
                .iter()
                .map(|field| self.state_property(field, Form::State, false))
                .collect();
            if !drafted {
                draw_ids(&mut properties, shape);
            }
            body(code, &properties, "Makes one of these values.");
            self.identity(code, shape.id_field());
            if drafted {
                code.gap();
                code.doc(&format!(
                    "``{name}`` as a payload gives it: without what the event's time fills."
                ));
                let conforms = if keyed {
                    "WireObject, KeyedElement"
                } else {
                    "WireObject"
                };
                code.block(format!("public struct Draft: {conforms}"), |code| {
                    let mut properties: Vec<Property> = shape
                        .input_fields()
                        .map(|field| self.state_property(field, Form::Input, false))
                        .collect();
                    draw_ids(&mut properties, shape);
                    body(code, &properties, "Makes one of these values.");
                    self.identity(code, shape.id_field());
                });
            }
            if plan.patched {
                code.gap();
                code.doc(&format!(
                    "What an event changes of one ``{name}``; what is not given stays."
                ));
                code.block("public struct Changes: WireObject", |code| {
                    let properties: Vec<Property> = shape
                        .patch_fields()
                        .map(|field| self.change_property(field))
                        .collect();
                    body(code, &properties, "What is given changes.");
                });
            }
        });
        if drafted {
            code.gap();
            self.completing(&mut code, name, "Draft", &shape.fields);
        }
        if plan.patched {
            code.gap();
            self.changing(&mut code, name, shape);
        }
        code.finish()
    }

    /// `id`, where what identifies a value is called otherwise.
    pub(super) fn identity(&self, code: &mut Code, id: Option<&Field>) {
        let Some(field) = id.filter(|field| member(&field.name) != "id") else {
            return;
        };
        code.gap();
        code.doc(&format!("What identifies it: its `{}`.", field.name));
        code.line(format!(
            "public var id: {} {{ {} }}",
            self.swift_type(&field.ty, Form::State),
            self_dot(&member(&field.name))
        ));
    }

    /// What turns a draft into a value of the event's time.
    pub(super) fn completing(&self, code: &mut Code, name: &str, draft: &str, fields: &[Field]) {
        code.block(format!("extension {name}"), |code| {
            code.doc("What an event of that time brings.");
            code.block(format!("init(_ draft: {draft}, at time: Date)"), |code| {
                for field in fields {
                    let name = member(&field.name);
                    let value = match field.kind {
                        FieldKind::EventTime => "time".to_owned(),
                        _ => self.completed(&field.ty, &format!("draft.{}", dotted(&name))),
                    };
                    code.line(format!("{} = {value}", self_dot(&name)));
                }
            });
        });
    }

    fn changing(&self, code: &mut Code, name: &str, shape: &StructType) {
        code.block(format!("extension {name}.Changes"), |code| {
            code.doc("Changes what is given.");
            code.block(
                format!("func apply(to element: inout {name}, at time: Date)"),
                |code| {
                    for field in shape.patch_fields() {
                        let name = member(&field.name);
                        let source = match &*field.ty {
                            Type::Option(_) => format!("{}.value", self_dot(&name)),
                            _ => self_dot(&name),
                        };
                        let value = self.completed(&field.ty, "value");
                        code.line(format!(
                            "if let value = {source} {{ element.{} = {value} }}",
                            argument(&field.name)
                        ));
                    }
                },
            );
        });
    }
}

/// A property of the value itself, whatever else is called so.
pub(super) fn self_dot(name: &str) -> String {
    format!("self.{}", dotted(name))
}

/// What is checked before a value is recorded, as an expression.
fn rules(rules: &Rules) -> String {
    let mut parts = Vec::new();
    if let Some(range) = &rules.range {
        for (label, bound) in [("min", &range.min), ("max", &range.max)] {
            parts.extend(
                bound
                    .iter()
                    .map(|bound| format!("{label}: {}", swift_string(bound))),
            );
        }
    }
    if let Some(length) = &rules.length {
        for (label, bound) in [("minLength", length.min), ("maxLength", length.max)] {
            parts.extend(bound.map(|bound| format!("{label}: {bound}")));
        }
    }
    if let Some(pattern) = &rules.pattern {
        parts.push(format!("pattern: {}", swift_string(&icu_pattern(pattern))));
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!("FieldRules({})", parts.join(", ")),
    }
}

/// A declared pattern as Foundation's engine has to be told it: there `\d`, `\w` and `\s` are Unicode's, `.` stops at more
/// than a line feed, and some signs mean more inside brackets.
fn icu_pattern(pattern: &str) -> String {
    const SPACE: &str = "\\t\\n\\x0B\\f\\r ";
    const WORD: &str = "0-9A-Za-z_";
    let mut out = String::new();
    let mut in_class = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let class = |inside: &str, negated: bool| match (in_class, negated) {
            (true, false) => inside.to_owned(),
            (_, true) => format!("[^{inside}]"),
            (false, false) => format!("[{inside}]"),
        };
        match c {
            '\\' => match chars.next() {
                Some('s') => out.push_str(&class(SPACE, false)),
                Some('S') => out.push_str(&class(SPACE, true)),
                Some('d') => out.push_str(&class("0-9", false)),
                Some('D') => out.push_str(&class("0-9", true)),
                Some('w') => out.push_str(&class(WORD, false)),
                Some('W') => out.push_str(&class(WORD, true)),
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push_str("\\\\"),
            },
            '[' | '&' if in_class => out.extend(['\\', c]),
            '[' => {
                in_class = true;
                out.push(c);
            }
            ']' => {
                in_class = false;
                out.push(c);
            }
            '.' if !in_class => out.push_str("[^\\n]"),
            c => out.push(c),
        }
    }
    out
}

/// An element's id is drawn where nobody gives one.
fn draw_ids(properties: &mut [Property], shape: &StructType) {
    let id = shape.id_field().map(|field| member(&field.name));
    for property in properties {
        if Some(&property.name) == id.as_ref() && property.ty == "UUID" {
            property.default = Some("UUID()".to_owned());
        }
    }
}

/// Properties, initialiser, reading and writing.
pub(super) fn body(code: &mut Code, properties: &[Property], init: &str) {
    for property in properties {
        code.doc_or(
            &property.doc,
            &format!("`{}`.", property.key.trim_matches('"')),
        );
        code.line(format!("public var {}: {}", property.name, property.ty));
    }
    initialiser(code, properties, init);
    reading(code, properties);
    writing(code, properties);
}

fn initialiser(code: &mut Code, properties: &[Property], doc: &str) {
    code.gap();
    code.doc(doc);
    let parameters: Vec<String> = properties
        .iter()
        .map(|property| {
            let default = match &property.default {
                Some(value) => format!(" = {value}"),
                None => String::new(),
            };
            format!("{}: {}{default}", property.name, property.ty)
        })
        .collect();
    code.function("public init", &parameters, "", |code| {
        for property in properties {
            code.line(format!("{} = {}", self_dot(&property.name), property.name));
        }
    });
}

fn reading(code: &mut Code, properties: &[Property]) {
    code.gap();
    code.doc("Reads an object of the wire.");
    code.block(
        "public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue)",
        |code| {
            let binding = if properties.is_empty() { "let" } else { "var" };
            code.line(format!(
                "{binding} reader = try WireReader(wire, at: place)"
            ));
            for property in properties {
                code.line(property.read());
            }
            code.line("try reader.finish()");
        },
    );
}

fn writing(code: &mut Code, properties: &[Property]) {
    code.gap();
    code.doc("As an object of the wire.");
    code.block(
        "public func wire(_ style: WireStyle) -> JSONValue",
        |code| {
            let binding = if properties.is_empty() { "let" } else { "var" };
            code.line(format!("{binding} writer = WireWriter()"));
            for property in properties {
                code.line(property.write());
            }
            code.line("return .object(writer.object)");
        },
    );
}
