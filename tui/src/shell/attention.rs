//! What wants somebody's attention: requests that the user may decide, and what became of the user's own.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::approvals::{Approval, ApprovalState};

use super::Shell;
use crate::effect::Level;
use crate::event::Order;
use crate::mirror::{Freshness, Mirror};
use crate::requests::{is_of, touches};
use crate::route::Route;

/// What was seen of the requests.
#[derive(Debug, Default)]
pub(super) struct Attention {
    seen: u64,
    /// Whether what is known comes after what was there at the start.
    primed: bool,
    /// Those that were announced, or were there at the start.
    announced: BTreeSet<String>,
    /// Where the user's own stand.
    own: BTreeMap<String, ApprovalState>,
    /// How many wait for the user.
    to_decide: usize,
}

/// Something to say.
#[derive(Debug, PartialEq)]
enum Word {
    /// Somebody asks.
    Asked(String),
    /// An own request stands otherwise now; its id, and in words.
    Became(String, Level, String),
}

impl Attention {
    /// How many wait for the user.
    pub(super) fn to_decide(&self) -> usize {
        self.to_decide
    }

    fn look(&mut self, mirror: &Mirror) -> Vec<Word> {
        let fresh = mirror.approvals.freshness == Freshness::Fresh;
        if self.seen == mirror.approvals.generation() {
            self.primed |= fresh;
            return Vec::new();
        }
        self.seen = mirror.approvals.generation();
        self.to_decide = mirror.approvals.to_decide().count();
        let mut words = Vec::new();
        for approval in mirror.approvals.to_decide() {
            if self.announced.insert(approval.approval_id.clone()) && self.primed {
                words.push(Word::Asked(asked(approval)));
            }
        }
        let me = mirror.caller.person();
        for approval in mirror.approvals.iter().filter(|approval| is_of(approval, me)) {
            let before = self.own.insert(approval.approval_id.clone(), approval.state);
            if before.is_some_and(|before| before != approval.state) {
                let (level, said) = became(approval);
                words.push(Word::Became(approval.approval_id.clone(), level, said));
            }
        }
        self.primed |= fresh;
        words
    }
}

fn asked(approval: &Approval) -> String {
    let what = &approval.operation;
    let targets = touches(approval);
    format!("{} asks: {what} on {targets} (g i: inbox)", approval.requested_by)
}

fn became(approval: &Approval) -> (Level, String) {
    let by = approval.decided_by.as_deref().unwrap_or("somebody");
    let comment = match approval.decision_comment.as_str() {
        "" => String::new(),
        comment => format!(": {comment}"),
    };
    let what = &approval.operation;
    match approval.state {
        ApprovalState::Pending => (Level::Info, format!("{what} waits for approval")),
        ApprovalState::Approved => (Level::Good, format!("{what} was approved by {by}{comment}")),
        ApprovalState::Executed => (Level::Good, format!("{what} runs: approved by {by}{comment}")),
        ApprovalState::Rejected => (Level::Warn, format!("{what} was rejected by {by}{comment}")),
        ApprovalState::Withdrawn => (Level::Info, format!("the request for {what} was taken back")),
        ApprovalState::Expired => (Level::Warn, format!("nobody decided on {what} in time")),
        ApprovalState::Stopped => {
            (Level::Error, format!("{what} was approved and did not run: {}", approval.outcome))
        }
    }
}

impl Shell {
    /// Rings when somebody asks whom the user can help, and says what became of the user's own requests.
    pub(super) fn attend(&mut self) {
        let here = self.tabs.current().here().room.route();
        for word in self.attention.look(&self.world.mirror) {
            match word {
                Word::Asked(said) => {
                    self.say(Level::Info, said);
                    self.orders.push(Order::Bell);
                }
                // Who looks at it sees what it became.
                Word::Became(id, ..) if here == Route::Approval(id.clone()) => {}
                Word::Became(_, level, said) => self.say(level, said),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::{approval, fleet, tell_approvals};
    use pilothouse_api::access::GetCallerAccessResult;

    fn known_as(mirror: &mut Mirror, principal: &str) {
        mirror.known_as(GetCallerAccessResult {
            principal: principal.to_owned(),
            ..GetCallerAccessResult::default()
        });
    }

    #[test]
    fn a_new_request_is_announced_once_and_those_of_the_start_are_only_counted() {
        let mut mirror = fleet(0);
        known_as(&mut mirror, "user/anna");
        let mut attention = Attention::default();
        tell_approvals(&mut mirror, vec![approval(1)]);
        assert_eq!((attention.look(&mirror), attention.to_decide()), (vec![], 1));
        tell_approvals(&mut mirror, vec![approval(2)]);
        let word = "user/ben asks: SendCommand on 6 nodes (g i: inbox)".to_owned();
        assert_eq!((attention.look(&mirror), attention.to_decide()), (vec![Word::Asked(word)], 2));
        assert_eq!(attention.look(&mirror), vec![]);
    }

    #[test]
    fn who_asked_hears_what_became_of_it() {
        let mut mirror = fleet(0);
        known_as(&mut mirror, "user/ben");
        let mut attention = Attention::default();
        let own = Approval { may_decide: false, ..approval(1) };
        tell_approvals(&mut mirror, vec![own.clone()]);
        assert_eq!(attention.look(&mirror), vec![]);
        let rejected = Approval {
            state: ApprovalState::Rejected,
            decided_by: Some("user/anna".into()),
            decision_comment: "not today".into(),
            ..own
        };
        let id = rejected.approval_id.clone();
        tell_approvals(&mut mirror, vec![rejected]);
        let said = "SendCommand was rejected by user/anna: not today".to_owned();
        assert_eq!(attention.look(&mirror), vec![Word::Became(id, Level::Warn, said)]);
    }
}
