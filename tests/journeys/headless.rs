//! The same main job without a screen.

use std::path::Path;
use std::process::Output;

use pilothouse_tests::agent::Fleet;
use pilothouse_tests::program::{binary, command, run};
use pilothouse_tests::server::Server;
use serde_json::Value;

fn pilothouse(server: &Server, home: &Path, arguments: &[&str]) -> Output {
    let aws = home.join(".aws");
    std::fs::create_dir_all(&aws).unwrap();
    std::fs::copy(server.data_dir().join("credentials"), aws.join("credentials")).unwrap();
    let mut command = command(&binary("pilothouse"));
    command.env("HOME", home).args(["--endpoint", server.url()]).args(arguments);
    run(command)
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_run_listed_and_judged_without_a_screen() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 3).await;
    for (i, id) in fleet.ids().iter().enumerate() {
        let tag =
            pilothouse_api::tags::Tag { key: "env".into(), value: if i < 2 { "prod" } else { "dev" }.into() };
        let add = pilothouse_api::tags::AddTagsToResource {
            resource_type: "ManagedInstance".into(),
            resource_id: id.to_string(),
            tags: vec![tag],
        };
        server.call(add).await.unwrap();
    }
    let home = tempfile::tempdir().unwrap();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned();

    let nodes = pilothouse(&server, home.path(), &["nodes", "--json"]);
    assert!(nodes.status.success(), "{}", err(&nodes));
    let text = out(&nodes);
    let nodes: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(nodes.len(), 3, "{text}");
    let listed = pilothouse(&server, home.path(), &["nodes"]);
    assert!(fleet.ids().iter().all(|id| out(&listed).contains(id.as_str())), "{}", out(&listed));

    let good = pilothouse(
        &server,
        home.path(),
        &["run", "--targets", "tag:env=prod", "--", "echo one; echo two >&2"],
    );
    assert_eq!(good.status.code(), Some(0), "{}", err(&good));
    assert_eq!(out(&good).matches("one").count(), 2, "{}", out(&good));
    assert!(out(&good).contains(&host), "lines stand behind their node's name: {}", out(&good));
    assert_eq!(err(&good).matches("two").count(), 2, "{}", err(&good));

    let bad = pilothouse(&server, home.path(), &["run", "--all", "--max-errors", "100%", "--", "exit 3"]);
    assert_eq!(bad.status.code(), Some(1), "{}", err(&bad));

    let lines = pilothouse(
        &server,
        home.path(),
        &["run", "--json", "--nodes", fleet.ids()[0].as_str(), "--", "printf", "%s\\n", "a b", "c"],
    );
    assert_eq!(lines.status.code(), Some(0), "{}", err(&lines));
    let lines: Vec<Value> = out(&lines).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said: Vec<&str> =
        lines.iter().filter_map(|it| it["text"].as_str().or_else(|| it["line"].as_str())).collect();
    assert!(
        said.iter().any(|it| it.trim_end() == "a b") && said.iter().any(|it| it.trim_end() == "c"),
        "{lines:#?}"
    );
    let kinds: Vec<&str> = lines.iter().filter_map(|it| it["type"].as_str()).collect();
    assert_eq!(kinds, ["output", "output", "result", "summary"], "a result stands behind what the node said");

    let nobody = pilothouse(&server, home.path(), &["run", "--targets", "tag:env=nowhere", "--", "true"]);
    assert_ne!(nobody.status.code(), Some(0), "no node is no success: {}", err(&nobody));
    let wrong = pilothouse(&server, home.path(), &["run", "--", "true"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn the_demo_works_without_a_screen_too() {
    let home = tempfile::tempdir().unwrap();
    let mut command = command(&binary("pilothouse"));
    command.env("HOME", home.path()).args([
        "--demo",
        "run",
        "--targets",
        "tag:role=web",
        "--targets",
        "tag:env=prod",
        "--",
        "hostname",
    ]);
    let ran = run(command);
    assert_eq!(ran.status.code(), Some(0), "{}", err(&ran));
    assert!(out(&ran).contains("web-prod-01") && out(&ran).contains("web-prod-02"), "{}", out(&ran));
}
