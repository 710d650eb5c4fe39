//! The client itself, and what one can tell a collection to do.

use sync_runtime::schema::{Effect, Field, Mode, Model, Type, Visibility};

use super::{
    code::Code,
    plan::{EventPlan, ModelPlan, Plan, dotted, member, methods},
    types::{Form, argument},
};
use crate::names::{camel, pascal};

/// What every client has, so that no collection can be called so.
const CLIENT_MEMBERS: &[&str] = &[
    "core",
    "discard",
    "dismiss",
    "flush",
    "resolve",
    "retry",
    "signOut",
    "start",
    "status",
    "stop",
    "wake",
    "writeThrough",
];

impl Plan<'_> {
    /// The file of the client.
    pub(super) fn client(&self) -> String {
        let mut code = Code::new();
        code.line("import Foundation");
        code.line("import Observation");
        code.line("import SyncRuntime");
        code.gap();
        code.doc(
            "Everything that this app shares with others: recorded on this device first, and sent when there is a server.",
        );
        let head = format!("public final class {}: SyncClient", self.client);
        code.block(head, |code| {
            code.doc("What all clients are made of.");
            code.line("public let core: SyncClientCore");
            for model in &self.models {
                code.doc(&format!("Every ``{}``.", model.name));
                code.line(format!(
                    "public let {}: SyncCollection<{}>",
                    collection(model),
                    model.name
                ));
            }
            code.gap();
            self.client_init(code);
        });
        code.finish()
    }

    fn client_init(&self, code: &mut Code) {
        let bringing: Vec<&ModelPlan<'_>> = self
            .models
            .iter()
            .filter(|model| model.has_functions())
            .collect();
        let mut doc = "Opens a user's store; nothing is sent before `SyncClient.start()`.\n\n- Parameters:\n  - server: \
                       where the routes stand, prefix included: `https://pos.example/api/v1`.\n  - tokens: says who the \
                       user is.\n  - store: where the data is, one place for each user; `.memory` for previews and tests."
            .to_owned();
        let mut parameters = vec![
            "server: URL".to_owned(),
            "tokens: any TokenProvider".to_owned(),
            "store: SyncStore".to_owned(),
        ];
        for model in &bringing {
            doc.push_str(&format!(
                "\n  - {}: what only the application knows of ``{}``.",
                functions(model),
                model.name
            ));
            parameters.push(format!("{}: {}", functions(model), model.functions()));
        }
        doc.push_str(
            "\n  - transport: carries the requests.\n- Throws: why the store cannot be opened.",
        );
        parameters.push("transport: any SyncTransport = URLSessionTransport()".to_owned());
        code.doc(&doc);
        code.function("public init", &parameters, " throws(SyncError)", |code| {
            for model in &self.models {
                let arguments = match model.has_functions() {
                    true => format!("functions: {}", functions(model)),
                    false => String::new(),
                };
                code.line(format!(
                    "let {} = ModelRules<{}>({arguments})",
                    rules(model),
                    model.name
                ));
            }
            code.line("core = try SyncClientCore(");
            code.line("  server: server, tokens: tokens, store: store, transport: transport,");
            code.line("  models: [");
            let kept: Vec<&ModelPlan<'_>> = self.kept().collect();
            // As swift-format has it: no comma behind the only one.
            let comma = if kept.len() > 1 { "," } else { "" };
            for model in kept {
                code.line(format!("    ModelRegistration({}){comma}", rules(model)));
            }
            code.line("  ])");
            for model in &self.models {
                code.line(format!(
                    "{} = core.collection({})",
                    collection(model),
                    rules(model)
                ));
            }
        });
    }

    /// The models that a device keeps.
    fn kept(&self) -> impl Iterator<Item = &ModelPlan<'_>> {
        self.models
            .iter()
            .filter(|model| model.model.mode != Mode::Api)
    }

    /// The file of a model's commands.
    pub(super) fn commands(&self, plan: &ModelPlan<'_>) -> String {
        let mut code = Code::new();
        code.line("import Foundation");
        code.line("import SyncRuntime");
        code.gap();
        let head = format!("extension SyncCollection where Model == {}", plan.name);
        code.block(head, |code| {
            let names = methods(plan.model);
            for (at, (event, name)) in plan.events.iter().zip(names).enumerate() {
                if at > 0 {
                    code.gap();
                }
                self.command(code, plan, event, &name);
            }
        });
        code.finish()
    }

    fn command(&self, code: &mut Code, plan: &ModelPlan<'_>, event: &EventPlan<'_>, name: &str) {
        let Command { parameters, value } = self.arguments(plan, event);
        code.doc(&format!(
            "Records `{}`: it {}. See `record(_:on:)` for what it gives back and throws.",
            event.full,
            super::events::describe(&event.event.effect)
        ));
        code.line("@discardableResult");
        let tail = format!(" async throws(SyncError) -> {}?", plan.name);
        code.function(&format!("public func {name}"), &parameters, &tail, |code| {
            let case = dotted(&event.case);
            let event = match value {
                Some(value) => format!(".{case}({value})"),
                None => format!(".{case}"),
            };
            code.line(format!("try await record({event}, on: id)"));
        });
    }

    /// What a command is told, and the payload that it makes of it.
    fn arguments(&self, plan: &ModelPlan<'_>, event: &EventPlan<'_>) -> Command {
        let model = plan.model;
        let id = self.swift_type(model.id_type(), Form::State);
        let payload = match &event.payload {
            Some(name) => format!("{}Event.{name}", plan.name),
            None => String::new(),
        };
        let whole = |preposition: &str| {
            Command::of(
                [
                    format!("{preposition} id: {id}"),
                    format!("_ changes: {payload}"),
                ],
                "changes",
            )
        };
        match &event.event.effect {
            Effect::Create => {
                let drawn = if id == "UUID" { " = UUID()" } else { "" };
                let id = format!("id: {id}{drawn}");
                match payload.is_empty() {
                    true => Command {
                        parameters: vec![id],
                        value: None,
                    },
                    false => Command::of([format!("_ values: {payload}"), id], "values"),
                }
            }
            Effect::Delete => Command {
                parameters: vec![format!("_ id: {id}")],
                value: None,
            },
            Effect::Push { list } => self.push_command(model, list, &payload, &id),
            Effect::Remove { list } => self.remove_command(model, list, &payload, &id),
            Effect::Update { list } => self.update_command(model, list, &payload, &id),
            Effect::Increment { .. } => Command::of(
                ["_ amount: Int64".to_owned(), format!("to id: {id}")],
                &format!("{payload}(by: amount)"),
            ),
            Effect::Transition { field } => match model.field(field) {
                Some(field) => Command::of(
                    [
                        format!("of id: {id}"),
                        format!("to state: {}", self.swift_type(&field.ty, Form::State)),
                    ],
                    &format!(
                        "{payload}({}: state)",
                        argument(&format!("new_{}", field.name))
                    ),
                ),
                None => whole("_"),
            },
            Effect::Custom { payload } => Command::of(
                [
                    format!("_ values: {}", self.swift_type(payload, Form::Input)),
                    format!("on id: {id}"),
                ],
                "values",
            ),
            Effect::Set { fields } => match &fields[..] {
                [only] => match model.field(only) {
                    Some(field) => self.replace(field, &payload, &id),
                    None => whole("_"),
                },
                _ => whole("_"),
            },
            Effect::Merge { .. } => whole("_"),
        }
    }

    /// `changeNote(of:to:)`
    fn replace(&self, field: &Field, payload: &str, id: &str) -> Command {
        let given = match field.visibility {
            Visibility::OwnerOnly => ".set(value)",
            _ => "value",
        };
        Command::of(
            [
                format!("of id: {id}"),
                format!("to value: {}", self.swift_type(&field.ty, Form::Input)),
            ],
            &format!("{payload}({}: {given})", argument(&field.name)),
        )
    }

    /// `addItem(_:to:)`
    fn push_command(&self, model: &Model, list: &str, payload: &str, id: &str) -> Command {
        let Some((list, item)) = element(model, list) else {
            return Command {
                parameters: vec![format!("to id: {id}")],
                value: None,
            };
        };
        let name = local(&list.singular);
        Command::of(
            [
                format!("_ {name}: {}", self.swift_type(item, Form::Input)),
                format!("to id: {id}"),
            ],
            &format!("{payload}({}: {name})", argument(&list.singular)),
        )
    }

    /// `removeItem(_:from:)`
    fn remove_command(&self, model: &Model, list: &str, payload: &str, id: &str) -> Command {
        let Some((list, item)) = element(model, list) else {
            return Command {
                parameters: vec![format!("from id: {id}")],
                value: None,
            };
        };
        let keyed = list
            .ty
            .keyed_element()
            .and_then(|element| element.id_field());
        let (key, ty) = match keyed {
            Some(key) => (format!("{}_id", list.singular), &*key.ty),
            None => (list.singular.to_string(), item),
        };
        let name = local(&key);
        Command::of(
            [
                format!("_ {name}: {}", self.swift_type(ty, Form::Input)),
                format!("from id: {id}"),
            ],
            &format!("{payload}({}: {name})", argument(&key)),
        )
    }

    /// `updateItem(_:in:_:)`
    fn update_command(&self, model: &Model, list: &str, payload: &str, id: &str) -> Command {
        let keyed = model.field(list).and_then(|list| {
            let element = list.ty.keyed_element()?;
            Some((list, element, element.id_field()?))
        });
        let Some((list, element, key)) = keyed else {
            return Command {
                parameters: vec![format!("in id: {id}")],
                value: None,
            };
        };
        let element_id = format!("{}_id", list.singular);
        let name = local(&element_id);
        Command::of(
            [
                format!("_ {name}: {}", self.swift_type(&key.ty, Form::Input)),
                format!("in id: {id}"),
                format!("_ changes: {}.Changes", self.type_name(&element.name)),
            ],
            &format!(
                "{payload}({}: {name}, {}: changes)",
                argument(&element_id),
                argument(&list.singular)
            ),
        )
    }
}

/// What a command is told, and what the case of its event carries.
struct Command {
    parameters: Vec<String>,
    value: Option<String>,
}

impl Command {
    fn of<const N: usize>(parameters: [String; N], value: &str) -> Self {
        Self {
            parameters: parameters.into(),
            value: Some(value.to_owned()),
        }
    }
}

fn element<'m>(model: &'m Model, list: &str) -> Option<(&'m Field, &'m Type)> {
    let list = model.field(list)?;
    Some((list, list.ty.element()?))
}

/// A parameter beside `id`.
fn local(name: &str) -> String {
    match member(name).as_str() {
        "id" => "element".to_owned(),
        free => free.to_owned(),
    }
}

fn collection(model: &ModelPlan<'_>) -> String {
    match camel(&model.model.path).as_str() {
        taken if CLIENT_MEMBERS.contains(&taken) => format!("{taken}Collection"),
        free => member(free),
    }
}

fn rules(model: &ModelPlan<'_>) -> String {
    format!("{}Rules", camel(&pascal(&model.name)))
}

fn functions(model: &ModelPlan<'_>) -> String {
    format!("{}Functions", camel(&pascal(&model.name)))
}
