//! A document's parameters filled in by hand in the cockpit, and run.

use std::path::Path;

use pilothouse_api::commands::{GetCommandInvocation, ListCommands};
use pilothouse_api::documents::CreateDocument;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::home::home_with_profile;
use pilothouse_tests::server::Server;

const GREET: &str = r#"
schemaVersion: "2.2"
description: Greets somebody, aloud if wanted.
parameters:
  who:
    type: String
    description: Who is greeted; their name as they write it.
    allowedPattern: "^[^0-9]+$"
    interpolationType: ENV_VAR
  tone:
    type: String
    allowedValues: [quiet, loud, shrill]
    default: quiet
  times:
    type: Integer
    default: 1
  words:
    type: StringList
    default: [good, morning]
mainSteps:
  - action: aws:runShellScript
    name: greet
    inputs:
      runCommand:
        - 'for i in $(seq {{ times }}); do echo "{{ tone }}: $SSM_who"; done'
        - "{{ words }}"
"#;

fn at(home: &Path, place: &str) -> Cockpit {
    Cockpit::start(home, &[place], &[], 120, 40)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_filled_in_and_what_runs_is_what_was_seen() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let document = CreateDocument {
        name: "Greet".to_owned(),
        content: GREET.to_owned(),
        document_format: Some("YAML".to_owned()),
        ..CreateDocument::default()
    };
    server.call(document).await.unwrap();
    let home = home_with_profile(&server, &server.data_dir().join("credentials"));
    let node = fleet.ids()[0].clone();
    let mut cockpit = at(home.path(), &format!("pilothouse:run?document=Greet&nodes={node}"));
    cockpit.wait_for("Greet, version 1");
    cockpit.wait_for("Greets somebody, aloud if wanted.");
    cockpit.wait_for("whatever it holds is never code");

    // The rule is said while it is broken, and not a moment longer.
    cockpit.press("R2");
    cockpit.wait_for("it must match");
    cockpit.press("<Backspace>'; echo pwned; $(id)");
    cockpit.wait_until_gone("it must match");
    cockpit.press("<Tab>l<Tab><Backspace>2<Tab>");
    cockpit.wait_for("a list, one entry on each line");
    cockpit.press("<C-u><Backspace><C-u>echo the end");
    cockpit.wait_for("echo the end");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone(" ] Esc r");
    cockpit.press("r");
    cockpit.wait_for("Run Greet on");
    cockpit.wait_for("document      Greet, version 1");
    cockpit.press("y");
    cockpit.wait_for("the end");
    cockpit.wait_for("✓ success");

    let command = server.call(ListCommands::default()).await.unwrap().commands.remove(0);
    assert_eq!((command.document_name.as_str(), command.document_version.as_str()), ("Greet", "1"));
    let invocation = GetCommandInvocation {
        command_id: command.command_id.clone(),
        instance_id: node.to_string(),
        plugin_name: None,
    };
    let output = server.call(invocation).await.unwrap().standard_output_content;
    let line = "loud: R'; echo pwned; $(id)\n";
    assert_eq!(
        output,
        format!("{line}{line}the end\n"),
        "what is typed for an environment variable is never code"
    );

    // The same again: the form holds what ran.
    let mut again = at(home.path(), &format!("pilothouse:run?from={}", command.command_id));
    again.wait_for("Greet, version 1");
    again.wait_for("echo pwned");
    again.wait_for("echo the end");
}
