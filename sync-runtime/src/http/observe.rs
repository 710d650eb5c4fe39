//! Every request has an id, a span in the log and a place in the metrics.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::service::Inner;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over from a client or a proxy.
const MAX_ID: usize = 128;

pub(super) async fn observe(
    State(service): State<Arc<Inner>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = id_of(&request);
    let text = id.to_str().unwrap_or_default().to_owned();
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = request.method().clone();
    let route = match request.extensions().get::<MatchedPath>() {
        Some(path) => path.as_str().to_owned(),
        None => "none".to_owned(),
    };
    // At the level of errors, so that these have it whatever is filtered. Not the query: it may hold what is nobody's
    // business.
    let span = tracing::error_span!("request", id = text, %method, route);
    let start = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), start.elapsed());
    // A stream's head tells nothing of how long it goes on.
    let is_stream = !route.starts_with("/health")
        && ["/live", "/events/stream", "/v1/shape"]
            .iter()
            .any(|end| route.ends_with(end));
    service.metrics.request(
        &route,
        method.as_str(),
        status,
        (!is_stream).then_some(took),
    );
    span.in_scope(|| tracing::debug!(status, ?took, "answered"));
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The id that the request came with, if it is a decent one, else a new one.
fn id_of(request: &Request) -> HeaderValue {
    let decent = |id: &&HeaderValue| {
        let bytes = id.as_bytes();
        (1..=MAX_ID).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    request
        .headers()
        .get(REQUEST_ID)
        .filter(decent)
        .cloned()
        .or_else(|| HeaderValue::from_str(&Uuid::new_v4().to_string()).ok())
        .unwrap_or(HeaderValue::from_static("unknown"))
}
