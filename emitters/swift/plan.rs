//! What everything is called, decided before anything is written. One module, one namespace.

use std::collections::{BTreeMap, BTreeSet};

use sync_runtime::schema::{
    Effect, Event, Field, FieldKind, Lift, Model, PayloadShape, Schema, StructType, Type, UnionBody,
};

use crate::{
    Error,
    names::{self, Language, camel, escape, pascal},
    sql::device::{self, Device, Dialect},
};

/// Names of Swift, Foundation, SwiftUI and the runtime that a generated type must not take: where an app imports both, it
/// could say neither.
#[rustfmt::skip]
const TAKEN: &[&str] = &[
    "AccessRules", "Any", "AnyObject", "App", "Array", "AsyncSequence", "Binding", "Bool", "Bundle", "Button", "Calendar", "CalendarDate", "Change", "Changes", "Character", "Codable",
    "Color", "ConflictResolution", "Count", "Data", "Date", "Decimal", "Decoder", "Dictionary", "Divider", "Double", "Draft", "Effects", "Element", "Encoder", "EntityKey", "Environment",
    "Equatable", "Error", "Event", "EventMeta", "FieldConflict", "FieldRules", "FileManager", "FixedCount", "FixedList", "Float", "Folded", "Font", "Form", "Functions", "Group",
    "Hashable", "HistoryEntry", "HistoryPage", "HybridClock", "ID", "Identifiable", "Image", "Int", "Int128", "Int16", "Int32", "Int64", "Int8", "InvalidValue", "JSONObject", "JSONValue", "Key",
    "KeychainFailure", "KeychainToken", "KeyedElement", "Label", "Layout", "Link", "List", "LiveModels", "LocalDateTime", "LocalStore", "Locale", "LoggedEvent", "Map", "Measurement", "Menu", "Model",
    "ModelRegistration", "ModelRules", "Never", "NoFunctions", "Notification", "Observable", "Operation", "Optional", "Path", "Picker", "Predicate", "Process",
    "Progress", "Query", "Range", "Rejection", "Result", "RowConflict", "RowTable", "Scene", "Section", "Self", "Sendable", "Sequence", "Set", "SnapshotPolicy", "SortedMap", "SortedSet", "Stamp",
    "State", "StaticToken", "Stream", "String", "Substring", "SyncClientCore", "SyncCollection", "SyncConnection", "SyncError", "SyncEvent", "SyncMode", "SyncModel",
    "SyncQuery", "SyncStatus", "SyncStore", "SyncTransport", "Tab", "Table", "Task", "Text", "Thread", "TimeOfDay", "TimeZone", "Timer", "TokenProvider",
    "Transaction", "TransportAnswer", "TransportRequest", "Tuple1", "Tuple2", "Tuple3", "Tuple4", "Tuple5", "Tuple6", "Tuple7", "Tuple8", "Type", "UInt", "UInt128",
    "UInt16", "UInt32", "UInt64", "UInt8", "URL", "URLSessionTransport", "UUID", "Unicode", "Unit", "Value", "View", "Void", "Whole", "WideInt", "WideUInt", "Window",
    "WireInteger", "WireKey", "WireLiteral", "WireMember", "WireObject", "WirePlace", "WireReader", "WireStyle", "WireValue", "WireWriter",
];

/// All decisions.
pub(super) struct Plan<'a> {
    /// By entity.
    pub(super) models: Vec<ModelPlan<'a>>,
    /// By name of the Rust type, in the order of finding.
    pub(super) types: Vec<TypePlan<'a>>,
    /// Of the Swift module.
    pub(super) module: String,
    /// Of the client.
    pub(super) client: String,
    /// Lengths of the lists that have a fixed one.
    pub(super) counts: BTreeSet<u32>,
    /// The tables of rows models; `None` where there are none.
    pub(super) device: Option<Device>,
}

/// What a model's parts are called.
pub(super) struct ModelPlan<'a> {
    pub(super) model: &'a Model,
    pub(super) name: String,
    pub(super) events: Vec<EventPlan<'a>>,
}

