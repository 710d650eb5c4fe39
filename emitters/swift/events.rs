//! What can happen to an entity: an enum, and a struct for each payload.

use sync_runtime::schema::{Effect, ElementKind, Key, KeyShape, PayloadShape, Type, Visibility};

use super::{
    code::Code,
    plan::{EventPlan, ModelPlan, Plan, dotted},
    structs::{Property, body},
    types::{Form, swift_string},
};

impl Plan<'_> {
    /// The file of a model's events.
    pub(super) fn events(&self, plan: &ModelPlan<'_>) -> String {
        let mut code = Code::new();
        let entity = &plan.model.entity;
        code.line("import Foundation");
        code.line("import SyncRuntime");
        code.gap();
        code.doc(&format!(
            "Everything that can happen to {} ``{}``.",
            article(&plan.name),
            plan.name
        ));
        code.block(
            format!("public enum {}Event: SyncEvent", plan.name),
            |code| {
                for event in &plan.events {
                    code.doc(&format!(
                        "`{entity}.{}`: it {}.",
                        event.event.name,
                        describe(&event.event.effect)
                    ));
                    match self.payload_type(event) {
                        Some(ty) => code.line(format!("case {}({ty})", event.case)),
                        None => code.line(format!("case {}", event.case)),
                    }
                }
                for event in &plan.events {
                    self.payload(code, plan, event);
                }
                code.gap();
                self.reading_event(code, plan);
                code.gap();
                to_wire(code, plan);
                code.gap();
                flag(
                    code,
                    plan,
                    "isCreate",
                    "Whether it makes the entity.",
                    |effect| *effect == Effect::Create,
                );
                code.gap();
                flag(
                    code,
                    plan,
                    "isDelete",
                    "Whether it ends the entity.",
                    |effect| *effect == Effect::Delete,
                );
                code.gap();
                flag(
                    code,
                    plan,
                    "isTransition",
                    "Whether it moves a state machine.",
                    |effect| matches!(effect, Effect::Transition { .. }),
                );
            },
        );
        code.finish()
    }

    /// The type that a case carries; `None` where it carries nothing.
    pub(super) fn payload_type(&self, event: &EventPlan<'_>) -> Option<String> {
        match &event.event.effect {
            Effect::Custom { payload } => Some(self.swift_type(payload, Form::Input)),
            _ => event.payload.clone(),
        }
    }

    fn payload(&self, code: &mut Code, plan: &ModelPlan<'_>, event: &EventPlan<'_>) {
        let (Some(name), PayloadShape::Keys(keys)) = (&event.payload, &event.shape) else {
            return;
        };
        code.gap();
        code.doc(&format!(
            "Payload of `{}.{}`.",
            plan.model.entity, event.event.name
        ));
        code.block(format!("public struct {name}: WireObject"), |code| {
            let hidden = event
                .event
                .touched(plan.model)
                .iter()
                .any(|field| field.visibility == Visibility::OwnerOnly);
            let properties: Vec<Property> = keys
                .iter()
                .map(|key| self.property(&event.event.effect, key, hidden))
                .collect();
            body(code, &properties, "Makes one of these values.");
        });
    }

    fn property(&self, effect: &Effect, key: &Key<'_>, hidden: bool) -> Property {
        match &key.shape {
            KeyShape::Field(field) => match effect {
                Effect::Create => self.create_property(field),
                Effect::Set { .. } if field.visibility != Visibility::OwnerOnly => {
                    self.required_property(field)
                }
                Effect::Set { .. } => {
                    let mut property = self.required_property(field);
                    property.ty = format!("Change<{}>", property.ty);
                    property.presence = super::structs::Presence::Change;
                    property.default = Some(".keep".to_owned());
                    property
                }
                _ => self.change_property(field),
            },
            KeyShape::Element(part) => {
                let ty = match (part.kind, part.item) {
                    (ElementKind::Partial, Type::Struct(shape)) => {
                        format!("{}.Changes", self.type_name(&shape.name))
                    }
                    _ => self.swift_type(part.item, Form::Input),
                };
                let mut property = Property::plain(&key.name, ty, "The element.");
                property.big = part.list.big;
                property.redactable(hidden)
            }
            KeyShape::ElementId(id) => {
                let ty = self.swift_type(&id.ty, Form::Input);
                Property::plain(&key.name, ty, "Names the element.").redactable(hidden)
            }
            KeyShape::Amount => Property::plain(
                &key.name,
                "Int64".to_owned(),
                "How much is added, within ±(2^53-1).",
            )
            .redactable(hidden),
            KeyShape::State(field) => {
                let ty = self.swift_type(&field.ty, Form::Input);
                Property::plain(&key.name, ty, "Where it moves.").redactable(hidden)
            }
        }
    }

    fn reading_event(&self, code: &mut Code, plan: &ModelPlan<'_>) {
        code.doc("Reads an event by its name; `nil` for one that this version does not know.");
        code.block(
            "public init?(name: String, payload: JSONValue, at place: WirePlace) throws(InvalidValue)",
            |code| {
                code.switch("WireName(name)", |code| {
                    for event in &plan.events {
                        let name = swift_string(&event.event.name);
                        match self.payload_type(event) {
                            Some(ty) => code.line(format!(
                                "case {name}: self = .{}(try {ty}(wire: payload, at: place))",
                                dotted(&event.case)
                            )),
                            None => {
                                code.line(format!("case {name}:"));
                                code.line("  try WireReader(payload, at: place).finish()");
                                code.line(format!("  self = .{}", dotted(&event.case)));
                            }
                        }
                    }
                    code.line("default: return nil");
                });
            },
        );
    }
}

