//! `GET /live`: what happens to rows, each change with its row as it is now.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};

use super::{App, Problem, live, params::Params};
use crate::{
    feed::{Follower, Record, View},
    metrics::Subscribed,
    principal::Principal,
    registry::Models,
    schema::{Effect, Mode},
    semantics::{access::Rights, rows::Declared, time},
    service::Inner,
    store::{EntityKey, Result as StoreResult, StoredEvent},
};

/// The most activities of one query.
const PAGE: u32 = 100;

/// A change, with its row as it is now.
#[derive(Debug, Serialize)]
struct Activity {
    /// Null where the row is gone.
    data: Option<Map<String, Value>>,
    entity_type: String,
    entity_id: String,
    action: &'static str,
    /// Its position in the log.
    activity_id: u64,
    changed_keys: Vec<String>,
    created_at: String,
    /// What the client declared; null where another program wrote.
    tx: Option<Declared>,
}

/// A page of changes.
#[derive(Debug, Serialize)]
struct Page {
    activities: Vec<Activity>,
    /// Where to go on.
    offset: u64,
    has_more: bool,
}

pub(super) async fn of_own_tenant(
    State(service): App,
    principal: Principal,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    get(service, principal, &headers, &params).await
}

pub(super) async fn of_tenant(
    State(service): App,
    principal: Principal,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    if path.is_err() || path.is_ok_and(|Path(tenant)| tenant != principal.tenant_id) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "this is the stream of another tenant",
        ));
    }
    get(service, principal, &headers, &params).await
}

async fn get(
    service: Arc<Inner>,
    principal: Principal,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, Problem> {
    let types = entity_types(params, &service.models)?;
    let after = start(&service, &principal, headers, params).await?;
    let view = View::new(service.scope(&principal), principal.rights(), types.clone());
    let tenant = principal.tenant_id.clone();
    let mut reader = Reader {
        follower: None,
        tenant,
        rights: principal.rights(),
        types,
        after,
        caught_up: false,
        ping: Instant::now() + live::PING,
        _subscribed: None,
        service,
    };
    match params.get("live") {
        None => Ok(Json(reader.page().await?).into_response()),
        Some("sse") => {
            let service = reader.service.clone();
            // First it listens and then it looks, so that nothing lies between.
            let follower = service.feed.follow(&reader.tenant, after, view);
            reader.follower = Some(follower);
            reader._subscribed = Some(service.metrics.subscribed("activities"));
            Ok(reader.respond(&principal))
        }
        Some(other) => Err(Problem::invalid_query(format!(
            "`live` takes `sse`, not `{other}`; without it there is one page"
        ))),
    }
}

/// The rows models that are asked for; all of them where none is named.
fn entity_types(params: &Params, models: &Models) -> Result<Vec<String>, Problem> {
    let is_rows = |name: &String| models.model(name).is_some_and(|it| it.mode == Mode::Rows);
    let mut types = params.entity_types("entity_types", models)?;
    if params.get("entity_types").is_some() {
        if let Some(other) = types.iter().find(|name| !is_rows(name)) {
            return Err(Problem::invalid_query(format!(
                "`entity_types`: `{other}` is no model of rows; its events are under /events/live"
            )));
        }
    } else {
        types.retain(is_rows);
    }
    Ok(types)
}

/// The position to begin after: `Last-Event-ID` wins over `offset`.
async fn start(
    service: &Inner,
    principal: &Principal,
    headers: &HeaderMap,
    params: &Params,
) -> Result<u64, Problem> {
    let resumed = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or("?"))
        .filter(|id| !id.is_empty());
    let offset = resumed.or_else(|| params.get("offset")).unwrap_or("-1");
    let last = service.store.last_seq(&principal.tenant_id).await?;
    match offset {
        "-1" => Ok(0),
        "now" => Ok(last),
        text => match text.parse::<u64>() {
            Ok(offset) if offset <= last => Ok(offset),
            Ok(_) => Err(Problem::new(
                StatusCode::GONE,
                "cursor_expired",
                "the log does not reach that far: it is another one; start from snapshots",
            )),
            Err(_) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid_cursor",
                "`offset` is the id of an activity, `-1` or `now`",
            )),
        },
    }
}

/// One who reads activities.
struct Reader {
    service: Arc<Inner>,
    /// Tells when there is more.
    follower: Option<Follower>,
    tenant: String,
    rights: Rights,
    types: Vec<String>,
    after: u64,
    caught_up: bool,
    ping: Instant,
    _subscribed: Option<Subscribed>,
}

