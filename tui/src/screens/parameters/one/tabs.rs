//! Draws the tabs that are lists: history, blame, used by, policies.

use pilothouse_api::parameters::GetParameterBlameResult;
use pilothouse_kit::part::row;
use pilothouse_kit::table::{Align, Cell, Column, RowLook, TableView, Width};
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::super::happened::{self, who};
use super::state::Parameter;
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, pieces, wrapped};
use crate::{times, words};

const fn column(title: &'static str, width: Width, align: Align) -> Column<'static> {
    Column { title, width, align, pinned: false }
}

const HISTORY: [Column<'static>; 6] = [
    column("Ver", Width::Fixed(6), Align::Right),
    column("When", Width::Fixed(12), Align::Left),
    column("By", Width::Flex { min: 12, weight: 1 }, Align::Left),
    column("Labels", Width::Flex { min: 12, weight: 1 }, Align::Left),
    column("Value", Width::Fixed(8), Align::Left),
    column("From", Width::Fixed(16), Align::Left),
];

const USES: [Column<'static>; 3] = [
    column("Document", Width::Flex { min: 20, weight: 1 }, Align::Left),
    column("Version", Width::Fixed(8), Align::Left),
    column("", Width::Fixed(8), Align::Left),
];

impl Parameter {
    /// The first row in sight, so that the cursor is in sight.
    fn window(&self, height: usize, rows: usize) -> usize {
        self.height.set(height);
        let top = self.top.get().min(rows.saturating_sub(height)).min(self.row);
        let top = top.max((self.row + 1).saturating_sub(height.max(1)));
        self.top.set(top);
        top
    }

    fn table(
        &self,
        cx: &Cx<'_>,
        frame: &mut Frame<'_>,
        area: Rect,
        columns: &[Column<'_>],
        empty: &str,
        cells: impl Fn(usize) -> Vec<Cell<'static>>,
    ) {
        let rows = self.rows();
        let drawn = if area.width < 70 && columns.len() > 5 { 5 } else { columns.len() };
        let view = TableView {
            columns: &columns[..drawn],
            rows,
            top: self.window(TableView::body_height(area), rows),
            cursor: (rows > 0).then_some(self.row),
            first_column: 0,
            sort: None,
            empty,
        };
        view.draw(frame, area, cx.theme, self.line.is_none(), |at| {
            let mut cells = cells(at);
            cells.truncate(drawn);
            (RowLook { marked: false, dim: !cx.mirror.link.is_live() }, cells)
        });
    }

    pub(super) fn draw_history(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let empty = match &self.dossier.blame.refused {
            Some(why) => wrapped(why),
            None => awaited("its versions", cx),
        };
        self.table(cx, frame, area, &HISTORY, &empty, |at| {
            let Some(it) = self.versions().get(at) else { return Vec::new() };
            let mark = if self.base == Some(it.version) { cx.theme.symbols().mark } else { "" };
            let (role, value) =
                if it.value_changed { (Role::Text, "changed") } else { (Role::TextMuted, "same") };
            vec![
                Cell::of(
                    if mark.is_empty() { Role::Text } else { Role::Mark },
                    format!("{mark}{}", it.version),
                ),
                Cell::new(times::instant(it.at.0, cx)),
                Cell::new(who(&it.by).to_owned()),
                Cell::of(Role::Accent, it.labels.join(" ")),
                Cell::of(role, value),
                Cell::of(Role::TextMuted, it.from.clone()),
            ]
        });
    }

    pub(super) fn draw_blame(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let Some(blame) = self.dossier.blame.get() else {
            let why = self.dossier.blame.refused.clone().unwrap_or_else(|| awaited("who it was", cx));
            pieces(frame, row(area, 0), cx.theme, &[(Role::TextMuted, why)]);
            return;
        };
        let mut lines = writers(blame, cx);
        lines.push(Vec::new());
        lines.extend(readers(blame, cx));
        let top = self.window(usize::from(area.height), lines.len());
        for (n, line) in (0..area.height).zip(lines.iter().skip(top)) {
            pieces(frame, row(area, n), cx.theme, line);
        }
    }

    pub(super) fn draw_uses(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let empty = match (&self.uses.refused, self.uses.get()) {
            (Some(why), _) => wrapped(why),
            (None, Some(_)) => {
                format!(
                    "No document that you may list refers to it.\n\nA document does by {{{{ssm:{}}}}}.",
                    self.name()
                )
            }
            (None, None) => awaited("its uses", cx),
        };
        self.table(cx, frame, area, &USES, &empty, |at| {
            let Some(it) = self.uses.get().and_then(|uses| uses.get(at)) else { return Vec::new() };
            let default = if it.is_default { "default" } else { "" };
            vec![Cell::new(it.document.clone()), Cell::new(it.version.clone()), Cell::of(Role::Good, default)]
        });
    }

    pub(super) fn draw_policies(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut lines: Vec<Vec<Said>> = Vec::new();
        let policies = self.dossier.metadata.get().map_or(&[][..], |it| &it.policies);
        if policies.is_empty() {
            let said =
                "It does nothing by itself. e gives it an end, or a warning; that takes the advanced tier.";
            lines.push(vec![(Role::TextMuted, said.to_owned())]);
        }
        for policy in policies {
            let role = if policy.policy_status == "Failed" { Role::Bad } else { Role::Warn };
            lines.push(vec![
                (Role::TextStrong, policy.policy_type.clone()),
                (role, policy.policy_status.to_lowercase()),
            ]);
            lines.push(vec![(Role::TextCode, format!("  {}", policy.policy_text))]);
        }
        lines.push(Vec::new());
        lines.push(vec![(Role::Title, "What happened to it since you look".to_owned())]);
        let before = lines.len();
        lines.extend(self.events(cx).map(|event| {
            vec![
                (Role::Text, format!("  {:<12}", times::instant(event.at, cx))),
                (happened::role(event.operation), happened::words(event)),
            ]
        }));
        if lines.len() == before {
            lines.push(vec![(Role::TextMuted, "  nothing".to_owned())]);
        }
        for (n, line) in (0..area.height).zip(&lines) {
            pieces(frame, row(area, n), cx.theme, line);
        }
    }
}

/// Who wrote its versions.
fn writers(blame: &GetParameterBlameResult, cx: &Cx<'_>) -> Vec<Vec<Said>> {
    let mut lines = vec![vec![(Role::Title, "Who wrote it".to_owned())]];
    lines.extend(blame.versions.iter().map(|it| {
        vec![
            (Role::TextStrong, format!("{:>5}", it.version)),
            (Role::Text, format!("{:<12}", times::instant(it.at.0, cx))),
            (Role::Text, format!("{:<20}", who(&it.by))),
            (Role::TextMuted, format!("{:<15}", it.from)),
            (Role::TextMuted, it.access_key_id.clone()),
            (Role::TextMuted, it.user_agent.clone()),
        ]
    }));
    lines
}

/// Who read it, and since when that is known.
fn readers(blame: &GetParameterBlameResult, cx: &Cx<'_>) -> Vec<Vec<Said>> {
    let since = times::instant(blame.since.0, cx);
    let mut lines = vec![vec![
        (Role::Title, "Who read it".to_owned()),
        (Role::TextMuted, format!("as far as is known: since {since}")),
    ]];
    if blame.readers.is_empty() {
        lines.push(vec![(Role::TextMuted, "  nobody".to_owned())]);
    }
    lines.extend(blame.readers.iter().map(|it| {
        let times_read = words::count(u64::try_from(it.times).unwrap_or(0), "time");
        let opened = if it.opened > 0 { format!("{} opened", it.opened) } else { String::new() };
        vec![
            (Role::Text, format!("  {:<24}", it.who)),
            (Role::Text, format!("{:<12}", times::instant(it.last.0, cx))),
            (Role::TextMuted, format!("{times_read:<12}")),
            (Role::Warn, opened),
        ]
    }));
    lines
}