/// An event and what its parts are called.
pub(super) struct EventPlan<'a> {
    pub(super) event: &'a Event,
    /// On the wire, with the entity.
    pub(super) full: String,
    pub(super) shape: PayloadShape<'a>,
    /// The payload's struct, inside the event enum; `None` for an empty payload.
    pub(super) payload: Option<String>,
    /// The case.
    pub(super) case: String,
}

/// A struct or enum.
pub(super) struct TypePlan<'a> {
    pub(super) ty: &'a Type,
    pub(super) name: String,
    /// The folder: the only model that uses it, or none.
    pub(super) home: Option<usize>,
    /// Whether elements of it are changed in part.
    pub(super) patched: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(schema: &'a Schema) -> Result<Self, Error> {
        let mut claims = Claims::default();
        let app = app_name(schema);
        let client = claims.claim(&format!("{app}Client"), "Sync", &[""]);
        let all: Vec<&Model> = schema.models().iter().collect();
        let names: Vec<String> = all
            .iter()
            .map(|model| claims.claim(&model.name, "Model", &["", "Event", "Functions"]))
            .collect();
        let mut found = Found::default();
        for (at, model) in all.iter().enumerate() {
            found.model(at, model);
            distinct(model)?;
        }
        let mut types = Vec::new();
        for rust in &found.order {
            let entry = &found.types[rust];
            distinct_parts(entry.ty)?;
            types.push(TypePlan {
                ty: entry.ty,
                name: claims.claim(rust, "Value", &[""]),
                home: entry.home,
                patched: entry.patched,
            });
        }
        let models = all
            .iter()
            .zip(names)
            .map(|(model, name)| ModelPlan {
                model,
                events: events(model, &claims),
                name,
            })
            .collect();
        Ok(Self {
            models,
            types,
            module: format!("{app}Models"),
            client,
            counts: found.counts,
            device: device::device(schema, Dialect::Sqlite)?,
        })
    }

    /// The Swift name of a struct or enum.
    pub(super) fn type_name<'n>(&'n self, rust: &'n str) -> &'n str {
        self.types
            .iter()
            .find(|plan| rust_name(plan.ty) == rust)
            .map_or(rust, |plan| &plan.name)
    }
}

/// Names of types, each given once.
struct Claims(BTreeSet<String>);

impl Default for Claims {
    fn default() -> Self {
        Self(TAKEN.iter().map(|&name| name.to_owned()).collect())
    }
}

impl Claims {
    /// A name that is free, with all that is derived from it; a taken one gets a word behind it.
    fn claim(&mut self, rust: &str, word: &str, derived: &[&str]) -> String {
        let wanted = pascal_type(rust);
        let second = [word, "Entity"].map(|word| format!("{wanted}{word}"));
        let more = (2_u32..).map(|number| format!("{wanted}{word}{number}"));
        let name = std::iter::once(wanted.clone())
            .chain(second)
            .chain(more)
            .find(|name| {
                derived
                    .iter()
                    .all(|end| !self.0.contains(&format!("{name}{end}")))
            })
            .unwrap_or(wanted);
        for end in derived {
            self.0.insert(format!("{name}{end}"));
        }
        name
    }
}

/// Fields and events that differ on the wire and would be one in Swift.
fn distinct(model: &Model) -> Result<(), Error> {
    one_each(
        &model.name,
        model.shared_fields().map(|field| member(&field.name)),
    )?;
    one_each(
        &model.name,
        model.events.iter().map(|event| event_case(&event.name)),
    )
}

/// The same of a type's fields and members.
fn distinct_parts(ty: &Type) -> Result<(), Error> {
    let fields =
        |name: &str, fields: &[Field]| one_each(name, fields.iter().map(|f| member(&f.name)));
    match ty {
        Type::Struct(shape) => fields(&shape.name, &shape.fields),
        Type::Enum(shape) => one_each(
            &shape.name,
            shape.variants.iter().map(|variant| case(&variant.name)),
        ),
        Type::Union(shape) => {
            for variant in shape.variants.iter() {
                if let UnionBody::Struct(carried) = &variant.body {
                    fields(&format!("{}::{}", shape.name, variant.name), carried)?;
                }
            }
            let names = shape.variants.iter().map(|variant| case(&variant.name));
            one_each(&shape.name, names)
        }
        _ => Ok(()),
    }
}