impl Reader {
    fn respond(self, principal: &Principal) -> Response {
        let scope = self.service.scope(principal);
        let end = self.service.end_of(principal, &scope);
        let headers = [
            (header::CONTENT_TYPE.as_str(), "text/event-stream"),
            (header::CACHE_CONTROL.as_str(), "no-cache"),
            // Proxies are not to collect it.
            ("x-accel-buffering", "no"),
        ];
        let closing = self.service.clone();
        let farewell = stream::once(async move { closing.is_closing().then(live::going_away) });
        let chunks = self.chunks().take_until(end);
        let body = Body::from_stream(chunks.chain(farewell.filter_map(std::future::ready)));
        (headers, body).into_response()
    }

    /// What is written, some activities at a time. A store that is away ends it; the client comes back from where it was.
    fn chunks(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut reader| async move {
            let chunk = reader.next().await?;
            reader.ping = Instant::now() + live::PING;
            Some((Ok(chunk), reader))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let page = self
                .page()
                .await
                .inspect_err(|error| tracing::error!(%error, "a stream of activities ends"))
                .ok()?;
            let mut text = String::new();
            for activity in &page.activities {
                // Writing these types cannot fail.
                let json = serde_json::to_string(activity).unwrap_or_default();
                let id = activity.activity_id.to_string();
                text.push_str(Record::new("change", &id, &json).text_as_sse());
            }
            if !page.has_more && !self.caught_up {
                self.caught_up = true;
                let (id, json) = (page.offset.to_string(), json!({ "offset": page.offset }));
                text.push_str(Record::new("offset", &id, &json.to_string()).text_as_sse());
            }
            if !text.is_empty() {
                return Some(text.into());
            }
            if Instant::now() >= self.ping {
                return Some(Bytes::from_static(b": ping\n\n"));
            }
            if !page.has_more
                && let Some(follower) = &mut self.follower
            {
                let _ = timeout_at(self.ping, follower.wait_beyond(self.after)).await;
            }
        }
    }

    /// What lies after the position, which then moves on. May be empty with more to come.
    async fn page(&mut self) -> StoreResult<Page> {
        let store = &self.service.store;
        let page = store
            .read_log(&self.tenant, self.after, Some(&self.types), PAGE)
            .await?;
        let mut rows: HashMap<EntityKey, Map<String, Value>> = HashMap::new();
        let models = &self.service.models;
        for name in &self.types {
            let Some(model) = models.model(name) else {
                continue;
            };
            let of_model = page.events.iter().filter(|it| it.key.entity_type == *name);
            let mut keys: Vec<EntityKey> = of_model.map(|event| event.key.clone()).collect();
            keys.sort_unstable();
            keys.dedup();
            if keys.is_empty() {
                continue;
            }
            for head in store.heads(model, &keys).await? {
                let key = head.key.clone();
                if let Some(mut state) = head.folded.into_state() {
                    self.rights.redact_state(model, &mut state);
                    rows.insert(key, state);
                }
            }
        }
        self.after = page.scanned;
        let activities = page.events.iter();
        Ok(Page {
            activities: activities
                .filter_map(|event| activity(event, models, &self.rights, &rows))
                .collect(),
            offset: page.scanned,
            has_more: page.has_more,
        })
    }
}

fn activity(
    event: &StoredEvent,
    models: &Models,
    rights: &Rights,
    rows: &HashMap<EntityKey, Map<String, Value>>,
) -> Option<Activity> {
    let model = models.model(&event.key.entity_type)?;
    let sees = |name: &String| model.field(name).is_some_and(|field| rights.sees(field));
    let changed = event.change.iter().flat_map(|change| &change.changed);
    let mut tx = event.declared();
    if let Some(tx) = &mut tx {
        tx.changed_field = tx.changed_field.take().filter(sees);
    }
    Some(Activity {
        data: rows.get(&event.key).cloned(),
        entity_type: event.key.entity_type.clone(),
        entity_id: event.key.entity_id.clone(),
        action: match model.event_of_type(&event.event_type)?.effect {
            Effect::Create => "create",
            Effect::Delete => "delete",
            _ => "update",
        },
        activity_id: event.seq,
        changed_keys: changed.filter(|name| sees(name)).cloned().collect(),
        created_at: time::from_millis(event.received_at),
        tx,
    })
}
