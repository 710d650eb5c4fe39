//! What can be set before a service starts, and what keeps it from starting.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Epoch, Inner, SyncService};
use crate::{
    feed::Feed,
    guard::{AnyGuard, Guard, Typed},
    http::{Authenticator, body::Room, limits::RateLimits},
    ingest::writer::Writer,
    metrics::Metrics,
    notify::{NotificationError, Notifier, Notifiers},
    openapi,
    registry::{GUARD_TIME, Models},
    schema,
    settings::{Settings, SettingsError},
    store::{self, Migrate, Migrations, Store, StoreError},
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
    /// A notification backend that a model or the settings ask for cannot be used.
    #[error(transparent)]
    Notification(#[from] NotificationError),
    /// A setting that makes no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Nobody says who a token stands for.
    #[error("set an authenticator: `.authenticator(…)`; for development there is `DevTokens`")]
    NoAuthenticator,
    /// The database cannot be used.
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    /// A URL of a database that is not known.
    #[error(
        "`{0}` is no database that this program knows; expected {known}",
        known = store::SCHEMES.join(" or ")
    )]
    UnknownDatabase(String),
    /// A URL of a database that this program was built without.
    #[error(
        "`{scheme}:…` is {database}, which this program was built without: switch on the feature `{feature}` of \
         sync-runtime in Cargo.toml"
    )]
    NoDatabaseFeature {
        /// Of the URL.
        scheme: String,
        /// What it names.
        database: &'static str,
        /// What is to be switched on.
        feature: &'static str,
    },
    /// A guard of a model that the service does not have.
    #[error("a guard is set for `{0}`, which is no model of this service")]
    UnknownGuarded(String),
    /// The database lacks something, and is not to be changed by this program.
    #[error(
        "the database is not as this program needs it; run this SQL, or let it be applied:\n\n{0}"
    )]
    Migrations(Migrations),
}

/// What code sets.
type Setting = Box<dyn FnOnce(&mut Settings) + Send>;

/// Builds a [`SyncService`].
#[must_use]
pub struct Builder {
    authenticator: Option<Arc<dyn Authenticator>>,
    models: Option<Models>,
    guards: BTreeMap<String, Vec<Arc<dyn AnyGuard>>>,
    guard_time: Duration,
    notifier: Option<Arc<dyn Notifier>>,
    settings: Settings,
    /// What code sets lies over the settings, whichever came first.
    set: Vec<Setting>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            authenticator: None,
            models: None,
            guards: BTreeMap::new(),
            guard_time: GUARD_TIME,
            notifier: None,
            settings: Settings::default(),
            set: Vec::new(),
        }
    }

    /// Settings from a file and the environment: `.settings(Settings::load()?)`. What the builder's other methods set
    /// lies over them.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets what has no method of its own here: `.set(|settings| settings.metrics = true)`.
    pub fn set(mut self, set: impl FnOnce(&mut Settings) + Send + 'static) -> Self {
        self.set.push(Box::new(set));
        self
    }

    /// A notification backend of the application's own, for models that name none.
    pub fn notifier(mut self, notifier: impl Notifier) -> Self {
        self.notifier = Some(Arc::new(notifier));
        self
    }

    /// Where the log is: `sqlite://path`, or with the feature `postgres` `postgres://user:password@host/name`.
    pub fn database(self, url: impl Into<String>) -> Self {
        let url = url.into();
        self.set(|settings| settings.database_url = url)
    }

    /// What is done where the database lacks a table or a column: it is made, unless said otherwise.
    pub fn migrate(self, migrate: Migrate) -> Self {
        self.set(move |settings| settings.migrate = migrate)
    }

    /// What the database lacks, as SQL for whoever keeps it; nothing is changed. Needs no authenticator.
    ///
    /// # Errors
    ///
    /// The models or the database cannot be read.
    pub async fn migrations(self) -> Result<Migrations, BuildError> {
        let models = match self.models {
            Some(models) => models,
            None => Models::linked().map_err(BuildError::Schema)?,
        };
        let mut settings = self.settings;
        for set in self.set {
            set(&mut settings);
        }
        let store = open(&settings.database_url).await?;
        Ok(store.pending(models.schema()).await?)
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
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        self.set(|settings| settings.prefix = prefix)
    }

    /// The most events of a batch.
    pub fn max_batch_events(self, max: usize) -> Self {
        self.set(move |settings| settings.max_batch_events = max)
    }

    /// The most bytes of a batch.
    pub fn max_batch_bytes(self, max: usize) -> Self {
        self.set(move |settings| settings.max_batch_bytes = max)
    }

    /// How far ahead of the server's clock a stamp may be.
    pub fn max_drift(self, max: Duration) -> Self {
        let ms = u64::try_from(max.as_millis()).unwrap_or(u64::MAX);
        self.set(move |settings| settings.max_drift_ms = ms)
    }

    /// How long a request's body may take to arrive: 30 s.
    pub fn body_within(self, limit: Duration) -> Self {
        let ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        self.set(move |settings| settings.body_within_ms = ms)
    }

    /// The most bytes of all bodies that are being read or answered: 256 MiB. Past it a request gets 503.
    pub fn max_bodies_bytes(self, max: usize) -> Self {
        self.set(move |settings| settings.max_bodies_bytes = max)
    }

    /// Opens the database and starts the writer.
    ///
    /// # Errors
    ///
    /// What keeps the backend from starting, and what to do about it.
    pub async fn build(self) -> Result<SyncService, BuildError> {
        let settings = resolved(self.settings, self.set)?;
        let models = linked(self.models)?;
        let unknown = |entity: &&String| models.model(entity).is_none();
        if let Some(unknown) = self.guards.keys().find(unknown) {
            return Err(BuildError::UnknownGuarded(unknown.clone()));
        }
        let models = models.guarded(self.guards, self.guard_time);
        let authenticator = self.authenticator.ok_or(BuildError::NoAuthenticator)?;
        let offered = openapi::Options {
            prefix: settings.prefix.clone(),
            max_batch_events: settings.max_batch_events,
            rate_limited: settings.is_rate_limited(),
        };
        let document = openapi::document(models.schema(), &offered);
        let openapi = (openapi::to_json(&document), openapi::to_yaml(&document));
        let store = opened(&settings, &models).await?;
        let epoch = Epoch::new(store.epoch().await?);
        let metrics = Arc::new(Metrics::default());
        let notifiers = Notifiers::of(models.schema(), &settings, self.notifier, &metrics).await?;
        let notifiers = Arc::new(notifiers);
        let models = Arc::new(models);
        let feed = Feed::new(
            models.clone(),
            store.clone(),
            notifiers.clone(),
            metrics.clone(),
        );
        let (writer, writing) = Writer::start(models.clone(), store.clone(), feed.clone()).await?;
        let closing = CancellationToken::new();
        let every = Duration::from_millis(settings.notification_look_again_ms);
        tokio::spawn(Epoch::keep_watch(
            Arc::downgrade(&epoch),
            Arc::downgrade(&store),
            every,
            closing.clone(),
        ));
        Ok(SyncService {
            inner: Arc::new(Inner {
                models,
                store,
                epoch,
                notifiers,
                metrics,
                feed,
                writer,
                authenticator,
                limits: RateLimits::new(&settings),
                streams: TaskTracker::new(),
                leaving: CancellationToken::new(),
                room: Room::new(settings.max_bodies_bytes),
                config: settings,
                openapi,
                closing,
                _writing: writing,
            }),
        })
    }

    /// The models and the database alone, with nothing that serves.
    #[cfg(feature = "admin")]
    pub(crate) async fn open(self) -> Result<(Arc<Models>, Arc<dyn Store>), BuildError> {
        let settings = resolved(self.settings, self.set)?;
        let models = linked(self.models)?;
        let store = opened(&settings, &models).await?;
        Ok((Arc::new(models), store))
    }
}

