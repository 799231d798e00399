//! Canaries: every kind of secret is used while everything logs all it can, and then looked for in all that the three programs
//! have written, said and shown.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_api::access::{CreateAccessKey, CreateRole, CreateUser, RotateAccessKey};
use pilothouse_api::activations::{CreateActivation, CreateActivationResult};
use pilothouse_api::commands::ListCommands;
use pilothouse_api::sts::AssumeRole;
use pilothouse_client::Credentials;
use pilothouse_protocol::InstanceId;
use pilothouse_tests::agent::has_ping;
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::person::policy;
use pilothouse_tests::program::{Program, binary, command, run, said};
use pilothouse_tests::server::Server;
use regex::bytes::Regex;
use tempfile::TempDir;

const MASTER_KEY: &str = "c0ffee00c0ffee11c0ffee22c0ffee33c0ffee44c0ffee55c0ffee66c0ffee77";

/// Secrets by what they are, each as a pattern of all the forms in which it could be written.
#[derive(Default)]
struct Canaries(Vec<(String, Regex)>);

impl Canaries {
    fn plant(&mut self, what: &str, secret: &str) {
        let mut forms = vec![secret.to_lowercase().into_bytes(), secret.to_uppercase().into_bytes()];
        for bytes in [Some(secret.as_bytes().to_vec()), bytes_of_hex(secret)].into_iter().flatten() {
            forms.push(hex(&bytes).into_bytes());
            forms.push(hex(&bytes).to_uppercase().into_bytes());
            // Without its end, which hangs on what stands behind it.
            forms.push(STANDARD.encode(&bytes).as_bytes()[..bytes.len() / 3 * 4].to_vec());
            // As a Debug of bytes shows them.
            forms.push(bytes.iter().take(12).map(u8::to_string).collect::<Vec<_>>().join(", ").into_bytes());
            forms.push(bytes);
        }
        let escaped = |form: Vec<u8>| form.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        let pattern = forms.into_iter().map(escaped).collect::<Vec<_>>().join("|");
        self.0.push((what.to_owned(), Regex::new(&format!("(?-u){pattern}")).unwrap()));
    }

    /// What of them stands in a text.
    fn in_text(&self, bytes: &[u8]) -> Vec<String> {
        self.0.iter().filter(|(_, forms)| forms.is_match(bytes)).map(|(what, _)| what.clone()).collect()
    }

    /// What of them stands in the files under a directory.
    fn under(&self, dir: &Path, found: &mut BTreeMap<PathBuf, Vec<String>>) {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.under(&path, found);
            } else {
                let sung = self.in_text(&fs::read(&path).unwrap_or_default());
                if !sung.is_empty() {
                    found.insert(path, sung);
                }
            }
        }
    }

    /// What of them stands in the command line of any process.
    fn in_command_lines(&self) -> Vec<String> {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes
            .flat_map(|it| self.in_text(&fs::read(it.path().join("cmdline")).unwrap_or_default()))
            .collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    text.len().is_multiple_of(2).then(|| pairs.map(byte).collect::<Option<Vec<_>>>()).flatten()
}

/// An agent that registers and runs with its code in the environment, and logs everything.
fn agent(server: &Server, activation: &CreateActivationResult, dir: &Path) -> (InstanceId, Program) {
    let mut register = command(&binary("pilothouse-agent"));
    register
        .args([
            "register",
            "--server",
            server.url(),
            "--activation-id",
            &activation.activation_id,
            "--data-dir",
        ])
        .arg(dir)
        .env("PILOTHOUSE_ACTIVATION_CODE", &activation.activation_code)
        .env("PILOTHOUSE_LOG", "trace");
    let registered = run(register);
    assert!(registered.status.success(), "{}", said(&registered));
    fs::write(dir.join("register.log"), said(&registered)).unwrap();
    let id = String::from_utf8_lossy(&registered.stdout).trim().rsplit(' ').next().unwrap().parse().unwrap();
    let mut start = command(&binary("pilothouse-agent"));
    start.args(["run", "--data-dir"]).arg(dir).env("PILOTHOUSE_LOG", "trace");
    (id, Program::start(start, "agent", dir))
}

/// The cockpit with the credentials of a session, looking at this and that.
fn cockpit(server: &Server, home: &Path, credentials: &[(&str, &str)], canaries: &Canaries) {
    let log = home.join("cockpit.log");
    let arguments = ["--endpoint", server.url(), "--log", log.to_str().unwrap()];
    let environment: Vec<_> = credentials.iter().copied().chain([("PILOTHOUSE_LOG", "trace")]).collect();
    let mut cockpit = Cockpit::start(home, &arguments, &environment, 120, 40);
    cockpit.wait_for("● online");
    assert_eq!(canaries.in_command_lines(), Vec::<String>::new());
    cockpit.press("q");
    cockpit.ended();
    fs::write(home.join("screen"), cockpit.bytes()).unwrap();
    let mut headless = command(&binary("pilothouse"));
    headless.env("HOME", home).envs(environment).args(["--endpoint", server.url(), "nodes", "--json"]);
    fs::write(home.join("headless"), said(&run(headless))).unwrap();
}

