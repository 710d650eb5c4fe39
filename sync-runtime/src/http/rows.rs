//! `POST /{path}`, `PATCH /{path}/{id}` and `DELETE /{path}/{id}` of a rows model: views of its three events.

use axum::{
    Json,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

use super::{App, Problem, json};
use crate::{
    ingest::{
        Outcome, WrittenRow,
        incoming::{Reader, normal_entity_id},
        rows::{RowInput, RowWrite, checked_source, expected},
        submission::{Acceptance, Submission},
        writer::{WriteError, unix_millis},
    },
    principal::Principal,
    schema::{Conflict, Model},
    semantics::{
        hlc::Stamp,
        rows::{Expected, WHOLE_ROW},
    },
    service::Inner,
    sql::has_number_id,
};

/// What a request declares of its transaction.
struct Tx {
    stamp: Stamp,
    source_id: Option<String>,
    changed_field: Option<String>,
    /// `None`: not said.
    expected_transaction_id: Option<Option<Stamp>>,
    expected: Option<Expected>,
    stream_offset: Option<u64>,
}

/// What is to be done to which row.
struct Change {
    event: &'static str,
    id: String,
    data: Map<String, Value>,
    tx: Tx,
    expected: Option<Expected>,
}

pub(super) async fn create(
    State(service): App,
    entity: String,
    principal: Result<Principal, Problem>,
    body: Body,
) -> Result<Response, Problem> {
    let (principal, mut body) = json::object(&service, principal, body).await?;
    let tx = Tx::take(&mut body)?;
    let mut data = take_data(&mut body)?;
    let model = model(&service, &entity)?;
    let id_name = model.id_field().map_or("id", |field| &field.name);
    let id = match data.remove(id_name) {
        Some(Value::String(id)) if !has_number_id(model) => id,
        Some(Value::Number(id)) if has_number_id(model) => id.to_string(),
        Some(_) => {
            return Err(Problem::invalid_payload(format!(
                "/data/{id_name}: is no id"
            )));
        }
        None => {
            return Err(Problem::invalid_payload(format!(
                "/data/{id_name}: is required"
            )));
        }
    };
    let location = format!("{}/{}/{id}", service.config.prefix, model.path);
    let change = Change {
        event: "created",
        id,
        data,
        expected: None,
        tx,
    };
    let (status, answer) = write(&service, model, principal, change).await?;
    let location = location.parse::<axum::http::HeaderValue>();
    let mut response = (status, Json(answer)).into_response();
    if let (StatusCode::CREATED, Ok(location)) = (status, location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

pub(super) async fn update(
    State(service): App,
    entity: String,
    principal: Result<Principal, Problem>,
    path: Result<Path<String>, PathRejection>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let (principal, mut body) = json::object(&service, principal, body).await?;
    let model = model(&service, &entity)?;
    let id = id(model, path)?;
    let tx = Tx::take(&mut body)?;
    let data = take_data(&mut body)?;
    let (expected, named) = match (&tx.changed_field, &tx.expected) {
        (Some(_), Some(_)) => {
            return Err(Problem::invalid_payload(
                "/tx: `changed_field` names one field and `expected` several: send one of them",
            ));
        }
        (Some(field), None) => {
            let expected = tx.expected_transaction_id;
            let expected = expected.map(|stamp| Expected::from([(field.clone(), stamp)]));
            (expected, vec![field.clone()])
        }
        (None, expected) => {
            let named = expected
                .iter()
                .flat_map(|expected| expected.keys().cloned());
            (expected.clone(), named.collect())
        }
    };
    if let Some(undeclared) = data.keys().find(|field| !named.contains(field)) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "undeclared_field",
            format!("/data/{undeclared}: `tx` does not name it"),
        )
        .with("field", &**undeclared));
    }
    if let Some(field) = tx
        .changed_field
        .as_ref()
        .filter(|field| !data.contains_key(*field))
    {
        return Err(Problem::invalid_payload(format!(
            "/data/{field}: is required, since `tx.changed_field` names it"
        )));
    }
    let change = Change {
        event: "updated",
        id,
        data,
        expected,
        tx,
    };
    let (_, answer) = write(&service, model, principal, change).await?;
    Ok(Json(answer))
}

pub(super) async fn delete(
    State(service): App,
    entity: String,
    principal: Result<Principal, Problem>,
    path: Result<Path<String>, PathRejection>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let (principal, mut body) = json::object(&service, principal, body).await?;
    let model = model(&service, &entity)?;
    let id = id(model, path)?;
    let tx = Tx::take(&mut body)?;
    let expected = tx.expected_transaction_id;
    let expected = expected.map(|stamp| Expected::from([(WHOLE_ROW.to_owned(), stamp)]));
    let change = Change {
        event: "deleted",
        id,
        data: Map::new(),
        expected: expected.or_else(|| tx.expected.clone()),
        tx,
    };
    let (_, answer) = write(&service, model, principal, change).await?;
    Ok(Json(answer))
}

