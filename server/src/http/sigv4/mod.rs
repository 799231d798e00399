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
mod corpus;
#[cfg(test)]
mod stories;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use http::request::Parts;
use pilothouse_api::Fault;
use zeroize::Zeroizing;

pub(super) use self::canonical::decoded;
use self::header::Authorization;
use crate::access::{KeyError, Keyring};
use crate::clock::Clock;
use crate::cx::{Call, Caller};

/// A service that a signature can be made for; each is good for its own operations alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Service {
    /// Systems Manager, and what is ours alone.
    Ssm,
    /// The Security Token Service.
    Sts,
    /// The audit trail.
    CloudTrail,
}

impl Service {
    const ALL: [Self; 3] = [Self::Ssm, Self::Sts, Self::CloudTrail];

    /// As it stands in a scope.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ssm => "ssm",
            Self::Sts => "sts",
            Self::CloudTrail => "cloudtrail",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// Whose operation it is.
    pub(super) fn of_permission(permission: &str) -> Self {
        permission.split(':').next().and_then(Self::named).unwrap_or(Self::Ssm)
    }
}

/// How far a signature's time may be from ours, in milliseconds.
const SKEW_MS: i64 = 5 * 60 * 1000;
/// Signing keys that are remembered; one is used per key, day, region and service.
const REMEMBERED: usize = 1024;

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
    /// Under which name the key is remembered, if it is not yet and the signature turns out to be true.
    unremembered: Option<KeyName>,
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

/// Access key, day, region, service.
type KeyName = (String, String, String, Service);

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

    /// Everything that can be told without the body: the header is whole, its key known, its time ours, what must be signed is
    /// signed, and it is signed for the service that is wanted.
    pub(super) async fn examine(&self, head: &Parts, wanted: Service) -> Result<Examined, Fault> {
        let authorization = Authorization::read(head)?;
        let instant = instant::read(head)?;
        let Authorization { access_key_id, day, region, service, signed_headers, .. } = &authorization;
        let now = self.clock.now();
        let token = head.headers.get("x-amz-security-token").map(http::HeaderValue::as_bytes);
        let operator = self.keyring.find(access_key_id, token, now).map_err(key_fault)?;
        if *service != wanted {
            return Err(faults::other_service(wanted));
        }
        instant::check(&instant, day, now, SKEW_MS)?;
        for name in head.headers.keys().map(http::HeaderName::as_str) {
            let must_be_signed = name == "host" || name.starts_with("x-amz-");
            if must_be_signed && !signed_headers.iter().any(|signed| signed == name) {
                return Err(faults::unsigned_header(name));
            }
        }
        let signer = Signer { caller: Caller::Operator(operator), region: region.clone() };
        let (key, unremembered) = self.signing_key(&authorization).await?;
        Ok(Examined {
            key,
            unremembered,
            canonical: canonical::request_without_digest(head, signed_headers),
            scope: authorization.scope(),
            instant,
            signature: authorization.signature,
            signer,
        })
    }

    /// Compares the signature. Only the key of a true one is remembered: who merely knows a key's id, and signs for days and regions
    /// without end, drives nobody else's out.
    pub(super) fn verify(&self, examined: Examined, body: &[u8]) -> Result<Signer, Fault> {
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
            .map_err(|_| faults::mismatch())?;
        if let Some(name) = examined.unremembered {
            self.remember(name, examined.key);
        }
        Ok(examined.signer)
    }

    /// Notes that a key signed a call that is let in.
    pub(super) fn used(&self, call: &Call, permission: &'static str) {
        if let Some(operator) = call.caller.operator() {
            self.keyring.used(operator, self.clock.now(), &call.source, permission);
        }
    }

    /// The key that signs on one day in one region: derived once, then remembered. Only then is the secret unsealed.
    async fn signing_key(
        &self,
        authorization: &Authorization,
    ) -> Result<(hmac::Key, Option<KeyName>), Fault> {
        let Authorization { access_key_id, day, region, service, .. } = authorization;
        let name = (access_key_id.clone(), day.clone(), region.clone(), *service);
        if let Some(key) = self.remembered().get(&name) {
            return Ok((key.clone(), None));
        }
        let secret = self.keyring.secret(access_key_id).await.map_err(key_fault)?;
        Ok((derive(&secret, day, region, *service), Some(name)))
    }

    fn remember(&self, name: KeyName, key: hmac::Key) {
        let mut derived = self.remembered();
        if derived.len() >= REMEMBERED {
            derived.clear();
        }
        derived.insert(name, key);
    }

    fn remembered(&self) -> MutexGuard<'_, HashMap<KeyName, hmac::Key>> {
        // A panic while holding the lock leaves whole entries.
        self.derived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key_fault(error: KeyError) -> Fault {
    match error {
        KeyError::Unknown => faults::unknown_key(),
        KeyError::Expired => faults::expired(),
        KeyError::Sealed => Fault::internal("the server could not unseal the key that signed: see its log"),
    }
}

fn derive(secret: &[u8], day: &str, region: &str, service: Service) -> hmac::Key {
    let first = Zeroizing::new([b"AWS4", secret].concat());
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, &first);
    for part in [day, region, service.name(), "aws4_request"] {
        let tag = hmac::sign(&key, part.as_bytes());
        key = hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref());
    }
    key
}

/// Reads whatever a stranger can make us read before its key is looked up; for `tests/fuzz`.
#[cfg(fuzzing)]
pub fn reads_signature(head: &Parts) -> bool {
    let (Ok(authorization), Ok(instant)) = (Authorization::read(head), instant::read(head)) else {
        return false;
    };
    let canonical = canonical::request_without_digest(head, &authorization.signed_headers);
    instant::check(&instant, &authorization.day, pilothouse_protocol::Millis(0), SKEW_MS).is_ok()
        || !canonical.is_empty()
}
