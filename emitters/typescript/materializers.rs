//! `materializers/{entity}.ts` and `materializers/shared.ts`: the fold, one case an event.

use serde::Serialize;
use sync_runtime::schema::{Effect, FieldKind};

use super::{
    cases::{case, returned},
    complete::needs_time,
    completions::completions,
    layout::{alternatives, array, concat, enclosed, function, object, render, text},
    plan::{ModelPlan, PayloadPlan, Plan, is_hidden},
    rows,
    syntax::{entry, integer, key, string},
    types::{Form, Writer},
};
use crate::Error;

pub(super) const UTILS: &str = "materializers/utils";

/// The materializer of one model.
#[derive(Serialize)]
pub(super) struct MaterializerView {
    imports: String,
    completions: Vec<FunctionView>,
    create: Option<FunctionView>,
    /// Full types of the events that make the entity.
    creates: Vec<String>,
    /// `createOrder(event.entity_id, event.payload, …)`
    created: String,
    reduce: FunctionView,
    /// Whether a case needs the event's time.
    needs_time: bool,
    cases: Vec<CaseView>,
    state: String,
    entity: String,
    custom: Option<CustomView>,
    definition: DefinitionView,
}

/// What several models share.
#[derive(Serialize)]
pub(super) struct SharedView {
    imports: String,
    completions: Vec<FunctionView>,
}

/// A function.
#[derive(Serialize)]
pub(super) struct FunctionView {
    pub(super) exported: bool,
    pub(super) signature: String,
    pub(super) body: Vec<String>,
}

/// A case of the reducer.
#[derive(Serialize)]
pub(super) struct CaseView {
    pub(super) event_type: String,
    pub(super) block: bool,
    pub(super) lines: Vec<String>,
}

/// What the application brings.
#[derive(Serialize)]
struct CustomView {
    reducers: Option<String>,
    /// The type that the effects take and give.
    visible: String,
    /// What that type is, where it is not the state's own.
    visible_code: Option<String>,
    effects: Vec<EffectView>,
    upcasts: Option<String>,
    with: String,
    parameters: String,
    base_reducers: String,
}

#[derive(Serialize)]
struct EffectView {
    event_type: String,
    signature: String,
}

/// The `ModelDefinition`.
#[derive(Serialize)]
struct DefinitionView {
    name: String,
    event: String,
    entity: String,
    path: String,
    version: u32,
    snapshot: String,
    events: String,
    reduce: String,
    parse: String,
    print: String,
    plain: bool,
    /// The fields that an owner alone sees.
    hidden: Option<String>,
    lift: Option<String>,
    /// `mode: …,`, where it has one.
    mode: Option<String>,
}

/// The completions that several models use; `None` where there are none.
pub(super) fn shared(plan: &Plan<'_>) -> Result<Option<SharedView>, Error> {
    let mut writer = Writer::new(plan);
    let completions = completions(&mut writer, plan, None)?;
    Ok((!completions.is_empty()).then(|| SharedView {
        imports: writer.imports.render("materializers/shared"),
        completions,
    }))
}

