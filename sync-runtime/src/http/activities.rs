//! `GET /live`: what happens to rows, each change with its row as it is now.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use async_trait::async_trait;
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
    feed::{Follower, Form, JOINED, Portion, Record, View, Write, Written},
    metrics::Subscribed,
    principal::Principal,
    registry::Models,
    schema::{Effect, Mode},
    semantics::{access::Rights, rows::Declared, time, upcast},
    service::Inner,
    store::{EntityKey, Result as StoreResult, StoredEvent},
};

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
    let view = View::new(service.scope(&principal), principal.rights(), types);
    let view = view.in_form(Form::Activity);
    match params.get("live") {
        None => Ok(Json(page(&service, &principal, after, &view).await?).into_response()),
        Some("sse") => {
            // First it listens and then it looks, so that nothing lies between.
            let follower = service.feed.follow(&principal.tenant_id, after, view);
            let reader = Reader {
                follower,
                caught_up: false,
                ping: Instant::now() + live::PING,
                _subscribed: service.metrics.subscribed("activities"),
                service,
            };
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

/// What lies after a position. May be empty with more to come.
async fn page(
    service: &Inner,
    principal: &Principal,
    after: u64,
    view: &View,
) -> StoreResult<Page> {
    let page = service
        .store
        .read_log(
            &principal.tenant_id,
            after,
            Some(view.entity_types()),
            JOINED,
        )
        .await?;
    let events: Vec<&StoredEvent> = page.events.iter().collect();
    Ok(Page {
        activities: activities(service, &events, view).await?,
        offset: page.scanned,
        has_more: page.has_more,
    })
}

/// One who reads activities as they happen. He pulls as fast as his client reads; what is written is written once for all
/// who have come as far and see the same.
struct Reader {
    service: Arc<Inner>,
    follower: Follower,
    caught_up: bool,
    ping: Instant,
    _subscribed: Subscribed,
}

impl Reader {
    fn respond(self, principal: &Principal) -> Response {
        let end = self.service.end_of(principal, self.follower.view().scope());
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
            let look = self
                .follower
                .look_written(&Writer(&self.service))
                .await
                .inspect_err(|error| tracing::error!(%error, "a stream of activities ends"))
                .ok()?;
            let changes = look.frame.sse();
            if !look.has_more && !self.caught_up {
                self.caught_up = true;
                let offset = look.frame.scanned();
                let (id, json) = (offset.to_string(), json!({ "offset": offset }));
                let caught_up = Record::new("offset", &id, &json.to_string());
                return Some([&*changes, caught_up.sse()].concat().into());
            }
            if !changes.is_empty() {
                return Some(changes);
            }
            if Instant::now() >= self.ping {
                return Some(Bytes::from_static(b": ping\n\n"));
            }
            if !look.has_more {
                let _ = timeout_at(self.ping, self.follower.wait()).await;
            }
        }
    }
}

/// Writes activities for streams.
struct Writer<'a>(&'a Inner);

#[async_trait]
impl Write for Writer<'_> {
    async fn write(&self, portion: Portion<'_>, view: &View) -> StoreResult<Written> {
        let activities = activities(self.0, portion.events, view).await?;
        let records = activities.iter().map(|activity| {
            // Writing these types cannot fail.
            let json = serde_json::to_string(activity).unwrap_or_default();
            Record::new("change", &activity.activity_id.to_string(), &json)
        });
        Ok(Written::all(records.collect()))
    }
}

/// Entries of the log, each with its row as it is now.
async fn activities(
    service: &Inner,
    events: &[&StoredEvent],
    view: &View,
) -> StoreResult<Vec<Activity>> {
    let (models, rights) = (&service.models, view.rights());
    let mut rows: HashMap<EntityKey, Map<String, Value>> = HashMap::new();
    for name in view.entity_types() {
        let Some(model) = models.model(name) else {
            continue;
        };
        let of_model = events.iter().filter(|it| it.key.entity_type == *name);
        let mut keys: Vec<EntityKey> = of_model.map(|event| event.key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            continue;
        }
        for head in service.store.heads(model, &keys).await? {
            let key = head.key.clone();
            if let Some(mut state) = head.folded.into_state() {
                rights.redact_state(model, &mut state);
                rows.insert(key, state);
            }
        }
    }
    Ok(events
        .iter()
        .filter_map(|event| activity(event, models, rights, &rows))
        .collect())
}

fn activity(
    event: &StoredEvent,
    models: &Models,
    rights: &Rights,
    rows: &HashMap<EntityKey, Map<String, Value>>,
) -> Option<Activity> {
    let model = models.model(&event.key.entity_type)?;
    let sees = |name: &&str| model.field(name).is_some_and(|field| rights.sees(field));
    // By their names of today, of which alone the rights know.
    let now = |name: &str| {
        let name = upcast::name_now(model, event.schema_version, name);
        Some(name).filter(sees).map(str::to_owned)
    };
    let changed = event.change.iter().flat_map(|change| &change.changed);
    let mut changed_keys: Vec<String> = changed.filter_map(|name| now(name)).collect();
    changed_keys.sort_unstable();
    let mut tx = event.declared();
    if let Some(tx) = &mut tx {
        tx.changed_field = tx.changed_field.take().and_then(|name| now(&name));
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
        changed_keys,
        created_at: time::from_millis(event.received_at),
        tx,
    })
}
