//! What a service counts, as Prometheus reads it.

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use crate::ingest::writer::unix_millis;

/// What a service counts. Each service has its own, so that two in one process do not mix.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram>,
    accepted: Counter,
    effects_failed: Counter,
    rejected: Family<CodeLabels, Counter>,
    batch_events: Histogram,
    group_events: Histogram,
    feed_lag: Histogram,
    subscribers: Family<TransportLabels, Gauge>,
    notification_failures: Counter,
    notification_up: Family<BackendLabels, Gauge>,
    oldest_unsent: Gauge<f64, AtomicU64>,
    oldest_waiting: Gauge<f64, AtomicU64>,
}

/// How things are at the moment when they are asked for.
#[derive(Debug)]
pub(crate) struct Now<'a> {
    /// The notification backends, and whether each answers.
    pub(crate) backends: &'a [(&'static str, bool)],
    /// How long the oldest notification has waited.
    pub(crate) oldest_unsent: Option<Duration>,
    /// How long the oldest submission has waited.
    pub(crate) oldest_waiting: Option<Duration>,
    /// How many effects have failed.
    pub(crate) effects_failed: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TransportLabels {
    transport: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BackendLabels {
    backend: &'static str,
}

/// A reader that is connected; he leaves when this is dropped.
#[derive(Debug)]
pub struct Subscribed(Gauge);

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 15))
}

fn events() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 2.0, 13))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("sync"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            accepted: Counter::default(),
            effects_failed: Counter::default(),
            rejected: Family::default(),
            batch_events: events(),
            group_events: events(),
            feed_lag: seconds(),
            subscribers: Family::default(),
            notification_failures: Counter::default(),
            notification_up: Family::default(),
            oldest_unsent: Gauge::default(),
            oldest_waiting: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Answered requests", self.requests.clone());
        registry.register(
            "request_seconds",
            "Time until a request is answered; streams are not counted",
            self.request_seconds.clone(),
        );
        registry.register(
            "events_accepted",
            "Events that were accepted",
            self.accepted.clone(),
        );
        registry.register(
            "effects_failed",
            "Folds of an event that did nothing because a custom effect or an upcast failed",
            self.effects_failed.clone(),
        );
        registry.register(
            "events_rejected",
            "Events that were rejected, by code",
            self.rejected.clone(),
        );
        registry.register(
            "batch_events",
            "Events of a batch",
            self.batch_events.clone(),
        );
        registry.register(
            "group_events",
            "Events that were written in one transaction",
            self.group_events.clone(),
        );
        registry.register(
            "feed_lag_seconds",
            "Time from an event's arrival until this process's readers can have it",
            self.feed_lag.clone(),
        );
        registry.register(
            "subscribers",
            "Readers that are connected",
            self.subscribers.clone(),
        );
        registry.register(
            "notification_failures",
            "Notifications that a backend did not take",
            self.notification_failures.clone(),
        );
        registry.register(
            "notification_up",
            "Whether a notification backend answers",
            self.notification_up.clone(),
        );
        registry.register(
            "notification_oldest_unsent_seconds",
            "How long the oldest notification has waited to be sent",
            self.oldest_unsent.clone(),
        );
        registry.register(
            "write_oldest_waiting_seconds",
            "How long the oldest batch has waited to be written",
            self.oldest_waiting.clone(),
        );
    }

    /// A request was answered. `seconds` is left out for a stream, which is not at its end.
    pub(crate) fn request(&self, route: &str, method: &str, status: u16, took: Option<Duration>) {
        let labels = RequestLabels {
            route: route.to_owned(),
            method: method.to_owned(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
        if let Some(took) = took {
            let labels = RouteLabels {
                route: route.to_owned(),
            };
            let seconds = self.request_seconds.get_or_create(&labels);
            seconds.observe(took.as_secs_f64());
        }
    }

    /// A batch was judged.
    pub(crate) fn batch<'a>(&self, accepted: usize, rejected: impl IntoIterator<Item = &'a str>) {
        let mut events = accepted;
        self.accepted.inc_by(accepted as u64);
        for code in rejected {
            events += 1;
            let labels = CodeLabels {
                code: code.to_owned(),
            };
            self.rejected.get_or_create(&labels).inc();
        }
        self.batch_events.observe(events as f64);
    }

    /// A group was written.
    pub(crate) fn group(&self, events: usize) {
        self.group_events.observe(events as f64);
    }

    /// An event that had arrived then, in Unix milliseconds, is here for this process's readers.
    pub(crate) fn delivered(&self, received_at: u64) {
        let lag = unix_millis().saturating_sub(received_at);
        self.feed_lag.observe(lag as f64 / 1_000.0);
    }

    /// A reader is connected, by `websocket` or `sse`.
    pub(crate) fn subscribed(&self, transport: &'static str) -> Subscribed {
        let gauge = self
            .subscribers
            .get_or_create(&TransportLabels { transport })
            .clone();
        gauge.inc();
        Subscribed(gauge)
    }

    /// So many notifications were not taken.
    pub(crate) fn notifications_failed(&self, count: usize) {
        self.notification_failures.inc_by(count as u64);
    }

    /// As text in the OpenMetrics format, with how things are now.
    pub(crate) fn render(&self, now: &Now<'_>) -> String {
        let counted = self.effects_failed.get();
        self.effects_failed
            .inc_by(now.effects_failed.saturating_sub(counted));
        for (backend, up) in now.backends {
            self.notification_up
                .get_or_create(&BackendLabels { backend })
                .set(i64::from(*up));
        }
        let seconds = |waited: Option<Duration>| waited.map_or(0.0, |waited| waited.as_secs_f64());
        self.oldest_unsent.set(seconds(now.oldest_unsent));
        self.oldest_waiting.set(seconds(now.oldest_waiting));
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
