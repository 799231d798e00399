//! Downloads: from web servers, Git repositories, stores that speak S3, and the server; whole or not at all.

use std::path::Path;
use std::process::Command;

use aws_lc_rs::digest::{SHA256, digest};
use pilothouse_protocol::InvocationState;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::server::Server;
use pilothouse_tests::web::{Page, Web};
use serde_json::{Value, json};

use super::{create, document, over, sends, shell};

fn sha256(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn download(kind: &str, info: &Value, to: &str) -> Value {
    json!({ "action": "aws:downloadContent", "name": "download", "inputs": {
        "sourceType": kind, "sourceInfo": info.to_string(), "destinationPath": to } })
}

/// Creates a document of these steps, and runs it.
async fn run(
    server: &Server,
    fleet: &Fleet,
    steps: &Value,
) -> (pilothouse_api::topics::InvocationView, String) {
    let name = format!("D-{}", &sha256(&steps.to_string())[..16]);
    create(server, &name, &document(&json!({}), steps)).await;
    over(server, sends(&name, &fleet.ids()[0], &[])).await
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_web_server_is_there_whole_or_not_at_all() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let text = "echo downloaded\n";
    let web = Web::start(&[
        ("/a.sh", Page::Text(text.into())),
        ("/cut.sh", Page::Cut("x".repeat(10_000))),
        ("/moved", Page::Moved("/a.sh".into())),
        ("/round", Page::Moved("/round".into())),
        ("/mine.sh", Page::Guarded("authorization: Basic bWU6czNjcmV0\r\n", text.into())),
    ])
    .await;
    let info = |path: &str| json!({ "url": web.at(path), "allowInsecureDownload": true });
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().to_str().unwrap();

    let with_sum = json!({ "url": web.at("/a.sh"), "allowInsecureDownload": "true", "sha256": sha256(text) });
    let steps = json!([
        download("HTTP", &with_sum, "x/"),
        shell("runs", &["sh x/a.sh"]),
        shell("there", &["cd x; ls"])
    ]);
    let (ended, output) = run(&server, &fleet, &steps).await;
    assert_eq!(ended.state, InvocationState::Success, "{ended:#?}");
    let lines: Vec<_> = output.lines().collect();
    assert!(
        lines[0].starts_with("Content downloaded to ") && lines[0].ends_with("/downloads/x/a.sh"),
        "{output}"
    );
    assert_eq!(lines[1..], ["downloaded", "a.sh"]);

    let steps = json!([download("HTTP", &info("/moved"), &format!("{place}/moved.sh"))]);
    assert_eq!(run(&server, &fleet, &steps).await.0.state, InvocationState::Success);
    assert_eq!(std::fs::read_to_string(dir.path().join("moved.sh")).unwrap(), text);

    let login = json!({ "url": web.at("/mine.sh"), "allowInsecureDownload": true, "authMethod": "Basic", "username": "me", "password": "s3cret" });
    let steps = json!([download("HTTP", &login, &format!("{place}/"))]);
    assert_eq!(run(&server, &fleet, &steps).await.0.state, InvocationState::Success);
    std::fs::remove_file(dir.path().join("moved.sh")).unwrap();
    std::fs::remove_file(dir.path().join("mine.sh")).unwrap();

    let wrong_sum =
        json!({ "url": web.at("/a.sh"), "allowInsecureDownload": true, "sha256": "0".repeat(64) });
    let bad = [
        (info("/cut.sh"), "cut after 10000 of 20000 bytes"),
        (wrong_sum, "its SHA-256 is"),
        (info("/round"), "more than 5 redirects"),
        (info("/none"), "404"),
        (json!({ "url": web.at("/a.sh") }), "not protected"),
        (json!({ "url": "http://127.0.0.1:1/x", "allowInsecureDownload": true }), "http://127.0.0.1:1/x"),
        (json!({ "url": web.at("/a.sh"), "pasword": "x" }), "pasword"),
    ];
    for (info, why) in bad {
        let steps = json!([download("HTTP", &info, &format!("{place}/deep/er/"))]);
        let (ended, _) = run(&server, &fleet, &steps).await;
        assert_eq!(ended.state, InvocationState::Failed, "{info}");
        assert!(ended.message.contains(why), "{info}: {}", ended.message);
        assert_eq!(files(dir.path()), Vec::<String>::new(), "{info}");
    }
    for place in ["../x", "a/../../x"] {
        let (ended, _) = run(&server, &fleet, &json!([download("HTTP", &info("/a.sh"), place)])).await;
        assert!(ended.message.contains("upwards"), "{}", ended.message);
    }
}

/// Runs git in a folder.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]);
    let out = git.args(arguments).current_dir(folder).output().unwrap();
    assert!(out.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_comes_by_branch_and_by_commit_and_its_document_runs() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let inner = document(
        &json!({ "word": { "type": "String" } }),
        &json!([shell("says", &["echo main {{ word }}"])]),
    );
    git(at, &["init", "--quiet"]);
    std::fs::create_dir(at.join("docs")).unwrap();
    std::fs::write(at.join("docs/site.json"), inner.to_string()).unwrap();
    std::os::unix::fs::symlink("/etc", at.join("elsewhere")).unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "--quiet", "-m", "one"]);
    let first = git(at, &["rev-parse", "HEAD"]);
    git(at, &["checkout", "--quiet", "-b", "next"]);
    std::fs::write(at.join("docs/site.json"), inner.to_string().replace("echo main", "echo next")).unwrap();
    git(at, &["commit", "--quiet", "-am", "two"]);

    let site = json!({ "action": "aws:runDocument", "name": "site", "inputs": {
        "documentType": "LocalPath", "documentPath": "repo/docs/site.json", "documentParameters": "{\"word\": \"hi\"}" } });
    for (options, says) in [("branch:main", "main hi"), ("branch:next", "next hi"), ("", "next hi")] {
        let info = json!({ "repository": at, "getOptions": options });
        let (ended, output) = run(&server, &fleet, &json!([download("Git", &info, "repo"), site])).await;
        assert_eq!(ended.state, InvocationState::Success, "{ended:#?}");
        assert!(output.ends_with(&format!("{says}\n")), "{output}");
    }
    let info = json!({ "repository": at, "getOptions": format!("commitID:{first}") });
    let (_, output) =
        run(&server, &fleet, &json!([download("Git", &info, "repo"), site, shell("there", &["ls -a repo"])]))
            .await;
    assert!(output.contains("main hi\n") && !output.contains(".git"), "{output}");

    // A link that came with it leads nothing out of the folder.
    let web = Web::start(&[("/passwd", Page::Text("gone\n".into()))]).await;
    let http = json!({ "url": web.at("/passwd"), "allowInsecureDownload": true });
    let mut second = download("HTTP", &http, "repo/elsewhere/pilothouse-evil");
    second["name"] = json!("second");
    let steps = json!([download("Git", &info, "repo"), second]);
    let (ended, _) = run(&server, &fleet, &steps).await;
    assert!(ended.message.contains("by a link"), "{}", ended.message);
    assert!(!Path::new("/etc/pilothouse-evil").exists());

    for (info, why) in [
        (json!({ "repository": at, "getOptions": "branch:none" }), "none"),
        (json!({ "repository": "ext::sh -c touch% /tmp/pilothouse-evil" }), "not allowed"),
        (json!({ "repository": "--upload-pack=touch" }), "is no repository"),
        (json!({ "repository": at, "privateSSHKey": "x" }), "privateSSHKey"),
    ] {
        let (ended, _) = run(&server, &fleet, &json!([download("Git", &info, "repo")])).await;
        assert_eq!(ended.state, InvocationState::Failed, "{info}");
        assert!(ended.message.contains(why), "{info}: {}", ended.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_and_documents_are_downloaded_too_and_run_by_the_documents_that_come_with_the_server() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let inner = document(
        &json!({ "word": { "type": "String", "default": "x" } }),
        &json!([shell("says", &["echo inner {{ word }}"])]),
    );
    let guard = "authorization: AWS4-HMAC-SHA256 Credential=AKID/";
    let web = Web::start(&[
        ("/bucket/open.json", Page::Text(inner.to_string())),
        ("/bucket/a%20b.sh", Page::Guarded(guard, "echo signed\n".into())),
        ("/run.sh", Page::Text("echo remote $1\n".into())),
    ])
    .await;
    let keys = json!({ "path": "bucket/a b.sh", "endpoint": web.at(""), "accessKeyId": "AKID", "secretAccessKey": "s", "region": "eu-1" });
    let (ended, output) =
        run(&server, &fleet, &json!([download("S3", &keys, ""), shell("runs", &["sh 'a b.sh'"])])).await;
    assert_eq!(ended.state, InvocationState::Success, "{ended:#?}");
    assert!(output.ends_with("signed\n"), "{output}");
    let asked = web.requests().join("\n");
    assert!(
        asked.contains("/eu-1/s3/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date,"),
        "{asked}"
    );

    let open = json!({ "path": "bucket/open.json", "endpoint": web.at("") }).to_string();
    let parameters = [
        ("sourceType", "S3"),
        ("sourceInfo", &open),
        ("documentPath", "open.json"),
        ("documentParameters", r#"{"word":"y"}"#),
    ];
    let (ended, output) = over(&server, sends("AWS-RunDocument", &fleet.ids()[0], &parameters)).await;
    assert_eq!(ended.state, InvocationState::Success, "{ended:#?}");
    assert!(output.ends_with("inner y\n"), "{output}");

    create(&server, "Inner", &inner).await;
    let parameters = [
        ("sourceType", "SSMDocument"),
        ("sourceInfo", r#"{"name":"Inner:1"}"#),
        ("documentPath", "Inner.json"),
    ];
    let (ended, output) = over(&server, sends("AWS-RunDocument", &fleet.ids()[0], &parameters)).await;
    assert_eq!(ended.state, InvocationState::Success, "{ended:#?}");
    assert!(output.ends_with("inner x\n"), "{output}");

    let script = json!({ "url": web.at("/run.sh"), "allowInsecureDownload": true }).to_string();
    let parameters =
        [("sourceType", "HTTP"), ("sourceInfo", script.as_str()), ("commandLine", "sh run.sh now")];
    let (ended, output) = over(&server, sends("AWS-RunRemoteScript", &fleet.ids()[0], &parameters)).await;
    assert_eq!(ended.state, InvocationState::Success, "{ended:#?}");
    assert!(output.ends_with("remote now\n"), "{output}");
}
