//! The types of the crate `time`.
//!
//! On the wire they are what chrono's are, and the schema knows no difference. Serde's form of them is another, though:
//! lists of numbers, or text with a space. So each has a constant of its own, and where a Rust value is read or written
//! ([`crate::semantics::wire`]) the address tells whose it is.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use serde_json::{Value, json};
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};

use super::{SyncType, Type};

static OFFSET_DATE_TIME: Type = Type::DateTime;
static UTC_DATE_TIME: Type = Type::DateTime;
static PRIMITIVE_DATE_TIME: Type = Type::LocalDateTime;
static DATE: Type = Type::Date;
static TIME: Type = Type::Time;

macro_rules! types {
    ($($rust:ty => $at:ident),* $(,)?) => {
        $(impl SyncType for $rust {
            const TYPE: &'static Type = &$at;
            type Key = Self;
            type Item = Self;
            type Patch = Self;
        })*
    };
}

types! {
    OffsetDateTime => OFFSET_DATE_TIME,
    UtcDateTime => UTC_DATE_TIME,
    PrimitiveDateTime => PRIMITIVE_DATE_TIME,
    Date => DATE,
    Time => TIME,
}

/// What serde made of a value of these types, as text that the wire's normal form is made of; any other stays as it is.
pub(crate) fn to_text(ty: &Type, value: Value) -> Value {
    text(ty, &value).map_or(value, Value::String)
}

fn text(ty: &Type, value: &Value) -> Option<String> {
    use serde::Deserialize;
    if std::ptr::eq(ty, &OFFSET_DATE_TIME) {
        let time = OffsetDateTime::deserialize(value).ok()?;
        let time = time.checked_to_offset(UtcOffset::UTC)?;
        Some(format!("{}T{}Z", date(time.date()), clock(time.time())))
    } else if std::ptr::eq(ty, &UTC_DATE_TIME) {
        let time = UtcDateTime::deserialize(value).ok()?;
        Some(format!("{}T{}Z", date(time.date()), clock(time.time())))
    } else if std::ptr::eq(ty, &PRIMITIVE_DATE_TIME) {
        let time = PrimitiveDateTime::deserialize(value).ok()?;
        Some(format!("{}T{}", date(time.date()), clock(time.time())))
    } else if std::ptr::eq(ty, &DATE) {
        Some(date(Date::deserialize(value).ok()?))
    } else if std::ptr::eq(ty, &TIME) {
        Some(clock(Time::deserialize(value).ok()?))
    } else {
        None
    }
}

fn date(date: Date) -> String {
    let (year, month, day) = date.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

fn clock(time: Time) -> String {
    let (hour, minute, second, nanos) = time.as_hms_nano();
    format!("{hour:02}:{minute:02}:{second:02}.{nanos:09}")
}

/// A value of the wire as serde reads it into these types: a list of numbers, which they take whatever the features of
/// `time` are; any other stays as it is.
pub(crate) fn from_text(ty: &Type, value: Value) -> Value {
    value
        .as_str()
        .and_then(|text| numbers(ty, text))
        .unwrap_or(value)
}

fn numbers(ty: &Type, text: &str) -> Option<Value> {
    let parts = |time: NaiveDateTime| {
        [
            i64::from(time.year()),
            time.ordinal().into(),
            time.hour().into(),
            time.minute().into(),
            time.second().into(),
            time.nanosecond().into(),
        ]
    };
    let utc = |text: &str| Some(parts(text.strip_suffix('Z')?.parse().ok()?));
    if std::ptr::eq(ty, &OFFSET_DATE_TIME) {
        let [year, day, hour, minute, second, nanos] = utc(text)?;
        Some(json!([year, day, hour, minute, second, nanos, 0, 0, 0]))
    } else if std::ptr::eq(ty, &UTC_DATE_TIME) {
        Some(json!(utc(text)?))
    } else if std::ptr::eq(ty, &PRIMITIVE_DATE_TIME) {
        Some(json!(parts(text.parse().ok()?)))
    } else if std::ptr::eq(ty, &DATE) {
        let date: NaiveDate = text.parse().ok()?;
        Some(json!([date.year(), date.ordinal()]))
    } else if std::ptr::eq(ty, &TIME) {
        let time: NaiveTime = text.parse().ok()?;
        Some(json!([
            time.hour(),
            time.minute(),
            time.second(),
            time.nanosecond()
        ]))
    } else {
        None
    }
}
