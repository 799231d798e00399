//! A certificate by its hash, short enough to be typed and read aloud.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use rustls_pki_types::CertificateDer;
use serde::Deserialize;

const PREFIX: &str = "sha256:";

/// SHA-256 of a certificate (DER); written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy)]
pub struct Fingerprint([u8; 32]);

/// A text that is no fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no fingerprint of a certificate: give it as sha256: and 64 hexadecimal digits")]
pub struct NoFingerprint(String);

impl Fingerprint {
    /// A certificate's.
    #[must_use]
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, certificate).as_ref());
        Self(bytes)
    }
}

/// In constant time: how far a forged certificate came is nobody's business.
impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for Fingerprint {}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Digits in either case, with or without colons between them, as other programs print them.
impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let wrong = || NoFingerprint(text.chars().take(100).collect());
        let (prefix, digits) = text.trim().split_at_checked(PREFIX.len()).ok_or_else(wrong)?;
        let digits = digits.replace(':', "");
        let mut bytes = [0; 32];
        let is_whole =
            prefix.eq_ignore_ascii_case(PREFIX) && hex::decode_to_slice(digits, &mut bytes).is_ok();
        if is_whole { Ok(Self(bytes)) } else { Err(wrong()) }
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_NOTHING: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn it_is_read_as_it_is_written_and_as_openssl_writes_it() {
        let nothing = Fingerprint::of(&CertificateDer::from(Vec::new()));
        assert_eq!(nothing.to_string(), OF_NOTHING);
        assert_eq!(OF_NOTHING.parse(), Ok(nothing));
        let digits = OF_NOTHING.trim_start_matches(PREFIX).to_uppercase();
        let pairs: Vec<&str> = (0..64).step_by(2).map(|at| &digits[at..at + 2]).collect();
        assert_eq!(format!("SHA256:{}", pairs.join(":")).parse(), Ok(nothing));
    }

    #[test]
    fn half_of_one_is_none() {
        for text in
            ["", "sha256:", "sha256:e3b0", "sha1:e3b0", &OF_NOTHING[7..], &OF_NOTHING[..70], "sha256é"]
        {
            let said = text.parse::<Fingerprint>().unwrap_err().to_string();
            assert!(said.contains("64 hexadecimal digits"), "{said}");
        }
    }
}
