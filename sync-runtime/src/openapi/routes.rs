//! The routes: those that every backend has, and those of a model.

use openapiv3::{
    ArrayType, OpenAPI, Parameter, ParameterData, ParameterSchemaOrContent, Paths, QueryStyle,
    ReferenceOr, SchemaKind, StatusCode, Tag, Type as ShapeType,
};

use super::{
    Options, events, extension,
    names::pascal,
    parts::{boxed, described, reference, shape},
    shapes::{Place, Shapes},
};
use crate::schema::{Field, Mode, Model, Type, Visibility};

/// What is the same for every backend, with `PREFIX` and `MAX_BATCH_EVENTS` where these go.
const FIXED: &str = include_str!("routes.yaml");
/// The routes of one model.
const MODEL: &str = include_str!("model.yaml");
/// What else a model of rows has.
const ROWS: &str = include_str!("rows.yaml");
/// What else a model in api mode has.
const API: &str = include_str!("api.yaml");

/// The document without a model.
pub(super) fn fixed(options: &Options) -> OpenAPI {
    read(&filled(FIXED, options))
}

/// A text with what a server says of itself.
fn filled(text: &str, options: &Options) -> String {
    let max = options.max_batch_events.to_string();
    text.replace("PREFIX", &options.prefix)
        .replace("MAX_BATCH_EVENTS", &max)
}

/// Takes out what only a server with a rate limit answers.
pub(super) fn without_rate_limit(document: &mut OpenAPI) {
    let status = StatusCode::Code(429);
    for item in document.paths.paths.values_mut() {
        let ReferenceOr::Item(item) = item else {
            continue;
        };
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.shift_remove(&status);
        }
    }
    if let Some(components) = &mut document.components {
        components.responses.shift_remove("TooManyRequests");
    }
}

/// Adds the routes, shapes and `x-sync` of a model.
pub(super) fn add_model(
    document: &mut OpenAPI,
    shapes: &mut Shapes,
    options: &Options,
    model: &Model,
) {
    shapes.add_state(model);
    let payloads = events::add_model(shapes, model);
    let of_model = |text: &str, shapes: &Shapes| {
        filled(text, options)
            .replace("PATH", &model.path)
            .replace("ENTITY", &model.entity)
            .replace("OPERATION", &pascal(&model.entity))
            .replace("STATE", shapes.model_key(model))
    };
    let mut paths: Paths = read(&of_model(MODEL, shapes));
    let writes = match model.mode {
        Mode::Events => None,
        Mode::Rows => Some(ROWS),
        Mode::Api => Some(API),
    };
    if let Some(text) = writes {
        let text = of_model(text, shapes)
            .replace("CREATE", &events::add_whole(shapes, model))
            .replace("UPDATE", payloads.get(1).map_or("", |it| it))
            .replace("WRITTEN", &events::add_written(shapes, model));
        add_operations(&mut paths, read(&text));
    }
    if model.mode == Mode::Rows {
        with_transactions(&mut paths);
    }
    let id = shapes.plain(model.id_type(), Place::State);
    let mut items = paths.paths.values_mut();
    if let Some(ReferenceOr::Item(list)) = items.next() {
        let extension = extension::model(model, &payloads);
        list.extensions
            .insert(extension::MODEL.to_owned(), extension);
        if let Some(rbac) = extension::rbac(model) {
            list.extensions.insert(extension::RBAC.to_owned(), rbac);
        }
        if let Some(get) = &mut list.get {
            let filters = model.fields.iter().filter(|field| can_filter(field));
            get.parameters
                .extend(filters.map(|field| filter(shapes, field)));
        }
    }
    if let Some(ReferenceOr::Item(one)) = items.next()
        && let Some(ReferenceOr::Item(parameter)) = one.parameters.first_mut()
        && let Parameter::Path { parameter_data, .. } = parameter
    {
        parameter_data.format = ParameterSchemaOrContent::Schema(id);
    }
    document.paths.paths.extend(paths.paths);
    document.tags.push(Tag {
        name: model.entity.to_string(),
        description: Some(match &*model.doc {
            "" => format!("The model `{}`.", model.name),
            doc => doc.to_owned(),
        }),
        ..Tag::default()
    });
}

/// Adds operations to paths that are there.
fn add_operations(paths: &mut Paths, more: Paths) {
    for (path, item) in more.paths {
        if let (Some(ReferenceOr::Item(there)), ReferenceOr::Item(item)) =
            (paths.paths.get_mut(&path), item)
        {
            there.post = item.post;
            there.patch = item.patch;
            there.delete = item.delete;
        }
    }
}

/// Reads of rows say which transactions wrote them, a list for each row.
fn with_transactions(paths: &mut Paths) {
    let one = || reference("FieldTransactions");
    let many = shape(SchemaKind::Type(ShapeType::Array(ArrayType {
        items: Some(boxed(one())),
        min_items: None,
        max_items: None,
        unique_items: false,
    })));
    let many = described(many, "For each row of `data`, in the same order.");
    let slots = [ReferenceOr::Item(many), one()];
    for (item, slot) in paths.paths.values_mut().zip(slots) {
        let answer = match item {
            ReferenceOr::Item(item) => item.get.as_mut().and_then(|get| {
                let answer = get.responses.responses.get_mut(&StatusCode::Code(200))?;
                match answer {
                    ReferenceOr::Item(answer) => answer.content.get_mut("application/json"),
                    ReferenceOr::Reference { .. } => None,
                }
            }),
            ReferenceOr::Reference { .. } => None,
        };
        if let Some(ReferenceOr::Item(body)) = answer.and_then(|answer| answer.schema.as_mut())
            && let SchemaKind::Type(ShapeType::Object(object)) = &mut body.schema_kind
        {
            object.properties.insert("tx".to_owned(), boxed(slot));
        }
    }
}

/// Whether a list can be filtered by this field: one value that everyone may see.
fn can_filter(field: &Field) -> bool {
    let taken = ["after", "limit", "order_by"].contains(&&*field.name);
    let scalar = match field.ty.non_null() {
        Type::Bool
        | Type::Int(_)
        | Type::Float32
        | Type::Float64
        | Type::String
        | Type::Char
        | Type::Uuid
        | Type::DateTime
        | Type::LocalDateTime
        | Type::Date
        | Type::Time
        | Type::Decimal
        | Type::Enum(_) => true,
        Type::Json
        | Type::Option(_)
        | Type::List(_)
        | Type::Set(_)
        | Type::Map { .. }
        | Type::Array { .. }
        | Type::Tuple(_)
        | Type::Struct(_)
        | Type::Union(_) => false,
    };
    scalar && !taken && field.visibility == Visibility::Public
}

fn filter(shapes: &mut Shapes, field: &Field) -> ReferenceOr<Parameter> {
    let slot = shapes.filter(field);
    let or_null = if field.ty.is_nullable() {
        "; `null` for none"
    } else {
        ""
    };
    ReferenceOr::Item(Parameter::Query {
        parameter_data: ParameterData {
            name: field.name.to_string(),
            description: Some(format!("Only where `{}` is this{or_null}.", field.name)),
            required: false,
            deprecated: None,
            format: ParameterSchemaOrContent::Schema(slot),
            example: None,
            examples: Default::default(),
            explode: None,
            extensions: Default::default(),
        },
        allow_reserved: false,
        style: QueryStyle::Form,
        allow_empty_value: None,
    })
}

fn read<T: for<'de> serde::Deserialize<'de>>(text: &str) -> T {
    // Entities and paths are plain words, so nothing of a model can break the text, and a test reads it.
    super::yaml::read(text).expect("the text in this crate is right")
}
