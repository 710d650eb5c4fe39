//! The backend's HTTP: each route in a file of its own.

mod auth;
mod batch;
pub(crate) mod body;
mod entities;
mod history;
mod layers;
pub(crate) mod limits;
mod live;
mod messages;
mod meta;
mod observe;
mod params;
mod problem;
mod since;
mod snapshots;
mod stream;

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{any, get, post},
};

pub use auth::{AuthError, Authenticator, DevTokens};
#[cfg(feature = "admin")]
pub(crate) use messages::EventMessage;
pub use problem::Problem;

use crate::service::Inner;

/// What every handler is given.
type App = axum::extract::State<Arc<Inner>>;

/// All routes of a service: those under the prefix, and `/health` and `/openapi.*` at the root.
pub(crate) fn router(service: Arc<Inner>) -> Router {
    let mut api = Router::new()
        .route("/events/batch", post(batch::post))
        .route("/events/since", get(since::get))
        .route("/events/snapshots", get(snapshots::get))
        .route(
            "/events/history/{entity_type}/{entity_id}",
            get(history::get),
        );
    for model in service.models.schema().models() {
        let (list, one) = (
            model.entity.clone().into_owned(),
            model.entity.clone().into_owned(),
        );
        api = api
            .route(
                &format!("/{}", model.path),
                get(move |app: App, principal, params| {
                    entities::list(app, list.clone(), principal, params)
                }),
            )
            .route(
                &format!("/{}/{{id}}", model.path),
                get(move |app: App, principal, id| entities::one(app, one.clone(), principal, id)),
            );
    }
    if let Some(limit) = service.config.request_timeout() {
        api = api.layer(from_fn_with_state(limit, limits::in_time));
    }
    let api = api
        // These go on and on.
        .route("/events/stream", get(stream::get))
        .route("/events/live", get(live::get))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method);
    let api = match &*service.config.prefix {
        "" => api,
        prefix => Router::new()
            .nest(prefix, api)
            .route(prefix, any(problem::no_such_route))
            .route(&format!("{prefix}/"), any(problem::no_such_route)),
    };
    let mut api = api
        .route("/health", get(meta::health))
        .route("/health/live", get(meta::live))
        .route("/health/ready", get(meta::ready))
        .route("/openapi.json", get(meta::openapi_json))
        .route("/openapi.yaml", get(meta::openapi_yaml));
    if service.config.metrics {
        api = api.route("/metrics", get(meta::metrics));
    }
    layers::around(api, &service.config)
        .layer(from_fn_with_state(service.clone(), observe::observe))
        .with_state(service)
}
