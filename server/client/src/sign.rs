//! Signing: AWS Signature Version 4, as the aws CLI does it.

use std::time::SystemTime;

use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderMap, HeaderName, HeaderValue};

use pilothouse_api::OPERATIONS;

use crate::credentials::Credentials;
use crate::error::ClientError;

const TOKEN: &str = "x-amz-security-token";

/// The service in the scope of the event stream's signature.
pub(crate) const EVENTS: &str = "ssm";

/// The service in the scope of a call's signature: that of AWS whose operation it is, `ssm` for ours.
pub(crate) fn service_of(target: &str) -> &'static str {
    let permission = OPERATIONS.iter().find(|it| it.target == target).map_or("", |it| it.permission);
    match permission.split(':').next() {
        Some("sts") => "sts",
        Some("cloudtrail") => "cloudtrail",
        _ => "ssm",
    }
}

/// What is to be signed.
pub(crate) struct Unsigned<'a> {
    /// The service in the signature's scope.
    pub(crate) service: &'static str,
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) headers: &'a [(&'static str, &'a str)],
    pub(crate) body: &'a [u8],
}

#[expect(
    clippy::disallowed_methods,
    reason = "a signature carries the true time; the server decides what it makes of it"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The headers that make the request a signed one, those of `headers` included.
pub(crate) fn signed(
    unsigned: &Unsigned<'_>,
    credentials: &Credentials,
    region: &str,
) -> Result<HeaderMap, ClientError> {
    signed_at(unsigned, credentials, region, now())
}

fn signed_at(
    unsigned: &Unsigned<'_>,
    credentials: &Credentials,
    region: &str,
    at: SystemTime,
) -> Result<HeaderMap, ClientError> {
    let wrong = |why: String| ClientError::Settings(format!("the request cannot be signed: {why}"));
    let token = credentials.session_token().map(str::to_owned);
    let id = credentials.access_key_id();
    let identity = AwsCredentials::new(id, credentials.secret_access_key(), token, None, "pilothouse").into();
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(unsigned.service)
        .time(at)
        .settings(settings)
        .build()
        .map_err(|e| wrong(e.to_string()))?
        .into();
    let body = SignableBody::Bytes(unsigned.body);
    let request = SignableRequest::new(unsigned.method, unsigned.url, unsigned.headers.iter().copied(), body)
        .map_err(|e| wrong(crate::error::chain(&e)))?;
    let (instructions, _) = sign(request, &params).map_err(|e| wrong(crate::error::chain(&e)))?.into_parts();
    let mut headers = HeaderMap::new();
    for (name, value) in unsigned.headers.iter().copied().chain(instructions.headers()) {
        let name = HeaderName::try_from(name).map_err(|e| wrong(e.to_string()))?;
        let mut value = HeaderValue::try_from(value).map_err(|e| wrong(e.to_string()))?;
        value.set_sensitive(name == http::header::AUTHORIZATION || name == TOKEN);
        headers.insert(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_target_are_signed_and_the_signature_is_not_shown_in_debug_output() {
        let unsigned = Unsigned {
            service: "ssm",
            method: "POST",
            url: "http://127.0.0.1:8440/",
            headers: &[("host", "127.0.0.1:8440"), ("x-amz-target", "AmazonSSM.ListCommands")],
            body: b"{}",
        };
        let credentials = Credentials::new("AKIDEXAMPLE", "secret");
        let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_440_938_160);
        let headers = signed_at(&unsigned, &credentials, "eu-west-1", at).unwrap();
        assert_eq!(headers["x-amz-date"], "20150830T123600Z");
        let authorization = headers["authorization"].to_str().unwrap();
        assert!(authorization.contains("AKIDEXAMPLE/20150830/eu-west-1/ssm/aws4_request"), "{authorization}");
        assert!(authorization.contains("SignedHeaders=host;x-amz-date;x-amz-target"), "{authorization}");
        assert!(!format!("{headers:?}").contains("Signature="));
    }

    #[test]
    fn a_session_sends_its_token_signed_and_does_not_show_it() {
        let variable = |name: &str| {
            let known = [
                ("AWS_ACCESS_KEY_ID", "PILS"),
                ("AWS_SECRET_ACCESS_KEY", "s"),
                ("AWS_SESSION_TOKEN", "t0ken"),
            ];
            known.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
        };
        let credentials = Credentials::from_environment(variable).unwrap().unwrap();
        let headers = [("host", "h"), ("x-amz-target", "AWSSecurityTokenServiceV20110615.GetCallerIdentity")];
        let service = service_of(headers[1].1);
        let unsigned = Unsigned { service, method: "POST", url: "http://h/", headers: &headers, body: b"{}" };
        let headers = signed_at(&unsigned, &credentials, "eu-west-1", SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(headers[TOKEN], "t0ken");
        let authorization = headers["authorization"].to_str().unwrap();
        assert!(authorization.contains("/eu-west-1/sts/aws4_request"), "{authorization}");
        assert!(authorization.contains("x-amz-date;x-amz-security-token;x-amz-target"), "{authorization}");
        assert!(!format!("{headers:?}").contains("t0ken"));
    }

    #[test]
    fn each_operation_is_signed_for_the_service_of_aws_that_it_belongs_to() {
        let of = |name: &str| service_of(OPERATIONS.iter().find(|it| it.name == name).unwrap().target);
        assert_eq!((of("AssumeRole"), of("LookupEvents")), ("sts", "cloudtrail"));
        assert_eq!((of("SendCommand"), of("PutPolicy")), ("ssm", "ssm"));
    }
}