fn one_each(owner: &str, names: impl Iterator<Item = String>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.clone()) {
            return Err(Error::new(format!(
                "two names in `{owner}` are both `{name}` in Swift; rename one of them"
            )));
        }
    }
    Ok(())
}

/// A property or parameter.
pub(super) fn member(name: &str) -> String {
    let mut word = camel(name);
    // An abbreviation keeps one case: `item_id` becomes `itemID`.
    if name.ends_with("_id") && word.ends_with("Id") {
        word.replace_range(word.len() - 2.., "ID");
    }
    match word.as_str() {
        // What every value has already, or what no parameter can be called.
        taken @ ("wire" | "self" | "hash" | "hashValue" | "encode" | "description") => {
            format!("{taken}Value")
        }
        free => escape(Language::Swift, free),
    }
}

/// The declared case of an enum.
pub(super) fn case(name: &str) -> String {
    escape(Language::Swift, &case_word(name))
}

/// The same behind a dot, where hardly a word is reserved.
pub(super) fn case_name(name: &str) -> String {
    dotted(&case_word(name))
}

fn case_word(name: &str) -> String {
    match camel(name).as_str() {
        taken @ ("unrecognized" | "name" | "wire" | "allCases" | "keyText" | "hash" | "encode") => {
            format!("{taken}Member")
        }
        free => free.to_owned(),
    }
}

/// The declared case of an event.
fn event_case(name: &str) -> String {
    match camel(name).as_str() {
        taken @ ("name" | "payload" | "isCreate" | "isDelete" | "isTransition" | "hash") => {
            format!("{taken}Event")
        }
        free => escape(Language::Swift, free),
    }
}

/// A case behind a dot.
pub(super) fn dotted(case: &str) -> String {
    match case.trim_matches('`') {
        special @ ("init" | "self" | "Type") => format!("`{special}`"),
        free => free.to_owned(),
    }
}

/// `order_item` becomes `OrderItem`; `HTTPServer` keeps its capitals.
fn pascal_type(name: &str) -> String {
    if name.contains('_') {
        pascal(name)
    } else {
        name.to_owned()
    }
}

/// The crate's name where all models are of one crate.
fn app_name(schema: &Schema) -> String {
    let crates: BTreeSet<&str> = schema
        .models()
        .iter()
        .filter_map(|model| model.module.split("::").next())
        .collect();
    match crates.iter().next() {
        Some(only) if crates.len() == 1 => pascal(only),
        _ => "App".to_owned(),
    }
}

impl<'a> ModelPlan<'a> {
    /// Its custom effects, with what each carries.
    pub(super) fn customs(&self) -> impl Iterator<Item = (&EventPlan<'a>, &'a Type)> {
        self.events
            .iter()
            .filter_map(|event| match &event.event.effect {
                Effect::Custom { payload } => Some((event, &**payload)),
                _ => None,
            })
    }

    /// The versions that a function of the application reads.
    pub(super) fn lifted(&self) -> impl Iterator<Item = u32> {
        let is_function = |step: &Lift| matches!(step, Lift::Function { .. });
        self.model
            .upcasts
            .iter()
            .filter(move |upcast| upcast.steps.iter().any(is_function))
            .map(|upcast| upcast.from)
    }

    /// Whether the application brings functions to it.
    pub(super) fn has_functions(&self) -> bool {
        self.customs().next().is_some() || self.lifted().next().is_some()
    }

    /// The type that holds them.
    pub(super) fn functions(&self) -> String {
        match self.has_functions() {
            true => format!("{}Functions", self.name),
            false => "NoFunctions".to_owned(),
        }
    }
}

fn events<'a>(model: &'a Model, claims: &Claims) -> Vec<EventPlan<'a>> {
    model
        .events
        .iter()
        .map(|event| {
            let shape = PayloadShape::of(model, event);
            let empty = matches!(&shape, PayloadShape::Keys(keys) if keys.is_empty());
            let mut payload = pascal(&event.name);
            // Inside the enum it would hide the type that all else means by the name.
            if claims.0.contains(&payload) {
                payload.push_str("Payload");
            }
            EventPlan {
                event,
                full: format!("{}.{}", model.entity, event.name),
                shape,
                payload: (!empty).then_some(payload),
                case: event_case(&event.name),
            }
        })
        .collect()
}

