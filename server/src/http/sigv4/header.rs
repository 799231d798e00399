//! The `Authorization` header, taken apart.

use http::header::AUTHORIZATION;
use http::request::Parts;
use pilothouse_api::Fault;

use super::{Service, faults};
use crate::config::is_region;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The most headers that one signature may name.
const MAX_SIGNED: usize = 64;

/// What an `Authorization` header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization {
    pub(super) access_key_id: String,
    /// `YYYYMMDD`.
    pub(super) day: String,
    pub(super) region: String,
    pub(super) service: Service,
    /// In the order in which they were signed, lower case.
    pub(super) signed_headers: Vec<String>,
    /// 32 bytes.
    pub(super) signature: Vec<u8>,
}

impl Authorization {
    pub(super) fn read(head: &Parts) -> Result<Self, Fault> {
        let value = head.headers.get(AUTHORIZATION).ok_or_else(faults::no_token)?;
        let text = value.to_str().map_err(|_| faults::incomplete("Authorization header is not ASCII."))?;
        let (algorithm, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        if algorithm != ALGORITHM {
            let shown: String = algorithm.chars().take(64).collect();
            return Err(faults::incomplete(format!("Unsupported AWS 'algorithm': '{shown}'.")));
        }
        Self::parse(rest)
    }

    fn parse(rest: &str) -> Result<Self, Fault> {
        let mut parts = [None; 3];
        for part in rest.split(',').map(str::trim) {
            let Some((name, value)) = part.split_once('=') else { continue };
            match name {
                "Credential" => parts[0] = Some(value),
                "SignedHeaders" => parts[1] = Some(value),
                "Signature" => parts[2] = Some(value),
                _ => {}
            }
        }
        let [Some(credential), Some(signed), Some(signature)] = parts else {
            let missing: Vec<String> = ["Credential", "SignedHeaders", "Signature"]
                .iter()
                .zip(parts)
                .filter(|(_, part)| part.is_none())
                .map(|(name, _)| format!("Authorization header requires '{name}' parameter."))
                .collect();
            return Err(faults::incomplete(missing.join(" ")));
        };
        let (access_key_id, day, region, service) = scope(credential)?;
        let signed_headers: Vec<String> = signed.split(';').map(str::to_ascii_lowercase).collect();
        if signed_headers.len() > MAX_SIGNED {
            return Err(faults::incomplete("Authorization header names too many signed headers."));
        }
        if !signed_headers.iter().any(|name| name == "host") {
            return Err(faults::invalid(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        let signature =
            hex::decode(signature).ok().filter(|bytes| bytes.len() == 32).ok_or_else(faults::mismatch)?;
        Ok(Self { access_key_id, day, region, service, signed_headers, signature })
    }

    /// `day/region/service/aws4_request`.
    pub(super) fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day, self.region, self.service.name())
    }
}

/// Key id, day, region and service of a credential's scope.
fn scope(credential: &str) -> Result<(String, String, String, Service), Fault> {
    let parts: Vec<&str> = credential.split('/').collect();
    let [key, day, region, service, terminator] = parts.as_slice() else {
        let shown: String = credential.chars().take(128).collect();
        return Err(faults::incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{shown}'"
        )));
    };
    let service = Service::named(service).ok_or_else(|| faults::other_service(Service::Ssm))?;
    if *terminator != "aws4_request" {
        return Err(faults::invalid("Credential should be scoped with a valid terminator: 'aws4_request'."));
    }
    if !is_region(region) {
        return Err(faults::invalid("Credential should be scoped to a valid region."));
    }
    Ok(((*key).to_owned(), (*day).to_owned(), (*region).to_owned(), service))
}
