//! Times in the wire's normal form.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use super::Invalid;

/// Milliseconds as RFC 3339 in UTC with exactly three decimals; years past 9999 as ECMAScript writes them.
pub fn from_millis(ms: u64) -> String {
    let time = i64::try_from(ms)
        .ok()
        .and_then(DateTime::<Utc>::from_timestamp_millis)
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    let year = match time.year() {
        year @ 0..=9999 => format!("{year:04}"),
        year => format!("{year:+07}"),
    };
    format!(
        "{year}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.timestamp_subsec_millis()
    )
}

/// The Unix milliseconds of what [`from_millis`] wrote.
pub fn to_millis(text: &str) -> Option<u64> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    let ms = u64::try_from(time.timestamp_millis()).ok()?;
    (from_millis(ms) == text).then_some(ms)
}

/// Any RFC 3339 time as UTC with exactly three decimals, what is finer cut off.
///
/// # Errors
///
/// Text that is no such time, or lies outside the years 0 to 9999 once in UTC.
pub fn normal_date_time(text: &str) -> Result<String, Invalid> {
    let expected = || Invalid::here("expected a time such as \"2026-11-21T08:00:00.000Z\"");
    // chrono also reads a space for the T and second 60, which the other targets do not.
    if text.len() < 20
        || !matches!(text.as_bytes()[10], b'T' | b't')
        || &text.as_bytes()[17..19] >= b"60".as_slice()
    {
        return Err(expected());
    }
    let time = DateTime::parse_from_rfc3339(text)
        .map_err(|_| expected())?
        .to_utc();
    if !(0..=9999).contains(&time.year()) {
        return Err(expected());
    }
    Ok(format!("{}Z", local(&time.naive_utc())))
}

/// A date and time of day without a zone, with exactly three decimals.
///
/// # Errors
///
/// Text that is no such time.
pub fn normal_local_date_time(text: &str) -> Result<String, Invalid> {
    text.split_once('T')
        .and_then(|(date, time)| Some(NaiveDateTime::new(date_of(date)?, time_of(time)?)))
        .map(|time| local(&time))
        .ok_or_else(|| Invalid::here("expected a local time such as \"2026-11-21T08:00:00.000\""))
}

/// A calendar date.
///
/// # Errors
///
/// Text that is no date of the calendar in the years 0 to 9999.
pub fn normal_date(text: &str) -> Result<String, Invalid> {
    date_of(text)
        .map(|_| text.to_owned())
        .ok_or_else(|| Invalid::here("expected a date such as \"2026-11-21\""))
}

/// A time of day, with exactly three decimals.
///
/// # Errors
///
/// Text that is no time of day.
pub fn normal_time(text: &str) -> Result<String, Invalid> {
    time_of(text)
        .map(|time| time.format("%H:%M:%S%.3f").to_string())
        .ok_or_else(|| Invalid::here("expected a time of day such as \"08:00:00.000\""))
}

fn local(time: &NaiveDateTime) -> String {
    time.format("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}

fn date_of(text: &str) -> Option<NaiveDate> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shape.then(|| text.parse().ok()).flatten()
}

fn time_of(text: &str) -> Option<NaiveTime> {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let shape = digits(0..2)
        && digits(3..5)
        && digits(6..8)
        && bytes[2] == b':'
        && bytes[5] == b':'
        && bytes[6..8] < b"60"[..]
        && (bytes.len() == 8 || (bytes.len() > 9 && bytes[8] == b'.' && digits(9..bytes.len())));
    // What is finer than a millisecond is cut off.
    shape
        .then(|| text.get(..text.len().min(12)))
        .flatten()
        .and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millis() {
        assert_eq!(from_millis(1_763_712_000_123), "2025-11-21T08:00:00.123Z");
        assert_eq!(from_millis(253_402_300_799_999), "9999-12-31T23:59:59.999Z");
        assert_eq!(
            from_millis(253_402_300_800_000),
            "+010000-01-01T00:00:00.000Z"
        );
        assert_eq!(from_millis(0), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn normal_forms() {
        let time = |text| normal_date_time(text).ok();
        assert_eq!(
            time("2026-11-21T09:00:00+01:00").as_deref(),
            Some("2026-11-21T08:00:00.000Z")
        );
        assert_eq!(
            time("2026-11-21T08:00:00.98765Z").as_deref(),
            Some("2026-11-21T08:00:00.987Z")
        );
        assert_eq!(
            time("1969-12-31T23:59:59.9999Z").as_deref(),
            Some("1969-12-31T23:59:59.999Z")
        );
        for wrong in [
            "2026-11-21",
            "2026-11-21 08:00:00Z",
            "2026-11-21T08:00:60Z",
            "2026-02-30T08:00:00Z",
            "2026-11-21T08:00:00",
            "9999-12-31T23:59:59-01:00",
            "ééééééééééééééééé",
        ] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
        assert_eq!(normal_time("08:00:00.1239").as_deref(), Ok("08:00:00.123"));
        assert_eq!(normal_time("08:00:00.5").as_deref(), Ok("08:00:00.500"));
        assert!(normal_time("24:00:00").is_err());
        assert!(normal_time("08:00:00.").is_err());
        assert_eq!(
            normal_local_date_time("2026-11-21T08:00:00").as_deref(),
            Ok("2026-11-21T08:00:00.000")
        );
        assert!(normal_date("2026-13-01").is_err());
        assert!(normal_date("+026-11-01").is_err());
    }
}
