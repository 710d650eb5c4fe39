//! Waiting for what is to come of a shape.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse as _, Response},
};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::{
    select,
    time::{Instant, timeout_at},
};

use super::{
    answer::{self, Answer, CURSOR, HANDLE, NO_STORE, OFFSET},
    request::{How, Request},
};
use crate::{
    feed::{Follower, Form, Look, Record, View},
    http::Problem,
    metrics::Subscribed,
    principal::Principal,
    service::Inner,
    shapes::{Changes, Offset, Shape, up_to_date},
    store::Result as StoreResult,
};

/// How long a request is held.
const LONG_POLL: Duration = Duration::from_secs(20);
/// How long one is held that hears of nothing but that others' shapes have moved on. Clients that read several shapes
/// wait for all of them.
const OF_OTHERS: Duration = Duration::from_millis(500);
/// How long a stream goes on before the client comes again.
const STREAM: Duration = Duration::from_secs(60);
/// How often a silent stream says that the connection is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(21);
/// About how many messages an answer has.
const ENOUGH: usize = 1_000;

/// Answers when there is something after a position.
pub(super) async fn follow(
    service: Arc<Inner>,
    principal: Principal,
    request: Request,
    view: View,
    after: u64,
) -> Result<Response, Problem> {
    let end = service.end_of(&principal, view.scope());
    let transport = match request.how {
        How::Sse => "shape_sse",
        How::Now | How::LongPoll => "shape",
    };
    let view = view.in_form(Form::Shape(request.shape.number));
    let follower = service.feed.follow(&principal.tenant_id, after, view);
    let cursor = answer::cursor(LONG_POLL, request.cursor);
    let reader = Reader {
        _subscribed: service.metrics.subscribed(transport),
        service,
        follower,
        shape: request.shape,
        caught_up: false,
        after,
    };
    if request.how == How::Sse {
        let headers = [
            (header::CONTENT_TYPE, "text/event-stream".to_owned()),
            (HANDLE, request.handle),
            (OFFSET, Offset::At(after).to_string()),
            (CURSOR, cursor.to_string()),
            // Proxies are not to collect it.
            (
                header::HeaderName::from_static("x-accel-buffering"),
                "no".to_owned(),
            ),
        ];
        let chunks = reader.chunks().take_until(async move {
            select! {
                () = end => {}
                () = tokio::time::sleep(STREAM) => {}
            }
        });
        let no_store = [(header::CACHE_CONTROL, NO_STORE)];
        return Ok((headers, no_store, Body::from_stream(chunks)).into_response());
    }
    let (messages, seq, has_more) = reader.poll(end).await?;
    let answer = match has_more {
        true => Answer::data(messages, Offset::At(seq)),
        false => Answer::up_to_date(messages, seq),
    };
    Ok(answer.live(&request.handle, cursor).into_response())
}

/// One who waits.
struct Reader {
    service: Arc<Inner>,
    follower: Follower,
    shape: Shape,
    caught_up: bool,
    /// Where he was last.
    after: u64,
    _subscribed: Subscribed,
}

impl Reader {
    async fn look(&mut self) -> StoreResult<Look> {
        let changes = Changes {
            store: &*self.service.store,
            models: &self.service.models,
            shape: &self.shape,
        };
        let look = self.follower.look_written(&changes).await?;
        self.after = look.frame.scanned();
        Ok(look)
    }

    /// What comes within a while, where that ends, and whether there is more at once.
    async fn poll(
        mut self,
        end: impl Future<Output = ()>,
    ) -> StoreResult<(Vec<String>, u64, bool)> {
        let mut end = std::pin::pin!(end);
        let mut until = Instant::now() + LONG_POLL;
        let mut messages: Vec<String> = Vec::new();
        loop {
            let look = self.look().await?;
            let records = look.frame.records().iter();
            messages.extend(records.map(|record| record.text().to_string()));
            let done = look.frame.has_news() && !look.has_more;
            if done || messages.len() >= ENOUGH {
                return Ok((messages, self.after, look.has_more));
            }
            if look.has_more {
                continue;
            }
            if !messages.is_empty() {
                until = until.min(Instant::now() + OF_OTHERS);
            }
            select! {
                () = &mut end => return Ok((messages, self.after, false)),
                waited = timeout_at(until, self.follower.wait()) => {
                    if waited.is_err() {
                        return Ok((messages, self.after, false));
                    }
                }
            }
        }
    }

    fn chunks(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut reader| async move {
            let chunk = reader.next().await?;
            Some((Ok(chunk), reader))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        let alive = Instant::now() + KEEP_ALIVE;
        loop {
            let look = self
                .look()
                .await
                .inspect_err(|error| tracing::error!(%error, "a stream of a shape ends"))
                .ok()?;
            let changes = look.frame.sse();
            let first = !look.has_more && !self.caught_up;
            self.caught_up |= first;
            if first && changes.is_empty() {
                // A client keeps back what it is told until it hears that this is all.
                let caught_up = Record::data(&up_to_date(self.after, &[]));
                return Some(caught_up.sse().clone());
            }
            if !changes.is_empty() {
                return Some(changes);
            }
            if Instant::now() >= alive {
                return Some(Bytes::from_static(b": keep-alive\n\n"));
            }
            if !look.has_more {
                let _ = timeout_at(alive, self.follower.wait()).await;
            }
        }
    }
}
