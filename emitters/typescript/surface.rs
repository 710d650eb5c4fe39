//! What an application touches: collections, hooks, requests, `index.ts`.

use std::collections::BTreeMap;

use serde::Serialize;
use sync_runtime::schema::{Effect, Mode, PayloadShape, Type};

use super::{
    api,
    events::what_it_does,
    imports::{Imports, exports},
    layout::{concat, function, render, text},
    plan::{ModelPlan, PayloadPlan, Plan},
    rows,
    syntax::string,
};
use crate::Error;

/// Files and the names that they export; true for types.
type Exports = BTreeMap<String, BTreeMap<String, bool>>;

/// Exports a name of a file; true for a type.
pub(super) type Add<'a> = &'a mut dyn FnMut(&str, &str, bool);

/// `collections/{entity}.ts`
#[derive(Serialize)]
pub(super) struct CollectionView {
    imports: String,
    entity: String,
    state: String,
    event: String,
    definition: String,
    collection: String,
    mutations: String,
    has_mutations: bool,
    methods: Vec<MethodView>,
    /// Of what only rows have.
    rows: Option<rows::CollectionPart>,
}

/// `hooks/use{Entity}.ts`
#[derive(Serialize)]
pub(super) struct HooksView {
    imports: String,
    entity: String,
    state: String,
    definition: String,
    collection: String,
    mutations: String,
    has_mutations: bool,
    create: Option<MethodView>,
    one: String,
    many: String,
    many_signature: String,
    history_signature: String,
    use_mutations: String,
    /// Of what only rows have.
    rows: Option<rows::HooksPart>,
}

/// A method of a collection, for one event.
#[derive(Serialize)]
struct MethodView {
    name: String,
    event_type: String,
    doc: String,
    creates: bool,
    /// `payload: OrderItemAdded`; empty where there is nothing to say.
    parameter: String,
    /// With the entity's id, first or last.
    parameters: String,
    argument: String,
    /// Of a `create`, by name.
    arguments: String,
}

/// `client/methods.ts`
#[derive(Serialize)]
pub(super) struct MethodsView {
    imports: String,
    events: String,
    models: Vec<ModelMethods>,
}

#[derive(Serialize)]
struct ModelMethods {
    property: String,
    entity: String,
    state: String,
    definition: String,
    path: String,
}

/// `index.ts`
#[derive(Serialize)]
pub(super) struct IndexView {
    imports: String,
    exports: String,
    models: Vec<IndexModel>,
    apis: Vec<api::Client>,
    reducers: Vec<Slot>,
    upcasts: Vec<Slot>,
}

#[derive(Serialize)]
struct IndexModel {
    entity: String,
    property: String,
    collection: String,
    /// What the engine is given.
    model: String,
}

/// A part of the configuration that the application must give.
#[derive(Serialize)]
struct Slot {
    property: String,
    ty: String,
}

/// The collection of one model.
pub(super) fn collection(plan: &Plan<'_>, model: &ModelPlan<'_>) -> Result<CollectionView, Error> {
    let mut imports = Imports::default();
    for name in [
        "Collection",
        "HistoryEntry",
        "HistoryQuery",
        "ListQuery",
        "Mutation",
    ] {
        imports.ty("client/collection", name);
    }
    imports.ty("client/http", "HistoryPage");
    imports.ty("client/sync", "SyncClient");
    imports.ty(&model.at("schemas"), &model.state);
    imports.ty(&model.at("events"), &model.event);
    imports.value(&model.at("materializers"), &model.definition);
    let rows = rows::collection_part(plan, model, &mut imports)?;
    let methods: Vec<MethodView> = model
        .payloads
        .iter()
        .map(|payload| {
            let method = method(model, payload);
            if !method.parameter.is_empty() {
                imports.ty(&plan.payload_home(model, payload)?, &payload.name);
            }
            if method.creates && draws_id(model) {
                imports.value("store/ids", "newUuid");
            }
            Ok(method)
        })
        .collect::<Result<_, Error>>()?;
    Ok(CollectionView {
        imports: imports.render(&model.at("collections")),
        entity: model.model.entity.to_string(),
        state: model.state.clone(),
        event: model.event.clone(),
        definition: model.definition.clone(),
        collection: model.collection.clone(),
        mutations: model.mutations.clone(),
        has_mutations: has_mutations(model),
        methods,
        rows,
    })
}