/// A property that is true of some events.
fn flag(
    code: &mut Code,
    plan: &ModelPlan<'_>,
    name: &str,
    doc: &str,
    holds: impl Fn(&Effect) -> bool,
) {
    let cases: Vec<String> = plan
        .events
        .iter()
        .filter(|event| holds(&event.event.effect))
        .map(|event| format!(".{}", dotted(&event.case)))
        .collect();
    code.doc(doc);
    if cases.is_empty() || cases.len() == plan.events.len() {
        code.line(format!(
            "public var {name}: Bool {{ {} }}",
            !cases.is_empty()
        ));
        return;
    }
    code.block(format!("public var {name}: Bool"), |code| {
        code.switch("self", |code| {
            code.line(format!("case {}: true", cases.join(", ")));
            code.line("default: false");
        });
    });
}

fn to_wire(code: &mut Code, plan: &ModelPlan<'_>) {
    code.doc("The name without the entity.");
    code.block("public var name: String", |code| {
        code.switch("self", |code| {
            for event in &plan.events {
                code.line(format!(
                    "case .{}: {}",
                    dotted(&event.case),
                    swift_string(&event.event.name)
                ));
            }
        });
    });
    code.gap();
    code.doc("The payload in the wire's normal form.");
    code.block("public var payload: JSONValue", |code| {
        code.switch("self", |code| {
            let mut empty = Vec::new();
            for event in &plan.events {
                let custom = matches!(event.event.effect, Effect::Custom { .. });
                if event.payload.is_some() || custom {
                    code.line(format!(
                        "case .{}(let payload): payload.wire",
                        dotted(&event.case)
                    ));
                } else {
                    empty.push(format!(".{}", dotted(&event.case)));
                }
            }
            if !empty.is_empty() {
                code.line(format!("case {}: .object(JSONObject())", empty.join(", ")));
            }
        });
    });
}

/// What an effect does, after "it".
pub(super) fn describe(effect: &Effect) -> String {
    let fields = |names: &[sync_runtime::schema::Str]| {
        names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match effect {
        Effect::Create => "makes the entity".to_owned(),
        Effect::Set { fields: names } => format!("replaces {}", fields(names)),
        Effect::Merge { fields: names } => format!("replaces what is given of {}", fields(names)),
        Effect::Push { list } => format!("adds to `{list}`"),
        Effect::Remove { list } => format!("takes out of `{list}`"),
        Effect::Update { list } => format!("changes an element of `{list}`"),
        Effect::Increment { field } => format!("adds to `{field}`"),
        Effect::Transition { field } => format!("moves `{field}`"),
        Effect::Delete => "ends the entity".to_owned(),
        Effect::Custom { .. } => "does what the application says".to_owned(),
    }
}

/// `a` or `an`, as far as spelling tells.
fn article(name: &str) -> &'static str {
    match name.starts_with(['A', 'E', 'I', 'O']) {
        true => "an",
        false => "a",
    }
}
