//! The application's rules and hooks, called so that none of them can hold up or take down the one who writes.

use std::{
    any::Any,
    collections::HashMap,
    future::Future,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;

use crate::{
    guard::{AnyGuard, Refusal, Verdict, Write},
    ingest::{Code, Rejection},
    registry::Models,
    semantics::fold::Folded,
    store::{Result, StoredEvent, WriteGroup},
};

tokio::task_local! {
    static INSIDE: ();
}

/// Whether the code that runs was called from inside the write transaction.
pub(crate) fn is_inside() -> bool {
    INSIDE.try_with(|()| ()).is_ok()
}

/// The rules of a service, and how much of its time in this group each tenant has used up.
pub(super) struct Rules<'a> {
    models: &'a Models,
    spent: HashMap<String, Duration>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(models: &'a Models) -> Self {
        Self {
            models,
            spent: HashMap::new(),
        }
    }

    /// Those of an entity's model, in the order in which they were set.
    pub(super) fn of(&self, event: &StoredEvent) -> &'a [Arc<dyn AnyGuard>] {
        self.models.guards(&event.key.entity_type)
    }

    /// Asks the guards about an event; the first that refuses it decides.
    pub(super) async fn check(&mut self, write: Write<'_>) -> Option<Rejection> {
        for guard in self.of(write.event) {
            let rejection = self.call(write.event, guard.check(write)).await;
            if rejection.is_some() {
                return rejection;
            }
        }
        None
    }

    /// Tells the guards that an event is accepted. Where one refuses, all that they have written for it is undone.
    pub(super) async fn applied(
        &mut self,
        group: &mut dyn WriteGroup,
        write: Write<'_>,
        after: (&Folded, bool),
        current: &Folded,
    ) -> Result<Option<Rejection>> {
        let mut transaction = group.transaction();
        let left = self.left(write.event);
        transaction.begin_part(left).await?;
        for guard in self.of(write.event) {
            let told = guard.on_applied(write, after, current, &mut transaction);
            let rejection = self.call(write.event, told).await;
            if rejection.is_some() {
                transaction.undo_part().await?;
                return Ok(rejection);
            }
        }
        transaction.keep_part().await?;
        Ok(None)
    }

    /// What is left of the time of an event's tenant.
    fn left(&self, event: &StoredEvent) -> Duration {
        let spent = self.spent.get(&event.key.tenant).copied();
        self.models
            .guard_time()
            .saturating_sub(spent.unwrap_or_default())
    }

    /// Runs the application's code within what is left of its tenant's time.
    async fn call(
        &mut self,
        event: &StoredEvent,
        run: impl Future<Output = std::result::Result<(), Refusal>>,
    ) -> Option<Rejection> {
        let left = self.left(event);
        if left.is_zero() {
            return Some(come_again(
                event,
                &"its tenant's guards have used up their time",
            ));
        }
        let start = Instant::now();
        let run = AssertUnwindSafe(INSIDE.scope((), run)).catch_unwind();
        let ended = tokio::time::timeout(left, run).await;
        let spent = self.spent.entry(event.key.tenant.clone()).or_default();
        *spent += start.elapsed();
        match ended {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(refusal))) => match refusal.verdict() {
                Verdict::Rejected(rejection) => Some(rejection),
                Verdict::Failed(error) => Some(come_again(event, &error)),
            },
            Ok(Err(panic)) => Some(come_again(event, &panic_text(&*panic))),
            Err(_) => {
                *spent = self.models.guard_time();
                Some(come_again(event, &"it took too long"))
            }
        }
    }
}

fn come_again(event: &StoredEvent, error: &dyn std::fmt::Display) -> Rejection {
    tracing::error!(
        entity = event.key.entity_type,
        id = event.key.entity_id,
        event = event.id,
        event_type = event.event_type,
        %error,
        "a guard failed; the event is not written, and its client will send it again"
    );
    Rejection::new(
        Code::StorageUnavailable,
        "the application's own rules could not be asked now; try again",
    )
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("no message"))
}
