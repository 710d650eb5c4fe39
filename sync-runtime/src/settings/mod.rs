//! Everything that can be set about a service, with its defaults.
//!
//! Layers, the later over the earlier: the defaults here, a file ([`Settings::from_file`]), the environment
//! ([`Settings::load`]), and what the builder is told in code. `docs/configuration.md` lists every key; a test holds it
//! against this list.

mod load;
mod masked;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::store::Migrate;

pub use load::SettingsError;
pub use masked::masked;

/// Declares the settings once: the struct, its defaults and the list of its keys.
macro_rules! settings {
    ($($(#[$doc:meta])* $key:ident: $type:ty = $default:expr,)*) => {
        /// Everything that can be set about a service. Each field is a key of the file, and with `SYNC_` before it and
        /// in capitals a variable of the environment.
        #[derive(Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Settings {
            $($(#[$doc])* pub $key: $type,)*
        }

        /// As they are, but for the passwords in URLs: settings end up in logs.
        impl std::fmt::Debug for Settings {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct("Settings")
                    $(.field(stringify!($key), &format_args!("{}", masked(&format!("{:?}", self.$key)))))*
                    .finish()
            }
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        /// Every key.
        pub const KEYS: &[&str] = &[$(stringify!($key),)*];
    };
}

settings! {
    /// Where [`crate::SyncService::listen`] listens: an address and a port.
    bind: String = "127.0.0.1:8787".to_owned(),
    /// Where the log is.
    database_url: String = "sqlite://sync.db".to_owned(),
    /// What is done where the database lacks a table or a column: `apply`, or `refuse` to start and say which SQL to run.
    migrate: Migrate = Migrate::Apply,
    /// What all routes stand under, but `/health`, `/metrics` and `/openapi.*`. Empty: the root.
    prefix: String = "/api/v1".to_owned(),

    /// The notification backend of models that name none: `memory`, `redis`, `postgres`, `nats`, `noop`, `polling`.
    notification: String = "memory".to_owned(),
    /// The first part of every channel's name, and PostgreSQL's channel.
    notification_prefix: String = "sync".to_owned(),
    /// How often readers look at the log without push, in milliseconds.
    notification_poll_ms: u64 = 2_000,
    /// How often readers look at the log with push, in case that a hint was lost, in milliseconds.
    notification_look_again_ms: u64 = 5_000,
    /// The Redis server of the backend `redis`.
    redis_url: Option<String> = None,
    /// The NATS server of the backend `nats`; several are separated by commas.
    nats_url: Option<String> = None,
    /// The PostgreSQL server of the backend `postgres`; that of the log if there is one.
    postgres_url: Option<String> = None,

    /// The most events of a batch.
    max_batch_events: usize = 500,
    /// The most bytes of a batch, counted after decompression.
    max_batch_bytes: usize = 4 * 1024 * 1024,
    /// How long a request's body may take to arrive, in milliseconds.
    body_within_ms: u64 = 30_000,
    /// The most bytes of all bodies that are being read or answered; past it a request gets a 503.
    max_bodies_bytes: usize = 256 * 1024 * 1024,
    /// How far ahead of the server's clock a stamp may be, in milliseconds.
    max_drift_ms: u64 = crate::semantics::hlc::DEFAULT_MAX_DRIFT_MS,
    /// How many entries of the log the stream of whoever writes a row may lie behind, where the request says how far it is
    /// (`tx.stream_offset`); more get a 409. 0: any.
    max_stream_lag: u64 = 0,
    /// How long a request may take until it gets a 503, in milliseconds; streams may take longer. 0: as long as it takes.
    request_timeout_ms: u64 = 30_000,
    /// The most requests of a principal in a second, on average. 0: no limit.
    rate_limit_requests: u32 = 0,
    /// How many requests of a principal may come at once. 0: as many as in a second.
    rate_limit_requests_burst: u32 = 0,
    /// The most events that a principal sends in a second, on average. 0: no limit.
    rate_limit_events: u32 = 0,
    /// How many events of a principal may come at once. 0: as many as in a second, and a whole batch at least.
    rate_limit_events_burst: u32 = 0,

    /// How long a service that shuts down says so before it takes no more connections, in milliseconds: the time that a
    /// load balancer needs to see that `/health/ready` fails.
    shutdown_delay_ms: u64 = 0,
    /// How long requests under way may take when the service shuts down, in milliseconds.
    shutdown_timeout_ms: u64 = 30_000,

    /// Origins whose pages may call the service, such as `https://pos.example`; `*` for all. Empty: CORS is left to
    /// others.
    cors_origins: Vec<String> = Vec::new(),
    /// Whether answers are compressed for clients that ask for it, and compressed requests are taken.
    compression: bool = false,
    /// Whether `/metrics` is there.
    metrics: bool = false,
}

impl Settings {
    /// How long a request may take; `None`: as long as it takes.
    pub fn request_timeout(&self) -> Option<Duration> {
        (self.request_timeout_ms > 0).then(|| Duration::from_millis(self.request_timeout_ms))
    }

    /// Whether requests can get a 429.
    pub fn is_rate_limited(&self) -> bool {
        self.rate_limit_requests > 0 || self.rate_limit_events > 0
    }

    /// Whether the values make sense, one by one.
    ///
    /// # Errors
    ///
    /// The first that does not.
    pub fn check(&self) -> Result<(), SettingsError> {
        let wrong = |key, reason: String| Err(SettingsError::Value { key, reason });
        if !self.prefix.is_empty() && !self.prefix.starts_with('/') {
            return wrong("prefix", format!("`{}` has to begin with `/`", self.prefix));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let prefix = &self.notification_prefix;
        if prefix.is_empty() || prefix.len() > 32 || !prefix.chars().all(plain) {
            return wrong(
                "notification_prefix",
                format!("`{prefix}` is not 1 to 32 of A-Z, a-z, 0-9, _ and -"),
            );
        }
        for (key, value) in [
            ("notification_poll_ms", self.notification_poll_ms),
            (
                "notification_look_again_ms",
                self.notification_look_again_ms,
            ),
            ("max_batch_events", self.max_batch_events as u64),
            ("max_batch_bytes", self.max_batch_bytes as u64),
            ("body_within_ms", self.body_within_ms),
            ("max_bodies_bytes", self.max_bodies_bytes as u64),
        ] {
            if value == 0 {
                return wrong(key, "it has to be more than 0".to_owned());
            }
        }
        for origin in &self.cors_origins {
            let is_origin = origin == "*"
                || origin.split_once("://").is_some_and(|(scheme, host)| {
                    !scheme.is_empty() && !host.is_empty() && !host.contains('/')
                });
            if !is_origin {
                return wrong(
                    "cors_origins",
                    format!("`{origin}` is no origin such as `https://pos.example`, and not `*`"),
                );
            }
        }
        Ok(())
    }
}
