//! `POST /{path}`, `PATCH /{path}/{id}` and `DELETE /{path}/{id}` of a model in api mode.

use axum::{
    Json,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{App, Problem, etag, json};
use crate::{
    ingest::{Code, Rejection, incoming::normal_entity_id, writer::unix_millis},
    plain::{self, Refused},
    principal::Principal,
    schema::{Model, Type},
    semantics::{fold::Reducer, payload},
    service::Inner,
};

pub(super) async fn create(
    State(service): App,
    entity: String,
    principal: Result<Principal, Problem>,
    body: Body,
) -> Result<Response, Problem> {
    let (principal, mut data) = json::object(&service, principal, body).await?;
    let reducer = reducer(&service, &entity)?;
    let model = reducer.model;
    let id_name = model.id_field().map_or("id", |field| &field.name);
    let id = match (data.remove(id_name), model.id_type().non_null()) {
        (None | Some(Value::Null), ty) => drawn(ty),
        (Some(Value::String(id)), Type::Uuid | Type::String) => id,
        (Some(Value::Number(id)), Type::Int(_)) => id.to_string(),
        (Some(_), _) => return Err(Problem::invalid_payload(format!("/{id_name}: is no id"))),
    };
    let id = normal_entity_id(model, id)
        .map_err(|invalid| Problem::invalid_payload(invalid.under(id_name).to_string()))?;
    let location = format!("{}/{}/{id}", service.config.prefix, model.path);
    let write = Write {
        service: &service,
        reducer,
        principal,
        id,
    };
    let state = write.run("created", data, &HeaderMap::new()).await?;
    let mut response = (StatusCode::CREATED, state).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

pub(super) async fn update(
    State(service): App,
    entity: String,
    principal: Result<Principal, Problem>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (principal, data) = json::object(&service, principal, body).await?;
    let reducer = reducer(&service, &entity)?;
    let write = Write {
        service: &service,
        reducer,
        principal,
        id: id(reducer.model, path)?,
    };
    write.run("updated", data, &headers).await
}

pub(super) async fn delete(
    State(service): App,
    entity: String,
    principal: Principal,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    service.limits.events(&principal, 1)?;
    let reducer = reducer(&service, &entity)?;
    let write = Write {
        service: &service,
        reducer,
        principal,
        id: id(reducer.model, path)?,
    };
    write.run("deleted", Map::new(), &headers).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A write on its way.
struct Write<'a> {
    service: &'a Inner,
    reducer: Reducer<'a>,
    principal: Principal,
    id: String,
}

impl Write<'_> {
    /// Checks and writes; gives the row as this writer sees it, with its tag.
    async fn run(
        self,
        event: &str,
        data: Map<String, Value>,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        let Self {
            service,
            reducer,
            principal,
            id,
        } = self;
        let model = reducer.model;
        if !model.tenant {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                format!(
                    "`{}` is read by all and written by the server's own code",
                    model.entity
                ),
            ));
        }
        let event = model
            .event(event)
            .ok_or_else(|| Problem::not_found("there is no such change"))?;
        let payload = payload::normal(model, event, Value::Object(data))
            .map_err(|invalid| Problem::invalid_payload(invalid.to_string()))?;
        let rights = principal.rights();
        rights
            .check_write(model, event, &payload)
            .map_err(|reason| Rejection::new(Code::Forbidden, reason))?;
        let write = plain::Write {
            reducer,
            event,
            principal: &principal,
            entity_id: id,
            payload,
        };
        let meets = |state: &Map<String, Value>| etag::may_write(headers, &etag::of(state));
        let written = plain::write(&*service.store, write, meets).await?;
        let state = written.map_err(|refused| match refused {
            Refused::Rejected(rejection) => Problem::from(rejection),
            Refused::Precondition => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "precondition_failed",
                "the row is not the one that `If-Match` names: read it again",
            ),
        })?;
        let Some(mut state) = state else {
            return Ok(StatusCode::NO_CONTENT.into_response());
        };
        let tag = etag::header(&etag::of(&state));
        rights.redact_state(model, &mut state);
        let mut response = Json(json!({ "data": state })).into_response();
        response.headers_mut().extend(tag);
        Ok(response)
    }
}

/// An id where a client brings none.
fn drawn(ty: &Type) -> String {
    match ty {
        // Within what every client holds exactly; in order of time, so that an index grows at its end.
        Type::Int(_) => (unix_millis() * 4_096 + rand::random_range(0..4_096)).to_string(),
        _ => Uuid::new_v4().to_string(),
    }
}

fn reducer<'a>(service: &'a Inner, entity: &str) -> Result<Reducer<'a>, Problem> {
    service
        .models
        .reducer(entity)
        .ok_or_else(|| Problem::not_found("there is no such model"))
}

/// An id that none can have names no row.
fn id(model: &Model, path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let absent = || Problem::not_found(format!("there is no such {}", model.entity));
    let Path(id) = path.map_err(|_| absent())?;
    normal_entity_id(model, id).map_err(|_| absent())
}
