//! Draws the room: the line over the list, the list, and what is known of the document under the cursor beside it.

use pilothouse_api::documents::{DocumentDescription, DocumentIdentifier, DocumentParameter};
use pilothouse_kit::part::{down, inset};
use pilothouse_kit::table::{RowLook, fits};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{overlay, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::state::{Documents, WIDE};
use super::table::{COLUMNS, cells, is_built_in, owner};
use crate::manuscript;
use crate::screen::Cx;
use crate::screens::rows::{Rows, Said, Table, awaited, pieces, status, untold};
use crate::times;

/// An answer older than this is told with its age, in milliseconds.
const OLD: i64 = 60_000;
/// Cells of a label beside the list.
const LABEL: u16 = 11;

impl Documents {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let sort = COLUMNS.get(self.list.sort.0).map_or("", |column| column.title);
        let all = self.rows(cx).len();
        status(frame, inset(Rect { height: 1, ..area }), cx, &self.list, all, "document", sort);
        let mut body = down(area, 1);
        if let Some(said) = self.standing(cx).filter(|_| body.height > 3) {
            body.height -= 1;
            let last = Rect { y: body.bottom(), height: 1, ..body };
            pieces(frame, inset(last), cx.theme, &[said]);
        }
        if let Some(document) = self.document().filter(|_| body.width >= WIDE) {
            let width = body.width * 3 / 5;
            let side = Rect { x: body.x + width, width: body.width - width, ..body };
            self.draw_glance(cx, frame, side, document);
            body.width = width;
        }
        self.draw_table(cx, frame, body);
    }

    fn draw_table(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut drawn: Vec<usize> = (0..COLUMNS.len()).collect();
        while drawn.len() > 2 && !fits(drawn.iter().map(|&at| COLUMNS[at].width), area.width) {
            drawn.pop();
        }
        let empty = self.empty(cx);
        let table = Table { columns: &COLUMNS, drawn: &drawn, focused: true, empty: &empty };
        let dim = !cx.mirror.link.is_live();
        self.list.draw(frame, area, cx.theme, &table, |at| {
            let document = self.library.documents.get(at)?;
            Some((RowLook { marked: false, dim }, cells(document, cx)))
        });
    }

    /// How far what is shown can be trusted, if that must be said.
    fn standing(&self, cx: &Cx<'_>) -> Option<Said> {
        let ellipsis = cx.theme.symbols().ellipsis;
        let Some(at) = self.library.listed else {
            let coming = self.library.is_under_way() && !self.library.documents.is_empty();
            return coming.then(|| (Role::Info, format!("there are more{ellipsis}")));
        };
        let age = times::instant(at, cx);
        if !cx.mirror.link.is_live() {
            return Some((Role::Warn, format!("as of {age}")));
        }
        if let Some(why) = &self.library.trouble {
            return Some((Role::Warn, format!("as of {age}: {why}")));
        }
        (cx.now.since(at) >= OLD).then(|| (Role::TextMuted, format!("as of {age}, R asks anew")))
    }

    /// What an empty list says: what to do about it.
    fn empty(&self, cx: &Cx<'_>) -> String {
        if !self.library.documents.is_empty() {
            return "Nothing matches.\nEsc shows the others again.".to_owned();
        }
        match (&self.library.trouble, self.library.listed) {
            (Some(why), _) if cx.mirror.link.is_live() => untold("documents", why),
            (_, Some(_)) => "There is no document that you may see.\n\na writes one.".to_owned(),
            _ => awaited("documents", cx),
        }
    }

    fn draw_glance(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, document: &DocumentIdentifier) {
        let inner = overlay::border(frame.buffer_mut(), area, cx.theme, &document.name, Role::Border);
        let lines = match self.glance.of(&document.name) {
            Some(Ok(known)) => told(document, known, cx),
            Some(Err(why)) => vec![("", Role::Bad, why.clone())],
            None => vec![("", Role::TextMuted, format!("asking{}", cx.theme.symbols().ellipsis))],
        };
        let mut y = inner.y;
        for (label, role, text) in lines {
            let indent = if label.is_empty() { 0 } else { LABEL };
            let cells = inner.width.saturating_sub(indent);
            let style = cx.theme.style(Role::TextMuted);
            if y < inner.bottom() && !label.is_empty() {
                paint::text(frame.buffer_mut(), inner.x, y, LABEL - 1, label, style, "");
            }
            for line in safe::wrap(&text, usize::from(cells)) {
                if y >= inner.bottom() {
                    return;
                }
                let style = cx.theme.style(role);
                paint::text(frame.buffer_mut(), inner.x + indent, y, cells, &line, style, "");
                y += 1;
            }
        }
    }
}

/// Lines beside the list: label, role, text.
fn told(
    document: &DocumentIdentifier,
    known: &DocumentDescription,
    cx: &Cx<'_>,
) -> Vec<(&'static str, Role, String)> {
    let mut lines = Vec::new();
    if !known.description.is_empty() {
        lines.push(("", Role::Text, known.description.clone()));
        lines.push(("", Role::Text, String::new()));
    }
    let kind =
        format!("{} {}, {}", document.document_type, document.schema_version, document.document_format);
    lines.push(("type", Role::Text, kind));
    let owned = if is_built_in(&document.owner) {
        "built in; C copies it under a name of your own".to_owned()
    } else {
        owner(&document.owner, cx)
    };
    lines.push(("owner", Role::Text, owned));
    lines.push(("versions", Role::Text, manuscript::versions(known)));
    if !known.platform_types.is_empty() {
        lines.push(("platforms", Role::Text, known.platform_types.join(", ")));
    }
    if let Some(target) = &known.target_type {
        lines.push(("for", Role::Text, target.clone()));
    }
    if let Some(status) = known.review_status.as_deref().filter(|status| *status != "NOT_REVIEWED") {
        lines.push(("review", Role::Text, status.to_lowercase().replace('_', " ")));
    }
    lines.extend(takes(known));
    let tags: Vec<String> = known.tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
    if !tags.is_empty() {
        lines.push(("tags", Role::Text, tags.join(" ")));
    }
    lines
}

/// What it takes, a line for each parameter.
fn takes(known: &DocumentDescription) -> Vec<(&'static str, Role, String)> {
    if known.parameters.is_empty() {
        return vec![("takes", Role::TextMuted, "nothing".to_owned())];
    }
    let line = |(n, parameter): (usize, &DocumentParameter)| {
        let label = if n == 0 { "takes" } else { " " };
        let needed = if parameter.default_value.is_none() { ", required" } else { "" };
        (label, Role::Text, format!("{} ({}{needed})", parameter.name, parameter.r#type))
    };
    known.parameters.iter().enumerate().map(line).collect()
}
