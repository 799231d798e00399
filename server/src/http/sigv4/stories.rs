//! Signatures made by AWS's own signers, and every way in which one is not accepted.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderName, HeaderValue, Request};
use pilothouse_protocol::Millis;

use super::*;
use crate::access::Access;
use crate::credentials::RootCredentials;
use crate::rig::HandClock;
use crate::secrets::Secrets;

const ID: &str = "PILOTESTTESTTESTTEST";
const SECRET: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00";
const BODY: &[u8] = b"{\"MaxResults\":5}";
/// 2026-11-24T10:15:00Z.
const NOW: Millis = Millis(1_795_515_300_000);

fn verifier_at(now: Millis) -> Verifier {
    let root = RootCredentials::new(ID, SECRET).unwrap();
    let keyring = Keyring::new(root, Access::default(), Secrets::for_tests());
    Verifier::new(keyring, Arc::new(HandClock::at(now)))
}

async fn check(verifier: &Verifier, head: &Parts, body: &[u8]) -> Result<Signer, Fault> {
    verifier.verify(verifier.examine(head, Service::Ssm).await?, body)
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
        .name(Service::Ssm.name())
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

#[tokio::test]
async fn what_botocore_signed_is_accepted_in_the_region_of_its_scope() {
    let signer = check(&verifier_at(NOW), &botocore(), BODY).await.unwrap();
    assert_eq!(signer.region, "eu-north-1");
    assert_eq!(signer.caller, Caller::root(ID));
}

#[tokio::test]
async fn what_the_rust_sdk_signed_is_accepted_with_paths_and_queries_that_need_encoding() {
    let verifier = verifier_at(NOW);
    for url in ["http://h:1/", "http://h:1/a/b%20c/d?z=1&a=x%2Fy&a=%20&empty"] {
        check(&verifier, &by_the_sdk(SECRET, NOW, url), BODY).await.unwrap();
    }
}

#[tokio::test]
async fn a_signing_key_is_derived_once_a_day() {
    let verifier = verifier_at(NOW);
    for _ in 0..3 {
        check(&verifier, &botocore(), BODY).await.unwrap();
    }
    assert_eq!(verifier.derived.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn who_knows_no_more_than_the_id_of_a_key_has_nothing_remembered() {
    let verifier = verifier_at(NOW);
    for region in ["eu-north-1", "eu-north-2", "eu-north-3"] {
        let guessed = with_authorization("eu-north-1", region);
        assert!(check(&verifier, &guessed, b"another body").await.is_err());
    }
    assert_eq!(verifier.derived.lock().unwrap().len(), 0);
    check(&verifier, &botocore(), BODY).await.unwrap();
    assert_eq!(verifier.derived.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_changed_body_header_or_secret_is_a_wrong_signature() {
    let verifier = verifier_at(NOW);
    let wrong = "InvalidSignatureException";
    assert!(
        refused(check(&verifier, &botocore(), b"{}").await, wrong)
            .starts_with("The request signature we calculated")
    );
    refused(check(&verifier, &with("x-amz-target", "AmazonSSM.SendCommand"), BODY).await, wrong);
    refused(
        check(&verifier, &by_the_sdk("another-secret-of-forty-characters-00000", NOW, "http://h:1/"), BODY)
            .await,
        wrong,
    );
    refused(check(&verifier, &with_authorization("5a33", "5a34"), BODY).await, wrong);
    refused(check(&verifier, &with_authorization("5a335177", ""), BODY).await, wrong);
}

#[tokio::test]
async fn a_request_without_a_token_is_told_so() {
    let mut head = botocore();
    head.headers.remove("authorization");
    let message = refused(check(&verifier_at(NOW), &head, BODY).await, "MissingAuthenticationTokenException");
    assert_eq!(message, "Missing Authentication Token");
}

#[tokio::test]
async fn an_unknown_key_is_told_before_any_body_is_read() {
    let verifier = verifier_at(NOW);
    let head = with_authorization("PILOTESTTESTTESTTEST", "PILOOTHEROTHEROTHER0");
    let fault = verifier.examine(&head, Service::Ssm).await.err().unwrap();
    assert_eq!(fault.code, "UnrecognizedClientException");
    let session = with("x-amz-security-token", "a session of somebody");
    refused(check(&verifier, &session, BODY).await, "UnrecognizedClientException");
}

#[tokio::test]
async fn half_a_header_is_incomplete_and_says_what_is_missing() {
    let verifier = verifier_at(NOW);
    let incomplete = "IncompleteSignatureException";
    let message = refused(
        check(&verifier, &with("authorization", "AWS4-HMAC-SHA256 Signature=00"), BODY).await,
        incomplete,
    );
    assert_eq!(
        message,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'SignedHeaders' parameter."
    );
    refused(check(&verifier, &with("authorization", "Bearer abc"), BODY).await, incomplete);
    refused(check(&verifier, &with_authorization("/aws4_request", ""), BODY).await, incomplete);
    refused(check(&verifier, &with("x-amz-date", "yesterday"), BODY).await, incomplete);
    let mut undated = botocore();
    undated.headers.remove("x-amz-date");
    refused(check(&verifier, &undated, BODY).await, incomplete);
}

#[tokio::test]
async fn a_scope_of_another_service_day_or_terminator_is_invalid() {
    let verifier = verifier_at(NOW);
    let invalid = "InvalidSignatureException";
    let message = refused(check(&verifier, &with_authorization("/ssm/", "/ec2/"), BODY).await, invalid);
    assert_eq!(message, "Credential should be scoped to correct service: 'ssm'.");
    refused(check(&verifier, &with_authorization("/20261124/", "/20261123/"), BODY).await, invalid);
    refused(check(&verifier, &with_authorization("aws4_request", "aws5_request"), BODY).await, invalid);
    refused(check(&verifier, &with_authorization("eu-north-1", "EU North"), BODY).await, invalid);
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes_before_and_after() {
    let at =
        async |seconds: i64| check(&verifier_at(Millis(NOW.0 + seconds * 1000)), &botocore(), BODY).await;
    at(300).await.unwrap();
    at(-300).await.unwrap();
    let message = refused(at(301).await, "InvalidSignatureException");
    assert_eq!(
        message,
        "Signature expired: 20261124T101500Z is now earlier than 20261124T101501Z (20261124T102001Z - 5 min.)"
    );
    let message = refused(at(-301).await, "InvalidSignatureException");
    assert_eq!(
        message,
        "Signature not yet current: 20261124T101500Z is still later than 20261124T101459Z (20261124T100959Z + 5 min.)"
    );
}

#[tokio::test]
async fn host_and_every_amazon_header_must_be_signed() {
    let verifier = verifier_at(NOW);
    refused(check(&verifier, &with("x-amz-added", "on the way"), BODY).await, "InvalidSignatureException");
    let head = with_authorization("content-type;host;", "content-type;");
    refused(check(&verifier, &head, BODY).await, "InvalidSignatureException");
}
