//! What everything is called and where it lives, decided before anything is written.
//!
//! Generated code has one namespace, that of `index.ts`: every name is claimed once, and whoever comes second gets a `_`.

use std::collections::{BTreeMap, BTreeSet};

use sync_runtime::schema::{
    Effect, Event, Field, FieldKind, Key, KeyShape, Lift, Mode, Model, PayloadShape, Schema, Type,
    UnionBody, Visibility,
};

use super::{
    complete::needs_completion,
    syntax::{check_key, identifier},
};
use crate::{
    Error,
    names::{self, camel, pascal, plural},
};

/// Names that generated files use or that `index.ts` exports for other things.
const RESERVED: &[&str] = &[
    "Array",
    "Extract",
    "Object",
    "Omit",
    "Partial",
    "Pick",
    "Promise",
    "Readonly",
    "Record",
    "AccessRules",
    "ApiChanges",
    "ApiClient",
    "ApiCreation",
    "ApiModel",
    "ApiProblemCode",
    "ApiReadModel",
    "ApiReader",
    "AppEvent",
    "BatchAnswer",
    "Collection",
    "Connection",
    "ConflictOf",
    "Creating",
    "DeleteConflict",
    "EntityState",
    "EventDefinition",
    "EventEnvelope",
    "EventMeta",
    "EventRejected",
    "FeedPage",
    "FieldConflict",
    "Folded",
    "FormOf",
    "HistoryEntry",
    "HistoryPage",
    "HistoryQuery",
    "HttpClient",
    "HttpError",
    "InvalidPayload",
    "ListQuery",
    "Loaded",
    "Methods",
    "ModelDefinition",
    "ModelMethods",
    "Mutation",
    "OrderBy",
    "Page",
    "PageQuery",
    "Parser",
    "PayloadOf",
    "Problem",
    "Queries",
    "RefusalCode",
    "RefusedLocally",
    "RejectionInfo",
    "RowCollectionOptions",
    "RowConflict",
    "RowLoss",
    "RowTransaction",
    "Rows",
    "RowsMode",
    "SinceQuery",
    "SnapshotPage",
    "SnapshotQuery",
    "StoreAdapter",
    "StoreError",
    "StoreFactory",
    "Sync",
    "SyncClient",
    "SyncConfig",
    "SyncError",
    "SyncOptions",
    "SyncPhase",
    "SyncProvider",
    "SyncStatus",
    "Tagged",
    "TokenSource",
    "TransactionState",
    "UseSyncStatus",
    "WriteOptions",
    "absent",
    "canWrite",
    "createMethods",
    "createSync",
    "deleted",
    "indexedDbStore",
    "isProblem",
    "memoryStore",
    "methodsOf",
    "newIntegerId",
    "newUuid",
    "rowCollectionOptions",
    "queriesOf",
    "useApiMutations",
    "useApiRow",
    "useApiRows",
    "useCollection",
    "useConflicts",
    "useEntities",
    "useEntity",
    "useHistory",
    "useMemo",
    "useSync",
    "useSyncStatus",
];

/// Files of the runtime that stand where a model's file would.
const RUNTIME_FILES: &[&str] = &["combine", "lift", "shared", "utils", "validate", "zod"];

/// Members of a client that a collection must not hide.
const CLIENT_MEMBERS: &[&str] = &[
    "close",
    "collection",
    "constructor",
    "discard",
    "getPhase",
    "http",
    "methods",
    "retry",
    "setToken",
    "settled",
    "signOut",
    "start",
    "status",
    "subscribePhase",
    "syncNow",
];

/// Members of a collection that an event's method must not hide.
const COLLECTION_MEMBERS: &[&str] = &[
    "constructor",
    "fetchHistory",
    "get",
    "history",
    "list",
    "subscribe",
];

/// All decisions.
pub(super) struct Plan<'a> {
    /// By entity.
    pub(super) models: Vec<ModelPlan<'a>>,
    /// By name of the Rust type.
    types: BTreeMap<&'a str, TypePlan<'a>>,
    /// Those names, each after what it holds.
    order: Vec<&'a str>,
}

