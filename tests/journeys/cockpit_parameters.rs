//! The Parameters room in a terminal: a day of somebody who keeps values, with another client at work beside.

use std::path::Path;

use pilothouse_api::parameters::{GetParameter, PutParameter};
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::home::home_with_profile;
use pilothouse_tests::server::Server;
use tempfile::TempDir;

const SECRET: &str = "hunter2-correct-horse";
const URL: &str = "/staging/db/url";
const PASSWORD: &str = "/staging/db/password";

fn roots_home(server: &Server) -> TempDir {
    home_with_profile(server, &server.data_dir().join("credentials"))
}

fn at(home: &Path, place: &str) -> Cockpit {
    Cockpit::start(home, &[place], &[], 120, 40)
}

/// What a parameter holds, and its version.
async fn held(server: &Server, name: &str) -> Option<(String, i64)> {
    let request = GetParameter { name: name.to_owned(), with_decryption: Some(true) };
    server.call(request).await.ok().map(|read| (read.parameter.value, read.parameter.version))
}

fn secret(value: &str) -> PutParameter {
    PutParameter {
        name: PASSWORD.to_owned(),
        value: value.to_owned(),
        r#type: Some("SecureString".to_owned()),
        overwrite: Some(true),
        ..PutParameter::default()
    }
}

/// Whether anything that was written to the terminal so far tells the secret.
fn is_told(cockpit: &Cockpit) -> bool {
    cockpit.bytes().windows(SECRET.len()).any(|it| it == SECRET.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_is_made_changed_rolled_back_and_deleted() {
    let server = Server::start().await;
    let home = roots_home(&server);
    let mut cockpit = at(home.path(), "pilothouse:parameters");
    cockpit.wait_for("There is no parameter yet.");
    cockpit.press("a");
    cockpit.wait_for("New parameter");
    cockpit.press("staging/db/url<Tab><Tab>postgres://one<C-s>");
    cockpit.wait_for("/staging/db/url is made");
    cockpit.wait_for("postgres://one");
    assert_eq!(held(&server, URL).await, Some(("postgres://one".to_owned(), 1)));

    cockpit.press("e");
    cockpit.wait_for("New version after 1");
    cockpit.press("two-<C-s>");
    cockpit.wait_for("is at version 2");
    assert_eq!(held(&server, URL).await, Some(("two-postgres://one".to_owned(), 2)));

    cockpit.press("l");
    cockpit.wait_for("History 2");
    cockpit.press("j<Enter>");
    cockpit.wait_for("there is no version before it");
    cockpit.press("b");
    cockpit.wait_for("back to version 1?");
    cockpit.wait_for("+ postgres://one");
    cockpit.press("y");
    cockpit.wait_for("holds again what version 1 held");
    cockpit.wait_for("History 3");
    assert_eq!(held(&server, URL).await, Some(("postgres://one".to_owned(), 3)));

    cockpit.press("D");
    cockpit.wait_for("Delete /staging/db/url with all its versions?");
    cockpit.press("y");
    cockpit.wait_for("There is no parameter yet.");
    assert_eq!(held(&server, URL).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_client_does_appears_and_a_secret_is_seen_only_when_it_is_asked_for() {
    let server = Server::start().await;
    let home = roots_home(&server);
    let plain = PutParameter {
        name: URL.to_owned(),
        value: "postgres://one".to_owned(),
        r#type: Some("String".to_owned()),
        ..PutParameter::default()
    };
    server.call(plain).await.unwrap();
    let mut cockpit = at(home.path(), &format!("pilothouse:parameters/{URL}"));
    cockpit.wait_for("postgres://one");
    server.call(secret(SECRET)).await.unwrap();
    cockpit.wait_for("password");
    cockpit.press("fpassword");
    cockpit.wait_for("Find: 1 name");
    cockpit.press("<Enter>");
    cockpit.wait_for("= shows it for 30 s");
    cockpit.wait_for("alias/aws/ssm");
    assert!(!is_told(&cockpit), "nobody asked for it");
    cockpit.press("=");
    cockpit.wait_for(SECRET);
    // What was shown is another one now.
    server.call(secret("swordfish")).await.unwrap();
    cockpit.wait_until_gone(SECRET);
    cockpit.press("=");
    cockpit.wait_for("swordfish");
    cockpit.press("=");
    cockpit.wait_until_gone("swordfish");
    cockpit.press("<Enter>");
    cockpit.wait_for("Used by");
    cockpit.press(":blame<Enter>");
    cockpit.wait_for("Who read it");
    cockpit.wait_for("2 opened");
    cockpit.press(":quit<Enter>");
    let ended = cockpit.ended();
    assert!(
        ended.restored && !ended.text.contains("swordfish") && !ended.text.contains(SECRET),
        "{}",
        ended.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_in_after_it_was_shown_and_the_tree_as_it_was_is_read_only() {
    let server = Server::start().await;
    let home = roots_home(&server);
    let file = home.path().join("values.yaml");
    std::fs::write(&file, "db:\n  url: postgres://one\n  port: \"5432\"\n").unwrap();
    let mut cockpit = at(home.path(), "pilothouse:parameters");
    cockpit.wait_for("There is no parameter yet.");
    cockpit.press("i");
    cockpit.wait_for("take into / from file");
    cockpit.press(&format!("{}<Enter>", file.display()));
    cockpit.wait_for("Take values.yaml into /?");
    cockpit.wait_for("+ line 3: /db/port");
    assert_eq!(held(&server, "/db/port").await, None, "nothing is written before it is confirmed");
    cockpit.press("<Tab><Enter>");
    cockpit.wait_for("values.yaml is in /");
    cockpit.wait_for("db/");
    assert_eq!(held(&server, "/db/port").await, Some(("5432".to_owned(), 1)));
    cockpit.press(":parameters @1h<Enter>");
    cockpit.wait_for("THE PAST");
    cockpit.wait_for("There was no parameter then.");
    cockpit.press("a");
    cockpit.wait_for("this is the past, read only");
}