/// The materializer of one model.
pub(super) fn of_model(
    plan: &Plan<'_>,
    at: usize,
    model: &ModelPlan<'_>,
) -> Result<MaterializerView, Error> {
    let mut writer = Writer::new(plan);
    let completions = completions(&mut writer, plan, Some(at))?;
    let creates: Vec<&PayloadPlan<'_>> = model
        .payloads
        .iter()
        .filter(|payload| payload.event.effect == Effect::Create)
        .collect();
    let (create, created) = match creates.first() {
        Some(first) => {
            let (view, call) = create(&mut writer, model, first)?;
            (Some(view), call)
        }
        None => (None, String::new()),
    };
    let cases = model
        .payloads
        .iter()
        .filter(|payload| payload.event.effect != Effect::Create)
        .map(|payload| case(&mut writer, model, payload))
        .collect::<Result<Vec<_>, _>>()?;
    let uses_time = |lines: &[String]| lines.iter().any(|line| has_word(line, "time"));
    let needs_time = cases.iter().any(|case| uses_time(&case.lines));
    if needs_time || has_word(&created, "eventTime") {
        writer.imports.value(UTILS, "eventTime");
    }
    if create.is_some() || !cases.is_empty() {
        writer.imports.value("model", "absent");
    }
    if !cases.is_empty() {
        writer.imports.value("model", "deleted");
    }
    let mut parameters = vec![
        text(format!("state: Folded<{}>", model.state)),
        text(format!("event: {}", model.event)),
    ];
    let custom = model
        .custom
        .as_ref()
        .map(|custom| custom_view(&mut writer, model, custom))
        .transpose()?;
    if let Some(reducers) = custom.as_ref().and_then(|custom| custom.reducers.as_ref()) {
        parameters.push(text(format!("reducers: {reducers}")));
    }
    let reduce = FunctionView {
        exported: true,
        signature: function(
            &model.reduce,
            parameters,
            &format!("Folded<{}>", model.state),
        ),
        body: Vec::new(),
    };
    let definition = definition(&mut writer, model);
    Ok(MaterializerView {
        completions,
        create,
        creates: creates
            .iter()
            .map(|payload| full_type(model, payload))
            .collect(),
        created,
        reduce,
        needs_time,
        cases,
        state: model.state.clone(),
        entity: model.model.entity.to_string(),
        custom,
        definition,
        imports: writer.imports.render(&model.at("materializers")),
    })
}

/// The event's full type as a literal.
pub(super) fn full_type(model: &ModelPlan<'_>, payload: &PayloadPlan<'_>) -> String {
    string(&format!("{}.{}", model.model.entity, payload.event.name))
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
        .any(|part| part == word)
}

/// The function that makes an entity, and the call of it in the reducer.
fn create(
    writer: &mut Writer<'_, '_>,
    model: &ModelPlan<'_>,
    payload: &PayloadPlan<'_>,
) -> Result<(FunctionView, String), Error> {
    let mut members = Vec::new();
    let (mut uses_payload, mut uses_time) = (false, false);
    for field in model.model.shared_fields() {
        members.push(match &field.kind {
            FieldKind::Id => text(entry(&field.name, "id")),
            FieldKind::CreatedAt | FieldKind::UpdatedAt | FieldKind::EventTime => {
                uses_time = true;
                text(entry(&field.name, "time"))
            }
            FieldKind::Machine(_) => {
                let default = writer.default(field)?;
                concat([text(format!("{}: ", key(&field.name))), default])
            }
            FieldKind::Plain => {
                uses_payload = true;
                uses_time |= needs_time(&field.ty);
                writer.completed_fields(&[field], "payload")?.remove(0)
            }
        });
    }
    let schemas = model.at("schemas");
    writer.imports.ty(&schemas, &model.state);
    let mut parameters = vec![text("id: string")];
    let mut arguments = vec!["event.entity_id"];
    if uses_payload {
        let home = writer.plan.payload_home(model, payload)?;
        writer.imports.ty(&home, &payload.name);
        parameters.push(text(format!("payload: {}", payload.name)));
        arguments.push("event.payload");
    }
    if uses_time {
        parameters.push(text("time: string"));
        arguments.push("eventTime(event.timestamp)");
    }
    let view = FunctionView {
        exported: false,
        signature: function(&model.create, parameters, &model.state),
        body: vec![returned(object(members, true), 2)],
    };
    Ok((view, format!("{}({})", model.create, arguments.join(", "))))
}

