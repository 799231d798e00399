//! `aws:downloadContent`: files from web servers, Git repositories, stores that speak S3, and documents of the server.
//!
//! In: a kind of source, what it needs, and a place. Out: the files, each there whole or not at all, and a line that says where.
//! A place that is not absolute is in the job's own download folder, where `aws:runDocument` finds it.
//!
//! Never here: how bytes come (`host::download`).

mod source;

use std::path::PathBuf;

use pilothouse_protocol::StepState;
use serde::Deserialize;
use serde_json::Value;

use crate::host::{Landing, Origin};
use crate::plugin::{StepContext, StepEnd};
use source::{Source, SourceKind};

/// The action's name.
pub(crate) const ACTION: &str = "aws:downloadContent";

/// What it takes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Inputs {
    source_type: SourceKind,
    source_info: Value,
    #[serde(default)]
    destination_path: String,
}

/// Runs it. What an earlier agent process had begun is fetched anew.
pub(crate) async fn run(context: StepContext, inputs: Inputs) -> StepEnd {
    let source = match Source::read(inputs.source_type, &inputs.source_info) {
        Ok(source) => source,
        Err(why) => return StepEnd::failed(why),
    };
    let wanted = inputs.destination_path.trim().to_owned();
    let landing = Landing { folder: context.place.downloads.clone(), wanted };
    let Some(fetched) = context.unless_cancelled(fetch(&context, &source, &landing)).await else {
        return StepEnd::cancelled();
    };
    match fetched {
        Ok(path) => {
            let lost = context.host.say(&context.place, &format!("Content downloaded to {}", path.display()));
            (context.on_change)();
            StepEnd::well(lost)
        }
        Err(why) => {
            let lost = context.host.say(&context.place, &why);
            (context.on_change)();
            StepEnd { lost, message: why, ..StepEnd::of(StepState::Failed, 1) }
        }
    }
}

async fn fetch(context: &StepContext, source: &Source, landing: &Landing) -> Result<PathBuf, String> {
    match source {
        Source::Elsewhere(origin) => context.host.download(origin, landing).await,
        Source::Document { name, version } => {
            let given = context.library.document(name, version.as_deref()).await;
            let given = given.map_err(|why| format!("the document {name} is not given: {why}"))?;
            let name = format!("{}.json", given.name.rsplit('/').next().unwrap_or_default());
            context.host.download(&Origin::Text { name, text: given.content }, landing).await
        }
    }
}
