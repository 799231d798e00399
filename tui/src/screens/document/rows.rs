//! The rows of the tabs that are lists: how many there are, and what is under the cursor.

use pilothouse_api::documents::{
    AccountSharingInfo, DocumentParameter, DocumentReviewerResponseSource, DocumentVersionInfo,
};
use pilothouse_api::tags::Tag;

use super::files::FileRow;
use super::state::Document;
use crate::route::DocumentTab;

impl Document {
    pub(super) fn versions(&self) -> &[DocumentVersionInfo] {
        self.known.versions.value().map_or(&[], Vec::as_slice)
    }

    pub(super) fn parameters(&self) -> &[DocumentParameter] {
        self.known.description.value().map_or(&[], |it| it.parameters.as_slice())
    }

    pub(super) fn accounts(&self) -> &[AccountSharingInfo] {
        self.known.sharing.value().map_or(&[], Vec::as_slice)
    }

    pub(super) fn tags(&self) -> &[Tag] {
        self.known.description.value().map_or(&[], |it| it.tags.as_slice())
    }

    pub(super) fn reviews(&self) -> &[DocumentReviewerResponseSource] {
        self.known.reviews.value().map_or(&[], Vec::as_slice)
    }

    pub(super) fn files(&self) -> &[FileRow] {
        &self.files
    }

    /// Rows of the tab that is shown.
    pub(super) fn row_count(&self) -> usize {
        match self.tab {
            DocumentTab::Content => 0,
            DocumentTab::Versions => self.versions().len(),
            DocumentTab::Parameters => self.parameters().len(),
            DocumentTab::Files => self.files().len(),
            DocumentTab::Permissions => self.accounts().len(),
            DocumentTab::Tags => self.tags().len(),
            DocumentTab::Reviews => self.reviews().len(),
        }
    }

    /// The version under the cursor.
    pub(super) fn version_here(&self) -> Option<&DocumentVersionInfo> {
        (self.tab == DocumentTab::Versions).then(|| self.versions().get(self.row()?)).flatten()
    }

    /// The version that is looked at by number, once it is known.
    pub(super) fn version_shown(&self) -> Option<&str> {
        self.known.content.value().map(|it| it.document_version.as_str())
    }

    /// Which two versions a comparison of the one under the cursor is of, the older first: with the marked one, else with the
    /// one before it.
    pub(super) fn pair(&self) -> Option<(String, String)> {
        let here = self.version_here()?.document_version.clone();
        let other = match &self.marked {
            Some(marked) if *marked != here => marked.clone(),
            _ => {
                let at = self.row()?;
                self.versions()
                    .get(at + 1)
                    .or_else(|| self.versions().get(at.checked_sub(1)?))?
                    .document_version
                    .clone()
            }
        };
        let number = |version: &String| version.parse::<u64>().unwrap_or(u64::MAX);
        Some(if number(&here) < number(&other) { (here, other) } else { (other, here) })
    }
}
