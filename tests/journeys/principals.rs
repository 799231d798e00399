//! A second user, from its first key to its last, with the aws CLI; roles with `aws sts`; what a follower sees when that changes.

use std::path::{Path, PathBuf};

use pilothouse_api::access::{
    AddUserToGroup, AttachPolicy, CreateAccessKey, CreateGroup, CreateRole, CreateUser, DeleteRole,
    DetachPolicy, KeyStatus, ListUsers, RotateAccessKey, UpdateAccessKey,
};
use pilothouse_api::activations::CreateActivation;
use pilothouse_api::sts::AssumeRole;
use pilothouse_api::tags::Tag;
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{Credentials, EventStream, StreamEvent};
use pilothouse_protocol::InstanceId;
use pilothouse_tests::agent::Agent;
use pilothouse_tests::person::policy;
use pilothouse_tests::program::said;
use pilothouse_tests::server::{Server, has_aws};
use pilothouse_tests::wait;
use serde_json::Value;
use tempfile::TempDir;

/// A user's keys as files of the aws CLI.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, id: &str, secret: &str, token: Option<&str>) -> PathBuf {
        let path = self.0.path().join(name);
        let token = token.map(|token| format!("aws_session_token = {token}\n")).unwrap_or_default();
        let text = format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n{token}");
        std::fs::write(&path, text).unwrap();
        path
    }

    async fn key(&self, server: &Server, user: &str) -> (String, PathBuf) {
        let made = server.call(CreateAccessKey { user_name: user.to_owned() }).await.unwrap();
        let id = made.access_key.access_key_id;
        let file = self.file(&id, &id, &made.secret_access_key, None);
        (id, file)
    }
}

async fn user(server: &Server, name: &str) {
    server.call(CreateUser { user_name: name.to_owned(), ..CreateUser::default() }).await.unwrap();
}

async fn attach(server: &Server, policy: &str, principal: &str) {
    let attach = AttachPolicy { policy_name: policy.to_owned(), principal: principal.to_owned() };
    server.call(attach).await.unwrap();
}

