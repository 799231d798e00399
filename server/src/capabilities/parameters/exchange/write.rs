//! Parameters written as a text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::typed::FORMAT;
use super::{Format, dotenv};

/// A parameter that is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Written {
    /// Below the path.
    pub(in super::super) name: String,
    pub(in super::super) r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) sealed: Option<WrittenSealed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) description: Option<String>,
    pub(in super::super) tier: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) allowed_pattern: Option<String>,
    pub(in super::super) data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) policies: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in super::super) tags: BTreeMap<String, String>,
}

/// A value as it is stored.
#[derive(Serialize)]
pub(in super::super) struct WrittenSealed {
    /// The name that is bound into it.
    pub(in super::super) item: String,
    /// The master key, for people.
    pub(in super::super) key: String,
    /// In Base64.
    pub(in super::super) bytes: String,
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    path: &'a str,
    parameters: &'a [Written],
}

/// Writes them.
///
/// # Errors
/// Why they cannot be written so.
pub(in super::super) fn write(path: &str, parameters: &[Written], format: Format) -> Result<String, String> {
    let document = Document { format: FORMAT, path, parameters };
    match format {
        Format::Json => {
            let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
            Ok(text + "\n")
        }
        Format::Yaml => serde_saphyr::to_string(&document).map_err(|error| error.to_string()),
        Format::Dotenv => lines(path, parameters),
    }
}

fn lines(path: &str, parameters: &[Written]) -> Result<String, String> {
    let mut text = format!("# {path}\n");
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for it in parameters {
        let variable = dotenv::variable(&it.name).0;
        if let Some(other) = names.insert(variable.clone(), &it.name) {
            return Err(format!(
                "{other} and {} are both called {variable} in dotenv: use json or yaml",
                it.name
            ));
        }
        match &it.value {
            Some(value) => text.push_str(&dotenv::lines(&it.name, &it.r#type, value)),
            None => drop(writeln!(text, "# {} is sealed", it.name)),
        }
    }
    Ok(text)
}
