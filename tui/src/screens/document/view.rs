//! Draws the room: what it is, its tabs, and the tab that is shown; over it the form, or the comparison in its place.

use pilothouse_kit::part::{down, inset};
use pilothouse_kit::table::{Column, RowLook, TableView, fits};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{overlay, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::compared::Compared;
use super::known::turn;
use super::list::{columns, in_words};
use super::state::Document;
use crate::asked::Asked;
use crate::manuscript;
use crate::route::DocumentTab;
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, pieces, untold};
use crate::times;

/// Lower than this, only the tab is drawn.
const LOW: u16 = 10;
/// So many lines of what it does are shown.
const MOST_SAID: usize = 2;

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

    /// What it is, in a few lines.
    fn head(&self, cx: &Cx<'_>, cells: usize) -> Vec<Vec<Said>> {
        let ellipsis = cx.theme.symbols().ellipsis;
        let Some(known) = self.known.description.value() else {
            let said = match self.known.description.trouble() {
                Some(why) if cx.mirror.link.is_live() => (Role::Bad, why.to_owned()),
                _ => (Role::Info, format!("loading{ellipsis}")),
            };
            return vec![vec![said]];
        };
        let bullet = cx.theme.symbols().bullet;
        let mut first: Vec<Said> = Vec::new();
        if manuscript::is_built_in(&known.owner) {
            first.push((Role::Chip, " built-in ".to_owned()));
        } else if !manuscript::is_own(&known.owner, cx) {
            first.push((Role::Chip, format!(" of {} ", known.owner)));
        }
        first.push((
            Role::TextStrong,
            format!("{} {}", known.document_type, known.schema_version).trim_end().to_owned(),
        ));
        first.push((Role::TextMuted, format!("{bullet} {}", self.version_said(cx))));
        if !known.platform_types.is_empty() {
            first.push((Role::TextMuted, format!("{bullet} {}", known.platform_types.join(", "))));
        }
        if let Some(status) = known.review_status.as_deref().filter(|status| *status != "NOT_REVIEWED") {
            first.push((Role::TextMuted, format!("{bullet} {}", in_words(status))));
        }
        if known.status != "Active" && !known.status.is_empty() {
            let why = known.status_information.as_deref().unwrap_or_default();
            first.push((Role::Warn, format!("{bullet} {} {why}", known.status)));
        }
        first.extend(self.standing(cx));
        let mut lines = vec![first];
        lines.extend(self.calendar(cx).map(|said| vec![said]));
        let description = safe::wrap(&known.description, cells.max(20));
        lines.extend(description.into_iter().take(MOST_SAID).map(|line| vec![(Role::TextMuted, line)]));
        lines
    }

    /// Which version is shown, and how it stands to the others.
    fn version_said(&self, cx: &Cx<'_>) -> String {
        let (Some(known), Some(content)) = (self.known.description.value(), self.known.content.value())
        else {
            return format!("loading{}", cx.theme.symbols().ellipsis);
        };
        let (shown, name) = (&content.document_version, content.version_name.as_deref());
        let named = name.map(|name| format!(" {name}")).unwrap_or_default();
        let mut said = format!("version {shown}{named}");
        if *shown == known.default_version {
            said += ", the default";
        } else {
            said += &format!(", default {}", known.default_version);
        }
        if *shown != known.latest_version {
            said += &format!(", newest {}", known.latest_version);
        }
        said + &format!(", made {}", times::instant(content.created_date.0, cx))
    }

    /// How far what is shown can be trusted, if that must be said.
    fn standing(&self, cx: &Cx<'_>) -> Option<Said> {
        let bullet = cx.theme.symbols().bullet;
        if self.errand.is_busy() {
            return Some((Role::Info, format!("{bullet} changing{}", cx.theme.symbols().ellipsis)));
        }
        let at = self.known.description.at()?;
        (!cx.mirror.link.is_live())
            .then(|| (Role::Warn, format!("{bullet} as of {}", times::instant(at, cx))))
    }

    /// Whether a calendar is open now, and until when.
    fn calendar(&self, cx: &Cx<'_>) -> Option<Said> {
        if self.kind() != "ChangeCalendar" {
            return None;
        }
        let symbols = cx.theme.symbols();
        let Some(state) = self.known.calendar.value() else {
            let why = self.known.calendar.trouble();
            return Some(why.map_or_else(
                || (Role::Info, format!("open or closed?{}", symbols.ellipsis)),
                |why| (Role::Bad, format!("open or closed is not known: {why}")),
            ));
        };
        let (role, sign, word) = if state.state == "OPEN" {
            (Role::StateOk, symbols.ok, "open: changes may be made")
        } else {
            (Role::StateFailed, symbols.failed, "closed: no changes")
        };
        let next = match state.next_transition_time.as_deref().map(|text| (turn(text), text)) {
            None => "; it is not known to change".to_owned(),
            Some((None, text)) => format!("; until {text}"),
            Some((Some(at), _)) => {
                let left = at.since(cx.now).max(0);
                format!("; until {}, for {}", times::exact(at, cx), times::rough(left))
            }
        };
        Some((role, format!("{sign} {word}{next}")))
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
