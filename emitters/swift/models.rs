//! A model: its state, and what each event does to it.

use sync_runtime::{
    schema::{Effect, Field, FieldKind, Lift, Mode, Model, Type, Visibility},
    semantics::upcast,
};

use super::{
    access,
    code::Code,
    plan::{EventPlan, ModelPlan, Plan, case_name, dotted, has_draft, member},
    structs::{Property, body, self_dot},
    types::{Form, swift_string},
};

impl Plan<'_> {
    /// The file of a model's state.
    pub(super) fn model(&self, plan: &ModelPlan<'_>) -> String {
        let mut code = Code::new();
        let model = plan.model;
        code.line("import Foundation");
        code.line("import SyncRuntime");
        code.gap();
        code.doc_or(&model.doc, &format!("`{}`.", model.entity));
        code.block(
            format!("public struct {}: WireObject, Identifiable", plan.name),
            |code| {
                let properties: Vec<Property> = model
                    .shared_fields()
                    .map(|field| self.state_property(field, Form::State, is_hidden(field)))
                    .collect();
                body(code, &properties, "Makes one of these values.");
                self.identity(code, model.id_field());
            },
        );
        self.machines(&mut code, plan);
        code.finish()
    }

    fn machines(&self, code: &mut Code, plan: &ModelPlan<'_>) {
        for field in plan.model.shared_fields() {
            let Some(moves) = field.machine() else {
                continue;
            };
            let ty = self.swift_type(&field.ty, Form::State);
            let name = member(&field.name);
            code.gap();
            code.block(format!("extension {}", plan.name), |code| {
                code.doc(&format!("Where `{}` may move from here.", field.name));
                let head = format!("public var {}: [{ty}]", successors(field));
                code.block(head, |code| {
                    let mut state = self_dot(&name);
                    if is_hidden(field) {
                        code.line(format!("guard let state = {state} else {{ return [] }}"));
                        state = "state".to_owned();
                    }
                    code.switch(&state, |code| {
                        let returned = if is_hidden(field) { "return " } else { "" };
                        for transition in moves {
                            let to = transition.to.iter();
                            let to: Vec<String> =
                                to.map(|to| format!(".{}", case_name(to))).collect();
                            code.line(format!(
                                "case .{}: {returned}[{}]",
                                case_name(&transition.from),
                                to.join(", ")
                            ));
                        }
                        code.line(format!("default: {returned}[]"));
                    });
                });
            });
        }
    }

    /// The file of a model's reducer.
    pub(super) fn reducer(&self, plan: &ModelPlan<'_>) -> String {
        let mut code = Code::new();
        let model = plan.model;
        code.line("import Foundation");
        code.line("import SyncRuntime");
        code.gap();
        code.block(format!("extension {}: SyncModel", plan.name), |code| {
            code.doc("What can happen to it.");
            code.line(format!("public typealias Event = {}Event", plan.name));
            if plan.has_functions() {
                code.doc("What only the application knows.");
                code.line(format!("public typealias Functions = {}", plan.functions()));
            }
            code.gap();
            code.doc("The name on the wire.");
            code.line(format!(
                "public static let entity = {}",
                swift_string(&model.entity)
            ));
            code.doc("The path segment of the server's list.");
            code.line(format!(
                "public static let path = {}",
                swift_string(&model.path)
            ));
            code.doc("The version of its payloads.");
            code.line(format!("public static let version = {}", model.version));
            code.doc("A digest of the declaration.");
            code.line(format!(
                "public static let declaration = \"{:016x}\"",
                digest(&[
                    &serde_json::to_string(model).unwrap_or_default(),
                    self.table_script(model)
                ])
            ));
            code.doc("When snapshots are taken.");
            let policy = match model.snapshot {
                Some(policy) => format!(
                    "SnapshotPolicy(every: {}, max: {})",
                    policy.every, policy.max
                ),
                None => "nil".to_owned(),
            };
            code.line(format!(
                "public static let snapshots: SnapshotPolicy? = {policy}"
            ));
            access::rules(code, model);
            mode(code, model);
            code.gap();
            self.creating(code, plan);
            code.gap();
            self.applying(code, plan);
            code.gap();
            touching(code, model);
            lifting(code, plan);
        });
        self.functions(&mut code, plan);
        code.finish()
    }

    fn creating(&self, code: &mut Code, plan: &ModelPlan<'_>) {
        code.doc("The state that a `create` makes.");
        code.block(
            "public init?(creating event: Event, _ meta: EventMeta)",
            |code| {
                let create = plan
                    .events
                    .iter()
                    .find(|event| event.event.effect == Effect::Create);
                let Some(create) = create else {
                    code.line("return nil");
                    return;
                };
                let model = plan.model;
                let id = self.swift_type(model.id_type(), Form::State);
                let pattern = match create.payload {
                    Some(_) => format!(".{}(let payload)", dotted(&create.case)),
                    None => format!(".{}", dotted(&create.case)),
                };
                code.line(format!("guard case {pattern} = event,"));
                code.line(format!(
                    "  let id = try? {id}(wire: .string(meta.entityID), at: .root)"
                ));
                code.line("else { return nil }");
                if model.shared_fields().any(|field| {
                    has_draft(&field.ty)
                        || matches!(
                            field.kind,
                            FieldKind::CreatedAt | FieldKind::UpdatedAt | FieldKind::EventTime
                        )
                }) {
                    code.line("let time = meta.time");
                }
                for field in model.shared_fields() {
                    let name = member(&field.name);
                    let value = self.created(field, &dotted(&name));
                    code.line(format!("{} = {value}", self_dot(&name)));
                }
            },
        );
    }

    fn created(&self, field: &Field, name: &str) -> String {
        let default = || {
            self.default_expression(field, Form::State)
                .unwrap_or_else(|| "nil".to_owned())
        };
        match &field.kind {
            FieldKind::Id => "id".to_owned(),
            FieldKind::CreatedAt | FieldKind::UpdatedAt | FieldKind::EventTime => "time".to_owned(),
            FieldKind::Machine(_) => default(),
            FieldKind::Plain if !field.has_default() => {
                self.completed(&field.ty, &format!("payload.{name}"))
            }
            FieldKind::Plain => {
                let default = default();
                let nullable = matches!(&*field.ty, Type::Option(_));
                let source = match (nullable, default.as_str()) {
                    (true, "nil") | (false, _) => format!("payload.{name}"),
                    (true, _) => format!("payload.{name}.value"),
                };
                let value = match (has_draft(&field.ty), nullable) {
                    (false, _) => source,
                    (true, true) => self.completed(&field.ty, &source),
                    (true, false) => {
                        format!("{source}.map {{ {} }}", self.completed(&field.ty, "$0"))
                    }
                };
                match default.as_str() {
                    "nil" => value,
                    default => format!("{value} ?? {default}"),
                }
            }
        }
    }

    fn applying(&self, code: &mut Code, plan: &ModelPlan<'_>) {
        code.doc("Does what an event does to a live entity; says whether it did something.");
        code.block(
            format!(
                "public mutating func apply(_ event: Event, _ meta: EventMeta, _ functions: {}) -> Bool",
                plan.functions()
            ),
            |code| {
                if plan.events.iter().any(|event| self.needs_time(plan, event)) {
                    code.line("let time = meta.time");
                }
                code.switch("event", |code| {
                    let mut nothing = Vec::new();
                    for event in &plan.events {
                        match event.event.effect {
                            Effect::Create | Effect::Delete => {
                                nothing.push(format!(".{}", dotted(&event.case)));
                            }
                            _ => self.case(code, plan, event),
                        }
                    }
                    if !nothing.is_empty() {
                        code.line(format!("case {}:", nothing.join(", ")));
                        code.line("  return false");
                    }
                });
            },
        );
    }

    fn needs_time(&self, plan: &ModelPlan<'_>, event: &EventPlan<'_>) -> bool {
        match &event.event.effect {
            Effect::Create | Effect::Delete => false,
            Effect::Update { .. } => true,
            Effect::Remove { .. } => false,
            Effect::Custom { payload } => has_draft(payload),
            _ => event
                .event
                .touched(plan.model)
                .iter()
                .any(|field| has_draft(&field.ty)),
        }
    }

    fn case(&self, code: &mut Code, plan: &ModelPlan<'_>, event: &EventPlan<'_>) {
        code.line(format!("case .{}(let payload):", dotted(&event.case)));
        let mut inner = Code::new();
        self.effect(&mut inner, plan, event);
        for line in inner.finish().lines() {
            code.line(format!("  {line}"));
        }
    }

    fn effect(&self, code: &mut Code, plan: &ModelPlan<'_>, event: &EventPlan<'_>) {
        let field = |name: &str| plan.model.field(name);
        match &event.event.effect {
            Effect::Set { fields } | Effect::Merge { fields } => {
                let merge = matches!(event.event.effect, Effect::Merge { .. });
                for field in fields.iter().filter_map(|name| field(name)) {
                    self.assign(code, field, merge);
                }
                code.line("return true");
            }
            Effect::Push { list } => self.push(code, field(list)),
            Effect::Remove { list } => self.remove(code, field(list)),
            Effect::Update { list } => self.update(code, field(list)),
            Effect::Increment { field: name } => {
                if let Some(field) = field(name) {
                    increment(code, field);
                }
                code.line("return true");
            }
            Effect::Transition { field: name } => {
                if let Some(field) = field(name) {
                    transition(code, field);
                }
            }
            Effect::Custom { payload } => self.custom(code, plan, event, payload),
            Effect::Create | Effect::Delete => {}
        }
    }

    fn assign(&self, code: &mut Code, field: &Field, merge: bool) {
        let name = member(&field.name);
        let target = self_dot(&name);
        let payload = format!("payload.{}", dotted(&name));
        let optional = merge || is_hidden(field);
        let nullable = matches!(&*field.ty, Type::Option(_));
        if !optional {
            let value = self.completed(&field.ty, &payload);
            code.line(format!("{target} = {value}"));
            return;
        }
        let source = match (merge, nullable) {
            (true, false) => payload,
            _ => format!("{payload}.value"),
        };
        let value = self.completed(&field.ty, "value");
        code.line(format!("if let value = {source} {{ {target} = {value} }}"));
    }

    fn push(&self, code: &mut Code, list: Option<&Field>) {
        let Some((list, item)) = element(list) else {
            return;
        };
        let source = unwrap(code, list, &list.singular);
        let value = self.completed(item, &source);
        self.on_list(code, list, |name| match list.ty.non_null() {
            Type::Set(_) => format!("{name}.insert({value})"),
            _ if list.ty.non_null().keyed_element().is_some() => {
                format!("Effects.push({value}, to: &{name})")
            }
            _ => format!("Effects.append({value}, to: &{name})"),
        });
    }

    fn remove(&self, code: &mut Code, list: Option<&Field>) {
        let Some((list, item)) = element(list) else {
            return;
        };
        let keyed = list.ty.non_null().keyed_element().is_some();
        let key = if keyed {
            format!("{}_id", list.singular)
        } else {
            list.singular.to_string()
        };
        let source = unwrap(code, list, &key);
        let value = if keyed {
            source
        } else {
            // An element that the state holds has a time of its own, which a payload cannot know.
            if has_draft(item) {
                code.line("let time = Date(milliseconds: -1)");
            }
            self.completed(item, &source)
        };
        self.on_list(code, list, |name| match list.ty.non_null() {
            Type::Set(_) => format!("{name}.remove({value})"),
            _ if keyed => format!("Effects.remove(id: {value}, from: &{name})"),
            _ => format!("Effects.remove({value}, from: &{name})"),
        });
    }

    fn update(&self, code: &mut Code, list: Option<&Field>) {
        let Some((list, _)) = element(list) else {
            return;
        };
        let id = unwrap(code, list, &format!("{}_id", list.singular));
        let changes = format!("payload.{}", dotted(&member(&list.singular)));
        let changes = if is_hidden(list) {
            format!("{changes}?")
        } else {
            changes
        };
        self.on_list(code, list, |name| {
            format!(
                "Effects.update(id: {id}, in: &{name}, with: {{ {changes}.apply(to: &$0, at: time) }})"
            )
        });
    }

    /// Works on a list that may be null, which an empty one then replaces.
    fn on_list(&self, code: &mut Code, list: &Field, work: impl Fn(&str) -> String) {
        let name = self_dot(&member(&list.name));
        if is_hidden(list) || matches!(&*list.ty, Type::Option(_)) {
            code.line(format!("var list = {name} ?? []"));
            code.line(format!("guard {} else {{ return false }}", work("list")));
            code.line(format!("{name} = list"));
            code.line("return true");
        } else {
            code.line(format!("return {}", work(&name)));
        }
    }

    fn custom(&self, code: &mut Code, plan: &ModelPlan<'_>, event: &EventPlan<'_>, payload: &Type) {
        let hidden: Vec<&Field> = plan
            .model
            .shared_fields()
            .filter(|field| is_hidden(field))
            .collect();
        code.line("var changed = self");
        for field in &hidden {
            let default = self
                .default_expression(field, Form::State)
                .unwrap_or_else(|| "nil".to_owned());
            code.line(format!(
                "changed.{} = {default}",
                dotted(&member(&field.name))
            ));
        }
        let value = self.completed(payload, "payload");
        code.line("do {");
        code.line(format!(
            "  try functions.{}(&changed, {value}, meta)",
            dotted(&event.case)
        ));
        code.line("  changed = try Effects.checked(changed)");
        code.line("} catch {");
        code.line("  return false");
        code.line("}");
        let kept = plan.model.shared_fields().filter(|field| {
            is_hidden(field)
                || matches!(
                    field.kind,
                    FieldKind::Id | FieldKind::CreatedAt | FieldKind::UpdatedAt
                )
        });
        for field in kept {
            let name = member(&field.name);
            code.line(format!("changed.{} = {}", dotted(&name), self_dot(&name)));
        }
        code.line("self = changed");
        code.line("return true");
    }

    /// What the application brings: custom effects, and upcasts that no declared step makes.
    fn functions(&self, code: &mut Code, plan: &ModelPlan<'_>) {
        if !plan.has_functions() {
            return;
        }
        let entity = &plan.model.entity;
        let mut slots: Vec<(String, String, String)> = Vec::new();
        for (event, payload) in plan.customs() {
            let payload = self.swift_type(payload, Form::State);
            slots.push((
                event.case.clone(),
                format!(
                    "@Sendable (inout {}, {payload}, EventMeta) throws -> Void",
                    plan.name
                ),
                format!(
                    "What `{entity}.{}` does to a state, in which hidden fields are at their defaults; where it throws, the \
                     event does nothing.",
                    event.event.name
                ),
            ));
        }
        for from in plan.lifted() {
            slots.push((
                format!("upcastFrom{from}"),
                "@Sendable (inout JSONObject, String?) throws -> Void".to_owned(),
                format!(
                    "Reads a payload of version {from} of that event, or with `nil` for the event a state, as version {} \
                     has it.",
                    from + 1
                ),
            ));
        }
        code.gap();
        code.doc(&format!(
            "What only the application knows of ``{}``: pure functions that do what those of the server do.",
            plan.name
        ));
        let head = format!("public struct {}: Sendable", plan.functions());
        code.block(head, |code| {
            for (name, ty, doc) in &slots {
                code.doc(doc);
                code.line(format!("public let {name}: {ty}"));
            }
            code.gap();
            code.doc("Makes one of these functions.");
            let parameters: Vec<String> = slots
                .iter()
                .map(|(name, ty, _)| format!("{name}: @escaping {ty}"))
                .collect();
            code.function("public init", &parameters, "", |code| {
                for (name, _, _) in &slots {
                    code.line(format!("{} = {name}", self_dot(name)));
                }
            });
        });
    }
}