/// Whether anything can be done to what is there already.
fn has_mutations(model: &ModelPlan<'_>) -> bool {
    model
        .payloads
        .iter()
        .any(|payload| payload.event.effect != Effect::Create)
}

/// Whether a new entity's id can be drawn here.
pub(super) fn draws_id(model: &ModelPlan<'_>) -> bool {
    matches!(model.model.id_type(), Type::Uuid)
}

fn method(model: &ModelPlan<'_>, payload: &PayloadPlan<'_>) -> MethodView {
    let creates = payload.event.effect == Effect::Create;
    let keys = payload.shape.keys();
    let is_struct = matches!(payload.shape, PayloadShape::Struct(_));
    let parameter = if keys.is_empty() && !is_struct {
        String::new()
    } else if creates && draws_id(model) && keys.iter().all(|key| !key.required) {
        format!("payload: {} = {{}}", payload.name)
    } else {
        format!("payload: {}", payload.name)
    };
    let id = match (creates, draws_id(model)) {
        (true, true) => "id: string = newUuid()",
        _ => "id: string",
    };
    let parameters = match (creates, parameter.is_empty()) {
        (_, true) => id.to_owned(),
        (true, false) => format!("{parameter}, {id}"),
        (false, false) => format!("{id}, {parameter}"),
    };
    let full = format!("{}.{}", model.model.entity, payload.event.name);
    let what = what_it_does(&payload.event.effect);
    let drawn = if creates && draws_id(model) {
        " Draws the id unless it is given."
    } else {
        ""
    };
    MethodView {
        name: payload.method.clone(),
        doc: format!("Records `{full}`: {what}.{drawn}"),
        event_type: string(&full),
        creates,
        arguments: if parameter.is_empty() {
            "newId".to_owned()
        } else {
            "payload, newId".to_owned()
        },
        argument: if parameter.is_empty() {
            "{}".to_owned()
        } else {
            "payload".to_owned()
        },
        parameter,
        parameters,
    }
}

/// The hooks of one model.
pub(super) fn hooks(model: &ModelPlan<'_>) -> HooksView {
    let mut imports = Imports::default();
    for name in ["useEntities", "useEntity", "useHistory"] {
        imports.value("hooks/useEntity", name);
    }
    imports.ty("hooks/useEntity", "Loaded");
    for name in ["HistoryEntry", "ListQuery"] {
        imports.ty("client/collection", name);
    }
    imports.ty(&model.at("schemas"), &model.state);
    imports.value(&model.at("materializers"), &model.definition);
    imports.value(&model.at("collections"), &model.collection);
    if has_mutations(model) {
        imports.ty(&model.at("collections"), &model.mutations);
    }
    imports.value("hooks/context", "useSync");
    imports.value("react", "useMemo");
    let rows = rows::hooks_part(model, &mut imports);
    HooksView {
        imports: imports.render(&format!("hooks/{}", model.use_one)),
        entity: model.model.entity.to_string(),
        state: model.state.clone(),
        definition: model.definition.clone(),
        collection: model.collection.clone(),
        mutations: model.mutations.clone(),
        has_mutations: has_mutations(model),
        create: model
            .payloads
            .iter()
            .find(|payload| payload.event.effect == Effect::Create)
            .map(|payload| method(model, payload)),
        one: model.use_one.clone(),
        many: model.use_many.clone(),
        many_signature: function(
            &model.use_many,
            vec![text(format!("query?: ListQuery<{}>", model.state))],
            &format!("Loaded<readonly {}[]>", model.state),
        ),
        history_signature: function(
            &model.use_history,
            vec![text("id: string"), text("limit?: number")],
            "Loaded<readonly HistoryEntry[]>",
        ),
        use_mutations: model.use_mutations.clone(),
        rows,
    }
}

