//! The hybrid logical clock.
//!
//! After Kulkarni, Demirbas et al., *Logical Physical Clocks and Consistent Snapshots in Globally Distributed
//! Databases* (2014), with a counter of five decimal digits that carries into the milliseconds.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest counter; one more carries into the milliseconds.
const MAX_COUNTER: u32 = 99_999;
/// The largest time that 15 digits hold.
const MAX_MS: u64 = 999_999_999_999_999;

/// How far ahead of the wall clock a stamp may be at the server's door, in milliseconds.
pub const DEFAULT_MAX_DRIFT_MS: u64 = 60_000;

/// A stamp, `{ms:15}.{counter:5}.{node:8 hex}`; ordered as its text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Unix milliseconds.
    pub ms: u64,
    /// Orders what happened within one millisecond.
    pub counter: u32,
    /// Who stamped.
    pub node: u32,
}

/// Text that is no stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidStamp;

/// A stamp further ahead of the wall clock than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockDrift;

impl fmt::Display for InvalidStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a timestamp is 15 digits of Unix milliseconds, a dot, 5 digits of counter, a dot, 8 lower-case hex digits of node")
    }
}

impl std::error::Error for InvalidStamp {}

impl fmt::Display for ClockDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the timestamp is too far ahead of the server's clock")
    }
}

impl std::error::Error for ClockDrift {}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:015}.{:05}.{:08x}", self.ms, self.counter, self.node)
    }
}

impl FromStr for Stamp {
    type Err = InvalidStamp;

    fn from_str(text: &str) -> Result<Self, InvalidStamp> {
        let bytes = text.as_bytes();
        if bytes.len() != 30 || bytes[15] != b'.' || bytes[21] != b'.' {
            return Err(InvalidStamp);
        }
        let hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        if !bytes[..15].iter().all(u8::is_ascii_digit)
            || !bytes[16..21].iter().all(u8::is_ascii_digit)
            || !bytes[22..].iter().all(hex)
        {
            return Err(InvalidStamp);
        }
        Ok(Self {
            ms: text[..15].parse().map_err(|_| InvalidStamp)?,
            counter: text[16..21].parse().map_err(|_| InvalidStamp)?,
            node: u32::from_str_radix(&text[22..], 16).map_err(|_| InvalidStamp)?,
        })
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A clock of one node.
#[derive(Debug, Clone)]
pub struct Clock {
    node: u32,
    ms: u64,
    counter: u32,
}

impl Clock {
    /// A clock that has seen nothing.
    pub fn new(node: u32) -> Self {
        Self {
            node,
            ms: 0,
            counter: 0,
        }
    }

    /// A clock that has already reached a stamp.
    pub fn starting_at(node: u32, stamp: Stamp) -> Self {
        Self {
            node,
            ms: stamp.ms,
            counter: stamp.counter,
        }
    }

    /// The next stamp, above all that this clock gave or took in.
    pub fn now(&mut self, wall: u64) -> Stamp {
        if wall > self.ms {
            (self.ms, self.counter) = (wall.min(MAX_MS), 0);
        } else {
            self.advance(self.counter + 1);
        }
        Stamp {
            ms: self.ms,
            counter: self.counter,
            node: self.node,
        }
    }

    /// Takes in a stamp of another node, unchecked.
    pub fn receive(&mut self, wall: u64, remote: Stamp) {
        let ms = self.ms.max(remote.ms).max(wall.min(MAX_MS));
        let counter = match (ms == self.ms, ms == remote.ms) {
            (true, true) => self.counter.max(remote.counter) + 1,
            (true, false) => self.counter + 1,
            (false, true) => remote.counter + 1,
            (false, false) => 0,
        };
        self.ms = ms;
        self.advance(counter);
    }

    /// Takes in a stamp unless it is more than `max_drift` milliseconds ahead of the wall clock.
    ///
    /// # Errors
    ///
    /// [`ClockDrift`]; the clock has not changed.
    pub fn receive_checked(
        &mut self,
        wall: u64,
        remote: Stamp,
        max_drift: u64,
    ) -> Result<(), ClockDrift> {
        check_drift(wall, remote, max_drift)?;
        self.receive(wall, remote);
        Ok(())
    }

    fn advance(&mut self, counter: u32) {
        if counter > MAX_COUNTER {
            (self.ms, self.counter) = ((self.ms + 1).min(MAX_MS), 0);
        } else {
            self.counter = counter;
        }
    }
}

/// Refuses a stamp that is more than `max_drift` milliseconds ahead of the wall clock.
///
/// # Errors
///
/// [`ClockDrift`]
pub fn check_drift(wall: u64, remote: Stamp, max_drift: u64) -> Result<(), ClockDrift> {
    if remote.ms > wall.saturating_add(max_drift) {
        Err(ClockDrift)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stamp() -> impl Strategy<Value = Stamp> {
        (0..2_000u64, 0..=MAX_COUNTER, any::<u32>()).prop_map(|(ms, counter, node)| Stamp {
            ms,
            counter,
            node,
        })
    }

    proptest! {
        #[test]
        fn text_round_trips_and_orders(a in stamp(), b in stamp()) {
            prop_assert_eq!(a.to_string().parse::<Stamp>(), Ok(a));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn a_stamp_is_above_all_seen(seen in prop::collection::vec((stamp(), 0..2_000u64), 1..20), wall in 0..2_000u64) {
            let mut clock = Clock::new(7);
            let mut last = clock.now(0);
            for (remote, wall) in seen {
                clock.receive(wall, remote);
                let now = clock.now(wall);
                prop_assert!((now.ms, now.counter) > (remote.ms, remote.counter));
                prop_assert!(now > last);
                last = now;
            }
            prop_assert!(clock.now(wall) > last);
        }
    }

    #[test]
    fn refuses_what_is_no_stamp() {
        for text in [
            "",
            "2026-11-21T08:00:00Z",
            "001763712000123.00000.9F3C2A10",
            "001763712000123.00000.9f3c2a1",
            "+01763712000123.00000.9f3c2a10",
            "001763712000123,00000,9f3c2a10",
            "00176371200012é.0000.9f3c2a10",
        ] {
            assert_eq!(text.parse::<Stamp>(), Err(InvalidStamp), "{text}");
        }
    }
}
