//! Requests that botocore signed (`tests/signatures/make.py`): each is accepted as it is, and refused when anything is changed.
//! And requests as they come to mind, signed by AWS's SDK for Rust.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Request};
use pilothouse_api::access::KeyStatus;
use pilothouse_protocol::Millis;
use pilothouse_store::Store;
use pilothouse_store::principals::keys::{self, Holder, KeyRecord};
use pilothouse_store::principals::roles::{self, RoleRecord};
use pilothouse_store::principals::users::{self, UserRecord};
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::access::{Access, Who};
use crate::credentials::{RootCredentials, token_hash};
use crate::doorbell::Doorbell;
use crate::rig::HandClock;
use crate::secrets::Secrets;

const CORPUS: &str = include_str!("../../../../tests/signatures/corpus.jsonl");
const USER: (&str, &str) = ("PILOCORPUSCORPUSCORP", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00");
const SESSION: (&str, &str) = ("PILSCORPUSCORPUSCORP", "c0rpusSecretOfASession/+=c0rpusSecretOf00");
const TOKEN: &str = "PILT5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
/// 2026-11-25T00:00:00Z: the corpus is of the day before.
const END: Millis = Millis(1_795_564_800_000);

#[derive(Clone, Debug, Deserialize)]
struct Line {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    service: String,
    region: String,
    instant: String,
    session: bool,
}

impl Line {
    fn all() -> Vec<Self> {
        CORPUS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn head(&self) -> Parts {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.target);
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        request.body(()).unwrap().into_parts().0
    }

    fn body(&self) -> Vec<u8> {
        STANDARD.decode(&self.body).unwrap()
    }

    fn at(&self) -> Millis {
        let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &self.instant).unwrap();
        Millis(jiff::tz::TimeZone::UTC.to_timestamp(civil).unwrap().as_millisecond())
    }

    fn header(&mut self, name: &str) -> &mut String {
        &mut self.headers.iter_mut().find(|(it, _)| it.eq_ignore_ascii_case(name)).unwrap().1
    }

    /// The same with a header taken for another value of the same length.
    fn with(&self, name: &str, change: impl Fn(&str) -> String) -> Self {
        let mut line = self.clone();
        let value = line.header(name);
        *value = change(value);
        line
    }
}

/// A server that knows both keys of the corpus, at a time.
struct Station {
    keyring: Keyring,
}

impl Station {
    async fn new() -> Self {
        let (store, secrets) = (Store::open("sqlite::memory:").await.unwrap(), Secrets::for_tests());
        let mut tx = store.write().await.unwrap();
        let user = UserRecord {
            name: "anna".into(),
            user_id: "PIDA".into(),
            comment: String::new(),
            created_at: Millis(0),
            created_by: "root".into(),
        };
        let role = RoleRecord {
            name: "deck".into(),
            role_id: "PROA".into(),
            comment: String::new(),
            created_at: Millis(0),
            max_session_seconds: 3600,
        };
        users::insert(&mut tx, &user).await.unwrap();
        roles::insert(&mut tx, &role).await.unwrap();
        let session = Holder::Session {
            role: "deck".into(),
            session: "watch".into(),
            person: "user/anna".into(),
            token_hash: token_hash(TOKEN.as_bytes()),
        };
        for ((id, secret), holder, expires_at) in
            [(USER, Holder::User("anna".into()), None), (SESSION, session, Some(END))]
        {
            let sealed = secrets.seal(&format!("access-key/{id}"), secret.as_bytes()).await.unwrap();
            let key = KeyRecord {
                access_key_id: id.into(),
                holder,
                sealed,
                key_id: "test".into(),
                status: KeyStatus::Active,
                created_at: Millis(0),
                expires_at,
                last_use: None,
            };
            keys::insert(&mut tx, &key).await.unwrap();
        }
        tx.commit().await.unwrap();
        let access = Access::load(&store, Doorbell::default()).await.unwrap();
        let root = RootCredentials::new("PILOROOTROOTROOTROOT", "not-of-this-corpus").unwrap();
        Self { keyring: Keyring::new(root, access, secrets) }
    }

    async fn check(&self, line: &Line, body: &[u8]) -> Result<Signer, Fault> {
        self.check_at(line, body, line.at()).await
    }