/// What the CLI prints, which must succeed.
fn ok(server: &Server, service: &str, file: &Path, arguments: &[&str]) -> Value {
    let out = server.aws_of(service, file, arguments);
    assert!(out.status.success(), "aws {service} {arguments:?}: {}", said(&out));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// What the CLI says when it is refused.
#[track_caller]
fn refused(server: &Server, service: &str, file: &Path, arguments: &[&str], code: &str) {
    let out = server.aws_of(service, file, arguments);
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(
        !out.status.success() && error.contains(&format!("({code})")),
        "{code} is not in: {}",
        said(&out)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_user_works_with_the_aws_cli_as_far_as_its_policies_go() {
    if !has_aws() {
        return;
    }
    let (server, desk) = (Server::start().await, Desk::new());
    user(&server, "anna").await;
    let (id, file) = desk.key(&server, "anna").await;
    refused(&server, "ssm", &file, &["list-commands"], "AccessDeniedException");

    // Through a group she may look, and nothing else.
    server.call(CreateGroup { group_name: "watch".to_owned(), comment: String::new() }).await.unwrap();
    attach(&server, "viewer", "group/watch").await;
    let join = AddUserToGroup { group_name: "watch".to_owned(), user_name: "anna".to_owned() };
    server.call(join).await.unwrap();
    ok(&server, "ssm", &file, &["list-commands"]);
    refused(&server, "ssm", &file, &["create-activation", "--iam-role", "any"], "AccessDeniedException");

    // Who she is, in the words of AWS; and when her key was used.
    let who = ok(&server, "sts", &file, &["get-caller-identity"]);
    assert_eq!(who["Arn"], "arn:aws:iam::000000000000:user/anna");
    wait::until("the key's last use to be written", async || {
        let anna = server.call(ListUsers {}).await.unwrap().users.remove(0);
        anna.access_keys[0].last_used_for.clone().filter(|_| anna.access_keys[0].last_used_date.is_some())
    })
    .await;

    // A key that is off says nothing; on again it does.
    let switch = |status| UpdateAccessKey { access_key_id: id.clone(), status };
    server.call(switch(KeyStatus::Inactive)).await.unwrap();
    refused(&server, "ssm", &file, &["list-commands"], "UnrecognizedClientException");
    refused(&server, "sts", &file, &["get-caller-identity"], "InvalidClientTokenId");
    server.call(switch(KeyStatus::Active)).await.unwrap();
    ok(&server, "ssm", &file, &["list-commands"]);

    // A new one takes its place, at once and after a restart.
    let rotate = RotateAccessKey { access_key_id: id.clone(), grace_seconds: Some(0) };
    let made = server.call(rotate).await.unwrap();
    let new = desk.file("new", &made.access_key.access_key_id, &made.secret_access_key, None);
    refused(&server, "ssm", &file, &["list-commands"], "UnrecognizedClientException");
    ok(&server, "ssm", &new, &["list-commands"]);
    let mut server = server;
    server.start_again().await;
    ok(&server, "ssm", &new, &["list-commands"]);
    let forged =
        desk.file("forged", &made.access_key.access_key_id, "0123456789012345678901234567890123456789", None);
    refused(&server, "sts", &forged, &["get-caller-identity"], "SignatureDoesNotMatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_taken_on_with_the_aws_cli_and_ends_with_the_role() {
    if !has_aws() {
        return;
    }
    let (server, desk) = (Server::start().await, Desk::new());
    user(&server, "anna").await;
    let (_, file) = desk.key(&server, "anna").await;
    server.call(CreateRole { role_name: "deck".to_owned(), ..CreateRole::default() }).await.unwrap();
    attach(&server, "viewer", "role/deck").await;
    let arn = "arn:aws:iam::000000000000:role/deck";
    let assume = ["assume-role", "--role-arn", arn, "--role-session-name", "watch"];
    refused(&server, "sts", &file, &assume, "AccessDenied");
    let may = "permit (principal == Pilothouse::User::\"anna\", action == Pilothouse::Action::\"sts:AssumeRole\", \
               resource == Pilothouse::Role::\"deck\");";
    policy(&server, "anna-on-deck", may).await;
    let narrowed: Vec<&str> = assume.iter().copied().chain(["--policy", "{}"]).collect();
    refused(&server, "sts", &file, &narrowed, "ValidationError");
    let long: Vec<&str> = assume.iter().copied().chain(["--duration-seconds", "7200"]).collect();
    refused(&server, "sts", &file, &long, "ValidationError");

    let session = ok(&server, "sts", &file, &assume);
    assert_eq!(session["AssumedRoleUser"]["Arn"], "arn:aws:sts::000000000000:assumed-role/deck/watch");
    let of = |name: &str| session["Credentials"][name].as_str().unwrap();
    assert!(of("Expiration").ends_with("+00:00") || of("Expiration").ends_with('Z'), "{}", of("Expiration"));
    let (id, secret, token) = (of("AccessKeyId"), of("SecretAccessKey"), of("SessionToken"));
    let watch = desk.file("watch", id, secret, Some(token));
    ok(&server, "ssm", &watch, &["list-commands"]);
    refused(&server, "ssm", &file, &["list-commands"], "AccessDeniedException");
    let who = ok(&server, "sts", &watch, &["get-caller-identity"]);
    assert_eq!(who["Arn"], "arn:aws:sts::000000000000:assumed-role/deck/watch");
    assert_eq!(who["UserId"], session["AssumedRoleUser"]["AssumedRoleId"]);

    let without = desk.file("without", id, secret, None);
    refused(&server, "ssm", &without, &["list-commands"], "UnrecognizedClientException");
    let other = desk.file("other", id, secret, Some(&token.chars().rev().collect::<String>()));
    refused(&server, "ssm", &other, &["list-commands"], "UnrecognizedClientException");

    // Our own client signs with the session too, calls of sts among them.
    let credentials = Credentials::session(id, secret, token);
    let again = AssumeRole {
        role_arn: arn.to_owned(),
        role_session_name: "again".to_owned(),
        duration_seconds: None,
    };
    let fault = server.call_as(credentials, again).await.unwrap_err();
    assert_eq!(fault.code, "AccessDeniedException", "{}", fault.message);

    server.call(DeleteRole { role_name: "deck".to_owned() }).await.unwrap();
    refused(&server, "sts", &watch, &["get-caller-identity"], "InvalidClientTokenId");
}

/// A node that registered with this environment; it need not run.
async fn node(server: &Server, environment: &str) -> InstanceId {
    let tags = vec![Tag { key: "env".to_owned(), value: environment.to_owned() }];
    let request =
        CreateActivation { iam_role: "service-role/any".to_owned(), tags, ..CreateActivation::default() };
    Agent::register(server, &server.call(request).await.unwrap()).id().clone()
}

/// The nodes of the next news, and whether they are all there are.
async fn news(stream: &mut EventStream) -> (Vec<InstanceId>, bool) {
    loop {
        match tokio::time::timeout(wait::PATIENCE, stream.next()).await.unwrap().unwrap() {
            StreamEvent::News { news: News::Nodes { nodes, reset, .. }, .. } => {
                return (nodes.into_iter().map(|node| node.instance_id).collect(), reset);
            }
            StreamEvent::Live { .. } | StreamEvent::Clock { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_sees_what_it_may_see_now_and_nothing_when_its_key_is_off() {
    let server = Server::start().await;
    let (staging, prod) = (node(&server, "staging").await, node(&server, "prod").await);
    user(&server, "anna").await;
    attach(&server, "viewer-of-one-environment", "user/anna").await;
    let made = server.call(CreateAccessKey { user_name: "anna".to_owned() }).await.unwrap();
    let id = made.access_key.access_key_id;
    let credentials = Credentials::new(id.clone(), made.secret_access_key);
    let mut stream = EventStream::open(server.client_as(credentials));
    stream.follow(Topic::Nodes { after: 0, under: 0 });
    assert_eq!(news(&mut stream).await, (vec![staging.clone()], false));

    attach(&server, "viewer", "user/anna").await;
    let (mut nodes, reset) = news(&mut stream).await;
    nodes.sort();
    let mut both = vec![staging.clone(), prod];
    both.sort();
    assert_eq!((nodes, reset), (both, true), "all of it anew");
    let detach = DetachPolicy { policy_name: "viewer".to_owned(), principal: "user/anna".to_owned() };
    server.call(detach).await.unwrap();
    assert_eq!(news(&mut stream).await, (vec![staging], true), "and less again");

    server.call(UpdateAccessKey { access_key_id: id, status: KeyStatus::Inactive }).await.unwrap();
    let code = loop {
        match tokio::time::timeout(wait::PATIENCE, stream.next()).await.unwrap().unwrap() {
            StreamEvent::Refused { code, .. } => break code,
            StreamEvent::Live { .. } | StreamEvent::Clock { .. } => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, "UnrecognizedClientException");
    // Its link does not look alive any longer either: the server ends it, and opens no other one.
    let why = loop {
        match tokio::time::timeout(wait::PATIENCE, stream.next()).await.unwrap().unwrap() {
            StreamEvent::Broken { why } => break why,
            StreamEvent::Live { .. } | StreamEvent::Clock { .. } | StreamEvent::Lost { .. } => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(why.contains("UnrecognizedClientException"), "{why}");
}
