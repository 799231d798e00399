//! What a server says about itself: what a registration line and a warning are made of.

use serde::{Deserialize, Serialize};

use crate::validate::Violations;

/// Asks the server about itself. Everyone who is known may.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeServer {}

impl DescribeServer {
    #[expect(clippy::unused_self, reason = "there is nothing to check")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// How the way to the server is protected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protection {
    /// Plain HTTP on loopback.
    Loopback,
    /// Plain HTTP that other machines can reach.
    Plain,
    /// TLS with a certificate that was given.
    Given,
    /// TLS with the server's own authority, by the SHA-256 of its certificate: `sha256:` and 64 hexadecimal digits.
    OwnAuthority(String),
}

/// The server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeServerResult {
    /// Its version.
    pub version: String,
    /// The account that everything belongs to.
    pub account_id: String,
    /// How the way to it is protected.
    pub protection: Protection,
}
