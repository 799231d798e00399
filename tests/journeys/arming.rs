//! Arming and approving with the cockpit in a terminal, against a true server: the frame, the form, two people.

use std::path::Path;

use pilothouse_tests::agent::{Agent, has_ping};
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::home::home_with_profile;
use pilothouse_tests::person::{Person, policy};
use pilothouse_tests::program::{binary, command, run};
use pilothouse_tests::server::{Server, shell};
use tempfile::TempDir;

/// Everybody may everything, but production is armed first.
const ARMED: &str = r#"
permit (principal, action, resource);
@reason("production must be armed")
forbid (principal, action == Pilothouse::Action::"ssm:SendCommand", resource is Pilothouse::Node)
when { resource has environment && resource.environment == "prod" }
unless { context.armed.contains("prod") };
"#;

/// Everybody may everything, but somebody else looks at what is run on production.
const APPROVED: &str = r#"
permit (principal, action, resource);
@reason("two pairs of eyes for production")
forbid (principal, action == Pilothouse::Action::"ssm:SendCommand", resource is Pilothouse::Node)
when { resource has environment && resource.environment == "prod" }
unless { context.approved };
"#;

/// A node of prod that is there.
async fn prod_node(server: &Server) -> Agent {
    let mut agent = Agent::of_environment(server, "prod").await;
    agent.start();
    has_ping(server, agent.id(), "Online").await;
    agent
}

/// A home whose settings speak to the server with a person's key.
fn home_of(person: &Person, server: &Server) -> TempDir {
    home_with_profile(server, person.credentials_file())
}

fn cockpit(home: &Path) -> Cockpit {
    Cockpit::start(home, &[], &[], 120, 40)
}

/// Types a script for the node under the cursor, and asks to send it.
fn prepare(cockpit: &mut Cockpit, script: &str) {
    cockpit.press("r");
    cockpit.wait_for("1 chosen node");
    cockpit.press(script);
    cockpit.wait_for(" ] Esc r");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone(" ] Esc r");
    cockpit.press("r");
}

#[tokio::test(flavor = "multi_thread")]
async fn production_is_armed_run_on_and_disarmed_and_refused_again() {
    let server = Server::start().await;
    let agent = prod_node(&server).await;
    policy(&server, "armed", ARMED).await;
    let (anna, ben) = (Person::new(&server, "anna").await, Person::new(&server, "ben").await);
    let (home, other_home) = (home_of(&anna, &server), home_of(&ben, &server));
    let mut other = cockpit(other_home.path());
    other.wait_for("user/ben");
    let mut cockpit = cockpit(home.path());
    cockpit.wait_for("user/anna");
    cockpit.wait_for("1 node");

    // Before anything is sent, the form knows what is missing.
    prepare(&mut cockpit, "echo it-ran");
    cockpit.wait_for("Arm prod");
    cockpit.press("release 7<Enter>");
    cockpit.wait_for("ARMED prod 9:");
    let frame = format!("{:?}", cockpit.colour_of("ARMED"));
    assert!(frame.contains("Red"), "the frame is red: {frame}");
    other.wait_for("prod armed by user/anna 9:");
    cockpit.wait_for("Type prod to go on");
    cockpit.press("prod<Enter>");
    cockpit.wait_for("✓ success");
    cockpit.wait_for("it-ran");

    cockpit.press("A");
    cockpit.wait_for("Disarm prod?");
    cockpit.press("y");
    cockpit.wait_until_gone("ARMED prod");
    other.wait_until_gone("armed by");
    let command = pilothouse_api::commands::SendCommand {
        instance_ids: vec![agent.id().to_string()],
        ..shell("echo never")
    };
    let fault = anna.call(&server, command).await.unwrap_err();
    assert!(fault.message.contains("asks that prod be armed: production must be armed"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_in_the_inbox_of_somebody_else_who_reads_it_and_says_yes() {
    let server = Server::start().await;
    let _agent = prod_node(&server).await;
    policy(&server, "approved", APPROVED).await;
    let (anna, ben) = (Person::new(&server, "anna").await, Person::new(&server, "ben").await);
    let (home, other_home) = (home_of(&anna, &server), home_of(&ben, &server));
    let (mut annas, mut bens) = (cockpit(home.path()), cockpit(other_home.path()));
    bens.wait_for("user/ben");
    annas.wait_for("1 node");

    prepare(&mut annas, "echo it-ran");
    annas.wait_for("Ask for approval to run on 1 node?");
    annas.press("prod<Enter>");
    annas.wait_for("It waits for somebody else's approval. Look at the request?");
    annas.press("y");
    annas.wait_for("you asked for it; somebody else must decide");

    bens.wait_for("1 to decide");
    assert!(bens.bytes().contains(&0x07), "it rang");
    bens.press("gi");
    bens.wait_for("1 request waits for you");
    bens.press("<Enter>");
    // Nothing is approved that was not read whole.
    bens.wait_for("by id: the targets");
    bens.wait_for("echo it-ran");
    bens.press("cfine<Enter>");
    bens.wait_for("comment  fine");
    bens.wait_for("a approve");
    bens.press("a");
    bens.wait_for("asked by  user/anna");
    bens.press("y");
    bens.wait_for("outcome: command/");
    annas.wait_for("it ran in the name of user/anna");
    annas.press("<Enter>");
    annas.wait_for("✓ success");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_one_is_and_what_is_armed_is_said_without_a_screen() {
    let server = Server::start().await;
    policy(&server, "armed", ARMED).await;
    let anna = Person::new(&server, "anna").await;
    let home = home_of(&anna, &server);
    let pilothouse = |arguments: &[&str]| {
        let mut command = command(&binary("pilothouse"));
        command.env("HOME", home.path()).args(arguments);
        let out = run(command);
        (out.status.code(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
    };
    let (status, said) = pilothouse(&["whoami"]);
    assert!(status == Some(0) && said.starts_with("user/anna\n"), "{said}");
    let (status, said) = pilothouse(&["arm", "prod", "10m", "release 7"]);
    assert!(status == Some(0) && said.starts_with("prod is armed for user/anna for 10 min"), "{said}");
    let (status, said) = pilothouse(&["call", "list-armings"]);
    assert!(status == Some(0) && said.contains("\"Reason\": \"release 7\""), "{said}");
    assert_eq!(pilothouse(&["disarm", "prod"]).0, Some(0));
    assert_eq!(pilothouse(&["arm", "prod", "soon", "release 7"]).0, Some(2));
    assert_eq!(pilothouse(&["call", "NoSuchOperation"]).0, Some(2));
    let (status, said) = pilothouse(&["call", "GetApproval", "{\"ApprovalId\":\"apr-000000000000\"}"]);
    assert!(status == Some(1) && said.contains("apr-000000000000"), "{said}");
}
