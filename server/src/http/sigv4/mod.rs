//! AWS Signature Version 4, the verifying side: who signed this request, for which region, and is the signature true?
//!
//! In: a request's head, later the bytes of its body. Out: the caller and the region of the signature's scope, or the fault
//! that AWS gives. The head is examined first ([`Verifier::examine`]), so that nobody unknown is read a body from; the
//! signature covers the body, so it is compared last ([`Verifier::verify`]), in constant time.
//!
//! Never here: what the caller may do; sockets.

mod canonical;
mod faults;
mod header;
mod instant;

#[cfg(test)]
mod stories;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use http::request::Parts;
use pilothouse_api::Fault;
use zeroize::Zeroizing;

use self::header::Authorization;
pub(crate) use self::header::is_region;
use crate::clock::Clock;
use crate::credentials::Keyring;
use crate::cx::Caller;

/// The service in the scope of every signature that is accepted.
pub(super) const SERVICE: &str = "ssm";
/// How far a signature's time may be from ours, in milliseconds.
const SKEW_MS: i64 = 5 * 60 * 1000;
/// Signing keys that are remembered; one is used per key, region and day.
const REMEMBERED: usize = 256;

/// Who signed, and for where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signer {
    pub(super) caller: Caller,
    pub(super) region: String,
}

/// A request whose head is in order; its signature is not yet compared.
pub(super) struct Examined {
    signer: Signer,
    key: hmac::Key,
    /// The canonical request without its last line, the body's digest.
    canonical: Vec<u8>,
    instant: String,
    scope: String,
    signature: Vec<u8>,
}

impl Examined {
    /// The key that is said to have signed.
    pub(super) fn access_key_id(&self) -> &str {
        self.signer.caller.operator().map_or("", |operator| &operator.access_key_id)
    }
}

/// Access key, day, region.
type KeyName = (String, String, String);

/// Verifies signatures.
pub(super) struct Verifier {
    keyring: Keyring,
    clock: Arc<dyn Clock>,
    derived: Mutex<HashMap<KeyName, hmac::Key>>,
}

impl Verifier {
    pub(super) fn new(keyring: Keyring, clock: Arc<dyn Clock>) -> Self {
        Self { keyring, clock, derived: Mutex::default() }
    }

    /// Everything that can be told without the body: the header is whole, its key known, its time ours, and what must be signed
    /// is signed.
    pub(super) fn examine(&self, head: &Parts) -> Result<Examined, Fault> {
        let authorization = Authorization::read(head)?;
        let instant = instant::read(head)?;
        let Authorization { access_key_id, day, region, signed_headers, signature, .. } = &authorization;
        if head.headers.contains_key("x-amz-security-token") {
            return Err(faults::unknown_key());
        }
        let (secret, caller) = self.keyring.find(access_key_id).ok_or_else(faults::unknown_key)?;
        instant::check(&instant, day, self.clock.now(), SKEW_MS)?;
        for name in head.headers.keys().map(http::HeaderName::as_str) {
            let must_be_signed = name == "host" || name.starts_with("x-amz-");
            if must_be_signed && !signed_headers.iter().any(|signed| signed == name) {
                return Err(faults::unsigned_header(name));
            }
        }
        Ok(Examined {
            key: self.signing_key(access_key_id, secret, day, region),
            canonical: canonical::request_without_digest(head, signed_headers),
            scope: authorization.scope(),
            instant,
            signature: signature.clone(),
            signer: Signer { caller, region: region.clone() },
        })
    }

    /// Compares the signature.
    pub(super) fn verify(examined: Examined, body: &[u8]) -> Result<Signer, Fault> {
        let mut canonical = examined.canonical;
        canonical.extend_from_slice(hex::encode(digest(&SHA256, body)).as_bytes());
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{}\n{}",
            examined.instant,
            examined.scope,
            hex::encode(digest(&SHA256, &canonical))
        );
        // hmac::verify compares in constant time.
        hmac::verify(&examined.key, to_sign.as_bytes(), &examined.signature)
            .map_err(|_| faults::mismatch())
            .map(|()| examined.signer)
    }

    /// The key that signs on one day in one region: derived once, then remembered.
    fn signing_key(&self, access_key_id: &str, secret: &str, day: &str, region: &str) -> hmac::Key {
        let name = (access_key_id.to_owned(), day.to_owned(), region.to_owned());
        // A panic while holding the lock leaves whole entries.
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = derived.get(&name) {
            return key.clone();
        }
        let key = derive(secret, day, region);
        if derived.len() >= REMEMBERED {
            derived.clear();
        }
        derived.insert(name, key.clone());
        key
    }
}

fn derive(secret: &str, day: &str, region: &str) -> hmac::Key {
    let first = Zeroizing::new(format!("AWS4{secret}"));
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, first.as_bytes());
    for part in [day, region, SERVICE, "aws4_request"] {
        let tag = hmac::sign(&key, part.as_bytes());
        key = hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref());
    }
    key
}