    async fn check_at(&self, line: &Line, body: &[u8], now: Millis) -> Result<Signer, Fault> {
        let verifier = Verifier::new(self.keyring.clone(), Arc::new(HandClock::at(now)));
        let service = Service::named(&line.service).unwrap();
        verifier.verify(verifier.examine(&line.head(), service).await?, body)
    }

    async fn refuses(&self, line: &Line, body: &[u8], codes: &[&str], what: &str) {
        let code = self.check(line, body).await.err().map(|fault| fault.code);
        let is_refused = code.as_ref().is_some_and(|code| codes.contains(&&**code));
        assert!(is_refused, "{what}: {code:?} of {line:?}");
    }
}

const INVALID: &[&str] = &["InvalidSignatureException"];

/// The last letter or digit made another one, of the same kind.
fn another(text: &str) -> String {
    let at = text.rfind(|letter: char| letter.is_ascii_alphanumeric()).unwrap();
    let changed = match text.as_bytes()[at] {
        b'9' => b'8',
        b'z' => b'y',
        b'Z' => b'Y',
        other => other + 1,
    };
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = changed;
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn what_botocore_signed_is_accepted() {
    let station = Station::new().await;
    let lines = Line::all();
    assert!(lines.len() >= 300 && lines.iter().any(|line| line.session));
    for line in lines {
        let signer =
            station.check(&line, &line.body()).await.unwrap_or_else(|fault| panic!("{fault} of {line:?}"));
        assert_eq!(signer.region, line.region);
        let who = &signer.caller.operator().unwrap().who;
        assert_eq!(matches!(who, Who::Session { .. }), line.session, "{who}");
    }
}

#[tokio::test]
async fn any_change_of_what_was_signed_is_refused() {
    let station = Station::new().await;
    for line in Line::all() {
        let body = line.body();
        station.refuses(&line, &[&body[..], b" "].concat(), INVALID, "a longer body").await;
        if let Some((last, rest)) = body.split_last() {
            station.refuses(&line, &[rest, &[last ^ 1]].concat(), INVALID, "another byte").await;
            station.refuses(&line, rest, INVALID, "a shorter body").await;
        }
        let join = if line.target.contains('?') { "&" } else { "?" };
        let query = Line { target: format!("{}{join}zz=1", line.target), ..line.clone() };
        station.refuses(&query, &body, INVALID, "another query").await;
        let (path, rest) = line.target.split_at(line.target.find('?').unwrap_or(line.target.len()));
        let path = Line { target: format!("{path}zz{rest}"), ..line.clone() };
        station.refuses(&path, &body, INVALID, "another path").await;
        let method = Line { method: if line.method == "GET" { "PUT" } else { "GET" }.into(), ..line.clone() };
        station.refuses(&method, &body, INVALID, "another method").await;
        station.refuses(&line.with("host", another), &body, INVALID, "another host").await;
        let second = |instant: &str| {
            let last = if instant.ends_with("0Z") { "1Z" } else { "0Z" };
            format!("{}{last}", &instant[..instant.len() - 2])
        };
        station.refuses(&line.with("x-amz-date", second), &body, INVALID, "another second").await;
        let region = |value: &str| value.replacen(&format!("/{}/", line.region), "/us-west-9/", 1);
        station.refuses(&line.with("authorization", region), &body, INVALID, "another region").await;
        station.refuses(&line.with("authorization", another), &body, INVALID, "another signature").await;
        for (name, value) in line.headers.iter().filter(|(name, _)| name.to_lowercase().starts_with("x-")) {
            if name != "X-Amz-Date"
                && name != "X-Amz-Security-Token"
                && value.ends_with(char::is_alphanumeric)
            {
                let letter = |value: &str| format!("{value}x");
                station.refuses(&line.with(name, letter), &body, INVALID, name).await;
            }
        }
    }
}

#[tokio::test]
async fn a_signature_for_one_service_is_good_for_no_other() {
    let station = Station::new().await;
    for line in Line::all() {
        for other in Service::ALL.into_iter().filter(|service| service.name() != line.service) {
            // As it was signed, where another service is asked; and as if it had been signed for that one.
            let asked = Line { service: other.name().into(), ..line.clone() };
            station.refuses(&asked, &line.body(), INVALID, "the wrong door").await;
            let claim = |value: &str| {
                value.replace(&format!("/{}/aws4", line.service), &format!("/{}/aws4", other.name()))
            };
            station
                .refuses(&asked.with("authorization", claim), &line.body(), INVALID, "another scope")
                .await;
        }
    }
}

#[tokio::test]
async fn a_session_comes_with_its_token_and_nobody_else_with_one() {
    let station = Station::new().await;
    let unknown = &["UnrecognizedClientException"];
    for line in Line::all() {
        if line.session {
            station
                .refuses(&line.with("x-amz-security-token", another), &line.body(), unknown, "another token")
                .await;
            let mut without = line.clone();
            without.headers.retain(|(name, _)| name != "X-Amz-Security-Token");
            station.refuses(&without, &line.body(), unknown, "no token").await;
            let late = station.check_at(&line, &line.body(), END).await.unwrap_err();
            assert_eq!(late.code, "ExpiredTokenException");
        } else {
            let mut with = line.clone();
            with.headers.push(("X-Amz-Security-Token".into(), TOKEN.into()));
            station.refuses(&with, &line.body(), unknown, "a user's key with a token").await;
        }
    }
}

#[tokio::test]
async fn what_was_heard_cannot_be_said_again_later() {
    let station = Station::new().await;
    for line in Line::all() {
        let at = |seconds: i64| Millis(line.at().0 + seconds * 1000);
        let (early, late) = (at(-SKEW_MS / 1000 - 1), at(SKEW_MS / 1000 + 1));
        for now in [early, late] {
            let code = station.check_at(&line, &line.body(), now).await.unwrap_err().code;
            assert!(code == INVALID[0] || (line.session && code == "ExpiredTokenException"), "{code}");
        }
        if at(SKEW_MS / 1000) < END {
            station.check_at(&line, &line.body(), at(SKEW_MS / 1000)).await.unwrap();
        }
    }
}

/// What may stand in a path or a query as it is; no lone dots, on which clients do not agree.
const PLAIN: &str = "[a-zA-Z0-9_~-][a-zA-Z0-9._~-]{0,5}";

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![PLAIN, "(%[2-7][0-9A-F]){1,3}", "[!$&'()*+,;=:@]{1,3}"]
}

