//! The backend as one value: built once, then a router and a way in for Rust code.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    feed::{
        Feed,
        cursor::{CursorError, Scope},
    },
    http::{self, Authenticator, Problem},
    ingest::writer::Writer,
    notify::{MemoryNotifier, Notifier},
    openapi,
    principal::Principal,
    registry::Models,
    schema::{self, Notification},
    semantics::hlc::DEFAULT_MAX_DRIFT_MS,
    store::{Store, StoreError, sqlite::SqliteStore},
};

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
/// axum::serve(listener, sync.router()).await?;
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
    pub(crate) notifier: Arc<dyn Notifier>,
    pub(crate) feed: Feed,
    pub(crate) writer: Writer,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) config: Config,
    /// As JSON and as YAML.
    pub(crate) openapi: (String, String),
    closing: CancellationToken,
    _writing: JoinHandle<()>,
}

/// What can be set.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) prefix: String,
    pub(crate) max_batch_events: usize,
    pub(crate) max_batch_bytes: usize,
    pub(crate) max_drift_ms: u64,
}

/// Why a backend does not start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No struct of this program derives `Syncable`.
    #[error(
        "no model is linked into this program: add `#[derive(Syncable)]` to a struct, and name its crate if it is a dependency"
    )]
    NoModels,
    /// Models that do not go together.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Schema(Vec<schema::Problem>),
    /// A model asks for a notification backend that is not there.
    #[error(
        "`{model}` asks for notification = \"{name}\", which is not built yet; leave the key out, or write \"memory\""
    )]
    NoNotification {
        /// The model's name on the wire.
        model: String,
        /// The backend.
        name: &'static str,
    },
    /// Nobody says who a token stands for.
    #[error("set an authenticator: `.authenticator(…)`; for development there is `DevTokens`")]
    NoAuthenticator,
    /// The database cannot be used.
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    /// A URL of a database that is not known.
    #[error("`{0}` is no database that this version knows; expected `sqlite://path`")]
    UnknownDatabase(String),
}

/// Builds a [`SyncService`].
#[must_use]
pub struct Builder {
    database: String,
    authenticator: Option<Arc<dyn Authenticator>>,
    models: Option<Models>,
    config: Config,
}

impl SyncService {
    /// A builder with the defaults: SQLite in `sync.db`, the prefix `/api/v1`, all models that are linked.
    pub fn builder() -> Builder {
        Builder {
            database: "sqlite://sync.db".to_owned(),
            authenticator: None,
            models: None,
            config: Config {
                prefix: "/api/v1".to_owned(),
                max_batch_events: 500,
                max_batch_bytes: 4 * 1024 * 1024,
                max_drift_ms: DEFAULT_MAX_DRIFT_MS,
            },
        }
    }

    /// All routes; merge it into the application's own router.
    pub fn router(&self) -> axum::Router {
        http::router(self.inner.clone())
    }

    /// What was declared.
    pub fn models(&self) -> &Models {
        &self.inner.models
    }

    /// Tells streams to go; they reconnect elsewhere from their cursors. Requests under way are answered.
    pub fn close(&self) {
        self.inner.closing.cancel();
    }
}

impl Builder {
    /// Where the log is: `sqlite://path`.
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.database = url.into();
        self
    }

    /// Who says what a bearer token stands for.
    pub fn authenticator(mut self, authenticator: impl Authenticator) -> Self {
        self.authenticator = Some(Arc::new(authenticator));
        self
    }

    /// These models instead of all that are linked.
    pub fn models(mut self, models: Models) -> Self {
        self.models = Some(models);
        self
    }

    /// What all routes but `/health` and `/openapi.*` stand under.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.config.prefix = prefix.into().trim_end_matches('/').to_owned();
        self
    }

    /// The most events of a batch.
    pub fn max_batch_events(mut self, max: usize) -> Self {
        self.config.max_batch_events = max;
        self
    }

    /// The most bytes of a batch.
    pub fn max_batch_bytes(mut self, max: usize) -> Self {
        self.config.max_batch_bytes = max;
        self
    }

    /// How far ahead of the server's clock a stamp may be.
    pub fn max_drift(mut self, max: Duration) -> Self {
        self.config.max_drift_ms = u64::try_from(max.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Opens the database and starts the writer.
    ///
    /// # Errors
    ///
    /// What keeps the backend from starting, and what to do about it.
    pub async fn build(self) -> Result<SyncService, BuildError> {
        let models = match self.models {
            Some(models) => models,
            None => Models::linked().map_err(BuildError::Schema)?,
        };
        if models.schema().models().is_empty() {
            return Err(BuildError::NoModels);
        }
        for model in models.schema().models() {
            if let Some(other) = model
                .notification
                .filter(|kind| *kind != Notification::Memory)
            {
                return Err(BuildError::NoNotification {
                    model: model.entity.to_string(),
                    name: other.name(),
                });
            }
        }
        let authenticator = self.authenticator.ok_or(BuildError::NoAuthenticator)?;
        let document = openapi::document(models.schema(), &self.config.prefix);
        let openapi = (openapi::to_json(&document), openapi::to_yaml(&document));
        let store: Arc<dyn Store> = match self.database.split_once(':') {
            Some(("sqlite", _)) => Arc::new(SqliteStore::open(&self.database).await?),
            _ => return Err(BuildError::UnknownDatabase(self.database)),
        };
        store.prepare(models.schema()).await?;
        let models = Arc::new(models);
        let notifier: Arc<dyn Notifier> = Arc::new(MemoryNotifier::default());
        let feed = Feed::new(store.clone(), notifier.clone());
        let (writer, writing) = Writer::start(models.clone(), store.clone(), feed.clone()).await?;
        Ok(SyncService {
            inner: Arc::new(Inner {
                models,
                store,
                notifier,
                feed,
                writer,
                authenticator,
                config: self.config,
                openapi,
                closing: CancellationToken::new(),
                _writing: writing,
            }),
        })
    }
}

impl Inner {
    /// What the cursors of a principal have in common.
    pub(crate) fn scope(&self, principal: &Principal) -> Scope {
        Scope::new(
            self.store.epoch(),
            &principal.tenant_id,
            &self.models,
            &principal.rights(),
        )
    }

    /// The position of a cursor; the start of the log where there is none.
    pub(crate) async fn try_position(
        &self,
        principal: &Principal,
        scope: &Scope,
        cursor: Option<&str>,
    ) -> Result<Result<u64, CursorError>, StoreError> {
        let Some(cursor) = cursor else {
            return Ok(Ok(0));
        };
        let last = self.store.last_seq(&principal.tenant_id).await?;
        Ok(scope.position(cursor, last))
    }

    /// The same, with the problem that a client gets.
    pub(crate) async fn position(
        &self,
        principal: &Principal,
        scope: &Scope,
        cursor: Option<&str>,
    ) -> Result<u64, Problem> {
        Ok(self.try_position(principal, scope, cursor).await??)
    }

    /// Ends when the service closes.
    pub(crate) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Ends when a principal's token does, or the service closes.
    pub(crate) fn end_of(
        self: &Arc<Self>,
        principal: &Principal,
    ) -> impl Future<Output = ()> + use<> {
        let (closing, expires) = (self.closing.clone(), principal.expires_at);
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
            }
        }
    }
}
