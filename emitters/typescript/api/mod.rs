//! Models in api mode: a typed client of the server's own requests, and hooks over it.

use serde::Serialize;
use sync_runtime::schema::{Effect, Type};

use super::{
    Output, access,
    imports::Imports,
    layout::{function, text},
    plan::{ModelPlan, PayloadPlan, Plan},
    schemas::{self, Statement},
    surface::{Add, draws_id},
    syntax::string,
    types::{Form, Writer},
};
use crate::Error;

pub(super) const TEMPLATES: &[(&str, &str)] = &[
    ("api", include_str!("api.ts.jinja")),
    ("api_hooks", include_str!("hooks.ts.jinja")),
];

/// Writes the files of one model.
pub(super) fn write(
    out: &mut Output,
    plan: &Plan<'_>,
    at: usize,
    model: &ModelPlan<'_>,
) -> Result<(), Error> {
    let types = schemas::of_model(plan, at, model)?;
    out.render(&model.at("types"), "schemas", &types)?;
    out.render(&model.at("api"), "api", &definition(plan, model))?;
    let hooks = hooks(plan, model)?;
    out.render(&format!("hooks/{}", model.use_one), "api_hooks", &hooks)
}

/// `api/{entity}.ts`
#[derive(Serialize)]
struct DefinitionView {
    imports: String,
    entity: String,
    /// The entity as a literal.
    name: String,
    path: String,
    definition: String,
    ty: String,
    parse: String,
    writes: Option<DefinedWrites>,
    statements: Vec<Statement>,
}

#[derive(Serialize)]
struct DefinedWrites {
    parse_create: String,
    parse_update: String,
    /// What draws an id, or `null`.
    new_id: &'static str,
}

/// `hooks/use{Entity}.ts`
#[derive(Serialize)]
struct HooksView {
    imports: String,
    entity: String,
    state: String,
    /// The type of its ids.
    id: String,
    definition: String,
    queries: String,
    one_signature: String,
    many_signature: String,
    use_mutations: String,
    writes: Option<HookWrites>,
}

#[derive(Serialize)]
struct HookWrites {
    create_parameters: String,
    update: String,
}

/// A model's member of the client in `index.ts`.
#[derive(Serialize)]
pub(super) struct Client {
    entity: String,
    property: String,
    /// `ApiClient<Report, ReportCreate, ReportUpdate>`
    client: String,
    class: &'static str,
    definition: String,
}

/// The payloads of a model that is written by clients; reference data is written by the server's own code alone.
fn payloads<'p, 'a>(
    model: &'p ModelPlan<'a>,
) -> Option<(&'p PayloadPlan<'a>, &'p PayloadPlan<'a>)> {
    let find = |wanted: fn(&Effect) -> bool| {
        let mut payloads = model.payloads.iter();
        payloads.find(|payload| wanted(&payload.event.effect))
    };
    let create = find(|effect| *effect == Effect::Create)?;
    let update = find(|effect| matches!(effect, Effect::Merge { .. }))?;
    model.model.tenant.then_some((create, update))
}

/// What stands between the angle brackets of its types.
fn arguments(model: &ModelPlan<'_>) -> String {
    match payloads(model) {
        Some((create, update)) => format!("{}, {}, {}", model.state, create.name, update.name),
        None => model.state.clone(),
    }
}

fn definition(plan: &Plan<'_>, model: &ModelPlan<'_>) -> DefinitionView {
    let mut writer = Writer::new(plan);
    let types = model.at("types");
    let writes = payloads(model);
    let ty = match writes {
        Some(_) => "ApiModel",
        None => "ApiReadModel",
    };
    let imports = &mut writer.imports;
    imports.ty("client/api", ty);
    imports.ty(&types, &model.state);
    imports.value(&types, &model.parse);
    let writes = writes.map(|(create, update)| {
        for payload in [create, update] {
            imports.ty(&types, &payload.name);
            imports.value(&types, &payload.parse);
        }
        let new_id = match model.model.id_type() {
            Type::Uuid => {
                imports.value("store/ids", "newUuid");
                "newUuid"
            }
            Type::Int(_) => {
                imports.value("client/api", "newIntegerId");
                "newIntegerId"
            }
            _ => "null",
        };
        DefinedWrites {
            parse_create: create.parse.clone(),
            parse_update: update.parse.clone(),
            new_id,
        }
    });
    let statements = match writes {
        Some(_) => access::rules(&mut writer, model).into_iter().collect(),
        None => Vec::new(),
    };
    DefinitionView {
        imports: writer.imports.render(&model.at("api")),
        entity: model.model.entity.to_string(),
        name: string(&model.model.entity),
        path: string(&model.model.path),
        definition: model.definition.clone(),
        ty: format!("{ty}<{}>", arguments(model)),
        parse: model.parse.clone(),
        writes,
        statements,
    }
}

