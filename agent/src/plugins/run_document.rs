//! `aws:runDocument`: another document within this step, from the server or from a file.
//!
//! What is run is written down before it begins; after a restart of the agent it goes on with the same text and values, whatever
//! became of the document meanwhile. How its steps run, and how deep, is the runner's.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use pilothouse_document::{Document, Format, MAX_DOCUMENT, Resolved, convert};
use serde::Deserialize;
use serde_json::Value;

use crate::plugin::{NestedDocument, StepContext, StepEnd};

/// The action's name.
pub(crate) const ACTION: &str = "aws:runDocument";

/// What it takes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Inputs {
    document_type: Kind,
    document_path: String,
    #[serde(default)]
    document_parameters: Value,
}

/// Where the document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Kind {
    #[serde(rename = "SSMDocument")]
    Server,
    #[serde(rename = "LocalPath")]
    File,
}

/// Runs it.
pub(crate) async fn run(context: StepContext, inputs: Inputs) -> StepEnd {
    if context.adopt
        && let Some(end) = context.nesting.go_on().await
    {
        return end;
    }
    let found = match context.unless_cancelled(find(&context, &inputs)).await {
        Some(found) => found,
        None => return StepEnd::cancelled(),
    };
    match found.and_then(|it| Ok(NestedDocument { parameters: given(&inputs.document_parameters)?, ..it })) {
        Ok(document) => context.nesting.begin(document).await,
        Err(why) => StepEnd::failed(why),
    }
}

async fn find(context: &StepContext, inputs: &Inputs) -> Result<NestedDocument, String> {
    let said = inputs.document_path.trim();
    let (name, content, resolved) = match inputs.document_type {
        Kind::Server => {
            let (name, version) = versioned(said);
            let given = context.library.document(name, version).await;
            let given = given.map_err(|why| format!("the document {said} is not given: {why}"))?;
            (given.name, given.content, given.resolved)
        }
        Kind::File => {
            let path = local(&context.place.downloads, said)?;
            let text = context.host.read_text(&path, MAX_DOCUMENT).await?;
            (said.to_owned(), as_json(&text).map_err(|why| format!("{said}: {why}"))?, Resolved::new())
        }
    };
    Ok(NestedDocument { name, content, parameters: BTreeMap::new(), resolved })
}

/// A document's name and version, from `NAME:VERSION`.
fn versioned(text: &str) -> (&str, Option<&str>) {
    let is_version =
        |it: &str| it.starts_with('$') || (!it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()));
    match text.rsplit_once(':') {
        Some((name, version)) if is_version(version) => (name, Some(version)),
        _ => (text, None),
    }
}

/// Where a file is; what is relative is among the job's downloads, and stays there.
fn local(downloads: &Path, said: &str) -> Result<PathBuf, String> {
    let path = Path::new(said);
    if said.is_empty() || path.components().any(|part| matches!(part, Component::ParentDir)) {
        return Err(format!("the documentPath {said:?} must be a path that does not lead upwards"));
    }
    Ok(downloads.join(path))
}

/// The text of a file in JSON. There is nobody to ask for what `{{ssm:…}}` in it stands for.
fn as_json(text: &str) -> Result<String, String> {
    let format = if text.trim_start().starts_with('{') { Format::Json } else { Format::Yaml };
    let document = Document::parse(text, format).map_err(|error| error.to_string())?;
    if let Some(reference) = document.ssm_references(&BTreeMap::new()).first() {
        return Err(format!(
            "it refers to {{{{ssm:{reference}}}}}, which only documents of the server can: pass the value in documentParameters"
        ));
    }
    convert(text, format, Format::Json).map_err(|error| error.to_string())
}

/// Values of parameters: a map, or its JSON as text.
fn given(parameters: &Value) -> Result<BTreeMap<String, Vec<String>>, String> {
    let wrong =
        |what: &str| format!("documentParameters must be a map of parameters, or JSON of one: {what}");
    match parameters {
        Value::Null => Ok(BTreeMap::new()),
        Value::String(text) if text.trim().is_empty() => Ok(BTreeMap::new()),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Value::Object(map)) => {
                Ok(map.iter().map(|(name, value)| (name.clone(), texts(value))).collect())
            }
            Ok(_) => Err(wrong("it is JSON of something else")),
            Err(error) => Err(wrong(&error.to_string())),
        },
        Value::Object(map) => Ok(map.iter().map(|(name, value)| (name.clone(), texts(value))).collect()),
        _ => Err(wrong("it is neither")),
    }
}

/// A value in the shape that documents take.
fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(list) => list.iter().map(text).collect(),
        value => vec![text(value)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_come_as_a_map_or_as_the_text_of_one() {
        let map = json!({"a": "x", "b": ["y", 2], "c": true, "d": {"k": "v"}});
        let wanted: BTreeMap<String, Vec<String>> = [
            ("a".into(), vec!["x".into()]),
            ("b".into(), vec!["y".into(), "2".into()]),
            ("c".into(), vec!["true".into()]),
            ("d".into(), vec![r#"{"k":"v"}"#.into()]),
        ]
        .into();
        assert_eq!(given(&map).unwrap(), wanted);
        assert_eq!(given(&json!(map.to_string())).unwrap(), wanted);
        assert_eq!(given(&json!("")).unwrap(), BTreeMap::new());
        for wrong in [json!("[1]"), json!("{"), json!([1]), json!(5)] {
            assert!(given(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_version_is_what_stands_behind_the_last_colon_and_looks_like_one() {
        assert_eq!(versioned("site:3"), ("site", Some("3")));
        assert_eq!(versioned("site:$LATEST"), ("site", Some("$LATEST")));
        let arn = "arn:aws:ssm:eu-test-1:000000000000:document/site";
        assert_eq!(versioned(arn), (arn, None));
        assert_eq!(versioned(&format!("{arn}:2")), (arn, Some("2")));
    }

    #[test]
    fn a_file_that_is_named_without_a_place_is_among_the_downloads() {
        let downloads = Path::new("/jobs/1/downloads");
        assert_eq!(local(downloads, "a/b.json").unwrap(), Path::new("/jobs/1/downloads/a/b.json"));
        assert_eq!(local(downloads, "/etc/b.json").unwrap(), Path::new("/etc/b.json"));
        assert!(local(downloads, "../../2/downloads/b.json").is_err());
    }

    #[test]
    fn a_file_is_json_or_yaml_and_names_no_parameter_of_the_store() {
        let yaml = "schemaVersion: '2.2'\nmainSteps:\n- {action: 'aws:runShellScript', name: a, inputs: {runCommand: ['x']}}\n";
        assert!(as_json(yaml).unwrap().contains("\"aws:runShellScript\""));
        let refers = yaml.replace("'x'", "'{{ssm:/x}}'");
        assert!(as_json(&refers).unwrap_err().contains("{{ssm:/x}}"));
    }
}