/// The settings, with what code sets over them.
fn resolved(mut settings: Settings, set: Vec<Setting>) -> Result<Settings, BuildError> {
    for set in set {
        set(&mut settings);
    }
    settings
        .prefix
        .truncate(settings.prefix.trim_end_matches('/').len());
    settings.check()?;
    Ok(settings)
}

/// These models, or all that are linked.
fn linked(models: Option<Models>) -> Result<Models, BuildError> {
    let models = match models {
        Some(models) => models,
        None => Models::linked().map_err(BuildError::Schema)?,
    };
    if models.schema().models().is_empty() {
        return Err(BuildError::NoModels);
    }
    Ok(models)
}

/// The database, with all that the models need.
async fn opened(settings: &Settings, models: &Models) -> Result<Arc<dyn Store>, BuildError> {
    let store = open(&settings.database_url).await?;
    match settings.migrate {
        Migrate::Apply => {
            for step in store.migrate(models.schema()).await?.steps {
                tracing::info!(
                    purpose = step.purpose,
                    "the database was brought up to date"
                );
            }
        }
        Migrate::Refuse => {
            let pending = store.pending(models.schema()).await?;
            if !pending.is_empty() {
                return Err(BuildError::Migrations(pending));
            }
        }
    }
    Ok(store)
}

/// Opens a database by its URL. An error names its scheme alone: a URL may hold a password.
async fn open(url: &str) -> Result<Arc<dyn Store>, BuildError> {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    store::open(url).await?.ok_or_else(|| unknown(scheme))
}

/// Why there is no database of this scheme.
fn unknown(scheme: &str) -> BuildError {
    let scheme = scheme.to_owned();
    let without = |database, feature, scheme| BuildError::NoDatabaseFeature {
        scheme,
        database,
        feature,
    };
    match &*scheme {
        "sqlite" => without("SQLite", "sqlite", scheme),
        "postgres" | "postgresql" => without("PostgreSQL", "postgres", scheme),
        _ => BuildError::UnknownDatabase(format!("{scheme}:…")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_the_program_was_built_without_is_named_with_its_feature() {
        assert_eq!(
            unknown("postgresql").to_string(),
            "`postgresql:…` is PostgreSQL, which this program was built without: switch on the feature `postgres` of \
             sync-runtime in Cargo.toml"
        );
        assert!(matches!(unknown("mysql"), BuildError::UnknownDatabase(_)));
    }
}
