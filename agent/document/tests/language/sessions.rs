//! Session documents.

use pilothouse_document::{Body, Platform, SessionType};
use serde_json::{Value, json};

use crate::{document, refused, survives_printing};

fn session(kind: &str, properties: Value) -> Value {
    json!({
        "schemaVersion": "1.0",
        "sessionType": kind,
        "parameters": {"port": {"type": "String", "default": "22", "allowedPattern": "^[0-9]{1,5}$"}},
        "properties": properties,
    })
}

#[test]
fn a_forwarded_port_is_read_and_survives_printing() {
    let properties =
        json!({"portNumber": "{{ port }}", "type": "LocalPortForwarding", "localPortNumber": "0"});
    let read = document(&session("Port", properties));
    let Body::Session(it) = &read.body else { panic!("{read:?}") };
    assert_eq!(it.session_type, SessionType::Port);
    assert_eq!(it.properties["portNumber"], json!("{{ port }}"));
    survives_printing(&read);
}

#[test]
fn preferences_of_a_shell_are_read_and_survive_printing() {
    let inputs =
        json!({"runAsEnabled": true, "idleSessionTimeout": "20", "shellProfile": {"linux": "cd\nls"}});
    let read = document(&json!({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": inputs}));
    survives_printing(&read);
    assert_eq!(read.platform_types().len(), 3);
}

#[test]
fn a_command_is_for_the_platforms_that_it_names() {
    let read = document(&session(
        "InteractiveCommands",
        json!({"linux": {"commands": "top", "runAsElevated": true}}),
    ));
    assert_eq!(read.platform_types(), [Platform::Linux]);
    survives_printing(&read);
}

#[test]
fn what_no_session_has_is_refused() {
    assert!(refused(&session("Shell", json!({}))).contains("Standard_Stream or InteractiveCommands"));
    assert!(refused(&session("Port", json!({"type": "x"}))).contains("properties.portNumber"));
    assert!(refused(&session("Port", json!({"portNumber": "1", "port": "2"}))).contains("\"port\""));
    assert!(
        refused(&session("InteractiveCommands", json!({"linux": {}}))).contains("properties.linux.commands")
    );
    assert!(refused(&session("InteractiveCommands", json!({}))).contains("none of them"));
    assert!(refused(&json!({"schemaVersion": "1.0"})).contains("sessionType"));
    let inputs =
        json!({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": {"s3Bucket": "x"}});
    assert!(refused(&inputs).contains("\"s3Bucket\""));
}