fn hooks(plan: &Plan<'_>, model: &ModelPlan<'_>) -> Result<HooksView, Error> {
    let mut writer = Writer::new(plan);
    let big = model.model.id_field().is_some_and(|field| field.big);
    let id = writer.ty(model.model.id_type(), big, Form::State)?;
    let imports = &mut writer.imports;
    let types = model.at("types");
    imports.value(&model.at("api"), &model.definition);
    imports.ty(&types, &model.state);
    imports.ty("client/collection", "ListQuery");
    imports.ty("client/sync", "SyncClient");
    imports.ty("hooks/useEntity", "Loaded");
    imports.ty("hooks/queries", "Queries");
    imports.value("hooks/queries", "queriesOf");
    imports.value("hooks/useApi", "useApiRow");
    imports.value("hooks/useApi", "useApiRows");
    let writes = payloads(model).map(|(create, update)| {
        imports.ty("client/collection", "Mutation");
        imports.ty("hooks/useApi", "ApiChanges");
        imports.value("hooks/useApi", "useApiMutations");
        imports.ty(&types, &create.name);
        imports.ty(&types, &update.name);
        let drawn = draws_id(model) || matches!(model.model.id_type(), Type::Int(_));
        let all_optional = create.shape.keys().iter().all(|key| !key.required);
        let payload = match drawn && all_optional {
            true => format!("payload?: {}", create.name),
            false => format!("payload: {}", create.name),
        };
        HookWrites {
            create_parameters: match drawn {
                true => format!("{payload}, newId?: {id}"),
                false => format!("{payload}, newId: {id}"),
            },
            update: update.name.clone(),
        }
    });
    Ok(HooksView {
        imports: writer.imports.render(&format!("hooks/{}", model.use_one)),
        entity: model.model.entity.to_string(),
        state: model.state.clone(),
        one_signature: function(
            &model.use_one,
            vec![text(format!("id: {id} | null | undefined"))],
            &format!("Loaded<{} | undefined>", model.state),
        ),
        many_signature: function(
            &model.use_many,
            vec![text(format!("query?: ListQuery<{}>", model.state))],
            &format!("Loaded<readonly {}[]>", model.state),
        ),
        id,
        definition: model.definition.clone(),
        queries: model.queries.clone(),
        use_mutations: model.use_mutations.clone(),
        writes,
    })
}

/// What `index.ts` makes of a model.
pub(super) fn client(model: &ModelPlan<'_>, imports: &mut Imports) -> Client {
    let class = match payloads(model) {
        Some((create, update)) => {
            imports.ty(&model.at("types"), &create.name);
            imports.ty(&model.at("types"), &update.name);
            "ApiClient"
        }
        None => "ApiReader",
    };
    imports.value("client/api", class);
    imports.ty(&model.at("types"), &model.state);
    imports.value(&model.at("api"), &model.definition);
    Client {
        entity: model.model.entity.to_string(),
        property: model.property.clone(),
        client: format!("{class}<{}>", arguments(model)),
        class,
        definition: model.definition.clone(),
    }
}

/// What an application imports by name where there is a model in api mode.
pub(super) fn index_exports(add: Add<'_>) {
    for ty in [
        "ApiClient",
        "ApiProblemCode",
        "ApiReader",
        "Tagged",
        "WriteOptions",
    ] {
        add("client/api", ty, true);
    }
    add("client/api", "isProblem", false);
}

/// What it imports of one such model.
pub(super) fn model_exports(model: &ModelPlan<'_>, add: Add<'_>) {
    let Some((create, update)) = payloads(model) else {
        return;
    };
    add(&model.at("types"), &create.name, true);
    add(&model.at("types"), &update.name, true);
    if let Some(access) = &model.access {
        add(&model.at("api"), access, false);
    }
}

/// Its hooks.
pub(super) fn hooks_exports(model: &ModelPlan<'_>, add: Add<'_>) {
    let file = format!("hooks/{}", model.use_one);
    for name in [&model.use_one, &model.use_many, &model.queries] {
        add(&file, name, false);
    }
    if payloads(model).is_some() {
        add(&file, &model.use_mutations, false);
    }
}
