//! A webhook: one POST for each delivery, signed.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::CourierError;
use crate::config::WebhookSettings;

/// The most bytes of a secret.
const MAX_SECRET: usize = 4096;
/// Answers that say: never again.
const GONE: u16 = 410;

/// Why a notification has not arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// For people; holds neither address nor secret.
    pub why: String,
    /// Whether trying again is of no use.
    pub is_final: bool,
}

/// A webhook, with its secret.
pub struct Webhook {
    url: String,
    key: Option<hmac::Key>,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address may have a secret in it.
        f.debug_struct("Webhook").field("is_signed", &self.key.is_some()).finish_non_exhaustive()
    }
}

/// `t=SECONDS,v1=HEX`: the HMAC-SHA256 of `SECONDS.BODY`, so that what was once sent cannot be sent again much later.
#[must_use]
pub fn signature(key: &hmac::Key, at: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    context.update(format!("{at}.").as_bytes());
    context.update(body);
    format!("t={at},v1={}", hex::encode(context.sign()))
}

impl Webhook {
    /// As the settings say; reads its secret.
    pub(super) fn open(name: &str, settings: &WebhookSettings) -> Result<Self, CourierError> {
        let Some(path) = &settings.secret_file else {
            return Ok(Self { url: settings.url.clone(), key: None });
        };
        let failed = |why: String| CourierError::Secret { name: name.to_owned(), path: path.clone(), why };
        let text = std::fs::read(path).map(Zeroizing::new).map_err(|error| failed(error.to_string()))?;
        let secret = text.trim_ascii();
        if secret.is_empty() || secret.len() > MAX_SECRET {
            return Err(failed(format!("it must hold 1 to {MAX_SECRET} bytes")));
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Ok(Self { url: settings.url.clone(), key: Some(key) })
    }

    /// Posts it. Nothing of the answer but its status is read.
    pub(super) async fn post(
        &self,
        http: &reqwest::Client,
        id: &str,
        body: Vec<u8>,
        at: i64,
    ) -> Result<(), Problem> {
        let mut request = http
            .post(&self.url)
            .header("content-type", "application/json")
            .header("x-pilothouse-delivery", id);
        if let Some(key) = &self.key {
            request = request.header("x-pilothouse-signature", signature(key, at, &body));
        }
        let answer = request.body(body).send().await;
        let status = match answer {
            Ok(answer) => answer.status(),
            Err(error) => return Err(Problem { why: unanswered(&error), is_final: false }),
        };
        if status.is_success() {
            return Ok(());
        }
        let why = match status.is_redirection() {
            true => format!("it answered {status}: nobody is followed elsewhere, give its own address"),
            false => format!("it answered {status}"),
        };
        Err(Problem { why, is_final: status.as_u16() == GONE })
    }
}

/// Why there was no answer, without the address.
fn unanswered(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "it cannot be reached"
    } else {
        "the connection broke"
    };
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| what.to_owned(), |cause| format!("{what}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_one_of_time_and_body() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        let signed = signature(&key, 1_700_000_000, b"{}");
        assert_eq!(
            signed,
            "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
        );
        assert_ne!(signed, signature(&key, 1_700_000_001, b"{}"));
        assert_ne!(signed, signature(&key, 1_700_000_000, b"[]"));
    }

    #[test]
    fn neither_address_nor_secret_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        std::fs::write(&file, "hunter2\n").unwrap();
        let settings = WebhookSettings { url: "https://x/t0ken".into(), secret_file: Some(file.clone()) };
        let shown = format!("{:?}", Webhook::open("ops", &settings).unwrap());
        assert!(!shown.contains("hunter2") && !shown.contains("t0ken"), "{shown}");
        std::fs::write(&file, " \n").unwrap();
        let error = Webhook::open("ops", &settings).unwrap_err().to_string();
        assert!(error.contains("ops") && error.contains("1 to 4096"), "{error}");
    }
}
