//! What lies around all routes where the settings say so: CORS and compression.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header},
};
use tower_http::{
    compression::CompressionLayer,
    cors::{AllowOrigin, CorsLayer},
    decompression::RequestDecompressionLayer,
};

use super::shape::SHAPE_HEADERS;
use crate::{service::Inner, settings::Settings};

/// How long a browser may go by what a preflight said.
const PREFLIGHT_HOLDS: Duration = Duration::from_secs(3_600);

/// A router with its layers.
pub(super) fn around(mut router: Router<Arc<Inner>>, settings: &Settings) -> Router<Arc<Inner>> {
    if settings.compression {
        // Streams are left alone: a compressor would keep back what is to go out at once. The limit of a body counts
        // what comes out of here.
        router = router
            .layer(RequestDecompressionLayer::new())
            .layer(CompressionLayer::new());
    }
    if !settings.cors_origins.is_empty() {
        router = router.layer(cors(&settings.cors_origins));
    }
    router
}

/// Tokens travel in a header and not in cookies, so that credentials need not be allowed.
fn cors(origins: &[String]) -> CorsLayer {
    let request_id = HeaderName::from_static("x-request-id");
    let origins = match origins.iter().any(|origin| origin == "*") {
        true => AllowOrigin::any(),
        false => AllowOrigin::list(
            origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok()),
        ),
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::CONTENT_ENCODING,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            HeaderName::from_static("last-event-id"),
            request_id.clone(),
        ])
        .expose_headers(
            [
                header::ETAG,
                header::LOCATION,
                header::RETRY_AFTER,
                request_id,
            ]
            .into_iter()
            .chain(SHAPE_HEADERS)
            .collect::<Vec<_>>(),
        )
        .max_age(PREFLIGHT_HOLDS)
}
