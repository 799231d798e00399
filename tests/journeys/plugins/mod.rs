//! What documents do on real agents beside running a shell script: other documents within them, downloads, PowerShell, and values
//! of the parameter store.

mod downloads;
mod nested;
mod references;

use pilothouse_api::commands::{ListCommandInvocations, SendCommand};
use pilothouse_api::documents::CreateDocument;
use pilothouse_api::topics::InvocationView;
use pilothouse_protocol::InstanceId;
use pilothouse_tests::server::Server;
use serde_json::{Value, json};

/// Creates a Command document of one's own.
async fn create(server: &Server, name: &str, content: &Value) {
    let create = CreateDocument {
        name: name.to_owned(),
        content: content.to_string(),
        document_type: Some("Command".to_owned()),
        ..CreateDocument::default()
    };
    server.call(create).await.unwrap();
}

/// A document of schema 2.2.
fn document(parameters: &Value, steps: &Value) -> Value {
    json!({ "schemaVersion": "2.2", "parameters": parameters, "mainSteps": steps })
}

/// A step that runs lines in a shell.
fn shell(name: &str, lines: &[&str]) -> Value {
    json!({ "action": "aws:runShellScript", "name": name, "inputs": { "runCommand": lines } })
}

/// A step that runs a document of the server.
fn runs(name: &str, document: &str, parameters: &Value) -> Value {
    json!({ "action": "aws:runDocument", "name": name, "inputs": {
        "documentType": "SSMDocument", "documentPath": document, "documentParameters": parameters } })
}

/// Sends a document to a node.
fn sends(document: &str, node: &InstanceId, parameters: &[(&str, &str)]) -> SendCommand {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]));
    SendCommand {
        document_name: document.to_owned(),
        instance_ids: vec![node.to_string()],
        parameters: parameters.collect(),
        ..SendCommand::default()
    }
}

/// The one run of a command when it is over, with its output.
async fn over(server: &Server, command: SendCommand) -> (InvocationView, String) {
    let id = server.send_as(command).await.unwrap();
    let mut runs = server.runs_when_over(&id).await;
    let run = runs.remove(0);
    let output = server.output_of(&id, &run.instance_id).await;
    (run, String::from_utf8(output).unwrap())
}

/// The steps of a run: name, status and exit code of each.
async fn steps_of(server: &Server, run: &InvocationView) -> Vec<String> {
    let list = ListCommandInvocations {
        command_id: Some(run.command_id.to_string()),
        details: true,
        ..ListCommandInvocations::default()
    };
    let runs = server.call(list).await.unwrap().command_invocations;
    let steps = runs[0].command_plugins.iter();
    steps.map(|it| format!("{} {} {}", it.name, it.status, it.response_code)).collect()
}
