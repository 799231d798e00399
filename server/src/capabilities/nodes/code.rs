//! Activation codes: told once, kept only as a hash.

use aws_lc_rs::{constant_time, digest};

use crate::clock::Dice;

/// A new code: 160 random bits, so a plain hash needs no salt and no stretching.
pub(crate) fn draw(dice: &Dice) -> String {
    hex::encode(dice.bytes::<20>())
}

/// What is kept of a code.
pub(crate) fn hash(code: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, code.as_bytes()).as_ref().to_vec()
}

/// Whether `code` is the one whose hash was kept, in time that does not depend on it.
pub(crate) fn fits(code: &str, kept: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(&hash(code), kept).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_fits_its_own_hash_only() {
        let kept = hash("0123456789abcdef0123");
        assert!(fits("0123456789abcdef0123", &kept));
        assert!(!fits("0123456789abcdef0124", &kept));
        assert!(!fits("", &[]));
    }
}
