//! The courier: carries deliveries of the outbox out of the house, and says how that went.
//!
//! In: deliveries that the scheduler took, and from the settings where to. Out: requests over HTTP, and for each how it went.
//! Whoever is called is not trusted: nobody is followed elsewhere, nothing of an answer but its status is read, and nobody has
//! for ever.
//!
//! Never here: which deliveries there are and when they are due, secrets in a log or an error.

mod s3;
mod webhook;

#[cfg(test)]
pub(crate) mod receiver;
#[cfg(test)]
mod stories;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

pub use s3::{Buckets, S3Error};
pub use webhook::{Problem, Webhook, signature};

use crate::config::WebhookSettings;

/// How long the courier waits for others.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For all of a request.
    pub request: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), request: Duration::from_secs(15) }
    }
}

/// Why there is no courier.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// The secret of a webhook cannot be read.
    #[error("the secret of the webhook {name} cannot be read from {}: {why}", .path.display())]
    Secret {
        /// The webhook.
        name: String,
        /// The file.
        path: PathBuf,
        /// The cause.
        why: String,
    },
    /// There is no HTTP client.
    #[error("no HTTP client can be made for webhooks: {0}")]
    Client(String),
}

/// The courier.
#[derive(Debug)]
pub struct Courier {
    webhooks: BTreeMap<String, Webhook>,
    http: reqwest::Client,
}

impl Courier {
    /// A courier for these webhooks; reads their secrets.
    ///
    /// # Errors
    /// When a secret cannot be read.
    pub fn new(
        webhooks: &BTreeMap<String, WebhookSettings>,
        patience: Patience,
    ) -> Result<Self, CourierError> {
        let http = reqwest::Client::builder()
            .connect_timeout(patience.connect)
            .timeout(patience.request)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("pilothouse/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| CourierError::Client(error.to_string()))?;
        let open = |(name, settings): (&String, &WebhookSettings)| {
            Ok((name.clone(), Webhook::open(name, settings)?))
        };
        Ok(Self { webhooks: webhooks.iter().map(open).collect::<Result<_, CourierError>>()?, http })
    }

    /// Names of the webhooks that it knows.
    #[must_use]
    pub fn webhooks(&self) -> BTreeSet<String> {
        self.webhooks.keys().cloned().collect()
    }

    /// Posts a notification to the webhook of this name, signed as of `at` seconds since the epoch.
    ///
    /// # Errors
    /// Why it has not arrived, as far as that is known.
    pub async fn notify(&self, name: &str, id: &str, body: Vec<u8>, at: i64) -> Result<(), Problem> {
        match self.webhooks.get(name) {
            Some(webhook) => webhook.post(&self.http, id, body, at).await,
            None => Err(Problem { why: format!("the settings have no webhook {name}"), is_final: false }),
        }
    }
}
