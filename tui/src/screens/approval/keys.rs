//! What the room hears, and the keys for it.

use pilothouse_api::approvals::ApprovalDecision;
use pilothouse_kit::keymap::Keymap;

use crate::screen::Input;
use crate::screens::rows::{ListMsg, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Scroll the pane that has the keys.
    Move(ListMsg),
    /// To the other pane.
    OtherPane,
    /// Ask before it is approved or rejected.
    Decide(ApprovalDecision),
    /// Decide it so: it was confirmed.
    Decided(ApprovalDecision),
    /// Type a comment for who asked.
    Comment,
    /// Something typed into the comment.
    Typed(Input),
    /// Ask before it is taken back.
    Withdraw,
    /// Take it back: it was confirmed.
    Withdrawn,
    /// Go to what it became.
    Outcome,
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
}

/// The permission that it needs.
pub(super) fn permission(msg: &Msg) -> Option<&'static str> {
    match msg {
        Msg::Decide(_) | Msg::Decided(_) => Some("pilothouse:DecideApproval"),
        Msg::Withdraw | Msg::Withdrawn => Some("pilothouse:WithdrawApproval"),
        _ => None,
    }
}

pub(super) fn keys() -> Keymap<Msg> {
    let (yes, no) = (ApprovalDecision::Approve, ApprovalDecision::Reject);
    Keymap::new()
        .bind("a", "approve", "approve it as it is shown, after asking", "approval", Msg::Decide(yes))
        .bar()
        .bind("D", "reject", "reject it, after asking", "approval", Msg::Decide(no))
        .bar()
        .bind("c, e", "comment", "write a comment for who asked", "approval", Msg::Comment)
        .bar()
        .bind("X", "withdraw", "take your own request back, after asking", "approval", Msg::Withdraw)
        .bar()
        .bind("Enter, r", "outcome", "go to the command that it became", "approval", Msg::Outcome)
        .bar()
        .bind("Tab, Backtab", "other-pane", "to what runs, or to the targets", "approval", Msg::OtherPane)
        .bind("y", "copy", "copy menu: id, locator, request, targets", "approval", Msg::Copy)
        .and(movement(Msg::Move))
}
