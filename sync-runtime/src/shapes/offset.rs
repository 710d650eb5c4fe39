//! Where a reader of a shape is.

use std::fmt;

/// Where a reader of a shape is. Clients hand it back as it is; of its two numbers the first is a position of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Offset {
    /// He has nothing.
    Start,
    /// He wants nothing of what was.
    Now,
    /// He has all up to a position of the log.
    At(u64),
    /// He has a snapshot of a position as far as an id.
    Within {
        /// What the snapshot holds all of.
        seq: u64,
        /// The last id that he has.
        id: String,
    },
}

impl Offset {
    /// Reads `-1`, `now` or `<position>_<number or inf>`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        match text {
            "-1" => return Some(Offset::Start),
            "now" => return Some(Offset::Now),
            _ => {}
        }
        let (seq, within) = text.split_once('_')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        if !digits(seq) || !(digits(within) || within == "inf") {
            return None;
        }
        let seq = seq.parse().ok()?;
        Some(match id_of(within) {
            Some(id) => Offset::Within { seq, id },
            None => Offset::At(seq),
        })
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Offset::Start => f.write_str("-1"),
            Offset::Now => f.write_str("now"),
            Offset::At(seq) => write!(f, "{seq}_0"),
            Offset::Within { seq, id } => {
                write!(f, "{seq}_1")?;
                id.bytes().try_for_each(|byte| write!(f, "{byte:03}"))
            }
        }
    }
}

/// An id that was written as a number: a 1, and three digits for each byte.
fn id_of(number: &str) -> Option<String> {
    let digits = number.strip_prefix('1').filter(|it| !it.is_empty())?;
    let bytes = digits.as_bytes().chunks(3).map(|three| {
        let three = std::str::from_utf8(three).ok()?;
        (three.len() == 3).then(|| three.parse::<u8>().ok())?
    });
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for offset in [
            Offset::Start,
            Offset::Now,
            Offset::At(0),
            Offset::At(u64::MAX),
            Offset::Within {
                seq: 7,
                id: "0b5e0c1e-0000-4000-8000-00000000000a".to_owned(),
            },
            Offset::Within {
                seq: 0,
                id: "-12 ü".to_owned(),
            },
        ] {
            assert_eq!(Offset::read(&offset.to_string()), Some(offset));
        }
    }

    #[test]
    fn what_a_client_makes_up_is_a_position_or_nothing() {
        assert_eq!(Offset::read("26_0"), Some(Offset::At(26)));
        assert_eq!(Offset::read("0_inf"), Some(Offset::At(0)));
        assert_eq!(Offset::read("3_12"), Some(Offset::At(3)));
        assert_eq!(Offset::read("3_1999"), Some(Offset::At(3)));
        for nonsense in [
            "",
            "1",
            "_",
            "1_",
            "_1",
            "-2",
            "-1_0",
            "1_-1",
            "a_b",
            "1_0x",
            "NOW",
            "1_0_0",
            "99999999999999999999_0",
        ] {
            assert_eq!(Offset::read(nonsense), None, "{nonsense}");
        }
    }
}
