//! How much a principal may ask for, and how long a request may take.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{
    DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock, QuantaInstant},
};

use super::Problem;
use crate::{principal::Principal, settings::Settings};

/// After so many requests what is known of principals who ask no more is forgotten.
const FORGET_EVERY: usize = 4_096;

/// Limits of each principal.
#[derive(Debug)]
pub(crate) struct RateLimits {
    requests: Option<Limiter>,
    events: Option<Limiter>,
}

#[derive(Debug)]
struct Limiter {
    /// By tenant and user.
    limiter: DefaultKeyedRateLimiter<(String, String)>,
    burst: u32,
    asked: AtomicUsize,
}

impl RateLimits {
    pub(crate) fn new(settings: &Settings) -> Self {
        let batch = u32::try_from(settings.max_batch_events).unwrap_or(u32::MAX);
        Self {
            requests: Limiter::new(
                settings.rate_limit_requests,
                settings.rate_limit_requests_burst,
                1,
            ),
            events: Limiter::new(
                settings.rate_limit_events,
                settings.rate_limit_events_burst,
                // A batch that is allowed has to fit at some time.
                batch,
            ),
        }
    }

    /// Counts a request.
    pub(super) fn request(&self, principal: &Principal) -> Result<(), Problem> {
        match &self.requests {
            Some(limiter) => limiter.take(principal, NonZeroU32::MIN, "requests"),
            None => Ok(()),
        }
    }

    /// Counts the events of a batch.
    pub(super) fn events(&self, principal: &Principal, count: usize) -> Result<(), Problem> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        match (&self.events, NonZeroU32::new(count)) {
            (Some(limiter), Some(count)) => limiter.take(principal, count, "events"),
            _ => Ok(()),
        }
    }
}

impl Limiter {
    /// `None` where there is no limit. A burst of 0 is that of a second.
    fn new(per_second: u32, burst: u32, least: u32) -> Option<Self> {
        let rate = NonZeroU32::new(per_second)?;
        let burst = if burst == 0 { per_second } else { burst }.max(least);
        let quota = Quota::per_second(rate).allow_burst(NonZeroU32::new(burst)?);
        Some(Self {
            limiter: RateLimiter::keyed(quota),
            burst,
            asked: AtomicUsize::new(0),
        })
    }

    fn take(&self, principal: &Principal, count: NonZeroU32, what: &str) -> Result<(), Problem> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let key = (principal.tenant_id.clone(), principal.user_id.clone());
        // What is more than ever fits counts as all that fits.
        let count = count.min(NonZeroU32::new(self.burst).unwrap_or(count));
        match self.limiter.check_key_n(&key, count) {
            Ok(Ok(())) | Err(_) => Ok(()),
            Ok(Err(until)) => Err(too_many(&until, what)),
        }
    }
}

fn too_many(until: &NotUntil<QuantaInstant>, what: &str) -> Problem {
    let wait = until.wait_time_from(DefaultClock::default().now());
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "rate_limited",
        format!("too many {what}; try again when `Retry-After` is over"),
    )
    .retry_after(wait)
}

/// Ends a request that takes too long. What it has handed in may still be written, and is the same when it is sent
/// again.
pub(super) async fn in_time(
    State(limit): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            format!("no answer within {} s; try again", limit.as_secs_f32()),
        )
        .into_response(),
    }
}
