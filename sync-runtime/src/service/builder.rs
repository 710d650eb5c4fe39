//! What can be set before a service starts, and what keeps it from starting.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Config, Inner, SyncService};
use crate::{
    feed::Feed,
    http::{Authenticator, body::Room},
    ingest::writer::Writer,
    notify::{MemoryNotifier, Notifier},
    openapi,
    registry::Models,
    schema::{self, Notification},
    semantics::hlc::DEFAULT_MAX_DRIFT_MS,
    store::{Store, StoreError, sqlite::SqliteStore},
};

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

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            database: "sqlite://sync.db".to_owned(),
            authenticator: None,
            models: None,
            config: Config {
                prefix: "/api/v1".to_owned(),
                max_batch_events: 500,
                max_batch_bytes: 4 * 1024 * 1024,
                max_drift_ms: DEFAULT_MAX_DRIFT_MS,
                body_within: Duration::from_secs(30),
                max_bodies_bytes: 256 * 1024 * 1024,
            },
        }
    }

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

    /// How long a request's body may take to arrive: 30 s.
    pub fn body_within(mut self, limit: Duration) -> Self {
        self.config.body_within = limit;
        self
    }

    /// The most bytes of all bodies that are being read or answered: 256 MiB. Past it a request gets 503.
    pub fn max_bodies_bytes(mut self, max: usize) -> Self {
        self.config.max_bodies_bytes = max;
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
        let feed = Feed::new(models.clone(), store.clone(), notifier.clone());
        let (writer, writing) = Writer::start(models.clone(), store.clone(), feed.clone()).await?;
        Ok(SyncService {
            inner: Arc::new(Inner {
                models,
                store,
                notifier,
                feed,
                writer,
                authenticator,
                room: Room::new(self.config.max_bodies_bytes),
                config: self.config,
                openapi,
                closing: CancellationToken::new(),
                _writing: writing,
            }),
        })
    }
}