/// The server's verbs, and the audit trail, which has seen it all.
fn use_verbs(server: &Server, canaries: &Canaries) {
    let backup = server.dir().join("backup.pilothouse");
    for arguments in [
        &["audit", "export"][..],
        &["audit", "verify"],
        &["keys", "list"],
        &["keys", "rotate"],
        &["doctor"],
        &["backup", backup.to_str().unwrap()],
    ] {
        let said = said(&server.tool(arguments));
        assert_eq!(canaries.in_text(said.as_bytes()), Vec::<String>::new(), "{arguments:?}: {said}");
    }
    let export = said(&server.tool(&["audit", "export"]));
    for operation in ["CreateAccessKey", "RotateAccessKey", "AssumeRole", "CreateActivation", "EnrolNode"] {
        assert!(export.contains(&format!("\"eventName\":\"{operation}\"")), "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_written_said_or_shown() {
    let master = format!("canary:{MASTER_KEY}");
    let mut server = Server::options().with("log", "trace").with("master_key", &master).start().await;
    let (machine, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut canaries = Canaries::default();
    canaries.plant("the master key", MASTER_KEY);

    // Root's credentials stand in their file, and nowhere else.
    let own = server.data_dir().join("credentials");
    let text = fs::read_to_string(&own).unwrap();
    let secret = text.lines().find_map(|line| line.strip_prefix("aws_secret_access_key = ")).unwrap();
    canaries.plant("the root's secret", secret);

    // A user with two keys, and a session in a role.
    server.call(CreateUser { user_name: String::from("ann"), ..CreateUser::default() }).await.unwrap();
    let key = server.call(CreateAccessKey { user_name: String::from("ann") }).await.unwrap();
    canaries.plant("a user's secret", &key.secret_access_key);
    let id = key.access_key.access_key_id;
    let rotated =
        server.call(RotateAccessKey { access_key_id: id.clone(), grace_seconds: Some(600) }).await.unwrap();
    canaries.plant("a rotated secret", &rotated.secret_access_key);
    server.call(CreateRole { role_name: String::from("deck"), ..CreateRole::default() }).await.unwrap();
    let may = "permit (principal == Pilothouse::User::\"ann\", action == Pilothouse::Action::\"sts:AssumeRole\", resource);
               permit (principal == Pilothouse::Role::\"deck\", action, resource);";
    policy(&server, "deck", may).await;
    let assume = AssumeRole {
        role_arn: String::from("arn:aws:iam::000000000000:role/deck"),
        role_session_name: String::from("watch"),
        duration_seconds: None,
    };
    let ann = Credentials::new(id, key.secret_access_key);
    let session = server.call_as(ann, assume).await.unwrap().credentials;
    canaries.plant("a session's secret", &session.secret_access_key);
    canaries.plant("a session's token", &session.session_token);
    let watch = || {
        Credentials::session(&*session.access_key_id, &*session.secret_access_key, &*session.session_token)
    };
    server.call_as(watch(), ListCommands::default()).await.unwrap();
    // And one whose signature is wrong.
    let wrong = Credentials::session(
        &*session.access_key_id,
        "0123456789012345678901234567890123456789",
        &*session.session_token,
    );
    server.call_as(wrong, ListCommands::default()).await.unwrap_err();

    // A node registers, and a command runs on it.
    let request =
        CreateActivation { iam_role: String::from("service-role/any"), ..CreateActivation::default() };
    let activation = server.call(request).await.unwrap();
    canaries.plant("an activation's code", &activation.activation_code);
    let (node, mut agent) = agent(&server, &activation, machine.path());
    has_ping(&server, &node, "Online").await;
    let command = server.send(std::slice::from_ref(&node), "echo hello").await;
    server.runs_when_over(&command).await;
    assert_eq!(server.output_of(&command, &node).await, b"hello\n");

    let credentials = [
        ("AWS_ACCESS_KEY_ID", session.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", session.secret_access_key.as_str()),
        ("AWS_SESSION_TOKEN", session.session_token.as_str()),
    ];
    cockpit(&server, home.path(), &credentials, &canaries);

    use_verbs(&server, &canaries);
    assert!(agent.stop().success());
    assert!(server.program().stop().success());

    let mut found = BTreeMap::new();
    for dir in [server.dir(), machine.path(), home.path()] {
        canaries.under(dir, &mut found);
    }
    assert_eq!(
        found.remove(&own),
        Some(vec![String::from("the root's secret")]),
        "so that it is known that canaries are seen"
    );
    assert_eq!(found, BTreeMap::new());
    // The logs were not silent.
    for log in
        [server.program().log(), agent.log(), fs::read_to_string(home.path().join("cockpit.log")).unwrap()]
    {
        assert!(log.contains("TRACE"), "{log}");
    }
}

#[test]
fn a_canary_is_seen_in_every_form() {
    let mut canaries = Canaries::default();
    canaries.plant("a key", MASTER_KEY);
    canaries.plant("a word", "tweet+tweet/0123");
    let bytes = bytes_of_hex(MASTER_KEY).unwrap();
    let key = [STANDARD.encode(&bytes), format!("{bytes:?}"), MASTER_KEY.to_uppercase()];
    let word =
        ["tweet+tweet/0123".to_owned(), hex(b"tweet+tweet/0123"), STANDARD.encode(b"tweet+tweet/0123!")];
    for (what, form) in key.iter().map(|it| ("a key", it)).chain(word.iter().map(|it| ("a word", it))) {
        assert_eq!(canaries.in_text(format!("x {form} y").as_bytes()), [what], "{form}");
    }
    assert_eq!(canaries.in_text(&[b"x", &bytes[..], b"y"].concat()), ["a key"]);
    assert_eq!(canaries.in_text(b"tweet"), Vec::<String>::new());
}
