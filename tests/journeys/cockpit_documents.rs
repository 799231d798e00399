//! Documents in the cockpit: written with a mistake, mended, saved, changed, compared, made the default, run, and deleted.

use pilothouse_api::documents::{CreateDocument, GetDocument, ListDocumentVersions, UpdateDocument};
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::home::home_with_profile;
use pilothouse_tests::server::Server;
use tempfile::TempDir;

/// What says hello.
const HELLO: &str = "schemaVersion: \"2.2\"
description: Says hello.
parameters:
  Whom: {type: String, default: nobody, description: Who is greeted.}
mainSteps:
  - action: aws:runShellScript
    name: greet
    inputs:
      runCommand: [\"echo hello {{ Whom }}\"]
";

fn home(server: &Server) -> TempDir {
    home_with_profile(server, &server.data_dir().join("credentials"))
}

fn at(home: &TempDir, arguments: &[&str]) -> Cockpit {
    Cockpit::start(home.path(), arguments, &[], 120, 40)
}

async fn version(server: &Server, version: &str) -> String {
    let asked = GetDocument {
        name: "greet".into(),
        document_version: Some(version.into()),
        ..GetDocument::default()
    };
    server.call(asked).await.unwrap().content
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_writes_a_document_mends_it_changes_it_runs_it_and_deletes_it() {
    let server = Server::start().await;
    let _fleet = Fleet::start(&server, 1).await;
    let home = home(&server);
    let mut cockpit = at(&home, &[]);
    cockpit.wait_for("1 node ");
    cockpit.press(":documents<Enter>");
    cockpit.wait_for("AWS-RunShellScript");
    cockpit.press("a");
    cockpit.wait_for("steps that run on nodes");
    cockpit.press("<Enter>");
    cockpit.wait_for("✓ valid");

    // A slip of the finger is seen where it is, and nothing is saved with it.
    cockpit.press("<Esc>");
    cockpit.wait_for("e writes");
    cockpit.press("/aws:runShell<Enter>");
    cockpit.press("e<C-k>aws:runShelScript");
    cockpit.wait_for("✗ 1 error");
    cockpit.wait_for("✗ 11");
    cockpit.press("<C-s>");
    cockpit.wait_for("line 11:");
    cockpit.press("<C-g><C-k>aws:runShellScript");
    cockpit.wait_for("✓ valid");
    cockpit.press("<C-s>");
    cockpit.wait_for("Save a new document");
    cockpit.press("greet<Enter>first<Enter><Enter>");
    cockpit.wait_for("greet is saved as version 1");
    assert!(version(&server, "1").await.contains("aws:runShellScript"));

    // A new version, which does not become the default one by itself.
    cockpit.press("/set -eu<Enter>");
    cockpit.press("e<C-k>set -eux");
    cockpit.wait_for("changed");
    cockpit.wait_for("✓ valid");
    cockpit.press("<C-s>");
    cockpit.wait_for("Save a new version of greet");
    cockpit.press("second<Enter><Enter><Enter>");
    cockpit.wait_for("greet is saved as version 2");
    assert!(version(&server, "$LATEST").await.contains("set -eux"));
    assert!(!version(&server, "$DEFAULT").await.contains("set -eux"));

    // What is different, and the newer one becomes the default.
    cockpit.press("d");
    cockpit.wait_for("version 1 first, the default, newest 2");
    cockpit.press("l");
    cockpit.wait_for("second");
    cockpit.press("c");
    cockpit.wait_for("version 1 → version 2 -1 +1");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone("-1 +1");
    cockpit.press("m");
    cockpit.wait_for("version 2 of greet is the default one");
    cockpit.wait_for("version 2 second, the default");
    assert!(version(&server, "$DEFAULT").await.contains("set -eux"));

    // It runs: on this node there is no such service, which systemctl, or its absence, says.
    cockpit.press("r");
    cockpit.wait_for("version 2 ");
    cockpit.press("all<Enter>");
    cockpit.wait_for("1 node");
    cockpit.press("<Esc>");
    cockpit.press("r");
    cockpit.wait_for("document      greet, version 2");
    cockpit.press("y");
    cockpit.wait_for("+ systemctl status --no-pager ssh");
    cockpit.press(":document greet<Enter>");
    cockpit.wait_for("version 2 second, the default");

    // An old version goes, then all of it.
    cockpit.press("lG");
    cockpit.wait_for("first");
    cockpit.press("D");
    cockpit.wait_for("Delete version 1 of greet?");
    cockpit.press("y");
    cockpit.wait_for("version 1 of greet is deleted");
    cockpit.press(":delete<Enter>");
    cockpit.wait_for("Delete document greet?");
    cockpit.press("y");
    cockpit.wait_for("document greet is deleted");
    let gone =
        server.call(ListDocumentVersions { name: "greet".into(), ..ListDocumentVersions::default() }).await;
    assert!(gone.is_err(), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_saves_after_somebody_else_is_told_and_loses_nothing() {
    let server = Server::start().await;
    let home = home(&server);
    let made = CreateDocument {
        name: "greet".into(),
        content: HELLO.into(),
        document_format: Some("YAML".into()),
        ..CreateDocument::default()
    };
    server.call(made).await.unwrap();
    let mut cockpit = at(&home, &["document/greet/edit"]);
    cockpit.wait_for("✓ valid");
    let theirs = UpdateDocument {
        name: "greet".into(),
        content: HELLO.replace("hello", "good morning"),
        document_format: Some("YAML".into()),
        ..UpdateDocument::default()
    };
    server.call(theirs).await.unwrap();
    cockpit.press("Ge");
    cockpit.wait_for("Ctrl-s saves");
    cockpit.press("# mine");
    cockpit.wait_for("changed");
    cockpit.wait_for("✓ valid");
    cockpit.press("<C-s>");
    cockpit.wait_for("Save a new version of greet");
    cockpit.press("<Enter><Enter><Enter>");
    cockpit.wait_for("Somebody saved a newer version meanwhile");
    cockpit.press("<Enter>");
    cockpit.wait_for("good morning");
    cockpit.press("<Esc>");
    cockpit.wait_for("version 2 was saved meanwhile");
    cockpit.wait_for("# mine");
    cockpit.press("<C-s>");
    cockpit.wait_for("Save a new version of greet");
    cockpit.press("<Enter><Enter><Enter>");
    cockpit.wait_for("Somebody saved a newer version meanwhile");
    cockpit.press("<Down><Enter>");
    cockpit.wait_for("greet is saved as version 3");
    assert!(version(&server, "3").await.ends_with("# mine"));
    assert!(version(&server, "2").await.contains("good morning"));
}
