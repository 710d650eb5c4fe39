//! `events/{entity}.events.ts`: what can happen to an entity, and how a payload is checked.

use serde::Serialize;
use sync_runtime::{
    schema::{Effect, Lift},
    semantics::upcast,
};

use super::{
    access,
    layout::{Doc, array, concat, function, object, render, text},
    literals::{json, literal},
    payloads,
    plan::{ModelPlan, PayloadPlan, Plan},
    schemas::{Declaration, Statement, constant, spaced},
    syntax::{key, string},
    types::{Form, Writer},
};
use crate::Error;

/// A file of events.
#[derive(Serialize)]
pub(super) struct EventsView {
    imports: String,
    types: Vec<Declaration>,
    statements: Vec<Statement>,
    lift: Option<LiftView>,
}

/// How what is older is read.
#[derive(Serialize)]
struct LiftView {
    signature: String,
    entity: String,
    version: u32,
    /// The interface of the functions that the application brings.
    upcasts: Option<String>,
    /// Those functions, by version that they read.
    functions: Vec<u32>,
    steps: Vec<StepView>,
}

/// What leads from one version to the next.
#[derive(Serialize)]
struct StepView {
    from: u32,
    lines: Vec<String>,
}

/// The events of one model.
pub(super) fn of_model(plan: &Plan<'_>, model: &ModelPlan<'_>) -> Result<EventsView, Error> {
    let mut writer = Writer::new(plan);
    let mut types = Vec::new();
    let mut statements = Vec::new();
    let own = model.at("events");
    for payload in &model.payloads {
        let home = plan.payload_home(model, payload)?;
        if let Some(keys) = payload.keys_at(&own, &home) {
            let full = format!("{}.{}", model.model.entity, payload.event.name);
            let what = what_it_does(&payload.event.effect);
            let doc = format!("Payload of `{full}`: {what}.");
            types.push(payloads::interface(&mut writer, &doc, &payload.name, keys)?);
        } else {
            writer.imports.ty(&home, &payload.name);
            writer.imports.value(&home, &payload.parse);
        }
    }
    types.push(envelopes(&mut writer, model));
    for machine in &model.machines {
        statements.push(moves(&mut writer, machine)?);
    }
    for payload in &model.payloads {
        let home = plan.payload_home(model, payload)?;
        if let Some(keys) = payload.keys_at(&own, &home) {
            let parser = payloads::parser(&mut writer, keys, None)?;
            statements.push(local(&mut writer, &payload.parse, &payload.name, parser));
            if payload.loses_keys(model.model) {
                let parser = payloads::parser(&mut writer, keys, Some(model))?;
                writer.imports.ty("model", "PayloadOf");
                let full = string(&format!("{}.{}", model.model.entity, payload.event.name));
                let ty = format!("PayloadOf<{}, {full}>", model.event);
                statements.push(local(&mut writer, &payload.read, &ty, parser));
            }
        }
    }
    statements.push(definitions(&mut writer, model));
    statements.push(guard(model));
    statements.extend(access::rules(&mut writer, model));
    let lift = (model.model.version > 1)
        .then(|| lift(&mut writer, model))
        .transpose()?;
    Ok(EventsView {
        imports: writer.imports.render(&model.at("events")),
        types,
        statements,
        lift,
    })
}

/// `Parser` stands for a parser that only this file knows.
fn local(writer: &mut Writer<'_, '_>, name: &str, ty: &str, parser: Doc) -> Statement {
    writer.imports.ty("schemas/validate", "Parser");
    Statement {
        doc: String::new(),
        code: constant("const", name, &format!("Parser<{ty}>"), parser),
    }
}

