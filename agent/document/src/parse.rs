//! From a tree to a document, or to what does not fit, where, and what was expected.
//!
//! One file per part of the language; members that a schema does not have are refused by name.

mod command;
mod condition;
mod flow;
mod parameters;
mod runbook;
mod session;

use serde_json::Value;

use crate::member::{Members, Result, kind_of, misfit, shown, text};
use crate::path::Path;
use crate::schema::SchemaVersion;
use crate::{Body, Document};

pub use parameters::MAX_PARAMETERS;

/// Steps in a document, those of loops included.
pub const MAX_STEPS: usize = 1000;
/// Characters in the name of a step.
const MAX_STEP_NAME: usize = 128;

pub(crate) fn document(tree: &Value) -> Result<Document> {
    let root = Members::of(tree, &Path::default())?;
    let schema_version = schema(&root)?;
    root.only(members_of(schema_version))?;
    let parameters = match root.optional("parameters") {
        None => Vec::new(),
        Some((value, at)) => parameters::read(&Members::of(value, &at)?, schema_version)?,
    };
    let body = match schema_version {
        SchemaVersion::V0_3 => Body::Runbook(runbook::read(&root)?),
        SchemaVersion::V1_0 => Body::Session(session::read(&root)?),
        SchemaVersion::V1_2 => Body::Command(command::runtime_config(&root)?),
        SchemaVersion::V2_0 | SchemaVersion::V2_2 => {
            Body::Command(command::main_steps(&root, schema_version, &parameters)?)
        }
    };
    let description = root.optional_text("description")?.unwrap_or_default().to_owned();
    Ok(Document { schema_version, description, parameters, body })
}

/// The schema's version; YAML without quotes makes a number of it.
fn schema(root: &Members<'_>) -> Result<SchemaVersion> {
    let (value, at) = root.required("schemaVersion")?;
    let written = match value {
        Value::Number(number) => number.to_string(),
        other => text(other, &at)?.to_owned(),
    };
    match SchemaVersion::ALL.into_iter().find(|version| version.as_str() == written) {
        Some(version) => Ok(version),
        None => misfit(&at, "0.3, 1.0, 1.2, 2.0 or 2.2", shown(&written)),
    }
}

const fn members_of(version: SchemaVersion) -> &'static [&'static str] {
    match version {
        SchemaVersion::V0_3 => &[
            "schemaVersion",
            "description",
            "assumeRole",
            "parameters",
            "variables",
            "mainSteps",
            "outputs",
            "files",
        ],
        SchemaVersion::V1_0 => {
            &["schemaVersion", "description", "sessionType", "parameters", "inputs", "properties"]
        }
        SchemaVersion::V1_2 => &["schemaVersion", "description", "parameters", "runtimeConfig"],
        SchemaVersion::V2_0 | SchemaVersion::V2_2 => {
            &["schemaVersion", "description", "parameters", "mainSteps"]
        }
    }
}

/// A step's name, of letters, digits and these signs.
fn step_name(step: &Members<'_>, signs: &str) -> Result<String> {
    let name = step.required_text("name")?;
    let is_legal = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    if name.is_empty() || name.len() > MAX_STEP_NAME || !name.chars().all(is_legal) {
        let also = signs.chars().map(String::from).collect::<Vec<_>>().join(" ");
        let expected = format!("1 to {MAX_STEP_NAME} letters, digits and {also}");
        return misfit(&step.at.member("name"), expected, shown(name));
    }
    Ok(name.to_owned())
}

/// Refuses a document without steps, or with too many.
fn in_number(steps: usize, at: &Path) -> Result<()> {
    if (1..=MAX_STEPS).contains(&steps) {
        return Ok(());
    }
    misfit(at, format!("1 to {MAX_STEPS} steps"), steps.to_string())
}

/// Refuses the second step of a name.
fn named_once(name: &str, is_taken: bool, step: &Path) -> Result<()> {
    if is_taken {
        return misfit(&step.member("name"), "a name of its own", format!("{} again", shown(name)));
    }
    Ok(())
}

/// The inputs of a step: a map, or nothing.
fn inputs(step: &Members<'_>) -> Result<serde_json::Map<String, Value>> {
    match step.optional("inputs") {
        None => Ok(serde_json::Map::new()),
        Some((Value::Object(map), _)) => Ok(map.clone()),
        Some((other, at)) => misfit(&at, "a map", kind_of(other)),
    }
}