/// What a model's parts are called.
pub(super) struct ModelPlan<'a> {
    pub(super) model: &'a Model,
    /// Of its files, without extension.
    pub(super) file: String,
    pub(super) state: String,
    pub(super) parse: String,
    /// Empty, as all that is about a log, for a model that has none.
    pub(super) event: String,
    pub(super) events: String,
    pub(super) guard: String,
    /// Of what each role may write, where the model declares roles.
    pub(super) access: Option<String>,
    pub(super) definition: String,
    pub(super) create: String,
    pub(super) reduce: String,
    pub(super) lift: String,
    pub(super) collection: String,
    /// `orders` of `sync.orders`.
    pub(super) property: String,
    pub(super) mutations: String,
    pub(super) use_one: String,
    pub(super) use_many: String,
    pub(super) use_mutations: String,
    pub(super) use_history: String,
    /// Of its queries in TanStack Query's cache; empty where it is kept on the device.
    pub(super) queries: String,
    /// Of what only rows have.
    pub(super) rows: Option<RowsPlan>,
    /// What the application brings to it; `None` where it brings nothing.
    pub(super) custom: Option<CustomPlan>,
    /// In the order of its events.
    pub(super) payloads: Vec<PayloadPlan<'a>>,
    /// In the order of its machines.
    pub(super) machines: Vec<MachinePlan<'a>>,
}

/// What is called of a model of rows beside the rest.
pub(super) struct RowsPlan {
    /// The type of what waits for a decision.
    pub(super) conflict: String,
    pub(super) use_conflicts: String,
    /// The function that offers it to TanStack DB.
    pub(super) options: String,
}

/// What the application's functions of a model are called.
pub(super) struct CustomPlan {
    /// The interface of its custom effects, if it has any.
    pub(super) reducers: Option<String>,
    /// The type of the state as these see it; the model's own where nothing is hidden.
    pub(super) visible: String,
    /// The interface of its upcasts written in Rust, if it has any.
    pub(super) upcasts: Option<String>,
    /// Makes the whole model of them.
    pub(super) with: String,
}

/// An event and what its parts are called.
pub(super) struct PayloadPlan<'a> {
    pub(super) event: &'a Event,
    pub(super) shape: PayloadShape<'a>,
    pub(super) name: String,
    pub(super) parse: String,
    pub(super) read: String,
    pub(super) method: String,
}

/// A state machine.
pub(super) struct MachinePlan<'a> {
    pub(super) field: &'a Field,
    pub(super) moves: String,
}

/// A struct or enum and what its forms are called.
pub(super) struct TypePlan<'a> {
    pub(super) ty: &'a Type,
    /// Index of the only model that uses it; `None`: several do.
    pub(super) home: Option<usize>,
    pub(super) state: String,
    /// As a payload gives it; the same as `state` where they do not differ.
    pub(super) input: String,
    pub(super) patch: String,
    /// Of an enum: the constant that lists its members.
    pub(super) members: String,
    pub(super) parse: String,
    pub(super) parse_input: String,
    pub(super) parse_patch: String,
    pub(super) complete: String,
    pub(super) used: Used,
}

/// In which forms a type is used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Used {
    pub(super) state: bool,
    pub(super) input: bool,
    pub(super) patch: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(schema: &'a Schema) -> Result<Self, Error> {
        let mut taken = Registry::new();
        let states: Vec<String> = schema
            .models()
            .iter()
            .map(|model| taken.claim(&model.name))
            .collect();
        let mut found = Found::default();
        for (at, model) in schema.models().iter().enumerate() {
            found.model(at, model)?;
        }
        let types = name_types(&found, &mut taken);
        let mut files = Registry::of(RUNTIME_FILES);
        let mut properties = Registry::of(CLIENT_MEMBERS);
        let models = schema
            .models()
            .iter()
            .zip(states)
            .map(|(model, state)| {
                let file = files.claim(&model.entity);
                let property = properties.claim(&camel(&model.path));
                name_model(model, state, file, property, &types, &mut taken)
            })
            .collect();
        Ok(Self {
            models,
            types,
            order: found.order,
        })
    }

    /// The models of one mode.
    pub(super) fn of_mode(&self, mode: Mode) -> impl Iterator<Item = &ModelPlan<'a>> {
        self.models
            .iter()
            .filter(move |model| model.model.mode == mode)
    }

    /// The models whose changes are in the log.
    pub(super) fn logged(&self) -> impl Iterator<Item = &ModelPlan<'a>> {
        self.models.iter().filter(|model| model.model.is_logged())
    }

    /// The plan of a named type.
    pub(super) fn named(&self, name: &str) -> Result<&TypePlan<'a>, Error> {
        self.types
            .get(name)
            .ok_or_else(|| Error::new(format!("the type {name:?} was not seen in any model")))
    }

    /// The file of a payload's type. What a row is made of, and what of it may change, are its types; an event's keys stand with it.
    pub(super) fn payload_home(
        &self,
        model: &ModelPlan<'_>,
        payload: &PayloadPlan<'_>,
    ) -> Result<String, Error> {
        Ok(
            match (&payload.shape, model.model.mode, &payload.event.effect) {
                (PayloadShape::Struct(shape), ..) => self.home("schemas", self.named(&shape.name)?),
                (_, Mode::Rows | Mode::Api, Effect::Create | Effect::Merge { .. }) => {
                    model.at("schemas")
                }
                _ => model.at("events"),
            },
        )
    }

    /// The types of one model alone, or with `None` those of several; each after what it holds.
    pub(super) fn types_at(&self, home: Option<usize>) -> impl Iterator<Item = &TypePlan<'a>> {
        self.order
            .iter()
            .filter_map(|name| self.types.get(name))
            .filter(move |plan| plan.home == home)
    }

    /// The file in a folder where a type's code lives, without extension.
    pub(super) fn home(&self, folder: &str, plan: &TypePlan<'_>) -> String {
        match plan.home.and_then(|at| self.models.get(at)) {
            Some(model) => model.at(folder),
            None => format!("{folder}/shared"),
        }
    }
}

