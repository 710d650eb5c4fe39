//! The house's rules and tables, on the real program: over the wire, and through `kill -9`.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use uuid::Uuid;

const TOKEN: &str = "dev:house:anna:owner";

/// The restaurant's backend, killed with the value.
struct Restaurant {
    child: Child,
    address: String,
    http: reqwest::Client,
}

impl Restaurant {
    fn open(database: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pos"))
            .env("POS_BIND", "127.0.0.1:0")
            .env(
                "POS_DATABASE_URL",
                format!("sqlite://{}", database.display()),
            )
            .env_remove("POS_WEB")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap_or_else(|| panic!("{line}"));
        Self {
            address: address.to_owned(),
            child,
            http: reqwest::Client::new(),
        }
    }

    async fn post(&self, path: &str, body: &Value) -> reqwest::Result<(u16, Value)> {
        let answer = self
            .http
            .post(format!("{}/api/v1{path}", self.address))
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(body.to_string())
            .send()
            .await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    async fn batch(&self, events: &[Value]) -> reqwest::Result<Value> {
        let body = json!({ "events": events });
        self.post("/events/batch", &body)
            .await
            .map(|(_, answer)| answer)
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Restaurant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn event(name: &str, order: &str, payload: Value, at: u64) -> Value {
    json!({
        "id": Uuid::new_v4().to_string(), "event_type": format!("order.{name}"), "entity_type": "order",
        "entity_id": order, "payload": payload, "timestamp": format!("{:015}.00000.0000c0de", 1_760_000_000_000 + at),
        "schema_version": 1,
    })
}

fn created(order: &str) -> Value {
    event("created", order, json!({ "table_number": 7 }), 1)
}

fn burger(order: &str) -> Value {
    let item = json!({ "id": Uuid::new_v4().to_string(), "name": "Burger", "price_cents": 1250, "quantity": 2 });
    event("item_added", order, json!({ "item": item }), 2)
}

fn moved(order: &str, to: &str, at: u64) -> Value {
    event("state_changed", order, json!({ "new_status": to }), at)
}

/// For each order its events and what was paid.
fn bills(database: &Path) -> BTreeMap<String, (i64, Option<i64>)> {
    let connection = rusqlite::Connection::open(database).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    let mut statement = connection
        .prepare("SELECT order_id, events, paid_cents FROM bills WHERE tenant_id = 'house'")
        .unwrap();
    statement
        .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap()
}

#[tokio::test]
async fn nothing_is_paid_for_nothing_and_bills_follow_the_orders() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("pos.db");
    let restaurant = Restaurant::open(&database);
    let order = Uuid::new_v4().to_string();
    let answer = restaurant
        .batch(&[
            created(&order),
            moved(&order, "sent", 5),
            moved(&order, "paid", 6),
        ])
        .await
        .unwrap();
    assert_eq!(answer["rejected"][0]["code"], "order_empty");
    assert_eq!(bills(&database)[&order], (2, None));
    // The terminal at the door is told the same.
    let close = format!("/orders/{order}/close");
    let (status, problem) = restaurant.post(&close, &Value::Null).await.unwrap();
    assert_eq!((status, &problem["code"]), (409, &json!("order_empty")));
    // A burger that was taken offline, before it was sent.
    restaurant.batch(&[burger(&order)]).await.unwrap();
    let (status, closed) = restaurant.post(&close, &Value::Null).await.unwrap();
    assert_eq!((status, &closed["events"]), (200, &json!(4)), "{closed}");
    assert_eq!(bills(&database)[&order], (4, Some(2500)));
    // Another, later still: the bill is what the order is by now.
    restaurant.batch(&[burger(&order)]).await.unwrap();
    assert_eq!(bills(&database)[&order], (5, Some(5000)));

    let (status, problem) = restaurant.post(&close, &Value::Null).await.unwrap();
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("invalid_transition"))
    );
    let nobody = format!("/orders/{}/close", Uuid::new_v4());
    let (status, problem) = restaurant.post(&nobody, &Value::Null).await.unwrap();
    assert_eq!(
        (status, &problem["code"]),
        (404, &json!("entity_not_found"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_is_booked_once_however_often_it_is_sent_and_the_program_killed() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("pos.db");
    let mut sent: Vec<Vec<Value>> = Vec::new();
    let mut orders = Vec::new();
    for round in 0..4_u64 {
        let mut restaurant = Restaurant::open(&database);
        let mut sending = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let order = Uuid::new_v4().to_string();
            let batch = vec![
                created(&order),
                burger(&order),
                moved(&order, "sent", 5),
                moved(&order, "paid", 6),
            ];
            orders.push(order);
            sent.push(batch.clone());
        }
        for batch in sent.clone() {
            let (http, address) = (restaurant.http.clone(), restaurant.address.clone());
            sending.spawn(async move {
                // Whether it was answered or not makes no difference to anybody.
                let body = json!({ "events": batch }).to_string();
                let request = http.post(format!("{address}/api/v1/events/batch"));
                let _ = request
                    .header("authorization", format!("Bearer {TOKEN}"))
                    .body(body)
                    .send()
                    .await;
            });
        }
        tokio::time::sleep(Duration::from_millis(3 + 7 * round)).await;
        restaurant.kill();
        sending.join_all().await;
    }
    let restaurant = Restaurant::open(&database);
    for batch in sent.iter().chain(&sent) {
        let answer = restaurant.batch(batch).await.unwrap();
        assert_eq!(answer["accepted"].as_array().unwrap().len(), 4, "{answer}");
    }
    let bills = bills(&database);
    assert_eq!(bills.len(), orders.len());
    for order in &orders {
        assert_eq!(bills[order], (4, Some(2500)), "{order}");
    }
}
