//! A second user, made in the cockpit by somebody who never did it before; and what that user then sees.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pilothouse_api::audit::{AuditFilter, AuditView, ListAuditRecords};
use pilothouse_api::tags::{AddTagsToResource, ListTagsForResource, Tag};
use pilothouse_client::Credentials;
use pilothouse_protocol::InstanceId;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::home::home;
use pilothouse_tests::server::{Server, shell};
use pilothouse_tests::wait;

/// A cockpit that speaks with the keys of a file.
fn cockpit(server: &Server, home: &Path, file: &Path, section: &str) -> Cockpit {
    let file = file.to_str().unwrap();
    let keys = [("AWS_SHARED_CREDENTIALS_FILE", file), ("AWS_PROFILE", section)];
    Cockpit::start(home, &["--endpoint", server.url()], &keys, 120, 40)
}

/// Calls a node so, and says in which environment it is.
async fn tag(server: &Server, node: &InstanceId, name: &str, environment: &str) {
    let tags = [("Name", name), ("env", environment)];
    let tags = tags.map(|(key, value)| Tag { key: key.to_owned(), value: value.to_owned() });
    let request = AddTagsToResource {
        resource_type: "ManagedInstance".to_owned(),
        resource_id: node.to_string(),
        tags: tags.into(),
    };
    server.call(request).await.unwrap();
}

fn tags_of(node: &InstanceId) -> ListTagsForResource {
    ListTagsForResource { resource_type: "ManagedInstance".to_owned(), resource_id: node.to_string() }
}

/// Makes anna in the form for new users, and saves her key.
fn make_anna(cockpit: &mut Cockpit, file: &Path) {
    cockpit.press("ga");
    cockpit.wait_for("There is only root yet.");
    cockpit.press("a");
    cockpit.wait_for("New user");
    cockpit.press("anna<Enter>looks after staging<Enter><Enter>");
    // What is offered first is the least, and staging is what is proposed.
    cockpit.wait_for("▸ May         look at one environment, and nothing else");
    cockpit.press("<Enter>");
    cockpit.wait_for("▸ Environment staging");
    cockpit.press("<Enter><Enter><Enter>");
    cockpit.wait_for("Access key of anna: its secret is shown this once");
    cockpit.press("s");
    cockpit.wait_for("save to anna.credentials");
    cockpit.press(&format!("<C-u>{}<Enter>", file.display()));
    cockpit.wait_for("saved to");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone("Access key of anna");
    cockpit.wait_for("viewer-of-staging");
}

async fn recorded(server: &Server, filter: AuditFilter, what: &str) -> AuditView {
    wait::until(what, async || {
        let request = ListAuditRecords { filter: filter.clone(), ..ListAuditRecords::default() };
        server.call(request).await.unwrap().records.into_iter().next()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_makes_a_user_who_may_only_look_at_staging() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 3).await;
    let ids = fleet.ids();
    for (node, name, environment) in
        [(&ids[0], "web-one", "staging"), (&ids[1], "web-two", "staging"), (&ids[2], "payments", "prod")]
    {
        tag(&server, node, name, environment).await;
    }
    let (root_home, anna_home) = (home(), home());
    let file: PathBuf = anna_home.path().join("anna.credentials");
    let mut root = cockpit(&server, root_home.path(), &server.data_dir().join("credentials"), "default");
    root.wait_for("payments");
    make_anna(&mut root, &file);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the key is its owner's alone");

    // She logs in, sees exactly staging, and is told why she runs nothing.
    let mut anna = cockpit(&server, anna_home.path(), &file, "anna");
    anna.wait_for("2 nodes");
    anna.wait_for("web-one");
    anna.wait_for("web-two");
    assert!(!anna.text().contains("payments"), "{}", anna.text());
    anna.press("r");
    anna.wait_for("ssm:SendCommand");
    anna.press(&format!(":pilothouse:node/{}<Enter>", ids[2]));
    anna.wait_for("is no node of this fleet");

    // Whatever she tries on prod is refused, with the reason; on staging she may look and no more.
    let key = || Credentials::from_file(&file, "anna").unwrap();
    let mut command = shell("uptime");
    command.instance_ids = vec![ids[2].to_string()];
    let fault = server.call_as(key(), command).await.unwrap_err();
    assert_eq!(fault.code, "AccessDeniedException");
    assert!(fault.message.ends_with("ssm:SendCommand: no policy permits it"), "{fault}");
    server.call_as(key(), tags_of(&ids[0])).await.unwrap();
    let fault = server.call_as(key(), tags_of(&ids[2])).await.unwrap_err();
    assert_eq!(fault.code, "AccessDeniedException");
    assert!(fault.message.contains(ids[2].as_str()), "{fault}");

    // All of it stands in the audit, and is found there from the cockpit.
    let by_anna = |result: &str| AuditFilter {
        who: "user/anna".to_owned(),
        result: result.to_owned(),
        ..AuditFilter::default()
    };
    recorded(&server, by_anna("ok"), "what she looked at to be recorded").await;
    let refused = recorded(&server, by_anna("refused"), "what she was refused to be recorded").await;
    assert!(!refused.note.is_empty(), "{refused:?}");
    root.press("gu");
    root.wait_for("CreateUser");
    root.press("/who:anna what:SendCommand result:refused<Enter>");
    root.wait_for("AccessDenied");
    root.wait_until_gone("CreateUser");
    root.press("<Enter>");
    root.wait_for("\"errorCode\": \"AccessDenied");
    root.press("<Esc>");
    root.wait_until_gone("\"errorCode\"");

    // And why: asked of the policies, without trying it.
    root.press(":access users<Enter>");
    root.wait_for("looks after staging");
    root.press("w");
    root.wait_for("ssm:SendCommand");
    root.press(&format!("ssm:SendCommand<Enter>node/{} node/{}<Tab><Tab><Tab><Enter>", ids[0], ids[2]));
    root.wait_for("not permitted");
    root.press(":quit<Enter>");
    assert!(root.ended().restored);
    anna.press(":quit<Enter>");
    assert!(anna.ended().restored);
}
