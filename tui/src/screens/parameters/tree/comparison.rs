//! What lies over the tree: a comparison, or a list of what would be.

use std::cell::Cell;

use pilothouse_api::parameters::{DiffParametersResult, DifferenceKind};
use pilothouse_api::protocol::Millis;
use pilothouse_kit::diff::DiffMsg;
use pilothouse_kit::part::{down, row};
use pilothouse_kit::theme::Role;
use pilothouse_kit::tree::TreeMsg;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::super::texts::Texts;
use crate::screen::Cx;
use crate::screens::rows::pieces;
use crate::words;

/// What lies over the tree.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Comparison {
    /// Two values.
    Texts(Box<Texts>),
    /// Two paths, or one at two times, once the answer is there.
    Awaited(String, u32),
    /// Lines to be read.
    Listing(Listing),
}

/// Lines to be read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Listing {
    title: String,
    lines: Vec<(Role, String)>,
    top: Cell<usize>,
    height: Cell<usize>,
}

impl Listing {
    pub(super) fn new(title: &str, lines: Vec<(Role, String)>) -> Self {
        Self { title: title.to_owned(), lines, top: Cell::new(0), height: Cell::new(1) }
    }

    /// What differs between two paths.
    pub(super) fn of(title: &str, told: &DiffParametersResult) -> Self {
        let line = |it: &pilothouse_api::parameters::ParameterDifference| {
            let (role, sign) = match it.change {
                DifferenceKind::Added => (Role::Good, "+"),
                DifferenceKind::Removed => (Role::Bad, "-"),
                DifferenceKind::Changed => (Role::Warn, "~"),
            };
            let first = |text: &Option<String>| {
                text.as_deref().and_then(|text| text.lines().next()).map(str::to_owned)
            };
            let said = match (it.is_secure, first(&it.left), first(&it.right)) {
                (true, ..) => it.what.join(", "),
                (_, Some(left), Some(right)) if left == right => it.what.join(", "),
                (_, left, right) => [left, right].into_iter().flatten().collect::<Vec<_>>().join(" -> "),
            };
            (role, format!("{sign} {}  {said}", it.name))
        };
        let mut lines: Vec<(Role, String)> = told.differences.iter().map(line).collect();
        lines.extend(
            told.lost
                .iter()
                .map(|name| (Role::TextMuted, format!("? {name}  its version of then is not kept"))),
        );
        if lines.is_empty() {
            lines.push((Role::Good, "They are the same.".to_owned()));
        }
        let count = words::count(told.differences.len() as u64, "difference");
        Self::new(&format!("{title}: {count}"), lines)
    }

    fn scroll(&self, msg: DiffMsg) {
        let page = self.height.get().max(2).cast_signed();
        let way = |down: bool, n: isize| if down { n } else { -n };
        let by = match msg {
            DiffMsg::Scroll(by) => by,
            DiffMsg::First => isize::MIN,
            DiffMsg::Last => isize::MAX,
            DiffMsg::Half(down) => way(down, page / 2),
            DiffMsg::Page(down) => way(down, page - 1),
            _ => return,
        };
        let last = self.lines.len().saturating_sub(self.height.get());
        self.top.set(self.top.get().saturating_add_signed(by).min(last));
    }

    fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        pieces(frame, row(area, 0), cx.theme, &[(Role::TextStrong, self.title.clone())]);
        let body = down(area, 2);
        self.height.set(usize::from(body.height));
        for (n, line) in (0..body.height).zip(self.lines.iter().skip(self.top.get())) {
            pieces(frame, row(body, n), cx.theme, std::slice::from_ref(line));
        }
    }
}

impl Comparison {
    pub(super) fn is_secret(&self) -> bool {
        matches!(self, Self::Texts(texts) if texts.is_secret())
    }

    pub(super) fn tick(&mut self, now: Millis) {
        if let Self::Texts(texts) = self {
            texts.tick(now);
        }
    }

    pub(super) fn wakes_at(&self) -> Option<Millis> {
        if let Self::Texts(texts) = self { texts.wakes_at() } else { None }
    }

    /// What moves in the tree moves in what lies over it.
    pub(super) fn hear(&mut self, msg: DiffMsg) {
        match self {
            Self::Texts(texts) => {
                if let Some(diff) = &mut texts.diff {
                    diff.hear(msg);
                }
            }
            Self::Listing(listing) => listing.scroll(msg),
            Self::Awaited(..) => {}
        }
    }

    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        match self {
            Self::Texts(texts) => texts.draw(cx, frame, area),
            Self::Listing(listing) => listing.draw(cx, frame, area),
            Self::Awaited(title, _) => {
                let said = format!("{title}{}", cx.theme.symbols().ellipsis);
                pieces(frame, row(area, 0), cx.theme, &[(Role::Info, said)]);
            }
        }
    }
}

/// The same movement, said to a comparison.
pub(super) const fn scrolls(msg: TreeMsg) -> Option<DiffMsg> {
    Some(match msg {
        TreeMsg::Step(rows) => DiffMsg::Scroll(rows),
        TreeMsg::First => DiffMsg::First,
        TreeMsg::Last => DiffMsg::Last,
        TreeMsg::Half(down) => DiffMsg::Half(down),
        TreeMsg::Page(down) => DiffMsg::Page(down),
        TreeMsg::Open => DiffMsg::Sideways(true),
        TreeMsg::Close => DiffMsg::Sideways(false),
        TreeMsg::Toggle | TreeMsg::CloseAll => return None,
    })
}
