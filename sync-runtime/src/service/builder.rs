//! What can be set before a service starts, and what keeps it from starting.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Config, Inner, SyncService};
use crate::{
    feed::Feed,
    guard::{AnyGuard, Guard, Typed},
    http::{Authenticator, body::Room},
    ingest::writer::Writer,
    notify::{MemoryNotifier, Notifier},
    openapi,
    registry::{GUARD_TIME, Models},
    schema::{self, Notification},
    semantics::hlc::DEFAULT_MAX_DRIFT_MS,
    store::{Store, StoreError, sqlite::SqliteStore},
    typed::EventModel,
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
    /// A guard of a model that the service does not have.
    #[error("a guard is set for `{0}`, which is no model of this service")]
    UnknownGuarded(String),
}

/// Builds a [`SyncService`].
#[must_use]
pub struct Builder {
    database: String,
    authenticator: Option<Arc<dyn Authenticator>>,
    models: Option<Models>,
    guards: BTreeMap<String, Vec<Arc<dyn AnyGuard>>>,
    guard_time: Duration,
    config: Config,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            database: "sqlite://sync.db".to_owned(),
            authenticator: None,
            models: None,
            guards: BTreeMap::new(),
            guard_time: GUARD_TIME,
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

    /// The application's own rules for a model, and what it does about its events. Several for one model are asked in the
    /// order in which they are set, and the first that refuses decides.
    pub fn guard<M: EventModel + Send + Sync>(mut self, guard: impl Guard<M>) -> Self {
        let guard: Arc<dyn AnyGuard> = Arc::new(Typed::<M, _>::new(guard));
        let entity = M::MODEL.entity.to_string();
        self.guards.entry(entity).or_default().push(guard);
        self
    }

    /// How much of one write transaction the guards of one tenant may take, two seconds unless set: the others wait for
    /// them. What is left of that tenant's guarded events is then told to come again.
    pub fn guard_time(mut self, time: Duration) -> Self {
        self.guard_time = time;
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
        let unknown = |entity: &&String| models.model(entity).is_none();
        if let Some(unknown) = self.guards.keys().find(unknown) {
            return Err(BuildError::UnknownGuarded(unknown.clone()));
        }
        let models = models.guarded(self.guards, self.guard_time);
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