/// What an effect does, for a reader of the generated code.
pub(super) fn what_it_does(effect: &Effect) -> String {
    let names = |fields: &[sync_runtime::schema::Str]| {
        let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
        fields.join(", ")
    };
    match effect {
        Effect::Create => "makes the entity".to_owned(),
        Effect::Set { fields } => format!("replaces {}", names(fields)),
        Effect::Merge { fields } => format!("replaces what is given of {}", names(fields)),
        Effect::Push { list } => format!("adds to `{list}`"),
        Effect::Remove { list } => format!("takes out of `{list}`"),
        Effect::Update { list } => format!("changes an element of `{list}`"),
        Effect::Increment { field } => format!("adds to `{field}`"),
        Effect::Transition { field } => format!("moves `{field}`"),
        Effect::Delete => "ends the entity".to_owned(),
        Effect::Custom { .. } => "does what the application says".to_owned(),
    }
}

/// The type of a payload as a reader may get it.
fn read_type(model: &ModelPlan<'_>, payload: &PayloadPlan<'_>) -> String {
    let keys = payload.shape.keys();
    let hidden: Vec<String> = keys
        .iter()
        .filter(|key| key.required && payloads::may_be_hidden(key))
        .map(|key| string(&key.name))
        .collect();
    let name = &payload.name;
    if !payload.loses_keys(model.model) {
        name.clone()
    } else if hidden.len() == keys.len() {
        format!("Partial<{name}>")
    } else {
        let hidden = hidden.join(" | ");
        format!("Omit<{name}, {hidden}> & Partial<Pick<{name}, {hidden}>>")
    }
}

fn envelopes(writer: &mut Writer<'_, '_>, model: &ModelPlan<'_>) -> Declaration {
    writer.imports.ty("model", "EventEnvelope");
    writer.imports.ty(&model.at("schemas"), &model.state);
    let members = model
        .payloads
        .iter()
        .map(|payload| {
            let full = string(&format!("{}.{}", model.model.entity, payload.event.name));
            text(format!(
                "EventEnvelope<{full}, {}>",
                read_type(model, payload)
            ))
        })
        .collect();
    let code = concat([
        text(format!("export type {} =", model.event)),
        spaced(members),
        text(";"),
    ]);
    Declaration::Alias(Statement {
        doc: format!("Everything that can happen to {{@link {}}}.", model.state),
        code: render(&code, 0),
    })
}

fn moves(
    writer: &mut Writer<'_, '_>,
    machine: &super::plan::MachinePlan<'_>,
) -> Result<Statement, Error> {
    let field = machine.field;
    let state = writer.ty(field.ty.non_null(), false, Form::State)?;
    let transitions = field.machine().unwrap_or_default();
    let all: Vec<&str> = match field.ty.non_null() {
        sync_runtime::schema::Type::Enum(shape) => {
            shape.variants.iter().map(|v| &*v.name).collect()
        }
        _ => transitions
            .iter()
            .map(|transition| &*transition.from)
            .collect(),
    };
    let members = all
        .into_iter()
        .map(|from| {
            // A state may be declared in several parts.
            let to = transitions
                .iter()
                .filter(|transition| transition.from == from)
                .flat_map(|transition| transition.to.iter())
                .map(|to| text(string(to)))
                .collect();
            concat([text(format!("{}: ", key(from))), array(to)])
        })
        .collect();
    let ty = format!("Readonly<Record<{state}, readonly {state}[]>>");
    Ok(Statement {
        doc: format!("From where to where `{}` may move.", field.name),
        code: constant("export const", &machine.moves, &ty, object(members, true)),
    })
}

fn definitions(writer: &mut Writer<'_, '_>, model: &ModelPlan<'_>) -> Statement {
    writer.imports.ty("model", "EventDefinition");
    let members = model
        .payloads
        .iter()
        .map(|payload| {
            let full = string(&format!("{}.{}", model.model.entity, payload.event.name));
            let mut members = vec![
                text(format!("effect: '{}'", payload.event.effect.name())),
                text(format!(
                    "parse: (payload) => {}(payload, '')",
                    payload.parse
                )),
            ];
            if payload.loses_keys(model.model) {
                members.push(text(format!(
                    "read: (payload) => {}(payload, '')",
                    payload.read
                )));
            }
            let machine = match &payload.event.effect {
                Effect::Transition { field } => model
                    .machines
                    .iter()
                    .find(|machine| machine.field.name == *field),
                _ => None,
            };
            if let Some(machine) = machine {
                let rule = object(
                    vec![
                        text(format!("field: {}", string(&machine.field.name))),
                        text(format!(
                            "key: {}",
                            string(&format!("new_{}", machine.field.name))
                        )),
                        text(format!("allowed: {}", machine.moves)),
                    ],
                    false,
                );
                members.push(concat([text("transition: "), rule]));
            }
            let expanded = members.len() > 2;
            concat([text(format!("{full}: ")), object(members, expanded)])
        })
        .collect();
    let ty = format!(
        "Readonly<Record<{}['event_type'], EventDefinition>>",
        model.event
    );
    Statement {
        doc: format!("How each event of {{@link {}}} is checked.", model.state),
        code: constant("export const", &model.events, &ty, object(members, true)),
    }
}