fn is_hidden(field: &Field) -> bool {
    field.visibility == Visibility::OwnerOnly
}

fn element(list: Option<&Field>) -> Option<(&Field, &Type)> {
    let list = list?;
    Some((list, list.ty.non_null().element()?))
}

/// What a key of the payload holds; where a reader may not see it, nothing happens without it.
fn unwrap(code: &mut Code, list: &Field, key: &str) -> String {
    let name = member(key);
    let source = format!("payload.{}", dotted(&name));
    if !is_hidden(list) {
        return source;
    }
    code.line(format!("guard let given = {source} else {{ return true }}"));
    "given".to_owned()
}

fn increment(code: &mut Code, field: &Field) {
    let name = self_dot(&member(&field.name));
    let hidden = is_hidden(field);
    if !hidden && !matches!(&*field.ty, Type::Option(_)) {
        code.line(format!(
            "Effects.increment(&{name}, by: payload.by, big: {})",
            field.big
        ));
        return;
    }
    let given = if hidden {
        "let amount = payload.by, "
    } else {
        ""
    };
    let amount = if hidden { "amount" } else { "payload.by" };
    code.block(format!("if {given}var number = {name}"), |code| {
        code.line(format!(
            "Effects.increment(&number, by: {amount}, big: {})",
            field.big
        ));
        code.line(format!("{name} = number"));
    });
}

