//! The tabs that are lists: their columns, and the cells of a row.

use pilothouse_api::documents::{AccountSharingInfo, DocumentParameter, DocumentReviewerResponseSource};
use pilothouse_kit::table::{Align, Cell, Column, Width};
use pilothouse_kit::theme::Role;

use super::files::FileRow;
use super::form::SHARED;
use super::state::Document;
use crate::route::DocumentTab;
use crate::screen::Cx;
use crate::times;

const fn column(title: &'static str, width: Width) -> Column<'static> {
    Column { title, width, align: Align::Left, pinned: false }
}

const fn flex(title: &'static str, min: u16, weight: u16) -> Column<'static> {
    column(title, Width::Flex { min, weight })
}

const fn fixed(title: &'static str, cells: u16) -> Column<'static> {
    column(title, Width::Fixed(cells))
}

const VERSIONS: [Column<'static>; 7] = [
    fixed("version", 9),
    fixed("", 9),
    flex("name", 12, 3),
    flex("made", 11, 1),
    fixed("format", 7),
    flex("status", 10, 2),
    flex("review", 13, 1),
];
const PARAMETERS: [Column<'static>; 4] =
    [flex("parameter", 18, 2), fixed("type", 14), flex("default", 14, 2), flex("what it is", 20, 5)];
const FILES: [Column<'static>; 4] =
    [flex("file", 20, 3), fixed("size", 10), flex("for", 20, 3), flex("SHA-256", 16, 4)];
const PERMISSIONS: [Column<'static>; 2] = [flex("shared with", 24, 1), flex("what of it", 24, 2)];
const TAGS: [Column<'static>; 2] = [flex("key", 16, 1), flex("value", 24, 3)];
const REVIEWS: [Column<'static>; 4] =
    [fixed("when", 12), flex("by", 16, 2), fixed("step", 14), flex("comment", 20, 5)];

/// The columns of a tab, the most important first; the text has none.
pub(super) const fn columns(tab: DocumentTab) -> &'static [Column<'static>] {
    match tab {
        DocumentTab::Content => &[],
        DocumentTab::Versions => &VERSIONS,
        DocumentTab::Parameters => &PARAMETERS,
        DocumentTab::Files => &FILES,
        DocumentTab::Permissions => &PERMISSIONS,
        DocumentTab::Tags => &TAGS,
        DocumentTab::Reviews => &REVIEWS,
    }
}

/// The role of a status or a review's state.
fn state(word: &str) -> Role {
    match word {
        "Active" | "APPROVED" => Role::StateOk,
        "Failed" | "REJECTED" => Role::StateFailed,
        "Creating" | "Updating" | "Deleting" => Role::StateRunning,
        "PENDING" => Role::StateWaiting,
        _ => Role::TextMuted,
    }
}

/// A constant of AWS in words: `NOT_REVIEWED` is `not reviewed`.
pub(super) fn in_words(constant: &str) -> String {
    constant.to_lowercase().replace('_', " ")
}

impl Document {
    /// The cells of a row of the tab that is shown.
    pub(super) fn cells(&self, row: usize, cx: &Cx<'_>) -> Vec<Cell<'_>> {
        self.cells_of(row, cx).unwrap_or_default()
    }

    fn cells_of(&self, row: usize, cx: &Cx<'_>) -> Option<Vec<Cell<'_>>> {
        match self.tab {
            DocumentTab::Content => None,
            DocumentTab::Versions => self.version_cells(row, cx),
            DocumentTab::Parameters => self.parameters().get(row).map(parameter_cells),
            DocumentTab::Files => self.files().get(row).map(file_cells),
            DocumentTab::Permissions => self.accounts().get(row).map(account_cells),
            DocumentTab::Tags => {
                let tag = self.tags().get(row)?;
                Some(vec![Cell::of(Role::TextStrong, tag.key.as_str()), Cell::new(tag.value.as_str())])
            }
            DocumentTab::Reviews => self.reviews().get(row).map(|it| review_cells(it, cx)),
        }
    }

    fn version_cells(&self, row: usize, cx: &Cx<'_>) -> Option<Vec<Cell<'_>>> {
        let it = self.versions().get(row)?;
        let shown = self.version_shown() == Some(it.document_version.as_str());
        let number = format!("{}{}", it.document_version, if shown { " shown" } else { "" });
        let is_default = if it.is_default_version { "default" } else { "" };
        let status = match &it.status_information {
            Some(why) => format!("{}: {why}", it.status),
            None => it.status.clone(),
        };
        let review =
            it.review_status.as_deref().filter(|status| *status != "NOT_REVIEWED").unwrap_or_default();
        Some(vec![
            Cell::of(if shown { Role::TextStrong } else { Role::Text }, number),
            Cell::of(Role::Accent, is_default),
            Cell::new(it.version_name.as_deref().unwrap_or_default()),
            Cell::of(Role::TextMuted, times::instant(it.created_date.0, cx)),
            Cell::of(Role::TextMuted, it.document_format.as_str()),
            Cell::of(state(&it.status), status),
            Cell::of(state(review), in_words(review)),
        ])
    }
}

fn parameter_cells(it: &DocumentParameter) -> Vec<Cell<'_>> {
    let default = match it.default_value.as_deref() {
        Some("") => Cell::of(Role::TextMuted, "(empty)"),
        Some(text) => Cell::of(Role::TextCode, text),
        None => Cell::of(Role::Warn, "required"),
    };
    let said = Cell::new(it.description.as_deref().unwrap_or_default());
    vec![Cell::of(Role::TextStrong, it.name.as_str()), Cell::new(it.r#type.as_str()), default, said]
}

fn file_cells(it: &FileRow) -> Vec<Cell<'_>> {
    let size = match it.size {
        Some(size) => Cell::new(times::bytes(size)),
        None => Cell::of(Role::Warn, "not kept"),
    };
    let sha = if it.differs {
        Cell::of(Role::Bad, format!("{} (the manifest says another)", it.sha256))
    } else {
        Cell::of(Role::TextMuted, it.sha256.as_str())
    };
    vec![Cell::of(Role::TextStrong, it.name.as_str()), size, Cell::new(it.machines.join(", ")), sha]
}

fn account_cells(it: &AccountSharingInfo) -> Vec<Cell<'_>> {
    let whom = if it.account_id.eq_ignore_ascii_case("all") {
        Cell::of(Role::Warn, "everybody: it is public")
    } else {
        Cell::new(it.account_id.as_str())
    };
    let shared = it.shared_document_version.as_str();
    let said = SHARED.iter().find(|(_, version)| *version == shared).map_or(shared, |(said, _)| said);
    vec![whom, Cell::of(Role::TextMuted, said)]
}

fn review_cells<'a>(it: &'a DocumentReviewerResponseSource, cx: &Cx<'_>) -> Vec<Cell<'a>> {
    let said = it.comment.first().and_then(|comment| comment.content.as_deref()).unwrap_or_default();
    vec![
        Cell::of(Role::TextMuted, times::instant(it.create_time.0, cx)),
        Cell::new(it.reviewer.as_str()),
        Cell::of(state(&it.review_status), in_words(&it.review_status)),
        Cell::new(said),
    ]
}