fn custom_view(
    writer: &mut Writer<'_, '_>,
    model: &ModelPlan<'_>,
    custom: &super::plan::CustomPlan,
) -> Result<CustomView, Error> {
    let mut effects = Vec::new();
    let mut base = Vec::new();
    for payload in &model.payloads {
        if let Effect::Custom { payload: ty } = &payload.event.effect {
            writer.imports.ty("model", "EventMeta");
            let given = writer.ty(ty.non_null(), false, Form::State)?;
            let signature = enclosed(
                &format!("readonly {}: (", key(&payload.event.name)),
                vec![
                    text(format!("state: {}", custom.visible)),
                    text(format!("payload: {given}")),
                    text("meta: EventMeta"),
                ],
                &format!(") => {};", custom.visible),
            );
            effects.push(EffectView {
                signature: render(&signature, 2),
                event_type: format!("{}.{}", model.model.entity, payload.event.name),
            });
            writer.imports.value(UTILS, "missingReducer");
            base.push(text(entry(&payload.event.name, "missingReducer")));
        }
    }
    let mut parameters = Vec::new();
    if let Some(reducers) = &custom.reducers {
        parameters.push(text(format!("reducers: {reducers}")));
    }
    if let Some(upcasts) = &custom.upcasts {
        writer.imports.ty(&model.at("events"), upcasts);
        parameters.push(text(format!("upcasts: {upcasts}")));
    }
    let returns = format!("ModelDefinition<{}, {}>", model.state, model.event);
    Ok(CustomView {
        reducers: custom.reducers.clone(),
        visible_code: (custom.visible != model.state).then(|| visible(model, custom)),
        visible: custom.visible.clone(),
        effects,
        upcasts: custom.upcasts.clone(),
        parameters: function(&custom.with, parameters, &returns),
        with: custom.with.clone(),
        base_reducers: render(&object(base, false), 0),
    })
}

/// The state without what some readers do not see.
fn visible(model: &ModelPlan<'_>, custom: &super::plan::CustomPlan) -> String {
    let hidden = model.model.shared_fields().filter(|field| is_hidden(field));
    let names = hidden.map(|field| text(string(&field.name))).collect();
    let omitted = enclosed(
        "Omit<",
        vec![text(model.state.clone()), alternatives(names)],
        ">;",
    );
    let head = text(format!("export type {} = ", custom.visible));
    render(&concat([head, omitted]), 0)
}

fn definition(writer: &mut Writer<'_, '_>, model: &ModelPlan<'_>) -> DefinitionView {
    writer.imports.ty("model", "Folded");
    writer.imports.ty("model", "ModelDefinition");
    writer.imports.ty(&model.at("schemas"), &model.state);
    writer.imports.value(&model.at("schemas"), &model.parse);
    writer.imports.ty(&model.at("events"), &model.event);
    writer.imports.value(&model.at("events"), &model.events);
    let declaration = serde_json::to_string(model.model).unwrap_or_default();
    let mode = rows::mode(writer, model).map(|mode| render(&mode, 2));
    let lift = (model.model.version > 1).then(|| model.lift.clone());
    if let Some(lift) = &lift {
        writer.imports.value(&model.at("events"), lift);
    }
    DefinitionView {
        name: model.definition.clone(),
        event: model.event.clone(),
        entity: string(&model.model.entity),
        path: string(&model.model.path),
        version: model.model.version,
        snapshot: match model.model.snapshot {
            Some(policy) => format!(
                "{{ every: {}, max: {} }}",
                integer(policy.every.into()),
                integer(policy.max.into())
            ),
            None => "null".to_owned(),
        },
        events: model.events.clone(),
        reduce: model.reduce.clone(),
        parse: model.parse.clone(),
        print: string(&print_of(&declaration)),
        // The one type whose value in memory is not what the wire has.
        plain: !declaration.contains(r#""big":true"#),
        hidden: hidden(model),
        lift,
        mode,
    }
}

/// `hidden: ['margin_cents']`
fn hidden(model: &ModelPlan<'_>) -> Option<String> {
    let names: Vec<_> = model
        .model
        .shared_fields()
        .filter(|field| is_hidden(field))
        .map(|field| text(string(&field.name)))
        .collect();
    (!names.is_empty()).then(|| render(&concat([text("hidden: "), array(names)]), 2))
}

/// 64 bits of FNV-1a in hexadecimal: the same on every machine and in every version of the compiler.
fn print_of(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
