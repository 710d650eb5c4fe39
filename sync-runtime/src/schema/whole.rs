//! Integers of any width that a declaration knows.

use std::{cmp::Ordering, fmt};

/// An integer from -(2^128-1) to 2^128-1: wide enough for an `i128` and a `u128`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Whole {
    /// Never of zero.
    negative: bool,
    magnitude: u128,
}

impl Whole {
    /// Of an integer with a sign.
    pub const fn new(value: i128) -> Self {
        Self {
            negative: value < 0,
            magnitude: value.unsigned_abs(),
        }
    }

    /// Of an integer without a sign.
    pub const fn unsigned(magnitude: u128) -> Self {
        Self {
            negative: false,
            magnitude,
        }
    }

    /// Of decimal digits with or without a minus before them; `None` for anything else, and for more than 40 digits.
    pub const fn parse(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        if digits.is_empty() || digits.len() > 40 {
            return None;
        }
        let mut magnitude: u128 = 0;
        let mut at = 0;
        while at < digits.len() {
            if !digits[at].is_ascii_digit() {
                return None;
            }
            magnitude = match magnitude.checked_mul(10) {
                Some(tens) => match tens.checked_add((digits[at] - b'0') as u128) {
                    Some(sum) => sum,
                    None => return None,
                },
                None => return None,
            };
            at += 1;
        }
        Some(Self {
            negative: negative && magnitude != 0,
            magnitude,
        })
    }

    /// Whether it is below another, in a constant too.
    pub const fn is_below(self, other: Self) -> bool {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude < other.magnitude,
            (true, true) => self.magnitude > other.magnitude,
            (negative, _) => negative,
        }
    }

    /// The sum; what is beyond the limits ends at them.
    pub fn plus(self, other: Self) -> Self {
        if self.negative == other.negative {
            return Self {
                negative: self.negative,
                magnitude: self.magnitude.saturating_add(other.magnitude),
            };
        }
        let (large, small) = match self.magnitude >= other.magnitude {
            true => (self, other),
            false => (other, self),
        };
        let magnitude = large.magnitude - small.magnitude;
        Self {
            negative: large.negative && magnitude != 0,
            magnitude,
        }
    }

    /// As 64 bits with a sign, where it fits.
    pub fn to_i64(self) -> Option<i64> {
        let magnitude = i128::try_from(self.magnitude).ok()?;
        let value = if self.negative { -magnitude } else { magnitude };
        i64::try_from(value).ok()
    }
}

impl From<i64> for Whole {
    fn from(value: i64) -> Self {
        Self::new(value.into())
    }
}

impl From<u64> for Whole {
    fn from(value: u64) -> Self {
        Self::unsigned(value.into())
    }
}

impl Ord for Whole {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_below(*other), self == other) {
            (true, _) => Ordering::Less,
            (_, true) => Ordering::Equal,
            (false, false) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Whole {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        write!(f, "{sign}{}", self.magnitude)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits() {
        let parse = |text: &str| Whole::parse(text.as_bytes());
        let max = Whole::unsigned(u128::MAX);
        assert_eq!(parse(&u128::MAX.to_string()), Some(max));
        assert_eq!(parse(&i128::MIN.to_string()), Some(Whole::new(i128::MIN)));
        assert_eq!(max.plus(Whole::new(1)), max);
        assert_eq!(parse("-0"), Some(Whole::new(0)));
        assert_eq!(parse("007"), Some(Whole::new(7)));
        for wrong in [
            "",
            "-",
            "+1",
            "1.0",
            " 1",
            "340282366920938463463374607431768211456",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn as_i128_does_it(a in -(1_i128 << 126)..(1_i128 << 126), b in -(1_i128 << 126)..(1_i128 << 126)) {
            let (x, y) = (Whole::new(a), Whole::new(b));
            prop_assert_eq!(x.plus(y), Whole::new(a + b));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x.to_string(), a.to_string());
            prop_assert_eq!(Whole::parse(a.to_string().as_bytes()), Some(x));
        }
    }
}