/// `hooks/index.ts`
pub(super) fn hooks_index(plan: &Plan<'_>) -> String {
    let mut files = Exports::new();
    let mut add = |file: &str, name: &str, is_type: bool| {
        files
            .entry(file.to_owned())
            .or_default()
            .insert(name.to_owned(), is_type);
    };
    add("hooks/context", "SyncProvider", false);
    add("hooks/context", "SyncProviderProps", true);
    add("hooks/context", "useSync", false);
    add("hooks/useEntity", "Loaded", true);
    add("hooks/useSyncStatus", "UseSyncStatus", true);
    add("hooks/useSyncStatus", "useSyncStatus", false);
    for model in plan.of_mode(Mode::Api) {
        api::hooks_exports(model, &mut add);
    }
    for model in plan.logged() {
        let file = format!("hooks/{}", model.use_one);
        if let Some(rows) = &model.rows {
            add(&file, &rows.use_conflicts, false);
        }
        for name in [
            &model.use_one,
            &model.use_many,
            &model.use_mutations,
            &model.use_history,
        ] {
            add(&file, name, false);
        }
    }
    exports(&files, "hooks/index")
}

/// `client/methods.ts`
pub(super) fn methods(plan: &Plan<'_>) -> MethodsView {
    let mut imports = Imports::default();
    for name in [
        "BatchAnswer",
        "FeedPage",
        "HistoryPage",
        "HttpClient",
        "SnapshotPage",
    ] {
        imports.ty("client/http", name);
    }
    imports.ty("client/collection", "HistoryQuery");
    for name in ["Page", "PageQuery"] {
        imports.ty("client/pages", name);
    }
    let models: Vec<&ModelPlan<'_>> = plan.logged().collect();
    if !models.is_empty() {
        imports.value("client/pages", "pageParameters");
        for name in ["EntityState", "EventEnvelope", "ModelDefinition"] {
            imports.ty("model", name);
        }
    }
    let events = models
        .iter()
        .map(|model| text(&*model.event))
        .collect::<Vec<_>>();
    for model in &models {
        imports.ty(&model.at("schemas"), &model.state);
        imports.ty(&model.at("events"), &model.event);
        imports.value(&model.at("materializers"), &model.definition);
    }
    let events = match events.len() {
        0 => text(" never"),
        _ => super::schemas::spaced(events),
    };
    MethodsView {
        imports: imports.render("client/methods"),
        events: render(
            &concat([text("export type AppEvent ="), events, text(";")]),
            0,
        ),
        models: models
            .iter()
            .map(|model| ModelMethods {
                property: model.property.clone(),
                entity: model.model.entity.to_string(),
                state: model.state.clone(),
                definition: model.definition.clone(),
                path: string(&model.model.path),
            })
            .collect(),
    }
}

/// `index.ts`
pub(super) fn index(plan: &Plan<'_>) -> Result<IndexView, Error> {
    let mut imports = Imports::default();
    imports.value("client/sync", "SyncClient");
    imports.ty("client/config", "SyncConfig");
    imports.value("client/methods", "createMethods");
    imports.ty("client/methods", "Methods");
    let mut models = Vec::new();
    let mut reducers = Vec::new();
    let mut upcasts = Vec::new();
    for model in plan.logged() {
        imports.value(&model.at("collections"), &model.collection);
        let mut given = Vec::new();
        let materializer = model.at("materializers");
        if let Some(custom) = &model.custom {
            if let Some(ty) = &custom.reducers {
                imports.ty(&materializer, ty);
                reducers.push(Slot {
                    property: model.model.entity.to_string(),
                    ty: ty.clone(),
                });
                given.push(super::syntax::member(
                    "config.reducers",
                    &model.model.entity,
                ));
            }
            if let Some(ty) = &custom.upcasts {
                imports.ty(&model.at("events"), ty);
                upcasts.push(Slot {
                    property: model.model.entity.to_string(),
                    ty: ty.clone(),
                });
                given.push(super::syntax::member("config.upcasts", &model.model.entity));
            }
            imports.value(&materializer, &custom.with);
        } else {
            imports.value(&materializer, &model.definition);
        }
        models.push(IndexModel {
            entity: model.model.entity.to_string(),
            property: model.property.clone(),
            collection: model.collection.clone(),
            model: match &model.custom {
                Some(custom) => format!("{}({})", custom.with, given.join(", ")),
                None => model.definition.clone(),
            },
        });
    }
    let apis = plan
        .of_mode(Mode::Api)
        .map(|model| api::client(model, &mut imports))
        .collect();
    for slot in reducers.iter_mut().chain(&mut upcasts) {
        slot.property = super::syntax::key(&slot.property);
    }
    Ok(IndexView {
        imports: imports.render("index"),
        exports: exports(&index_exports(plan)?, "index"),
        models,
        apis,
        reducers,
        upcasts,
    })
}

