//! `GET /{path}` and `GET /{path}/{id}`: current states.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{App, Problem, etag, params::Params};
use crate::{
    ingest::incoming::normal_entity_id,
    plain,
    principal::Principal,
    schema::{Field, Mode, Model, Type},
    semantics::{
        access::Rights,
        values::{self, Form},
    },
    service::Inner,
    store::{Direction, EntityKey, Filter, Head, ListQuery, Order, PageStart},
};

/// The keys of a list's query that are no fields.
const RESERVED: [&str; 3] = ["after", "limit", "order_by"];
/// The most filters of a list; a database's expressions have their limits.
const MAX_FILTERS: usize = 64;

pub(super) async fn list(
    State(service): App,
    entity: String,
    principal: Principal,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let model = model(&service, &entity)?;
    let rights = principal.rights();
    let limit = params.limit(100, 1000)?;
    let order = params
        .get("order_by")
        .map(|text| order(model, &rights, text))
        .transpose()?;
    if params.others(&RESERVED).count() > MAX_FILTERS {
        return Err(Problem::invalid_query(format!(
            "a list takes at most {MAX_FILTERS} filters"
        )));
    }
    let query = ListQuery {
        filters: params
            .others(&RESERVED)
            .map(|(name, text)| filter(model, &rights, name, text))
            .collect::<Result<_, _>>()?,
        after: params.get("after").map(page_start).transpose()?,
        order,
        limit: limit + 1,
    };
    // The position first: a row may then be newer than it says, never older.
    let seq = match model.mode {
        Mode::Rows => Some(service.store.last_seq(&principal.tenant_id).await?),
        Mode::Events | Mode::Api => None,
    };
    let tenant = tenant_of(model, &principal);
    let mut heads = service.store.list(model, tenant, &query).await?;
    let more = heads.len() > limit as usize;
    heads.truncate(limit as usize);
    let next = heads
        .last()
        .filter(|_| more)
        .map(|last| page_token(query.order.as_ref(), last));
    let tx: Vec<_> = heads
        .iter()
        .filter_map(|head| Some(head.stamps.as_ref()?.shown(model, &rights)))
        .collect();
    let data: Vec<_> = heads
        .into_iter()
        .filter_map(|head| shown(model, &rights, head))
        .collect();
    let mut answer = json!({ "data": data, "next": next });
    if let Some(seq) = seq {
        // For each row of `data`, in the same order.
        answer["tx"] = json!(tx);
        answer["seq"] = json!(seq);
    }
    Ok(Json(answer))
}

pub(super) async fn one(
    State(service): App,
    entity: String,
    principal: Principal,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let model = model(&service, &entity)?;
    let Path(id) = path.map_err(|_| Problem::not_found(format!("there is no such {entity}")))?;
    let absent = || Problem::not_found(format!("there is no {entity} {id}"));
    let key = EntityKey {
        tenant: tenant_of(model, &principal).to_owned(),
        entity_type: entity.clone(),
        entity_id: normal_entity_id(model, id.clone()).map_err(|_| absent())?,
    };
    let head = service.store.head(model, &key).await?.ok_or_else(absent)?;
    let rights = principal.rights();
    let tag = match (model.mode, head.folded.state()) {
        (Mode::Api, Some(state)) => Some(etag::of(state)),
        _ => None,
    };
    let tag_header = tag.as_deref().and_then(etag::header);
    if tag.is_some_and(|tag| etag::is_known(&headers, &tag)) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        response.headers_mut().extend(tag_header);
        return Ok(response);
    }
    let tx = head.stamps.as_ref().map(|it| it.shown(model, &rights));
    let state = shown(model, &rights, head).ok_or_else(absent)?;
    let mut answer = json!({ "data": state });
    if let Some(tx) = tx {
        answer["tx"] = Value::Object(tx);
    }
    let mut response = Json(answer).into_response();
    response.headers_mut().extend(tag_header);
    Ok(response)
}

/// Whose rows a principal reads: his tenant's, or those that belong to none.
fn tenant_of<'a>(model: &Model, principal: &'a Principal) -> &'a str {
    match model.tenant {
        true => &principal.tenant_id,
        false => plain::NOBODY,
    }
}

fn model<'a>(service: &'a Inner, entity: &str) -> Result<&'a Model, Problem> {
    service
        .models
        .model(entity)
        .ok_or_else(|| Problem::not_found("there is no such model"))
}

fn shown(model: &Model, rights: &Rights, head: Head) -> Option<Map<String, Value>> {
    let mut state = head.folded.into_state()?;
    rights.redact_state(model, &mut state);
    Some(state)
}

/// A field that a list may be filtered or sorted by: one with a single value that the reader sees.
fn field<'a>(model: &'a Model, rights: &Rights, name: &str) -> Result<&'a Field, Problem> {
    let field = model
        .field(name)
        .filter(|field| rights.sees(field))
        .ok_or_else(|| {
            Problem::invalid_query(format!(
                "`{name}` is no field of {} that you can read",
                model.entity
            ))
        })?;
    match field.ty.non_null() {
        Type::Json
        | Type::List(_)
        | Type::Set(_)
        | Type::Map { .. }
        | Type::Array { .. }
        | Type::Tuple(_)
        | Type::Struct(_)
        | Type::Union(_) => Err(Problem::invalid_query(format!(
            "`{name}` holds more than one value; lists are filtered and sorted by single values"
        ))),
        _ => Ok(field),
    }
}

fn order(model: &Model, rights: &Rights, text: &str) -> Result<Order, Problem> {
    let (name, direction) = match text.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (text, Direction::Ascending),
    };
    Ok(Order {
        field: field(model, rights, name)?.name.clone().into_owned(),
        direction,
    })
}

fn filter(model: &Model, rights: &Rights, name: &str, text: &str) -> Result<Filter, Problem> {
    let field = field(model, rights, name)?;
    let value = match field.ty.non_null() {
        _ if text == "null" && field.ty.is_nullable() => Value::Null,
        Type::Int(int) if field.big && int.is_wide() => Value::String(text.to_owned()),
        Type::Bool | Type::Int(_) | Type::Float32 | Type::Float64 => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
        }
        _ => Value::String(text.to_owned()),
    };
    // The field's rules say what may be written, not what may be asked for.
    let value = values::normal(&field.ty, field.big, Form::Input, value)
        .map_err(|invalid| Problem::invalid_query(format!("`{name}`: {invalid}")))?;
    Ok(Filter {
        field: field.name.clone().into_owned(),
        value,
    })
}

/// The page after an entity: its place in the list's order.
fn page_token(order: Option<&Order>, last: &Head) -> String {
    let value = order.and_then(|order| last.folded.state()?.get(&order.field));
    BASE64_URL_SAFE_NO_PAD.encode(json!([value, last.key.entity_id]).to_string())
}

fn page_start(token: &str) -> Result<PageStart, Problem> {
    BASE64_URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<(Value, String)>(&bytes).ok())
        .filter(|(_, id)| !id.contains('\0'))
        .map(|(value, id)| PageStart { value, id })
        .ok_or_else(|| Problem::invalid_query("`after` takes the `next` of a page"))
}