fn transition(code: &mut Code, field: &Field) {
    let name = self_dot(&member(&field.name));
    let mut source = format!("payload.{}", member(&format!("new_{}", field.name)));
    if is_hidden(field) {
        code.line(format!("guard let next = {source} else {{ return true }}"));
        source = "next".to_owned();
    }
    code.line(format!(
        "guard {}.contains({source}) else {{ return false }}",
        self_dot(&successors(field))
    ));
    code.line(format!("{name} = {source}"));
    code.line("return true");
}

/// The property that says where a machine may move.
fn successors(field: &Field) -> String {
    member(&format!("{}_successors", field.name))
}

fn touching(code: &mut Code, model: &Model) {
    code.doc("Notes the time of the last event that did something.");
    code.block("public mutating func touch(_ time: Date)", |code| {
        if let Some(field) = model.field_of_kind(&FieldKind::UpdatedAt) {
            code.line(format!("{} = time", self_dot(&member(&field.name))));
        }
    });
}

fn lifting(code: &mut Code, plan: &ModelPlan<'_>) {
    let model = plan.model;
    if model.version == 1 {
        return;
    }
    code.gap();
    code.doc("Reads an older version's payload, or with `nil` for the event a state, as this version has it.");
    let parameters = [
        "_ value: inout JSONObject".to_owned(),
        "of event: String?".to_owned(),
        "from version: Int".to_owned(),
        format!("_ functions: {}", plan.functions()),
    ];
    code.function("public static func lift", &parameters, " throws", |code| {
        for from in 1..model.version {
            let upcast = model.upcasts.iter().find(|upcast| upcast.from == from);
            code.block(format!("if version <= {from}"), |code| match upcast {
                Some(upcast) => {
                    for step in upcast.steps.iter() {
                        lift(code, plan, from, step);
                    }
                }
                None => code.line(format!(
                    "throw WirePlace.root.refuse(\"version {from} can no longer be read\")"
                )),
            });
        }
    });
}