impl ModelPlan<'_> {
    /// The file in a folder that is about this model, without extension.
    pub(super) fn at(&self, folder: &str) -> String {
        match (folder, self.model.mode) {
            ("events", _) => format!("events/{}.events", self.file),
            ("schemas", Mode::Rows | Mode::Api) => format!("types/{}", self.file),
            _ => format!("{folder}/{}", self.file),
        }
    }
}

impl PayloadPlan<'_> {
    /// Its keys, where its type stands in that file.
    pub(super) fn keys_at(&self, file: &str, home: &str) -> Option<&[Key<'_>]> {
        match &self.shape {
            PayloadShape::Keys(keys) if file == home => Some(keys),
            _ => None,
        }
    }

    /// Whether a reader may get it without some of its keys, though a writer must give them.
    pub(super) fn loses_keys(&self, model: &Model) -> bool {
        !matches!(
            self.event.effect,
            Effect::Create | Effect::Merge { .. } | Effect::Delete | Effect::Custom { .. }
        ) && self
            .event
            .touched(model)
            .iter()
            .any(|field| is_hidden(field))
    }
}

/// Whether some readers do not see the field.
pub(super) fn is_hidden(field: &Field) -> bool {
    field.visibility == Visibility::OwnerOnly
}

/// Names that are given away once.
struct Registry(BTreeSet<String>);

impl Registry {
    fn new() -> Self {
        Self::of(RESERVED)
    }

    fn of(reserved: &[&str]) -> Self {
        Self(reserved.iter().map(|name| (*name).to_owned()).collect())
    }

    fn claim(&mut self, wanted: &str) -> String {
        let mut name = identifier(wanted);
        while self.0.iter().any(|taken| *taken == name) {
            name.push('_');
        }
        self.0.insert(name.clone());
        name
    }
}

fn name_types<'a>(found: &Found<'a>, taken: &mut Registry) -> BTreeMap<&'a str, TypePlan<'a>> {
    let states: Vec<String> = found.order.iter().map(|name| taken.claim(name)).collect();
    found
        .order
        .iter()
        .zip(states)
        .filter_map(|(name, state)| {
            let (ty, homes, used) = found.types.get(name)?;
            let input = if used.input && needs_completion(ty) {
                taken.claim(&format!("{state}Input"))
            } else {
                state.clone()
            };
            let plan = TypePlan {
                ty,
                home: match homes.iter().collect::<Vec<_>>()[..] {
                    [only] => Some(*only),
                    _ => None,
                },
                patch: taken.claim_if(used.patch, || format!("{state}Patch")),
                members: taken.claim_if(matches!(ty, Type::Enum(_)), || plural(&camel(&state))),
                parse: taken.claim(&format!("parse{state}")),
                parse_input: match ty {
                    Type::Enum(_) => format!("parse{state}"),
                    _ => taken.claim_if(used.input, || format!("parse{state}Input")),
                },
                parse_patch: taken.claim_if(used.patch, || format!("parse{state}Patch")),
                complete: taken.claim(&format!("complete{state}")),
                used: *used,
                state,
                input,
            };
            Some((*name, plan))
        })
        .collect()
}

