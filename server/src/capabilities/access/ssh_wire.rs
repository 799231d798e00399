//! SSH public keys: a line of `authorized_keys` and the bytes inside it (RFC 4253, 5656, 8709), read within bounds.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// The smallest and the largest RSA modulus, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=16_384;
/// The most bytes of a key: RSA of the largest modulus, with room.
const MAX_BYTES: usize = 4096;
/// The most characters of the comment that is kept.
const MAX_COMMENT: usize = 256;

/// A key that can be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    /// Kind, bytes and comment with one space between.
    pub(super) line: String,
    /// `SHA256:` and base64 without padding, as `ssh-keygen -l` prints it.
    pub(super) fingerprint: String,
}

/// Why it is no key that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WireError {
    #[error(
        "this is a private key: keep it to yourself, replace it if others saw it, and give the line in the .pub file"
    )]
    Private,
    #[error("a public key is one line: KIND BASE64 COMMENT, as it stands in the .pub file")]
    Line,
    #[error(
        "keys of kind {0:?} are not taken: ssh-ed25519, ecdsa-sha2-nistp256, -nistp384, -nistp521 and ssh-rsa are"
    )]
    Kind(String),
    #[error("the key's bytes are not those of a {0} key")]
    Bytes(&'static str),
    #[error("the RSA key has {0} bits: 2048 to 16384 are taken")]
    RsaBits(usize),
}

/// The kinds that are taken; for curves their name and the bytes of a point.
enum Kind {
    Ed25519,
    Ecdsa { curve: &'static str, point: usize },
    Rsa,
}

const KINDS: &[(&str, Kind)] = &[
    ("ssh-ed25519", Kind::Ed25519),
    ("ecdsa-sha2-nistp256", Kind::Ecdsa { curve: "nistp256", point: 65 }),
    ("ecdsa-sha2-nistp384", Kind::Ecdsa { curve: "nistp384", point: 97 }),
    ("ecdsa-sha2-nistp521", Kind::Ecdsa { curve: "nistp521", point: 133 }),
    ("ssh-rsa", Kind::Rsa),
];

impl PublicKey {
    /// Reads a line.
    pub(super) fn read(text: &str) -> Result<Self, WireError> {
        let line = text.trim();
        if line.contains("PRIVATE KEY") {
            return Err(WireError::Private);
        }
        if line.chars().any(char::is_control) {
            return Err(WireError::Line);
        }
        let mut words = line.splitn(3, ' ').map(str::trim);
        let (Some(name), Some(base64)) = (words.next(), words.next()) else { return Err(WireError::Line) };
        let comment: String = words.next().unwrap_or_default().chars().take(MAX_COMMENT).collect();
        let unknown = || WireError::Kind(name.chars().take(64).collect());
        let (name, kind) = KINDS.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
        let bytes = STANDARD.decode(base64).ok().filter(|bytes| bytes.len() <= MAX_BYTES);
        let bytes = bytes.ok_or(WireError::Bytes(name))?;
        check(name, kind, &bytes)?;
        let fingerprint = format!("SHA256:{}", STANDARD_NO_PAD.encode(digest(&SHA256, &bytes)));
        let line = format!("{name} {base64} {comment}").trim_end().to_owned();
        Ok(Self { line, fingerprint })
    }
}

fn check(name: &'static str, kind: &Kind, bytes: &[u8]) -> Result<(), WireError> {
    let mut rest = Fields(bytes);
    let wrong = WireError::Bytes(name);
    if rest.next() != Some(name.as_bytes()) {
        return Err(wrong);
    }
    let holds = match kind {
        Kind::Ed25519 => rest.next().is_some_and(|point| point.len() == 32),
        Kind::Ecdsa { curve, point } => {
            let named = rest.next() == Some(curve.as_bytes());
            // Uncompressed: 4, then both coordinates.
            named && rest.next().is_some_and(|it| it.len() == *point && it.first() == Some(&4))
        }
        Kind::Rsa => {
            let (exponent, modulus) = (rest.next().and_then(number), rest.next().and_then(number));
            let (Some(exponent), Some(modulus)) = (exponent, modulus) else { return Err(wrong) };
            if !RSA_BITS.contains(&bits(modulus)) {
                return Err(WireError::RsaBits(bits(modulus)));
            }
            let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
            is_odd(exponent) && is_odd(modulus) && bits(exponent) > 1 && exponent.len() <= 8
        }
    };
    if holds && rest.0.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Fields of the wire form: a length of four bytes, then so many.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }
}

