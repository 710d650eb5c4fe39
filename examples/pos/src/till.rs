//! The house's own rules and tables: what no client can be trusted with.

use std::str::FromStr as _;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::post,
};
use pos::{Order, OrderEvent, OrderStateChanged, OrderStatus};
use serde_json::{Value, json};
use sync_runtime::{
    Applied, Attempt, EmitError, Entity, Guard, Principal, Refusal, SyncService, Transaction,
    async_trait,
    sqlx::{self, ConnectOptions as _, sqlite::SqliteConnectOptions},
};
use uuid::Uuid;

/// Refuses what no house takes money for, and keeps the bills.
pub(crate) struct Till;

/// A row for each order: how many events it has had, and once it is paid what was paid.
const BILLS: &str = "CREATE TABLE IF NOT EXISTS bills (
    tenant_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    events INTEGER NOT NULL,
    paid_cents INTEGER,
    PRIMARY KEY (tenant_id, order_id)
)";

impl Till {
    /// Creates the house's own tables beside those of the log.
    pub(crate) async fn prepare(database: &str) -> Result<(), sqlx::Error> {
        let options = SqliteConnectOptions::from_str(database)?.create_if_missing(true);
        let mut connection = options.connect().await?;
        sqlx::query(BILLS).execute(&mut connection).await?;
        Ok(())
    }
}

#[async_trait]
impl Guard<Order> for Till {
    async fn check(&self, attempt: &Attempt<'_, Order>) -> Result<(), Refusal> {
        let pays = matches!(
            &attempt.event.event,
            OrderEvent::StateChanged(change) if change.new_status == OrderStatus::Paid
        );
        match &attempt.state {
            Entity::Live(order) if pays && order.items.is_empty() => Err(Refusal::new(
                "order_empty",
                "There is nothing on this order that could be paid.",
            )),
            _ => Ok(()),
        }
    }

    async fn on_applied(
        &self,
        applied: &Applied<'_, Order>,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), Refusal> {
        // A tablet that was offline may bring an event that lies before others, so what counts is what the order is by now.
        let paid = match &applied.current {
            Entity::Live(order) if order.status == OrderStatus::Paid => Some(total_cents(order)),
            _ => None,
        };
        sqlx::query(
            "INSERT INTO bills (tenant_id, order_id, events, paid_cents) VALUES (?1, ?2, 1, ?3) \
             ON CONFLICT (tenant_id, order_id) DO UPDATE SET events = events + 1, paid_cents = excluded.paid_cents",
        )
        .bind(&applied.principal.tenant_id)
        .bind(&applied.event.meta.entity_id)
        .bind(paid)
        .execute(transaction.sqlite()?)
        .await?;
        Ok(())
    }
}

fn total_cents(order: &Order) -> i64 {
    let lines = order.items.iter();
    let sum = lines.fold(0_i64, |sum, item| {
        sum.saturating_add(item.price_cents.saturating_mul(item.quantity.into()))
    });
    sum.saturating_add(order.tip_cents)
}

/// `POST /api/v1/orders/{id}/close`: what the terminal at the door calls once the card has gone through.
pub(crate) fn router(sync: SyncService) -> Router {
    Router::new()
        .route("/api/v1/orders/{id}/close", post(close))
        .with_state(sync)
}

/// Marks an order as paid, on behalf of whoever asks: the same checks, the same guard, the same log as a tablet's event.
async fn close(
    State(sync): State<SyncService>,
    principal: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<Value>, EmitError> {
    let context = sync.context(principal);
    let moved = |new_status| OrderEvent::StateChanged(OrderStateChanged { new_status });
    // It may be in the kitchen already, and then this does nothing to it.
    match Order::emit(&context, id, moved(OrderStatus::Sent)).await {
        Err(EmitError::Rejected(why)) if why.code.as_str() == "invalid_transition" => {}
        sent => drop(sent?),
    }
    let paid = Order::emit(&context, id, moved(OrderStatus::Paid)).await?;
    let history = Order::event_history(&context, id, 100).await?;
    Ok(Json(json!({ "seq": paid.seq, "events": history.len() })))
}
