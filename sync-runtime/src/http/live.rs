//! `GET /events/live`: the stream as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};

use super::{
    App, Problem,
    messages::{self, StreamMessage},
    params::Params,
};
use crate::{
    feed::{Follower, View},
    metrics::Subscribed,
    principal::Principal,
    service::Inner,
};

/// How often a silent stream says that the connection is alive.
pub(super) const PING: Duration = Duration::from_secs(15);

pub(super) async fn get(
    State(service): App,
    principal: Principal,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let types = params.entity_types("channels", &service.models)?;
    // What is no text is no cursor either.
    let resumed = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or("?"));
    let since = resumed
        .filter(|id| !id.is_empty())
        .or_else(|| params.get("since"));
    let (scope, after) = service.position(&principal, since).await?;
    let end = service.end_of(&principal, &scope);
    let epoch = scope.epoch().to_owned();
    let view = View::new(scope, principal.rights(), types);
    let follower = service.feed.follow(&principal.tenant_id, after, view);
    let reader = Reader {
        _subscribed: service.metrics.subscribed("sse"),
        service,
        follower,
        caught_up: false,
        ping: Instant::now() + PING,
    };
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-cache"),
        // Proxies are not to collect it.
        ("x-accel-buffering", "no"),
    ];
    let service = reader.service.clone();
    let farewell = stream::once(async move {
        if service.is_closing() {
            Some(going_away())
        } else {
            (service.epoch.name() != epoch).then(cursor_expired)
        }
    });
    let chunks = reader.chunks().take_until(end);
    let body = Body::from_stream(chunks.chain(farewell.filter_map(std::future::ready)));
    Ok((headers, body).into_response())
}

/// The server goes: when to come back, once for those who know SSE and once for those who read the messages.
pub(super) fn going_away() -> Result<Bytes, Infallible> {
    let wait = messages::come_back_after();
    let message = StreamMessage::Error {
        code: messages::GOING_AWAY,
        retry_after_ms: Some(wait),
    };
    let text = format!("retry: {wait}\nevent: error\ndata: {}\n\n", message.json());
    Ok(text.into())
}

/// The log was restored: the reader starts again from snapshots.
fn cursor_expired() -> Result<Bytes, Infallible> {
    let message = StreamMessage::Error {
        code: "cursor_expired",
        retry_after_ms: None,
    };
    Ok(format!("event: error\ndata: {}\n\n", message.json()).into())
}

/// A stream's reader. It pulls from the log as fast as its client reads, so that a slow one holds a frame and no more.
struct Reader {
    service: Arc<Inner>,
    follower: Follower,
    caught_up: bool,
    ping: Instant,
    _subscribed: Subscribed,
}

impl Reader {
    /// What is written, some events at a time. A store that is away ends it; the client comes back with its cursor.
    fn chunks(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut reader| async move {
            let chunk = reader.next().await?;
            reader.ping = Instant::now() + PING;
            Some((Ok(chunk), reader))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let models = &self.service.models;
            let look = self
                .follower
                .look(|event, view| messages::entry(event, models, view))
                .await
                .inspect_err(|error| tracing::error!(%error, "a stream ends"))
                .ok()?;
            let events = look.frame.sse();
            if !look.has_more && !self.caught_up {
                self.caught_up = true;
                let caught_up = messages::caught_up(self.follower.view(), look.frame.scanned());
                return Some([&*events, caught_up.sse()].concat().into());
            }
            if !events.is_empty() {
                return Some(events);
            }
            if Instant::now() >= self.ping {
                return Some(Bytes::from_static(b": ping\n\n"));
            }
            if !look.has_more {
                // Out of time or not: it looks, and then says that it is alive.
                let _ = timeout_at(self.ping, self.follower.wait()).await;
            }
        }
    }
}
