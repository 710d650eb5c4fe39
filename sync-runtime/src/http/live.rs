//! `GET /events/live`: the stream as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, StreamExt as _, stream};

use super::{
    App, Problem,
    messages::{EventMessage, StreamMessage},
    params::Params,
};
use crate::{
    feed::{Follower, cursor::Scope},
    ingest::writer::unix_millis,
    principal::Principal,
    semantics::access::Rights,
    service::Inner,
};

/// How often a comment says that the connection is alive.
pub(super) const PING: Duration = Duration::from_secs(15);

pub(super) async fn get(
    State(service): App,
    principal: Principal,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let types = params.entity_types("channels", &service.models)?;
    let scope = service.scope(&principal);
    // What is no text is no cursor either.
    let resumed = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or("?"));
    let since = resumed
        .filter(|id| !id.is_empty())
        .or_else(|| params.get("since"));
    let after = service.position(&principal, &scope, since).await?;
    let follower = service
        .feed
        .follow(&principal.tenant_id, after, types)
        .await;
    let end = service.end_of(&principal);
    let events = messages(service, follower, scope, principal.rights()).take_until(end);
    let pings = KeepAlive::new().interval(PING).text("ping");
    let mut response = Sse::new(events).keep_alive(pings).into_response();
    response.headers_mut().insert(
        "x-accel-buffering",
        axum::http::HeaderValue::from_static("no"),
    );
    Ok(response)
}

/// The messages of a follower, one look after the other. It pulls from the log as fast as the reader reads, so that a
/// slow one holds a page and no more.
fn messages(
    service: Arc<Inner>,
    follower: Follower,
    scope: Scope,
    rights: Rights,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let start = (follower, false);
    stream::unfold(start, move |(mut follower, mut caught_up)| {
        let (service, scope, rights) = (service.clone(), scope.clone(), rights.clone());
        async move {
            loop {
                // A store that is away ends the stream; the client comes back with its cursor.
                let look = follower.look().await.ok()?;
                let mut page: Vec<Result<Event, Infallible>> = look
                    .events
                    .iter()
                    .map(|event| {
                        let cursor = scope.cursor(event.seq);
                        let message = StreamMessage::Event {
                            channel: &event.key.entity_type,
                            event: EventMessage::of(event, &service.models, &rights),
                            cursor: cursor.clone(),
                        };
                        Ok(Event::default()
                            .event("event")
                            .id(cursor)
                            .data(message.json()))
                    })
                    .collect();
                if !look.has_more && !caught_up {
                    caught_up = true;
                    let cursor = scope.cursor(look.scanned);
                    let message = StreamMessage::CaughtUp {
                        cursor: cursor.clone(),
                        seq: look.scanned,
                        server_time: unix_millis(),
                    };
                    page.push(Ok(Event::default()
                        .event("caught_up")
                        .id(cursor)
                        .data(message.json())));
                }
                if !page.is_empty() {
                    return Some((stream::iter(page), (follower, caught_up)));
                }
                if !look.has_more {
                    follower.wait().await;
                }
            }
        }
    })
    .flatten()
}
