//! What a run is prepared with, and how a locator says it.

use std::collections::BTreeMap;

use pilothouse_api::commands::Target;
use pilothouse_api::protocol::{CommandId, InstanceId};
use serde::{Deserialize, Serialize};

use super::{BadLocator, escape, unescape};

/// What a run is prepared with: where it goes, and what it takes over from an earlier command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunSpec {
    /// Explicit nodes; used when not empty.
    pub nodes: Vec<InstanceId>,
    /// Targets as in SendCommand; used when `nodes` is empty.
    pub targets: Vec<Target>,
    /// The script to begin with.
    pub script: Option<String>,
    /// A command whose script or document, comment and limits are taken over; its targets only when none are given here.
    pub from: Option<CommandId>,
    /// The document that runs, by name or ARN; a script of one's own, if absent.
    pub document: Option<String>,
    /// Which of its versions; the default one, if absent.
    pub version: Option<String>,
    /// Values of its parameters to begin with.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// A template to fill it in from; the user chooses one, if its name is empty.
    pub template: Option<String>,
}

pub(super) fn options(spec: &RunSpec) -> Vec<String> {
    let mut options = Vec::new();
    if !spec.nodes.is_empty() {
        let ids: Vec<&str> = spec.nodes.iter().map(InstanceId::as_str).collect();
        options.push(format!("nodes={}", ids.join(",")));
    }
    for target in &spec.targets {
        let values: Vec<String> = target.values.iter().map(|value| escape(value)).collect();
        options.push(format!("target={}={}", escape(&target.key), values.join(",")));
    }
    options.extend(spec.script.iter().map(|script| format!("script={}", escape(script))));
    options.extend(spec.from.iter().map(|id| format!("from={id}")));
    options.extend(spec.document.iter().map(|name| format!("document={}", escape(name))));
    options.extend(spec.version.iter().map(|version| format!("version={}", escape(version))));
    for (name, values) in &spec.parameters {
        let values: Vec<String> = values.iter().map(|value| escape(value)).collect();
        options.push(format!("parameter={}={}", escape(name), values.join(",")));
    }
    options.extend(spec.template.iter().map(|name| format!("template={}", escape(name))));
    options
}

pub(super) fn run(options: &str) -> Result<RunSpec, BadLocator> {
    let mut spec = RunSpec::default();
    for option in options.split('&').filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("nodes", ids)) => {
                for id in ids.split(',') {
                    spec.nodes.push(id.parse()?);
                }
            }
            Some(("target", target)) => {
                let (key, values) =
                    target.split_once('=').ok_or_else(|| BadLocator::Target(target.to_owned()))?;
                let values = values.split(',').map(unescape).collect();
                spec.targets.push(Target { key: unescape(key), values });
            }
            Some(("script", script)) => spec.script = Some(unescape(script)),
            Some(("from", id)) => spec.from = Some(id.parse()?),
            Some(("document", name)) => spec.document = Some(unescape(name)),
            Some(("template", name)) => spec.template = Some(unescape(name)),
            Some(("version", version)) => spec.version = Some(unescape(version)),
            Some(("parameter", value)) => {
                let (name, values) = value.split_once('=').unwrap_or((value, ""));
                spec.parameters.insert(unescape(name), values.split(',').map(unescape).collect());
            }
            _ => return Err(BadLocator::UnknownOption(option.chars().take(80).collect())),
        }
    }
    Ok(spec)
}
