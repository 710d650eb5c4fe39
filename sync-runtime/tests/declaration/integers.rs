//! Integers of 128 bits: numbers within ±(2^53-1), strings of digits where they are `big`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_runtime::{Entity, Event, EventMeta, ModelEvent, SyncType, Syncable};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    events(
        created,
        mass_added(increment(mass)),
        count_added(increment(count)),
        id_added(push(ids)),
        halved(custom(Halving))
    )
)]
struct Star {
    id: Uuid,
    #[sync(big, default = 170141183460469231731687303715884105727)]
    mass: i128,
    #[sync(big, range(max = 340282366920938463463374607431768211450), default)]
    count: u128,
    #[sync(default)]
    small: i128,
    #[sync(big, default)]
    ids: BTreeSet<u128>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
struct Halving {
    #[sync(big)]
    least: u128,
}

impl Star {
    fn halved(&mut self, by: &Halving, _: &EventMeta) {
        self.count = (self.count / 2).max(by.least);
    }
}

fn meta() -> EventMeta {
    EventMeta {
        id: Uuid::nil(),
        entity_id: Uuid::nil().to_string(),
        timestamp: "001763712000000.00000.00000001".to_owned(),
        time: chrono::DateTime::UNIX_EPOCH,
        user_id: None,
    }
}

#[test]
fn they_travel_and_fold_whole() {
    let created = StarEvent::Created(StarCreated {
        mass: None,
        count: Some(u128::MAX - 10),
        small: Some(9_007_199_254_740_991),
        ids: Some(BTreeSet::from([u128::MAX, 7, 1 << 70])),
    });
    let payload = created.to_payload().expect("a payload");
    assert_eq!(
        payload,
        json!({
            "count": (u128::MAX - 10).to_string(), "small": 9_007_199_254_740_991_i64,
            "ids": ["7", (1_u128 << 70).to_string(), u128::MAX.to_string()],
        })
    );
    let back = StarEvent::from_payload("created", &payload, meta().time);
    assert_eq!(back.as_ref(), Ok(&created));

    let events = [
        created,
        StarEvent::MassAdded(StarMassAdded { by: 5 }),
        StarEvent::CountAdded(StarCountAdded { by: 3 }),
        StarEvent::IdAdded(StarIdAdded { id: 1 << 100 }),
        StarEvent::Halved(Halving {
            least: u128::MAX - 8,
        }),
    ];
    let star = events.into_iter().fold(Entity::Absent, |state, event| {
        let meta = meta();
        Star::apply(state, &Event { meta, event })
    });
    let star = star.live().expect("made");
    assert_eq!((star.mass, star.count), (i128::MAX, u128::MAX - 8));
    assert_eq!(star.ids, BTreeSet::from([7, 1 << 70, 1 << 100, u128::MAX]));
}

#[test]
fn without_big_they_stay_within_what_a_number_holds() {
    let beyond = StarEvent::Created(StarCreated {
        mass: None,
        count: None,
        small: Some(1 << 100),
        ids: None,
    });
    let error = beyond.to_payload().expect_err("too large");
    assert!(error.to_string().contains("/small"), "{error}");
}

#[test]
fn rules_hold_beyond_the_digits_of_a_decimal() {
    use sync_runtime::semantics::payload::normal;
    let created = Star::MODEL.event("created").expect("declared");
    let with = |count: u128| normal(Star::MODEL, created, json!({ "count": count.to_string() }));
    assert!(with(u128::MAX - 5).is_ok());
    assert!(with(u128::MAX - 4).is_err());
}