/// What an application imports by name.
fn index_exports(plan: &Plan<'_>) -> Result<Exports, Error> {
    const RUNTIME: &[(&str, &[&str], &[&str])] = &[
        (
            "client/collection",
            &[],
            &[
                "HistoryEntry",
                "HistoryQuery",
                "ListQuery",
                "Mutation",
                "OrderBy",
            ],
        ),
        (
            "client/config",
            &[],
            &["NotificationKind", "SyncConfig", "TokenSource"],
        ),
        (
            "client/methods",
            &[],
            &["AppEvent", "Methods", "ModelMethods"],
        ),
        ("client/pages", &[], &["Page", "PageQuery"]),
        (
            "client/status",
            &[],
            &["Problem", "RejectionInfo", "SyncStatus"],
        ),
        (
            "errors",
            &[
                "EventRejected",
                "HttpError",
                "InvalidPayload",
                "RefusedLocally",
                "StoreError",
                "SyncError",
            ],
            &["RefusalCode"],
        ),
        ("materializers/utils", &["eventTime"], &[]),
        ("model", &[], &["EventEnvelope", "EventMeta"]),
        ("store/adapters/indexeddb", &["indexedDbStore"], &[]),
        ("store/adapters/memory", &["memoryStore"], &[]),
        ("store/db", &[], &["StoreFactory"]),
        ("store/ids", &["newUuid"], &[]),
    ];
    let mut files = Exports::new();
    let mut add = |file: &str, name: &str, is_type: bool| {
        files
            .entry(file.to_owned())
            .or_default()
            .insert(name.to_owned(), is_type);
    };
    for (file, values, types) in RUNTIME {
        values.iter().for_each(|name| add(file, name, false));
        types.iter().for_each(|name| add(file, name, true));
    }
    if plan.models.iter().any(|model| model.access.is_some()) {
        add("client/access", "canWrite", false);
        add("client/access", "AccessRules", true);
    }
    if plan.of_mode(Mode::Api).next().is_some() {
        api::index_exports(&mut add);
    }
    if plan.of_mode(Mode::Rows).next().is_some() {
        rows::index_exports(&mut add);
    }
    for (at, model) in plan.models.iter().enumerate() {
        let schemas = model.at("schemas");
        add(&schemas, &model.state, true);
        named(plan, Some(at), &schemas, &mut add);
        if model.model.mode == Mode::Api {
            api::model_exports(model, &mut add);
            continue;
        }
        add(&model.at("events"), &model.event, true);
        add(&model.at("events"), &model.guard, false);
        if let Some(access) = &model.access {
            add(&model.at("events"), access, false);
        }
        for payload in &model.payloads {
            if matches!(payload.shape, PayloadShape::Keys(_)) {
                add(&plan.payload_home(model, payload)?, &payload.name, true);
            }
        }
        for machine in &model.machines {
            add(&model.at("events"), &machine.moves, false);
        }
        add(&model.at("collections"), &model.collection, true);
        if let Some(rows) = &model.rows {
            add(&model.at("collections"), &rows.conflict, true);
            add(&model.at("collections"), &rows.options, false);
        }
        if has_mutations(model) {
            add(&model.at("collections"), &model.mutations, true);
        }
        if let Some(custom) = &model.custom {
            if let Some(reducers) = &custom.reducers {
                add(&model.at("materializers"), reducers, true);
                if custom.visible != model.state {
                    add(&model.at("materializers"), &custom.visible, true);
                }
            }
            if let Some(upcasts) = &custom.upcasts {
                add(&model.at("events"), upcasts, true);
            }
        }
    }
    named(plan, None, "schemas/shared", &mut add);
    Ok(files)
}

fn named(plan: &Plan<'_>, home: Option<usize>, file: &str, add: Add<'_>) {
    for ty in plan.types_at(home) {
        add(file, &ty.state, true);
        add(file, &ty.input, true);
        if ty.used.patch {
            add(file, &ty.patch, true);
        }
        if matches!(ty.ty, Type::Enum(_)) {
            add(file, &ty.members, false);
        }
    }
}