fn lift(code: &mut Code, plan: &ModelPlan<'_>, from: u32, step: &Lift) {
    match step {
        Lift::Rename { from, to } => code.line(format!(
            "value.rename({}, to: {})",
            swift_string(from),
            swift_string(to)
        )),
        Lift::Default { field, value } => {
            let given = upcast::default_of(plan.model, field, value).to_string();
            let fill = format!(
                "value.fill({}, {})",
                swift_string(field),
                swift_string(&given)
            );
            let create = plan
                .events
                .iter()
                .find(|event| event.event.effect == Effect::Create);
            let condition = match create {
                Some(create) => format!("event == nil || event == {}", swift_string(&create.full)),
                None => "event == nil".to_owned(),
            };
            code.line(format!("if {condition} {{ {fill} }}"));
        }
        Lift::Function { .. } => {
            code.line(format!("try functions.upcastFrom{from}(&value, event)"))
        }
    }
}

/// How its events meet its state, where that is not by the fold.
fn mode(code: &mut Code, model: &Model) {
    let mode = match model.mode {
        Mode::Events => return,
        Mode::Rows => ".rows(rowTable)".to_owned(),
        Mode::Api => {
            let id = model.id_field().map_or("id", |field| &field.name);
            format!(".api(id: {})", swift_string(id))
        }
    };
    code.doc("How its events meet its state.");
    code.line(format!("public static let mode: SyncMode = {mode}"));
}

/// FNV-1a of the declaration: the same everywhere and always, which a hash of Rust's is not.
fn digest(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
