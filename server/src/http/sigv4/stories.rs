//! Signatures made by AWS's own signers, and every way in which one is not accepted.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderName, HeaderValue, Request};
use pilothouse_protocol::Millis;

use super::*;
use crate::credentials::RootCredentials;
use crate::rig::HandClock;

const ID: &str = "PILOTESTTESTTESTTEST";
const SECRET: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00";
const BODY: &[u8] = b"{\"MaxResults\":5}";
/// 2026-11-24T10:15:00Z.
const NOW: Millis = Millis(1_795_515_300_000);

fn verifier_at(now: Millis) -> Verifier {
    let root = RootCredentials::new(ID, SECRET).unwrap();
    Verifier::new(Keyring::new(root), Arc::new(HandClock::at(now)))
}

fn check(verifier: &Verifier, head: &Parts, body: &[u8]) -> Result<Signer, Fault> {
    verifier.examine(head).and_then(|examined| Verifier::verify(examined, body))
}

/// The request that botocore 1.43 signed, header by header.
fn botocore() -> Parts {
    let request = Request::post("/")
        .header("host", "127.0.0.1:8440")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "AmazonSSM.ListCommands")
        .header("x-amz-meta-folded", "  two   words ")
        .header("x-amz-date", "20261124T101500Z")
        .header("user-agent", "is not signed")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=PILOTESTTESTTESTTEST/20261124/eu-north-1/ssm/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-meta-folded;x-amz-target, \
             Signature=5a335177ae412b5a7cac1ae55f643d91e083f63aa8aa17468a80596ebe2c90d3",
        );
    request.body(()).unwrap().into_parts().0
}

/// A request that AWS's SDK for Rust signs.
fn by_the_sdk(secret: &str, at: Millis, url: &str) -> Parts {
    let identity = Credentials::new(ID, secret, None, None, "test").into();
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(at.0.unsigned_abs());
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-north-1")
        .name(SERVICE)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let headers = [("x-amz-target", "AmazonSSM.ListCommands")];
    let signable = SignableRequest::new("POST", url, headers.into_iter(), SignableBody::Bytes(BODY)).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let path = url.strip_prefix("http://h:1").unwrap();
    let mut request =
        Request::post(path).header("host", "h:1").header("x-amz-target", "AmazonSSM.ListCommands");
    for (name, value) in instructions.headers() {
        request = request.header(name, value);
    }
    request.body(()).unwrap().into_parts().0
}

#[track_caller]
fn refused(outcome: Result<Signer, Fault>, code: &str) -> String {
    let fault = outcome.unwrap_err();
    assert_eq!(fault.code, code, "{}", fault.message);
    fault.message
}

/// The botocore request with one header changed.
fn with(name: &'static str, value: &str) -> Parts {
    let mut head = botocore();
    head.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    head
}

fn with_authorization(from: &str, to: &str) -> Parts {
    let head = botocore();
    let text = head.headers["authorization"].to_str().unwrap().replace(from, to);
    with("authorization", &text)
}

#[test]
fn what_botocore_signed_is_accepted_in_the_region_of_its_scope() {
    let signer = check(&verifier_at(NOW), &botocore(), BODY).unwrap();
    assert_eq!(signer.region, "eu-north-1");
    assert_eq!(signer.caller, Caller::root(ID));
}

#[test]
fn what_the_rust_sdk_signed_is_accepted_with_paths_and_queries_that_need_encoding() {
    let verifier = verifier_at(NOW);
    for url in ["http://h:1/", "http://h:1/a/b%20c/d?z=1&a=x%2Fy&a=%20&empty"] {
        check(&verifier, &by_the_sdk(SECRET, NOW, url), BODY).unwrap();
    }
}

#[test]
fn a_signing_key_is_derived_once_a_day() {
    let verifier = verifier_at(NOW);
    for _ in 0..3 {
        check(&verifier, &botocore(), BODY).unwrap();
    }
    assert_eq!(verifier.derived.lock().unwrap().len(), 1);
}