fn pair() -> impl Strategy<Value = String> {
    let text = prop_oneof![PLAIN, "(%[2-7][0-9A-F]){1,3}", "(%C3%BC|%E6%9D%B1){1,2}"];
    (text.clone(), text).prop_map(|(name, value)| format!("{name}={value}"))
}

fn target() -> impl Strategy<Value = String> {
    let path = proptest::collection::vec(segment(), 0..4).prop_map(|it| format!("/{}", it.join("/")));
    (path, proptest::collection::vec(pair(), 0..5)).prop_map(|(path, pairs)| match pairs.is_empty() {
        true => path,
        false => format!("{path}?{}", pairs.join("&")),
    })
}

/// Signed by AWS's SDK for Rust.
fn by_the_sdk(target: &str, note: &str, body: &[u8], at: Millis) -> Parts {
    let identity = Credentials::new(USER.0, USER.1, None, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-north-1")
        .name("ssm")
        .time(SystemTime::UNIX_EPOCH + Duration::from_millis(at.0.unsigned_abs()))
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let url = format!("http://h:1{target}");
    let headers = [("host", "h:1"), ("x-amz-note", note)];
    let signable =
        SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body)).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let mut request = Request::post(target);
    for (name, value) in headers.into_iter().chain(instructions.headers()) {
        request = request.header(name, value);
    }
    request.body(()).unwrap().into_parts().0
}

proptest! {
    #[test]
    fn what_the_rust_sdk_signs_is_accepted_whatever_it_is(
        target in target(),
        note in "[ -~]{0,20}",
        body in proptest::collection::vec(any::<u8>(), 0..64),
        flipped in any::<prop::sample::Index>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let root = RootCredentials::new(USER.0, USER.1).unwrap();
            let keyring = Keyring::new(root, Access::default(), Secrets::for_tests());
            let verifier = Verifier::new(keyring, Arc::new(HandClock::at(END)));
            let head = by_the_sdk(&target, &note, &body, END);
            let examined = verifier.examine(&head, Service::Ssm).await.unwrap();
            prop_assert!(verifier.verify(examined, &body).is_ok(), "{target}");
            let mut other = body.clone();
            if other.is_empty() { other.push(0) } else { let at = flipped.index(other.len()); other[at] ^= 1 }
            let examined = verifier.examine(&head, Service::Ssm).await.unwrap();
            prop_assert!(verifier.verify(examined, &other).is_err());
            Ok(())
        })?;
    }
}
