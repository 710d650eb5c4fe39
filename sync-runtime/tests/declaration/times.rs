//! The types of the crate `time`: on the wire what chrono's are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_runtime::{Entity, Event, EventMeta, ModelEvent, SyncType, Syncable, schema::Type};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    events(created, slot_added, touched(custom(Touch)), updated)
)]
struct Meeting {
    id: Uuid,
    starts_at: OffsetDateTime,
    ends_at: Option<UtcDateTime>,
    on: Date,
    #[sync(default = "08:30:00")]
    at: Time,
    local: PrimitiveDateTime,
    #[sync(default)]
    slots: Vec<Slot>,
    #[sync(default)]
    by_name: BTreeMap<String, Date>,
    beside: chrono::DateTime<chrono::Utc>,
    created_at: OffsetDateTime,
    updated_at: chrono::DateTime<chrono::Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
struct Slot {
    id: Uuid,
    from: Time,
    #[sync(event_time)]
    added_at: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
struct Touch {
    at: OffsetDateTime,
}

impl Meeting {
    fn touched(&mut self, touch: &Touch, _: &EventMeta) {
        self.starts_at = touch.at + time::Duration::hours(1);
    }
}

fn day() -> Date {
    Date::from_calendar_date(2024, Month::February, 29).expect("a leap day")
}

fn clock() -> Time {
    Time::from_hms_milli(23, 59, 58, 7).expect("a time")
}

fn meta(second: i64) -> EventMeta {
    EventMeta {
        id: Uuid::nil(),
        entity_id: Uuid::nil().to_string(),
        timestamp: format!("{:015}.00000.00000001", 1_763_712_000_000 + second * 1000),
        time: chrono::DateTime::from_timestamp(1_763_712_000 + second, 0).expect("a time"),
        user_id: None,
    }
}

fn created() -> MeetingEvent {
    let offset = UtcOffset::from_hms(-1, -30, 0).expect("an offset");
    MeetingEvent::Created(MeetingCreated {
        starts_at: PrimitiveDateTime::new(day(), clock()).assume_offset(offset),
        ends_at: Some(PrimitiveDateTime::new(day(), clock()).as_utc()),
        on: day(),
        at: None,
        local: PrimitiveDateTime::new(day(), Time::MIDNIGHT),
        slots: None,
        by_name: Some(BTreeMap::from([("a".to_owned(), day())])),
        beside: chrono::DateTime::UNIX_EPOCH,
    })
}

#[test]
fn they_are_times_of_the_wire() {
    assert_eq!(OffsetDateTime::TYPE, &Type::DateTime);
    assert_eq!(UtcDateTime::TYPE, &Type::DateTime);
    assert_eq!(PrimitiveDateTime::TYPE, &Type::LocalDateTime);
    assert_eq!(Date::TYPE, &Type::Date);
    assert_eq!(Time::TYPE, &Type::Time);
}

#[test]
fn payloads_are_text_and_come_back() {
    let payload = created().to_payload().expect("a payload");
    assert_eq!(
        payload,
        json!({
            "starts_at": "2024-03-01T01:29:58.007Z", "ends_at": "2024-02-29T23:59:58.007Z",
            "on": "2024-02-29", "local": "2024-02-29T00:00:00.000", "by_name": { "a": "2024-02-29" },
            "beside": "1970-01-01T00:00:00.000Z",
        })
    );
    let MeetingEvent::Created(back) =
        MeetingEvent::from_payload("created", &payload, meta(0).time).expect("it fits")
    else {
        panic!("the same event")
    };
    let MeetingEvent::Created(sent) = created() else {
        panic!("a create")
    };
    assert_eq!(back, sent);
    // Equal times; on the wire all are in UTC.
    assert_eq!(back.starts_at.offset(), UtcOffset::UTC);
}

#[test]
fn states_fold_with_them() {
    let slot = Slot {
        id: Uuid::nil(),
        from: clock(),
        added_at: OffsetDateTime::UNIX_EPOCH,
    };
    let events = [
        created(),
        MeetingEvent::SlotAdded(MeetingSlotAdded { slot }),
        MeetingEvent::Touched(Touch {
            at: OffsetDateTime::UNIX_EPOCH,
        }),
        MeetingEvent::Updated(MeetingUpdated {
            ends_at: Some(None),
            ..MeetingUpdated::default()
        }),
    ];
    let meeting = events
        .into_iter()
        .zip(0..)
        .fold(Entity::Absent, |state, (event, second)| {
            let meta = meta(second);
            Meeting::apply(state, &Event { meta, event })
        });
    let meeting = meeting.live().expect("made");
    assert_eq!(
        meeting.starts_at,
        OffsetDateTime::UNIX_EPOCH + time::Duration::hours(1)
    );
    assert_eq!(meeting.ends_at, None);
    assert_eq!(meeting.at, Time::from_hms(8, 30, 0).expect("a time"));
    assert_eq!(meeting.created_at.unix_timestamp(), 1_763_712_000);
    assert_eq!(meeting.slots[0].added_at.unix_timestamp(), 1_763_712_001);
    assert_eq!(meeting.updated_at, meta(3).time);
}
