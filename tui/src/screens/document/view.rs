//! Draws the room: what it is, its tabs, and the tab that is shown; over it the form, or the comparison in its place.

use pilothouse_kit::part::{down, inset};
use pilothouse_kit::table::{Column, RowLook, TableView, fits};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{overlay, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::compared::Compared;
use super::list::columns;
use super::state::Document;
use crate::asked::Asked;
use crate::manuscript;
use crate::route::DocumentTab;
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, pieces, untold};

/// Lower than this, only the tab is drawn.
const LOW: u16 = 10;

impl DocumentTab {
    const fn title(self) -> &'static str {
        match self {
            Self::Content => "Content",
            Self::Versions => "Versions",
            Self::Parameters => "Parameters",
            Self::Files => "Files",
            Self::Permissions => "Permissions",
            Self::Tags => "Tags",
            Self::Reviews => "Reviews",
        }
    }
}

impl Document {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        match &self.compared {
            Some(compared) => draw_compared(compared, cx, frame, inset(area)),
            None => self.draw_document(cx, frame, area),
        }
        if let Some(form) = &self.form {
            form.sheet.draw(cx, frame, area, self.errand.is_busy());
        }
    }

    fn draw_document(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut body = area;
        if area.height >= LOW {
            for line in self.head(cx, usize::from(area.width.saturating_sub(2))) {
                pieces(frame, inset(Rect { height: 1, ..body }), cx.theme, &line);
                body = down(body, 1);
            }
        }
        self.draw_tabs(cx, frame, inset(Rect { height: 1, ..body }));
        body = down(body, 1);
        if self.tab == DocumentTab::Content {
            self.draw_text(cx, frame, body);
        } else {
            self.draw_list(cx, frame, body);
        }
    }

    fn draw_tabs(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.is_empty() {
            return;
        }
        let mut said: Vec<Said> = Vec::new();
        for tab in self.tabs() {
            let count = self.count(tab).map_or_else(String::new, |n| format!(" {n}"));
            let role = if tab == self.tab { Role::Chip } else { Role::TextMuted };
            said.push((role, format!(" {}{count} ", tab.title())));
        }
        pieces(frame, area, cx.theme, &said);
    }

    fn count(&self, tab: DocumentTab) -> Option<usize> {
        let known = self.known.description.value();
        match tab {
            DocumentTab::Content => None,
            DocumentTab::Versions => self.known.versions.value().map(Vec::len),
            DocumentTab::Parameters => known.map(|it| it.parameters.len()),
            DocumentTab::Files => self.known.content.value().map(|_| self.files().len()),
            DocumentTab::Permissions => self.known.sharing.value().map(Vec::len),
            DocumentTab::Tags => known.map(|it| it.tags.len()),
            DocumentTab::Reviews => self.known.reviews.value().map(Vec::len),
        }
    }

    fn draw_text(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if self.known.content.value().is_none() {
            let said = empty(&self.known.content, "its text", "", cx);
            return draw_lines(&said, cx, frame, inset(area));
        }
        let mut body = area;
        if let Some(line) = self.looking.as_ref().filter(|_| area.height > 2) {
            line.view(
                frame,
                inset(Rect { height: 1, ..area }),
                cx.theme,
                "/ ",
                "what to look for in the text",
                true,
            );
            body = down(area, 1);
        }
        let format = self.known.content.value().map_or("", |it| &it.document_format);
        let inner = overlay::border(frame.buffer_mut(), body, cx.theme, format, Role::Border);
        self.code.view(frame, inner, cx.theme, self.looking.is_none());
    }

    fn draw_list(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut heads: Vec<Column<'_>> = columns(self.tab).to_vec();
        while heads.len() > 2 && !fits(heads.iter().map(|column| column.width), area.width) {
            heads.pop();
        }
        let (rows, row) = (self.row_count(), self.row());
        let height = TableView::body_height(area);
        let empty = self.empty(cx);
        let view = TableView {
            columns: &heads,
            rows,
            top: row.map_or(0, |row| (row + 1).saturating_sub(height)),
            cursor: row,
            first_column: 0,
            sort: None,
            empty: &empty,
        };
        let dim = !cx.mirror.link.is_live();
        view.draw(frame, area, cx.theme, self.form.is_none(), |row| {
            let mut cells = self.cells(row, cx);
            cells.truncate(heads.len());
            let version = self.versions().get(row).map(|it| &it.document_version);
            let marked =
                self.tab == DocumentTab::Versions && version.is_some() && version == self.marked.as_ref();
            (RowLook { marked, dim }, cells)
        });
    }

    /// What an empty list says.
    fn empty(&self, cx: &Cx<'_>) -> String {
        let known = &self.known;
        match self.tab {
            DocumentTab::Content => String::new(),
            DocumentTab::Versions => empty(&known.versions, "its versions", "It has no version.", cx),
            DocumentTab::Parameters => {
                empty(&known.description, "its parameters", "It takes no parameters.", cx)
            }
            DocumentTab::Files => empty(
                &known.content,
                "its files",
                "Nothing comes with it.\n\npilothouse package push DIR puts files on the server and makes a version of them.",
                cx,
            ),
            DocumentTab::Permissions if manuscript::is_built_in(self.owner()) => {
                "It is built in: everybody may use it.".to_owned()
            }
            DocumentTab::Permissions => empty(
                &known.sharing,
                "its permissions",
                "It is not shared.\n\na shares it with an account.",
                cx,
            ),
            DocumentTab::Tags => empty(&known.description, "its tags", "It has no tags.\n\na adds one.", cx),
            DocumentTab::Reviews => empty(
                &known.reviews,
                "its reviews",
                "Nobody reviewed this version.\n\na sends it for review.",
                cx,
            ),
        }
    }
}