/// The name of a declared type; empty for the others.
pub(super) fn rust_name(ty: &Type) -> &str {
    match ty {
        Type::Struct(shape) => &shape.name,
        Type::Enum(shape) => &shape.name,
        Type::Union(shape) => &shape.name,
        _ => "",
    }
}

/// Whether a payload gives a value of this type in a form of its own: somewhere inside is a field that the event's time
/// fills.
pub(super) fn has_draft(ty: &Type) -> bool {
    match ty {
        Type::Option(inner)
        | Type::List(inner)
        | Type::Set(inner)
        | Type::Array { item: inner, .. }
        | Type::Map { value: inner, .. } => has_draft(inner),
        Type::Tuple(parts) => parts.iter().any(|part| has_draft(part)),
        Type::Struct(shape) => struct_has_draft(shape),
        Type::Union(shape) => shape.variants.iter().any(|v| body_has_draft(&v.body)),
        _ => false,
    }
}

/// The same of a struct.
pub(super) fn struct_has_draft(shape: &StructType) -> bool {
    have_draft(&shape.fields)
}

/// The same of a union's member.
pub(super) fn body_has_draft(body: &UnionBody) -> bool {
    match body {
        UnionBody::Unit => false,
        UnionBody::Newtype(inner) => has_draft(inner),
        UnionBody::Struct(fields) => have_draft(fields),
    }
}

fn have_draft(fields: &[Field]) -> bool {
    fields
        .iter()
        .any(|field| field.kind == FieldKind::EventTime || has_draft(&field.ty))
}

/// The declared types, each after what it holds.
#[derive(Default)]
struct Found<'a> {
    types: BTreeMap<&'a str, Entry<'a>>,
    order: Vec<&'a str>,
    counts: BTreeSet<u32>,
}

struct Entry<'a> {
    ty: &'a Type,
    home: Option<usize>,
    patched: bool,
}

impl<'a> Found<'a> {
    fn model(&mut self, at: usize, model: &'a Model) {
        for field in model.shared_fields() {
            self.ty(at, &field.ty);
        }
        for event in model.events.iter() {
            match &event.effect {
                Effect::Custom { payload } => self.ty(at, payload),
                Effect::Update { list } => {
                    let element = model.field(list).and_then(|list| list.ty.keyed_element());
                    if let Some(entry) = element.and_then(|e| self.types.get_mut(&*e.name)) {
                        entry.patched = true;
                    }
                }
                _ => {}
            }
        }
    }

    fn fields(&mut self, at: usize, fields: &'a [Field]) {
        for field in fields {
            self.ty(at, &field.ty);
        }
    }

    fn ty(&mut self, at: usize, ty: &'a Type) {
        match ty {
            Type::Option(inner) | Type::List(inner) | Type::Set(inner) => self.ty(at, inner),
            Type::Array { item, len } => {
                self.counts.insert(*len);
                self.ty(at, item);
            }
            Type::Map { key, value } => {
                self.ty(at, key);
                self.ty(at, value);
            }
            Type::Tuple(parts) => parts.iter().for_each(|part| self.ty(at, part)),
            Type::Struct(shape) => {
                self.fields(at, &shape.fields);
                self.declared(at, &shape.name, ty);
            }
            Type::Enum(shape) => self.declared(at, &shape.name, ty),
            Type::Union(shape) => {
                for variant in shape.variants.iter() {
                    match &variant.body {
                        UnionBody::Unit => {}
                        UnionBody::Newtype(inner) => self.ty(at, inner),
                        UnionBody::Struct(fields) => self.fields(at, fields),
                    }
                }
                self.declared(at, &shape.name, ty);
            }
            _ => {}
        }
    }

    fn declared(&mut self, at: usize, name: &'a str, ty: &'a Type) {
        let order = &mut self.order;
        let entry = self.types.entry(name).or_insert_with(|| {
            order.push(name);
            Entry {
                ty,
                home: Some(at),
                patched: false,
            }
        });
        if entry.home != Some(at) {
            entry.home = None;
        }
    }
}

/// The method for each event, by the API Design Guidelines.
pub(super) fn methods(model: &Model) -> Vec<String> {
    names::methods(model)
        .into_iter()
        .map(|name| escape(Language::Swift, &name))
        .collect()
}
