//! The document language told as stories, and its promises as properties.

#![expect(clippy::unwrap_used, reason = "what is not as it should be fails the story")]

mod commands;
mod interpolation;
mod places;
mod properties;
mod refusals;
mod runbooks;
mod sessions;

use std::collections::BTreeMap;

use pilothouse_document::{Document, Format, Step};
use serde_json::{Value, json};

fn document(value: &Value) -> Document {
    Document::parse(&value.to_string(), Format::Json).unwrap()
}

fn refused(value: &Value) -> String {
    Document::parse(&value.to_string(), Format::Json).unwrap_err().to_string()
}

fn steps(document: &Document) -> &[Step] {
    document.command_steps().unwrap()
}

fn given(name: &str, values: &[&str]) -> BTreeMap<String, Vec<String>> {
    [(name.to_owned(), values.iter().map(|v| (*v).to_owned()).collect())].into()
}

fn shell(parameters: Value, commands: Value) -> Value {
    json!({
        "schemaVersion": "2.2",
        "parameters": parameters,
        "mainSteps": [{"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": commands}}],
    })
}

/// Whether a document is the same after it is written and read, in both formats.
fn survives_printing(document: &Document) {
    for format in [Format::Json, Format::Yaml] {
        let text = document.print(format).unwrap();
        assert_eq!(&Document::parse(&text, format).unwrap(), document, "{text}");
    }
}
