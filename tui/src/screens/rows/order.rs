//! The order in which people expect names: `web-2` before `web-10`, capitals no different.

use std::cmp::Ordering;

/// Compares as people do: runs of digits by their number, letters without regard to case; what is still equal by its bytes.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(&x), Some(&y)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (one, other) = (digits(&mut left), digits(&mut right));
            one.len().cmp(&other.len()).then_with(|| one.cmp(other))
        } else {
            (left, right) = (&left[1..], &right[1..]);
            x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase())
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Takes the digits at the beginning, without leading zeros.
fn digits<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (run, rest) = text.split_at(end);
    *text = rest;
    &run[run.iter().position(|byte| *byte != b'0').unwrap_or(run.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_as_people_count_them() {
        let mut names =
            ["web-10", "Web-2", "web-02", "db", "web", "web-2a", "", "99999999999999999999", "100"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            ["", "100", "99999999999999999999", "db", "web", "Web-2", "web-02", "web-2a", "web-10"]
        );
    }
}