/// An event of a newer server may be of a type that this client does not know, so a log holds plain envelopes.
fn guard(model: &ModelPlan<'_>) -> Statement {
    let ModelPlan {
        guard,
        event,
        events,
        ..
    } = model;
    Statement {
        doc: format!("Whether an event of the log is one of {{@link {event}}}."),
        code: format!(
            "export function {guard}(event: EventEnvelope): event is {event} {{\n  return Object.hasOwn({events}, event.event_type);\n}}"
        ),
    }
}

fn lift(writer: &mut Writer<'_, '_>, model: &ModelPlan<'_>) -> Result<LiftView, Error> {
    const LIFT: &str = "schemas/lift";
    let upcasts = model
        .custom
        .as_ref()
        .and_then(|custom| custom.upcasts.clone());
    let create: Vec<String> = model
        .payloads
        .iter()
        .filter(|payload| payload.event.effect == Effect::Create)
        .map(|payload| string(&format!("{}.{}", model.model.entity, payload.event.name)))
        .collect();
    let makes = create
        .iter()
        .map(|create| format!("event === {create}"))
        .chain(["event === null".to_owned()])
        .collect::<Vec<_>>()
        .join(" || ");
    let mut functions = Vec::new();
    let mut steps = Vec::new();
    for from in 1..model.model.version {
        let mut lines = Vec::new();
        match model
            .model
            .upcasts
            .iter()
            .find(|upcast| upcast.from == from)
        {
            None => {
                writer.imports.value(LIFT, "unreadable");
                lines.push(format!("unreadable({from});"));
            }
            Some(upcast) => {
                for step in upcast.steps.iter() {
                    lines.push(match step {
                        Lift::Rename { from, to } => {
                            writer.imports.value(LIFT, "renameKey");
                            format!(
                                "lifted = renameKey(lifted, {}, {});",
                                string(from),
                                string(to)
                            )
                        }
                        Lift::Default { field, value } => {
                            writer.imports.value(LIFT, "defaultKey");
                            let given = upcast::default_of(model.model, field, value);
                            let value = match model.model.field(field) {
                                Some(field) => literal(&field.ty, field.big, &given),
                                None => json(&given),
                            };
                            let value = render(&value, 6);
                            let field = string(field);
                            format!("if ({makes}) lifted = defaultKey(lifted, {field}, {value});")
                        }
                        Lift::Function { .. } => {
                            functions.push(from);
                            format!("lifted = upcasts.from{from}(lifted, event);")
                        }
                    });
                }
            }
        }
        steps.push(StepView { from, lines });
    }
    functions.dedup();
    let uses_event = steps
        .iter()
        .flat_map(|step: &StepView| &step.lines)
        .any(|line| line.contains("event"));
    let mut parameters = vec![text("value: unknown"), text("version: number")];
    if uses_event || upcasts.is_some() {
        parameters.push(text("event: string | null"));
    }
    parameters.extend(
        upcasts
            .iter()
            .map(|upcasts| text(format!("upcasts: {upcasts}"))),
    );
    Ok(LiftView {
        signature: function(&model.lift, parameters, "unknown"),
        entity: model.model.entity.to_string(),
        version: model.model.version,
        upcasts,
        functions,
        steps,
    })
}
