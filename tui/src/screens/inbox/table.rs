//! Requests as rows of a list.

use std::cmp::Ordering;

use pilothouse_api::approvals::{Approval, ApprovalState};
use pilothouse_kit::table::{Align, Cell, Column, Width};
use pilothouse_kit::theme::{Role, Symbols};

use crate::mirror::Mirror;
use crate::requests::{is_own, made, telling, touches_shortly};
use crate::screen::Cx;
use crate::screens::rows::{Fields, Rows, natural};
use crate::{look, times};

/// Numbers of the columns by which the list can be sorted.
pub const WHEN: usize = 0;
const STATE: usize = 1;
const WHO: usize = 2;
const WHAT: usize = 3;
const TARGETS: usize = 4;
const EXPIRES: usize = 5;
const WHY: usize = 6;

/// The columns, from left to right.
pub const COLUMNS: [Column<'static>; 7] = [
    Column { title: "when", width: Width::Fixed(10), align: Align::Left, pinned: true },
    Column { title: "state", width: Width::Fixed(13), align: Align::Left, pinned: false },
    Column { title: "who", width: Width::Fixed(15), align: Align::Left, pinned: false },
    Column { title: "what", width: Width::Flex { min: 16, weight: 3 }, align: Align::Left, pinned: false },
    Column { title: "targets", width: Width::Flex { min: 12, weight: 2 }, align: Align::Left, pinned: false },
    Column { title: "expires", width: Width::Fixed(10), align: Align::Left, pinned: false },
    Column { title: "why", width: Width::Flex { min: 16, weight: 4 }, align: Align::Left, pinned: false },
];

/// Narrower than this, only what is asked for and by whom is shown.
const NARROW: u16 = 100;
/// From this width on, there is room for why, which also stands below.
const WIDE: u16 = 150;

/// Numbers of the columns that are shown; scrolled sideways, all are in reach.
#[must_use]
pub fn shown(width: u16, scrolled: bool) -> &'static [usize] {
    match width {
        ..NARROW if !scrolled => &[WHEN, STATE, WHO, WHAT, TARGETS],
        ..WIDE if !scrolled => &[WHEN, STATE, WHO, WHAT, TARGETS, EXPIRES],
        _ => &[WHEN, STATE, WHO, WHAT, TARGETS, EXPIRES, WHY],
    }
}

/// The requests.
#[derive(Clone, Copy)]
pub struct Requests<'a> {
    mirror: &'a Mirror,
    symbols: &'static Symbols,
}

/// What the filter may ask of a request.
struct Row<'a> {
    approval: &'a Approval,
    word: &'static str,
    what: String,
}

impl<'a> Requests<'a> {
    /// The requests that the mirror knows.
    #[must_use]
    pub fn of(cx: &Cx<'a>) -> Self {
        Self { mirror: cx.mirror, symbols: cx.theme.symbols() }
    }

    fn request(&self, at: usize) -> Option<&'a Approval> {
        self.mirror.approvals.nth(at)
    }
}

impl Rows for Requests<'_> {
    type Key = String;

    fn generation(&self) -> u64 {
        self.mirror.approvals.generation()
    }

    fn len(&self) -> usize {
        self.mirror.approvals.len()
    }

    fn key(&self, at: usize) -> String {
        self.mirror.approvals.ids()[at].clone()
    }

    fn position(&self, key: &String) -> Option<usize> {
        self.mirror.approvals.position(key)
    }

    fn fields(&self, at: usize) -> impl Fields {
        self.request(at).map(|approval| Row {
            approval,
            word: look::approval(approval.state, self.symbols).word,
            what: telling(approval),
        })
    }

    fn is_fault(&self, at: usize) -> bool {
        let ill = [ApprovalState::Stopped, ApprovalState::Expired];
        self.request(at).is_some_and(|approval| ill.contains(&approval.state))
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (Some(a), Some(b)) = (self.request(a), self.request(b)) else { return Ordering::Equal };
        let order = match column {
            STATE => a.state.cmp(&b.state),
            WHO => natural(&a.requested_by, &b.requested_by),
            WHAT => natural(&telling(a), &telling(b)),
            TARGETS => a.target_count.cmp(&b.target_count),
            EXPIRES => a.expires_at.cmp(&b.expires_at),
            WHY => natural(&a.why, &b.why),
            // What waits is the latest thing of all.
            _ => (a.state == ApprovalState::Pending).cmp(&(b.state == ApprovalState::Pending)),
        };
        order.then_with(|| (a.requested_at, &a.approval_id).cmp(&(b.requested_at, &b.approval_id)))
    }

    fn sorts(&self) -> Vec<(usize, String)> {
        (0..COLUMNS.len()).map(|at| (at, COLUMNS[at].title.to_owned())).collect()
    }
}

impl Fields for Option<Row<'_>> {
    fn any(&self, look: &mut dyn FnMut(&str) -> bool) -> bool {
        let Some(Row { approval, word, what }) = self else { return false };
        look(what)
            || look(word)
            || look(&approval.requested_by)
            || look(&approval.reason)
            || look(&approval.why)
            || look(&approval.approval_id)
            || approval.environments.iter().any(|environment| look(environment))
    }

    fn name(&self) -> &str {
        self.as_ref().map_or("", |row| &row.what)
    }

    fn column(&self, name: &str, look: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
        let Row { approval, word, what } = self.as_ref()?;
        Some(match name {
            "state" | "status" => look(word) || look(approval.state.as_str()),
            "who" | "by" => look(&approval.requested_by),
            "what" | "operation" => look(what) || look(&approval.permission),
            "env" => approval.environments.iter().any(|environment| look(environment)),
            "why" => look(&approval.why),
            "id" => look(&approval.approval_id),
            _ => return None,
        })
    }
}

/// Of why a policy wants an approval what the policy says, not which it is: that stands below, and in the request.
fn shortly(why: &str) -> &str {
    why.split_once(" asks that somebody else approve it: ").map_or(why, |(_, reason)| reason)
}

/// The cells of a request, in the order of [`COLUMNS`].
#[must_use]
pub fn cells<'a>(approval: &'a Approval, cx: &Cx<'a>) -> Vec<Cell<'a>> {
    let look = look::approval(approval.state, cx.theme.symbols());
    let mine = is_own(approval, cx);
    let who = if mine { format!("{} (you)", approval.requested_by) } else { approval.requested_by.clone() };
    let at = |instant| times::instant(cx.mirror.local_time(instant), cx);
    let expires = if approval.state.is_over() { String::new() } else { at(approval.expires_at) };
    let risky = !approval.state.is_over()
        && approval.environments.iter().any(|environment| look::is_prod(environment));
    let why = if approval.state.is_over() && made(approval).is_none() && !approval.outcome.is_empty() {
        &approval.outcome
    } else {
        shortly(&approval.why)
    };
    vec![
        Cell::of(Role::TextMuted, at(approval.requested_at)),
        Cell::of(
            if approval.may_decide && !approval.state.is_over() { Role::Warn } else { look.role },
            look.text(),
        ),
        Cell::of(if mine { Role::Accent } else { Role::Text }, who),
        Cell::new(telling(approval)),
        Cell::of(if risky { Role::EnvProd } else { Role::Text }, touches_shortly(approval)),
        Cell::of(Role::TextMuted, expires),
        Cell::of(Role::TextMuted, why),
    ]
}