#[test]
fn a_changed_body_header_or_secret_is_a_wrong_signature() {
    let verifier = verifier_at(NOW);
    let wrong = "InvalidSignatureException";
    assert!(
        refused(check(&verifier, &botocore(), b"{}"), wrong)
            .starts_with("The request signature we calculated")
    );
    refused(check(&verifier, &with("x-amz-target", "AmazonSSM.SendCommand"), BODY), wrong);
    refused(
        check(&verifier, &by_the_sdk("another-secret-of-forty-characters-00000", NOW, "http://h:1/"), BODY),
        wrong,
    );
    refused(check(&verifier, &with_authorization("5a33", "5a34"), BODY), wrong);
    refused(check(&verifier, &with_authorization("5a335177", ""), BODY), wrong);
}

#[test]
fn a_request_without_a_token_is_told_so() {
    let mut head = botocore();
    head.headers.remove("authorization");
    let message = refused(check(&verifier_at(NOW), &head, BODY), "MissingAuthenticationTokenException");
    assert_eq!(message, "Missing Authentication Token");
}

#[test]
fn an_unknown_key_is_told_before_any_body_is_read() {
    let verifier = verifier_at(NOW);
    let head = with_authorization("PILOTESTTESTTESTTEST", "PILOOTHEROTHEROTHER0");
    let fault = verifier.examine(&head).err().unwrap();
    assert_eq!(fault.code, "UnrecognizedClientException");
    let session = with("x-amz-security-token", "a session of somebody");
    refused(check(&verifier, &session, BODY), "UnrecognizedClientException");
}

#[test]
fn half_a_header_is_incomplete_and_says_what_is_missing() {
    let verifier = verifier_at(NOW);
    let incomplete = "IncompleteSignatureException";
    let message =
        refused(check(&verifier, &with("authorization", "AWS4-HMAC-SHA256 Signature=00"), BODY), incomplete);
    assert_eq!(
        message,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'SignedHeaders' parameter."
    );
    refused(check(&verifier, &with("authorization", "Bearer abc"), BODY), incomplete);
    refused(check(&verifier, &with_authorization("/aws4_request", ""), BODY), incomplete);
    refused(check(&verifier, &with("x-amz-date", "yesterday"), BODY), incomplete);
    let mut undated = botocore();
    undated.headers.remove("x-amz-date");
    refused(check(&verifier, &undated, BODY), incomplete);
}

#[test]
fn a_scope_of_another_service_day_or_terminator_is_invalid() {
    let verifier = verifier_at(NOW);
    let invalid = "InvalidSignatureException";
    let message = refused(check(&verifier, &with_authorization("/ssm/", "/ec2/"), BODY), invalid);
    assert_eq!(message, "Credential should be scoped to correct service: 'ssm'.");
    refused(check(&verifier, &with_authorization("/20261124/", "/20261123/"), BODY), invalid);
    refused(check(&verifier, &with_authorization("aws4_request", "aws5_request"), BODY), invalid);
    refused(check(&verifier, &with_authorization("eu-north-1", "EU North"), BODY), invalid);
}

#[test]
fn a_signature_is_good_for_five_minutes_before_and_after() {
    let at = |seconds: i64| check(&verifier_at(Millis(NOW.0 + seconds * 1000)), &botocore(), BODY);
    at(300).unwrap();
    at(-300).unwrap();
    let message = refused(at(301), "InvalidSignatureException");
    assert_eq!(
        message,
        "Signature expired: 20261124T101500Z is now earlier than 20261124T101501Z (20261124T102001Z - 5 min.)"
    );
    let message = refused(at(-301), "InvalidSignatureException");
    assert_eq!(
        message,
        "Signature not yet current: 20261124T101500Z is still later than 20261124T101459Z (20261124T100959Z + 5 min.)"
    );
}

#[test]
fn host_and_every_amazon_header_must_be_signed() {
    let verifier = verifier_at(NOW);
    refused(check(&verifier, &with("x-amz-added", "on the way"), BODY), "InvalidSignatureException");
    let head = with_authorization("content-type;host;", "content-type;");
    refused(check(&verifier, &head, BODY), "InvalidSignatureException");
}
