//! The backend as one value: built once, then a router and a way in for Rust code.

mod builder;
mod epoch;
mod shutdown;

use std::{future::Future, sync::Arc, time::SystemTime};

use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    feed::{
        Feed,
        cursor::{CursorError, Scope},
    },
    http::{self, Authenticator, Problem, body::Room, limits::RateLimits},
    ingest::writer::Writer,
    metrics::Metrics,
    notify::Notifiers,
    principal::Principal,
    registry::Models,
    settings::Settings,
    store::{Store, StoreError},
};

pub(crate) use epoch::Epoch;

pub use builder::{BuildError, Builder};

/// A running backend.
///
/// ```no_run
/// # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
/// use sync_runtime::{DevTokens, SyncService};
///
/// let sync = SyncService::builder()
///     .database("sqlite://restaurant.db")
///     .authenticator(DevTokens)
///     .build()
///     .await?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8787").await?;
/// sync_runtime::serve(listener, sync.router()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SyncService {
    pub(crate) inner: Arc<Inner>,
}

/// What the handlers share.
pub(crate) struct Inner {
    pub(crate) models: Arc<Models>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) epoch: Arc<Epoch>,
    pub(crate) notifiers: Arc<Notifiers>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) feed: Feed,
    pub(crate) writer: Writer,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) config: Settings,
    pub(crate) room: Room,
    pub(crate) limits: RateLimits,
    /// The WebSockets that are open.
    pub(crate) streams: TaskTracker,
    /// The service is about to close.
    pub(crate) leaving: CancellationToken,
    /// As JSON and as YAML.
    pub(crate) openapi: (String, String),
    closing: CancellationToken,
    _writing: JoinHandle<()>,
}

impl SyncService {
    /// A builder with the defaults: SQLite in `sync.db`, the prefix `/api/v1`, all models that are linked.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// All routes; merge it into the application's own router.
    pub fn router(&self) -> axum::Router {
        http::router(self.inner.clone())
    }

    /// What was declared.
    pub fn models(&self) -> &Models {
        &self.inner.models
    }
}

impl Inner {
    /// What the cursors of a principal have in common.
    pub(crate) fn scope(&self, principal: &Principal) -> Scope {
        Scope::new(
            &self.epoch.name(),
            &principal.tenant_id,
            &self.models,
            &principal.rights(),
        )
    }

    /// The position of a cursor, or the start of the log where there is none, and the scope of the cursors to come.
    pub(crate) async fn try_position(
        &self,
        principal: &Principal,
        cursor: Option<&str>,
    ) -> Result<Result<(Scope, u64), CursorError>, StoreError> {
        let Some(cursor) = cursor else {
            return Ok(Ok((self.scope(principal), 0)));
        };
        let end = self.store.end(&principal.tenant_id).await?;
        self.epoch.learn(end.epoch);
        let scope = self.scope(principal);
        Ok(scope
            .position(cursor, end.seq)
            .map(|position| (scope, position)))
    }

    /// The same, with the problem that a client gets.
    pub(crate) async fn position(
        &self,
        principal: &Principal,
        cursor: Option<&str>,
    ) -> Result<(Scope, u64), Problem> {
        Ok(self.try_position(principal, cursor).await??)
    }

    /// Whether the service has been told to stop.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.is_cancelled()
    }

    /// Ends when the service closes.
    pub(crate) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Ends when a principal's token does, the log of his cursors is another, or the service closes.
    pub(crate) fn end_of(
        self: &Arc<Self>,
        principal: &Principal,
        scope: &Scope,
    ) -> impl Future<Output = ()> + use<> {
        let (closing, expires) = (self.closing.clone(), principal.expires_at);
        let renewed = self.epoch.renewed(scope.epoch().to_owned());
        async move {
            let expired = async {
                match expires {
                    Some(end) => {
                        let left = end.duration_since(SystemTime::now()).unwrap_or_default();
                        tokio::time::sleep(left).await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = closing.cancelled() => {}
                () = expired => {}
                () = renewed => {}
            }
        }
    }
}