impl Registry {
    fn claim_if(&mut self, wanted: bool, name: impl FnOnce() -> String) -> String {
        if wanted {
            self.claim(&name())
        } else {
            String::new()
        }
    }
}

fn name_model<'a>(
    model: &'a Model,
    state: String,
    file: String,
    property: String,
    types: &BTreeMap<&str, TypePlan<'_>>,
    taken: &mut Registry,
) -> ModelPlan<'a> {
    let logged = model.is_logged();
    let has_events = model.mode == Mode::Events;
    let one = camel(&state);
    let many = match pascal(&model.path) {
        many if many == state => format!("{state}List"),
        many => many,
    };
    let has_function = model
        .upcasts
        .iter()
        .flat_map(|upcast| upcast.steps.iter())
        .any(|step| matches!(step, Lift::Function { .. }));
    let has_custom = model
        .events
        .iter()
        .any(|event| matches!(event.effect, Effect::Custom { .. }));
    let custom = (logged && (has_custom || has_function)).then(|| CustomPlan {
        reducers: has_custom.then(|| taken.claim(&format!("{state}Reducers"))),
        visible: if has_custom && model.shared_fields().any(is_hidden) {
            taken.claim(&format!("Visible{state}"))
        } else {
            state.clone()
        },
        upcasts: has_function.then(|| taken.claim(&format!("{state}Upcasts"))),
        with: taken.claim(&format!("{one}ModelWith")),
    });
    let mut methods = Registry::of(COLLECTION_MEMBERS);
    let payloads = model
        .events
        .iter()
        .zip(names::methods(model))
        .map(|(event, method)| {
            let shape = PayloadShape::of(model, event);
            let full = match (has_events, &event.effect) {
                (false, Effect::Create) => format!("{state}Create"),
                (false, Effect::Merge { .. }) => format!("{state}Update"),
                _ => format!("{state}{}", pascal(&event.name)),
            };
            let (name, parse) = match &shape {
                PayloadShape::Struct(shape) => types
                    .get(&*shape.name)
                    .map(|plan| (plan.input.clone(), plan.parse_input.clone()))
                    .unwrap_or_default(),
                PayloadShape::Keys(_) => (taken.claim(&full), taken.claim(&format!("parse{full}"))),
            };
            PayloadPlan {
                event,
                shape,
                name,
                parse,
                read: taken.claim(&format!("read{full}")),
                method: methods.claim_method(&method),
            }
        })
        .collect();
    let machines = model
        .shared_fields()
        .filter(|field| matches!(field.kind, FieldKind::Machine(_)))
        .map(|field| MachinePlan {
            field,
            moves: taken.claim(&format!("{one}{}Moves", pascal(&field.name))),
        })
        .collect();
    ModelPlan {
        model,
        file,
        parse: taken.claim(&format!("parse{state}")),
        event: taken.claim_if(logged, || format!("{state}Event")),
        events: taken.claim_if(logged, || format!("{one}Events")),
        guard: taken.claim_if(logged, || format!("is{state}Event")),
        access: (!model.roles.is_empty()).then(|| taken.claim(&format!("{one}Access"))),
        definition: taken.claim(&match model.mode {
            Mode::Events | Mode::Rows => format!("{one}Model"),
            Mode::Api => format!("{one}Api"),
        }),
        create: taken.claim_if(logged, || format!("create{state}")),
        reduce: taken.claim_if(logged, || format!("reduce{state}")),
        lift: taken.claim_if(logged, || format!("lift{state}")),
        collection: taken.claim_if(logged, || format!("{state}Collection")),
        property,
        mutations: taken.claim_if(logged, || format!("{state}Mutations")),
        use_one: taken.claim(&format!("use{state}")),
        use_many: taken.claim(&format!("use{many}")),
        use_mutations: taken.claim(&format!("use{state}Mutations")),
        use_history: taken.claim_if(logged, || format!("use{state}History")),
        rows: (model.mode == Mode::Rows).then(|| RowsPlan {
            conflict: taken.claim(&format!("{state}Conflict")),
            use_conflicts: taken.claim(&format!("use{state}Conflicts")),
            options: taken.claim(&format!("{one}CollectionOptions")),
        }),
        queries: taken.claim_if(!logged, || format!("{one}Queries")),
        custom,
        payloads,
        machines,
        state,
    }
}

