//! SQLite: sums of integers beyond 64 bits, which the wire holds as text.
//!
//! A number is three limbs to the base of 10^15, each of which SQLite adds exactly: `high`, which carries the sign, and
//! `mid` and `low`, which lie in `0..10^15` once they are carried. Limbs compare as the number does.

/// 10^15.
const BASE: &str = "1000000000000000";

/// An expression of the sum of `number` (text of up to 40 digits) and `by` (an integer), no lower than `min` and no
/// higher than `max`, as JSON text.
pub(super) fn sum(number: &str, by: &str, min: &str, max: &str) -> String {
    let limit = |limit: &str| {
        let [high, mid, low] = limbs(limit);
        format!("({high}, {mid}, {low})")
    };
    let (lowest, highest) = (limit(min), limit(max));
    format!(
        "(SELECT '\"' || CASE\n\
        \x20   WHEN (high, mid, low) <= {lowest} THEN '{min}'\n\
        \x20   WHEN (high, mid, low) >= {highest} THEN '{max}'\n\
        \x20   WHEN high >= 0 THEN coalesce(nullif(ltrim(printf('%d%015d%015d', high, mid, low), '0'), ''), '0')\n\
        \x20   WHEN low > 0 THEN '-' || ltrim(printf('%d%015d%015d', -high - 1, {BASE} - 1 - mid, {BASE} - low), '0')\n\
        \x20   WHEN mid > 0 THEN '-' || ltrim(printf('%d%015d%015d', -high - 1, {BASE} - mid, 0), '0')\n\
        \x20   ELSE '-' || ltrim(printf('%d%015d%015d', -high, 0, 0), '0')\n\
        \x20 END || '\"'\n\
        \x20 FROM (SELECT high + (mid - mid % {BASE}) / {BASE} - (mid % {BASE} < 0) AS high, mid % {BASE} + {BASE} * (mid % {BASE} < 0) AS mid, low\n\
        \x20 FROM (SELECT high, mid + (low - low % {BASE}) / {BASE} - (low % {BASE} < 0) AS mid, low % {BASE} + {BASE} * (low % {BASE} < 0) AS low\n\
        \x20 FROM (SELECT sign * CAST(substr(digits, 1, 10) AS INTEGER) AS high, sign * CAST(substr(digits, 11, 15) AS INTEGER) + by / {BASE} AS mid, sign * CAST(substr(digits, 26, 15) AS INTEGER) + by % {BASE} AS low\n\
        \x20 FROM (SELECT iif(number LIKE '-%', -1, 1) AS sign, substr('0000000000000000000000000000000000000000' || ltrim(number, '-'), -40) AS digits, by\n\
        \x20 FROM (SELECT {number} AS number, {by} AS by))))))"
    )
}

/// The limbs of a number that is written in decimal.
fn limbs(number: &str) -> [i64; 3] {
    let digits = format!("{:0>40}", number.trim_start_matches('-'));
    let limb = |from: usize, to: usize| digits[from..to].parse::<i64>().unwrap_or_default();
    let [mut high, mut mid, mut low] = [limb(0, 10), limb(10, 25), limb(25, 40)];
    if number.starts_with('-') {
        let base = 1_000_000_000_000_000;
        [high, mid, low] = [-high, -mid, -low];
        if low < 0 {
            (low, mid) = (low + base, mid - 1);
        }
        if mid < 0 {
            (mid, high) = (mid + base, high - 1);
        }
    }
    [high, mid, low]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limbs_are_carried() {
        assert_eq!(limbs("0"), [0, 0, 0]);
        assert_eq!(limbs("1000000000000001"), [0, 1, 1]);
        assert_eq!(limbs("-1"), [-1, 999_999_999_999_999, 999_999_999_999_999]);
    }
}