async fn write(
    service: &Inner,
    model: &Model,
    principal: Principal,
    change: Change,
) -> Result<(StatusCode, Value), Problem> {
    let tx = change.tx;
    check_lag(service, &principal, &tx).await?;
    let event = model
        .event(change.event)
        .ok_or_else(|| Problem::not_found("there is no such change"))?;
    let candidate = Reader {
        models: &service.models,
        principal: &principal,
        wall: unix_millis(),
        max_drift: service.config.max_drift_ms,
    }
    .row(RowWrite {
        model,
        event,
        entity_id: change.id,
        payload: change.data,
        stamp: tx.stamp,
        row: RowInput {
            source_id: tx.source_id,
            expected: change.expected,
        },
    });
    let rights = principal.rights();
    let outcomes = service
        .writer
        .submit(Submission {
            principal,
            candidates: vec![candidate],
            acceptance: Acceptance::Judged,
            with_rows: true,
        })
        .await?;
    let (seq, row) = match outcomes.into_iter().next() {
        Some(Outcome::Accepted {
            seq,
            row: Some(row),
        }) => (seq, *row),
        Some(Outcome::Rejected(rejection)) => {
            service.metrics.batch(0, [rejection.code.as_str()]);
            return Err(rejection.into());
        }
        Some(Outcome::Accepted { row: None, .. }) | None => {
            return Err(WriteError::Unavailable.into());
        }
    };
    service.metrics.batch(1, std::iter::empty());
    let status = match change.event {
        "created" if !row.repeated => StatusCode::CREATED,
        _ => StatusCode::OK,
    };
    let WrittenRow { state, dropped, .. } = row;
    let data = state.map(|mut state| {
        rights.redact_state(model, &mut state);
        state
    });
    let mut answer = json!({
        "data": data,
        "tx": { "transaction_id": tx.stamp },
        "txid": seq,
        "seq": seq,
    });
    if model.conflict == Conflict::LastWriteWins && change.event == "updated" {
        answer["dropped"] = json!(dropped);
    }
    Ok((status, answer))
}

/// Whoever has not read what is there is told to read first, where the settings say so.
async fn check_lag(service: &Inner, principal: &Principal, tx: &Tx) -> Result<(), Problem> {
    let (Some(client), max @ 1..) = (tx.stream_offset, service.config.max_stream_lag) else {
        return Ok(());
    };
    let server = service.store.last_seq(&principal.tenant_id).await?;
    if server.saturating_sub(client) <= max {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "STREAM_BEHIND",
        format!(
            "the stream was read up to {client}, and the log is at {server}: read on, then write"
        ),
    )
    .with("server_offset", server)
    .with("client_offset", client))
}

impl Tx {
    /// Takes what a body declares of its transaction.
    fn take(body: &mut Map<String, Value>) -> Result<Self, Problem> {
        let invalid = |what: &str| Problem::invalid_payload(format!("/tx{what}"));
        let mut tx = match body.remove("tx") {
            Some(Value::Object(tx)) => tx,
            Some(_) => return Err(invalid(": expected an object")),
            None => return Err(invalid(": is required")),
        };
        let stamp = |value: &Value| value.as_str().and_then(|text| text.parse::<Stamp>().ok());
        let text = |value: Option<Value>, key: &str| match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.contains('\0') => Ok(Some(text)),
            Some(_) => Err(invalid(&format!("/{key}: expected a string"))),
        };
        let transaction = tx
            .get("transaction_id")
            .ok_or_else(|| invalid("/transaction_id: is required"))?;
        let expected_transaction_id = match tx.get("expected_transaction_id") {
            None => None,
            Some(Value::Null) => Some(None),
            Some(value) => Some(Some(stamp(value).ok_or_else(|| {
                invalid("/expected_transaction_id: expected a transaction id or null")
            })?)),
        };
        let stream_offset = match tx.get("stream_offset") {
            None | Some(Value::Null) => None,
            Some(value) => Some(
                value
                    .as_u64()
                    .ok_or_else(|| invalid("/stream_offset: expected a position of the log"))?,
            ),
        };
        Ok(Self {
            stamp: stamp(transaction)
                .ok_or_else(|| invalid("/transaction_id: expected a stamp of the clock"))?,
            expected_transaction_id,
            stream_offset,
            source_id: checked_source(text(tx.remove("source_id"), "source_id")?, "tx")?,
            changed_field: text(tx.remove("changed_field"), "changed_field")?,
            expected: match tx.remove("expected") {
                None => None,
                Some(value) => expected(value, "tx/expected")?,
            },
        })
    }
}

fn take_data(body: &mut Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    match body.remove("data") {
        Some(Value::Object(data)) => Ok(data),
        Some(_) => Err(Problem::invalid_payload("/data: expected an object")),
        None => Err(Problem::invalid_payload("/data: is required")),
    }
}

fn model<'a>(service: &'a Inner, entity: &str) -> Result<&'a Model, Problem> {
    service
        .models
        .model(entity)
        .ok_or_else(|| Problem::not_found("there is no such model"))
}

/// An id that none can have names no row.
fn id(model: &Model, path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let absent = || Problem::not_found(format!("there is no such {}", model.entity));
    let Path(id) = path.map_err(|_| absent())?;
    normal_entity_id(model, id).map_err(|_| absent())
}