/// What is said where nothing is: that it comes, why it does not, or that there is nothing.
fn empty<T>(asked: &Asked<T>, what: &str, nothing: &str, cx: &Cx<'_>) -> String {
    match (asked.value(), asked.trouble()) {
        (Some(_), _) => nothing.to_owned(),
        (None, Some(why)) if cx.mirror.link.is_live() => untold(what, why),
        _ => awaited(what, cx),
    }
}

fn draw_lines(text: &str, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
    let style = cx.theme.style(Role::TextMuted);
    for (y, line) in (area.y + area.height / 3..area.bottom()).zip(text.lines()) {
        let indent = area.width.saturating_sub(u16::try_from(safe::width(line)).unwrap_or(u16::MAX)) / 2;
        paint::text(frame.buffer_mut(), area.x + indent, y, area.width - indent, line, style, "");
    }
}

fn draw_compared(compared: &Compared, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
    let [left, right] = &compared.versions;
    let symbols = cx.theme.symbols();
    let mut said: Vec<Said> =
        vec![(Role::TextStrong, format!("version {left} {} version {right}", symbols.arrow))];
    match (&compared.diff, compared.trouble()) {
        (Some(diff), _) if diff.is_same() => said.push((Role::Good, "the texts are the same".to_owned())),
        (Some(diff), _) => {
            let (gone, new) = diff.counts();
            said.push((Role::Bad, format!("-{gone}")));
            said.push((Role::Good, format!("+{new}")));
            said.push((Role::TextMuted, format!("{} n next change, f folds, w beside", symbols.bullet)));
        }
        (None, Some(why)) => said.push((Role::Bad, why.to_owned())),
        (None, None) => said.push((Role::Info, format!("loading{}", symbols.ellipsis))),
    }
    pieces(frame, Rect { height: 1.min(area.height), ..area }, cx.theme, &said);
    if let Some(diff) = &compared.diff {
        diff.view(frame, down(area, 1), cx.theme);
    }
}