impl Registry {
    /// A method may be called by a reserved word.
    fn claim_method(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        while self.0.contains(&name) {
            name.push('_');
        }
        self.0.insert(name.clone());
        name
    }
}

/// The named types of all models, each after what it holds.
#[derive(Default)]
struct Found<'a> {
    types: BTreeMap<&'a str, (&'a Type, BTreeSet<usize>, Used)>,
    order: Vec<&'a str>,
}

impl<'a> Found<'a> {
    fn model(&mut self, at: usize, model: &'a Model) -> Result<(), Error> {
        let id = model.id_field().map_or("id", |field| &*field.name);
        if id != "id" {
            return Err(Error::new(format!(
                "the id of {} is called `{id}`; TypeScript clients need it to be `id`",
                model.name
            )));
        }
        let state = Used {
            state: true,
            ..Used::default()
        };
        let input = Used {
            input: true,
            ..Used::default()
        };
        for field in model.shared_fields() {
            check_key(&field.name, &model.name)?;
            self.walk(at, &field.ty, state)?;
        }
        for event in model.events.iter() {
            if let Effect::Custom { payload } = &event.effect {
                self.walk(at, payload.non_null(), input)?;
            }
            let touched = event.touched(model);
            for key in PayloadShape::of(model, event).keys() {
                match &key.shape {
                    KeyShape::Field(field) | KeyShape::State(field) => {
                        self.walk(at, &field.ty, input)?;
                    }
                    KeyShape::Element(part) => {
                        // Of the model, not of the key, which does not live as long.
                        let item = touched.iter().find_map(|field| field.ty.element());
                        let patch = part.kind == sync_runtime::schema::ElementKind::Partial;
                        let used = if patch {
                            Used {
                                patch,
                                ..Used::default()
                            }
                        } else {
                            input
                        };
                        item.map_or(Ok(()), |item| self.walk(at, item, used))?;
                    }
                    KeyShape::ElementId(_) | KeyShape::Amount => {}
                }
            }
        }
        Ok(())
    }

    fn walk(&mut self, at: usize, ty: &'a Type, used: Used) -> Result<(), Error> {
        match ty {
            Type::Option(inner) | Type::List(inner) | Type::Set(inner) => {
                self.walk(at, inner, used)
            }
            Type::Array { item, .. } => self.walk(at, item, used),
            Type::Map { key, value } => {
                self.walk(at, key, used)?;
                self.walk(at, value, used)
            }
            Type::Tuple(items) => items.iter().try_for_each(|item| self.walk(at, item, used)),
            Type::Struct(shape) => {
                // What a patch holds is given as in any payload.
                let inner = Used {
                    patch: false,
                    input: used.input || used.patch,
                    ..used
                };
                self.fields(at, &shape.name, &shape.fields, inner)?;
                self.note(at, &shape.name, ty, used);
                Ok(())
            }
            Type::Enum(shape) => {
                self.note(at, &shape.name, ty, used);
                Ok(())
            }
            Type::Union(shape) => {
                for variant in shape.variants.iter() {
                    check_key(&variant.name, &shape.name)?;
                    match &variant.body {
                        UnionBody::Unit => {}
                        UnionBody::Newtype(inner) => self.walk(at, inner, used)?,
                        UnionBody::Struct(fields) => self.fields(at, &shape.name, fields, used)?,
                    }
                }
                self.note(at, &shape.name, ty, used);
                Ok(())
            }
            Type::Bool
            | Type::Int(_)
            | Type::Float32
            | Type::Float64
            | Type::String
            | Type::Char => Ok(()),
            Type::Uuid | Type::DateTime | Type::LocalDateTime | Type::Date | Type::Time => Ok(()),
            Type::Decimal | Type::Json => Ok(()),
        }
    }

    fn fields(
        &mut self,
        at: usize,
        whose: &str,
        fields: &'a [Field],
        used: Used,
    ) -> Result<(), Error> {
        fields.iter().try_for_each(|field| {
            check_key(&field.name, whose)?;
            self.walk(at, &field.ty, used)
        })
    }

    fn note(&mut self, at: usize, name: &'a str, ty: &'a Type, used: Used) {
        if !self.types.contains_key(name) {
            self.order.push(name);
        }
        let (_, homes, known) = self
            .types
            .entry(name)
            .or_insert_with(|| (ty, BTreeSet::new(), Used::default()));
        homes.insert(at);
        known.state |= used.state;
        known.input |= used.input;
        known.patch |= used.patch;
    }
}
