//! The backend's HTTP: each route in a file of its own.

mod activities;
mod auth;
mod batch;
pub(crate) mod body;
mod entities;
mod etag;
mod history;
mod json;
mod layers;
pub(crate) mod limits;
mod live;
mod messages;
mod meta;
mod observe;
mod params;
mod plain;
mod problem;
mod rows;
mod shape;
mod since;
mod snapshots;
mod stream;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    middleware::from_fn_with_state,
    routing::{MethodRouter, any, get, post},
};

pub use auth::{AuthError, Authenticator, DevTokens};
#[cfg(feature = "admin")]
pub(crate) use messages::EventMessage;
pub use problem::Problem;

use crate::{
    principal::Principal,
    schema::{Mode, Model},
    service::Inner,
};

/// Where shapes are.
const SHAPE: &str = "/v1/shape";

/// What every handler is given.
type App = axum::extract::State<Arc<Inner>>;
/// Who asks; a stranger's body is read before he is sent away.
type Who = Result<Principal, Problem>;

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
        api = api
            .route(&format!("/{}", model.path), of_all(model))
            .route(&format!("/{}/{{id}}", model.path), of_one(model));
    }
    if let Some(limit) = service.config.request_timeout() {
        api = api.layer(from_fn_with_state(limit, limits::in_time));
    }
    let api = api
        // These go on and on.
        .route("/events/stream", get(stream::get))
        .route("/events/live", get(live::get))
        .route("/live", get(activities::of_own_tenant))
        .route("/organizations/{tenant}/live", get(activities::of_tenant))
        .route(SHAPE, get(shape::get))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method);
    let api = match &*service.config.prefix {
        "" => api,
        prefix => Router::new()
            .nest(prefix, api)
            .route(prefix, any(problem::no_such_route))
            .route(&format!("{prefix}/"), any(problem::no_such_route))
            // Where Electric's own service has it.
            .route(SHAPE, get(shape::get)),
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

/// The routes of all entities of a model.
fn of_all(model: &Model) -> MethodRouter<Arc<Inner>> {
    let name = || model.entity.to_string();
    let entity = name();
    let routes = get(move |app: App, principal, params| {
        entities::list(app, entity.clone(), principal, params)
    });
    let entity = name();
    match model.mode {
        Mode::Events => routes,
        Mode::Rows => routes.post(move |app: App, principal: Who, body: Body| {
            rows::create(app, entity.clone(), principal, body)
        }),
        Mode::Api => routes.post(move |app: App, principal: Who, body: Body| {
            plain::create(app, entity.clone(), principal, body)
        }),
    }
}

/// The routes of one entity of a model.
fn of_one(model: &Model) -> MethodRouter<Arc<Inner>> {
    let name = || model.entity.to_string();
    let entity = name();
    let routes = get(move |app: App, principal, id, headers| {
        entities::one(app, entity.clone(), principal, id, headers)
    });
    let (changed, ended) = (name(), name());
    match model.mode {
        Mode::Events => routes,
        Mode::Rows => routes
            .patch(move |app: App, principal: Who, id, body: Body| {
                rows::update(app, changed.clone(), principal, id, body)
            })
            .delete(move |app: App, principal: Who, id, body: Body| {
                rows::delete(app, ended.clone(), principal, id, body)
            }),
        Mode::Api => routes
            .patch(move |app: App, principal: Who, id, headers, body: Body| {
                plain::update(app, changed.clone(), principal, id, headers, body)
            })
            .delete(move |app: App, principal, id, headers| {
                plain::delete(app, ended.clone(), principal, id, headers)
            }),
    }
}