/// A positive number in its shortest form, without the zero that keeps it positive.
fn number(field: &[u8]) -> Option<&[u8]> {
    match field {
        [0, rest @ ..] => rest.first().is_some_and(|byte| byte & 0x80 != 0).then_some(rest),
        [first, ..] if first & 0x80 == 0 => Some(field),
        _ => None,
    }
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by ssh-keygen for these tests alone.
    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOaKK6R9g1vmoLWVsMrVwjo9q8CNIa6PbfG410EbUSuN anna@deck";
    const ED25519_PRINT: &str = "SHA256:adAssEIah+PbYy7re4MO+TJRw5lrnZLeMsB2J354saQ";
    const P256: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDsySVuIgAGFz/zOF/FeSngcw2NzuXM3ivYmxltjFzciMsKptCjS/aruEaH0M9pOleZhd0SqYNRKoQIKoACyxYw= anna at deck";
    const P256_PRINT: &str = "SHA256:3u8/+K7EIh4OQxWcya+iFXLQGOu2SRP8+jlV+RHEcc4";
    const P384: &str = "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBMwzc5AxEgGfl9Q5Xn6oMqC/cVXca2AHv8peJR4Ml3u1t54FLs/3dxk1zZWBYF24vmSY5ZIf+ayyUuVeoLKJ3l2yUgy3yXv65nT+tEdrn6O+SrLvBqD5KNUa22sZk0s2Cg== x";
    const P521: &str = "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAFy3R6D4zW/8sExQrmprPAz7hfPPKM1Z15o4jeXu3Z5HmsV83SHk+uTW3Ohnu/z9UtotRdUYb9PSy/Jnk71APB+ZgHj5c+2joJKN+HrToL24aHHS5SupQXDz7HeXST1fglF/WJGbLyLacuLghfvtebSNjJkKuCR4C9RPYMTOB+teCqP4w== x";
    const RSA2048: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDBXm3BVrDlz7EDhs439dMMEPvchvtO9Z/NED6hZTScb4G3FZuwQcRbsVpLSFzZfuLl6X14FQapXI9XmUgvotbGF8OsXzFz40dYf2+ysJesXciNG3ZfBrr+NUiuu7yFhh3VzHG56ltPnM5+hh57vjQwKAPQMNMGSz1YftQs2Bj+Qe7SjVUnzfJaQVW7l0NjQ+CJ6YSwgSJBmkPZZOMxDe3J14upmCHEcS+7f8qoc7fgcykxEiyQtIelZeHQs4xOJd2LVFjT/vHJ5Rn0sorv04ghIvCKu95V2qdIaSfW+yi4BMAJaPSCOkRrK/LLFnavyc0hRuCjMGjCrb9MDnoGK7Mn x";
    const RSA2048_PRINT: &str = "SHA256:njblHp69s4RGc4kBluOZ+kfdV21Udp5f/V19op/DO9g";
    const RSA1024: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCwqnTp3pFMcu1iDZNf+KxbDOuvUCX5X9JL/0EzpEJ7TMk0RpLh1m6JeHB00qLPOsxGijp68Cu8Weh9K3hBedRYZOqfE4W7EJ4J6/c0U/o8M4aM2eWvJu1vkYS+qNAGABOjarEYUcnKvPrBgiBzpq1KrnKvT/oFoBTdP/2EuvQjuQ== x";

    #[test]
    fn keys_of_every_kind_are_read_and_have_the_fingerprint_that_ssh_keygen_prints() {
        for (line, print) in [(ED25519, ED25519_PRINT), (P256, P256_PRINT), (RSA2048, RSA2048_PRINT)] {
            let key = PublicKey::read(line).unwrap();
            assert_eq!((key.line.as_str(), key.fingerprint.as_str()), (line, print));
        }
        for line in [P384, P521] {
            PublicKey::read(&format!("  {line}\n")).unwrap();
        }
    }

    #[test]
    fn a_short_rsa_key_is_refused_with_its_size() {
        assert_eq!(PublicKey::read(RSA1024), Err(WireError::RsaBits(1024)));
    }

    #[test]
    fn what_is_no_public_key_is_told_apart() {
        let private = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----";
        assert_eq!(PublicKey::read(private), Err(WireError::Private));
        assert_eq!(PublicKey::read("ssh-ed25519"), Err(WireError::Line));
        assert_eq!(PublicKey::read(&format!("{ED25519}\n{P256}")), Err(WireError::Line));
        assert_eq!(PublicKey::read("ssh-dss AAAAB3NzaC1kc3M="), Err(WireError::Kind("ssh-dss".into())));
        assert_eq!(
            PublicKey::read("command=\"x\" ssh-ed25519 AAAA"),
            Err(WireError::Kind("command=\"x\"".into()))
        );
        assert_eq!(PublicKey::read("ssh-ed25519 !!!"), Err(WireError::Bytes("ssh-ed25519")));
    }

    #[test]
    fn bytes_of_another_kind_or_length_are_refused() {
        let base64 = |line: &str| line.split(' ').nth(1).unwrap().to_owned();
        let claimed = format!("ssh-ed25519 {}", base64(P256));
        assert_eq!(PublicKey::read(&claimed), Err(WireError::Bytes("ssh-ed25519")));
        let whole = STANDARD.decode(base64(ED25519)).unwrap();
        for cut in 0..whole.len() {
            let line = format!("ssh-ed25519 {}", STANDARD.encode(&whole[..cut]));
            assert!(PublicKey::read(&line).is_err(), "{cut}");
        }
        let longer = [whole, vec![0]].concat();
        let line = format!("ssh-ed25519 {}", STANDARD.encode(longer));
        assert_eq!(PublicKey::read(&line), Err(WireError::Bytes("ssh-ed25519")));
    }
}
