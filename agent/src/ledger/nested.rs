//! A document within a step: what it is, and how far it got, in the directory of the step.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::files::{LedgerError, failed, read, write};
use super::{Ledger, Progress};
use crate::plugin::NestedDocument;
use pilothouse_protocol::CommandId;

impl Ledger {
    /// The folder of a step, which may be within other steps.
    pub(crate) fn step_folder(&self, command: &CommandId, at: &[u16]) -> PathBuf {
        let place: Vec<String> = at.iter().map(ToString::to_string).collect();
        self.folder(command).join(format!("step-{}", place.join("-")))
    }

    /// The document that is run within a step.
    pub(crate) fn nested(&self, command: &CommandId, at: &[u16]) -> Nested {
        Nested { dir: self.dir.is_some().then(|| self.step_folder(command, at)) }
    }
}

/// The boot that a document within a step of a job waits for. What cannot be read is found out by who goes on with it.
pub(super) fn rebooting_within(folder: &Path) -> Option<String> {
    let steps = fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    steps.into_iter().find_map(|step| read::<Progress>(&step.join("progress.json")).ok()??.rebooting)
}

/// Its files; none when the ledger is in memory.
#[derive(Debug)]
pub(crate) struct Nested {
    pub(super) dir: Option<PathBuf>,
}

impl Nested {
    /// The document that was begun here, and how far it got.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn found(&self) -> Result<Option<(NestedDocument, Progress)>, LedgerError> {
        let Some(dir) = &self.dir else { return Ok(None) };
        let Some(document) = read(&dir.join("document.json"))? else { return Ok(None) };
        Ok(Some((document, read(&dir.join("progress.json"))?.unwrap_or_default())))
    }

    /// Writes down what is going to be run.
    ///
    /// # Errors
    /// When it cannot: then it must not be run.
    pub(crate) fn keep_document(&self, document: &NestedDocument) -> Result<(), LedgerError> {
        let Some(dir) = &self.dir else { return Ok(()) };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed(dir))?;
        write(&dir.join("document.json"), document)
    }

    /// Writes down how far it got.
    ///
    /// # Errors
    /// When it cannot.
    pub(crate) fn keep_progress(&self, progress: &Progress) -> Result<(), LedgerError> {
        self.dir.as_ref().map_or(Ok(()), |dir| write(&dir.join("progress.json"), progress))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_down_is_found_and_before_that_nothing_is() {
        let dir = tempfile::tempdir().unwrap();
        let nested = Nested { dir: Some(dir.path().join("step-0")) };
        assert_eq!(nested.found().unwrap(), None);
        let document = NestedDocument {
            name: "inner".into(),
            content: "{}".into(),
            parameters: [("a".into(), vec!["b".into()])].into(),
            resolved: pilothouse_document::Resolved::new(),
        };
        nested.keep_document(&document).unwrap();
        assert_eq!(nested.found().unwrap(), Some((document.clone(), Progress::default())));
        let progress = Progress { lost: 3, ..Progress::default() };
        nested.keep_progress(&progress).unwrap();
        assert_eq!(nested.found().unwrap(), Some((document, progress)));
    }
}
