//! Which backend a model uses, and what is missing for it.

use std::{sync::Arc, time::Duration};

use super::{MemoryNotifier, Notifier, Notifiers, NotifyError, SilentNotifier, Timing};
use crate::{
    metrics::Metrics,
    schema::{Notification, Schema},
    settings::Settings,
};

/// The backends that can be named in the settings.
const NAMES: &[Notification] = &[
    Notification::Memory,
    Notification::Redis,
    Notification::Postgres,
    Notification::Nats,
    Notification::Noop,
    Notification::Polling,
];

/// Why a notification backend cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    /// A name in the settings that is no backend.
    #[error(
        "the setting `notification`: `{name}` is no backend{}; expected one of {}",
        did_you_mean(.name),
        names()
    )]
    Unknown {
        /// What was written.
        name: String,
    },
    /// `electric`.
    #[error(
        "{asker} asks for notification = \"electric\", which is not built yet; expected one of {}",
        names()
    )]
    NotBuilt {
        /// A model, or the settings.
        asker: String,
    },
    /// The program was built without it.
    #[error(
        "{asker} asks for notification = \"{name}\", which this program was built without: switch on the feature \
         `{name}` of sync-runtime in Cargo.toml"
    )]
    NoFeature {
        /// A model, or the settings.
        asker: String,
        /// The backend.
        name: &'static str,
    },
    /// Nobody said where its server is.
    #[error(
        "{asker} asks for notification = \"{name}\", but where its server is has not been said: set `{name}_url` \
         (SYNC_{}_URL in the environment), for example `{name}://localhost`",
        .name.to_uppercase()
    )]
    NoUrl {
        /// A model, or the settings.
        asker: String,
        /// The backend.
        name: &'static str,
    },
    /// Its server's URL is none.
    #[error("the setting `{name}_url`: {reason}")]
    BadUrl {
        /// The backend.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

fn names() -> String {
    let names: Vec<_> = NAMES.iter().map(|kind| kind.name()).collect();
    names.join(", ")
}

fn did_you_mean(name: &str) -> String {
    NAMES
        .iter()
        .map(|kind| kind.name())
        .find(|known| strsim::damerau_levenshtein(known, name) <= 2)
        .map_or(String::new(), |known| format!(", did you mean `{known}`?"))
}

/// The backend that the settings name.
fn default_of(settings: &Settings) -> Result<Notification, NotificationError> {
    let name = &settings.notification;
    if name == Notification::Electric.name() {
        return Err(NotificationError::NotBuilt {
            asker: "the setting `notification`".to_owned(),
        });
    }
    NAMES
        .iter()
        .copied()
        .find(|kind| kind.name() == name)
        .ok_or_else(|| NotificationError::Unknown { name: name.clone() })
}

impl Notifiers {
    /// The backends that models and settings ask for. `own` is the application's, in place of the one that the settings
    /// name.
    ///
    /// # Errors
    ///
    /// One of them cannot be used, and what to do about it.
    pub async fn of(
        schema: &Schema,
        settings: &Settings,
        own: Option<Arc<dyn Notifier>>,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, NotificationError> {
        let default = default_of(settings)?;
        let mut backends: Vec<(&'static str, Arc<dyn Notifier>, Vec<String>)> = Vec::new();
        for model in schema.models() {
            let named = model.notification;
            let (kind, asker) = match named {
                Some(kind) => (kind, format!("`{}`", model.entity)),
                None => (default, "the setting `notification`".to_owned()),
            };
            let name = match (&own, named) {
                (Some(_), None) => "own",
                _ => kind.name(),
            };
            let entity = model.entity.to_string();
            if let Some((_, _, entities)) = backends.iter_mut().find(|(known, ..)| *known == name) {
                entities.push(entity);
                continue;
            }
            let notifier = match (&own, named) {
                (Some(own), None) => own.clone(),
                _ => make(kind, settings, asker).await?,
            };
            backends.push((name, notifier, vec![entity]));
        }
        let timing = Timing {
            poll: Duration::from_millis(settings.notification_poll_ms),
            look_again: Duration::from_millis(settings.notification_look_again_ms),
        };
        let prefix = &settings.notification_prefix;
        Ok(Self::start(prefix, timing, metrics, backends))
    }
}

async fn make(
    kind: Notification,
    settings: &Settings,
    asker: String,
) -> Result<Arc<dyn Notifier>, NotificationError> {
    let name = kind.name();
    let url = match kind {
        Notification::Memory => return Ok(Arc::new(MemoryNotifier::default())),
        Notification::Noop | Notification::Polling => return Ok(Arc::new(SilentNotifier)),
        Notification::Electric => return Err(NotificationError::NotBuilt { asker }),
        Notification::Redis => settings.redis_url.as_ref(),
        Notification::Nats => settings.nats_url.as_ref(),
        Notification::Postgres => {
            let log = Some(&settings.database_url).filter(|url| url.starts_with("postgres"));
            settings.postgres_url.as_ref().or(log)
        }
    };
    let Some(url) = url else {
        return Err(match is_built(kind) {
            true => NotificationError::NoUrl { asker, name },
            false => NotificationError::NoFeature { asker, name },
        });
    };
    match connect(kind, url, settings).await {
        Some(connected) => connected.map_err(|error| NotificationError::BadUrl {
            name,
            reason: error.0.to_string(),
        }),
        None => Err(NotificationError::NoFeature { asker, name }),
    }
}

/// Whether this program has a backend.
fn is_built(kind: Notification) -> bool {
    match kind {
        Notification::Redis => cfg!(feature = "redis"),
        Notification::Nats => cfg!(feature = "nats"),
        Notification::Postgres => cfg!(feature = "postgres"),
        Notification::Memory | Notification::Noop | Notification::Polling => true,
        Notification::Electric => false,
    }
}

/// A backend that talks to a server; `None`: this program has none of that kind.
#[allow(
    unused_variables,
    reason = "without any of them there is nothing to connect to"
)]
async fn connect(
    kind: Notification,
    url: &str,
    settings: &Settings,
) -> Option<Result<Arc<dyn Notifier>, NotifyError>> {
    #[cfg(any(feature = "nats", feature = "postgres", feature = "redis"))]
    fn shared(
        notifier: Result<impl Notifier, NotifyError>,
    ) -> Option<Result<Arc<dyn Notifier>, NotifyError>> {
        Some(notifier.map(|notifier| Arc::new(notifier) as Arc<dyn Notifier>))
    }
    match kind {
        #[cfg(feature = "redis")]
        Notification::Redis => shared(super::RedisNotifier::connect(url)),
        #[cfg(feature = "nats")]
        Notification::Nats => shared(super::NatsNotifier::connect(url).await),
        #[cfg(feature = "postgres")]
        Notification::Postgres => shared(super::PostgresNotifier::connect(
            url,
            &settings.notification_prefix,
        )),
        _ => None,
    }
}
