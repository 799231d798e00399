//! What makes no sense now, or is not allowed, and why.

use pilothouse_api::access::{KeyStatus, MAX_ACTIVE_KEYS, User};

use super::keys::Msg;
use super::paper::PaperMsg;
use super::simulation::SimulationMsg;
use super::state::Access;
use super::table::Thing;
use crate::route::AccessTab;
use crate::screen::Cx;

/// The permission that a message needs, whatever the cursor is on.
pub(super) fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::Removed(target) | Msg::Give(target) => target.permission(),
        Msg::NewKey => "pilothouse:CreateAccessKey",
        Msg::Rotate | Msg::RotateFor(..) => "pilothouse:RotateAccessKey",
        Msg::Switch | Msg::Make(..) => "pilothouse:UpdateAccessKey",
        Msg::Ssh => "pilothouse:ImportSshPublicKey",
        Msg::Members | Msg::Join(..) => "pilothouse:AddUserToGroup",
        Msg::Policies | Msg::Attach(..) => "pilothouse:AttachPolicy",
        Msg::CopyPolicy | Msg::Edit | Msg::Paper(PaperMsg::Save | PaperMsg::Overwrite) => {
            "pilothouse:PutPolicy"
        }
        Msg::Why | Msg::Simulation(SimulationMsg::Ask) => "pilothouse:SimulateAccess",
        _ => return None,
    })
}

/// The permission that something new needs.
const fn permission_to_make(tab: AccessTab) -> Option<&'static str> {
    Some(match tab {
        AccessTab::Users => "pilothouse:CreateUser",
        AccessTab::Groups => "pilothouse:CreateGroup",
        AccessTab::Roles => "pilothouse:CreateRole",
        AccessTab::Policies => "pilothouse:PutPolicy",
        AccessTab::Simulate => return None,
    })
}

fn words(text: &str) -> Option<String> {
    Some(text.to_owned())
}

impl Access {
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        if self.paper.is_some() {
            return self.reason_in_text(msg, cx);
        }
        let changes = matches!(
            msg,
            Msg::New
                | Msg::Remove
                | Msg::NewKey
                | Msg::Rotate
                | Msg::Switch
                | Msg::Ssh
                | Msg::Members
                | Msg::Policies
                | Msg::CopyPolicy
                | Msg::Edit
        );
        if changes && !cx.mirror.link.is_live() {
            return words("the server is not reached");
        }
        if changes && self.errand.is_busy() {
            return words("a change is under way");
        }
        match msg {
            Msg::Paper(_) => words("no policy's text is open"),
            Msg::New => match permission_to_make(self.tab) {
                Some(permission) => cx.mirror.caller.why_denied(permission).map(str::to_owned),
                None => words("there is nothing to make here"),
            },
            Msg::Remove => match self.target(cx) {
                Some(target) => self.reason_to_stay(&target, cx),
                None => words("there is nothing to delete"),
            },
            Msg::Actions | Msg::OtherPane => self.nothing(cx),
            _ => self.nothing(cx).filter(|_| is_of_one(msg)).or_else(|| self.reason_of_kind(msg, cx)),
        }
    }

    fn nothing(&self, cx: &Cx<'_>) -> Option<String> {
        let simulates = self.tab == AccessTab::Simulate;
        (self.thing(cx).is_none() && !simulates).then(|| "there is nothing here".to_owned())
    }

    fn reason_to_stay(&self, target: &super::target::Target, cx: &Cx<'_>) -> Option<String> {
        if let super::target::Target::Policy(name) = target
            && self.directory.policy(name).is_some_and(|policy| policy.ready_made)
        {
            return words("it came with the server, and stays");
        }
        cx.mirror.caller.why_denied(target.permission()).map(str::to_owned)
    }

    /// Whether it can be done with the kind of thing that the cursor is on.
    fn reason_of_kind(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let thing = self.thing(cx);
        match msg {
            Msg::NewKey | Msg::Rotate | Msg::Switch | Msg::Ssh => match thing {
                Some(Thing::User(user)) => reason_of_keys(msg, user),
                _ => words("only users have keys"),
            },
            Msg::Members => match thing {
                Some(Thing::User(_)) if self.directory.groups.is_empty() => {
                    words("there is no group: a makes one, in its tab")
                }
                Some(Thing::Group(_)) if self.directory.users.is_empty() => words("there is no user"),
                Some(Thing::User(_) | Thing::Group(_)) => None,
                _ => words("only users are in groups"),
            },
            Msg::Policies
                if matches!(thing, Some(Thing::Policy(_))) && self.directory.holders().next().is_none() =>
            {
                words("there is nobody to attach it to: make a user, a group or a role first")
            }
            Msg::Policies if matches!(thing, None | Some(Thing::Answer(_))) => {
                words("nothing can hold it here")
            }
            Msg::Why
                if !matches!(thing, Some(Thing::User(_) | Thing::Role(_)))
                    && self.tab != AccessTab::Simulate =>
            {
                words("only users and roles call; groups give them what they hold")
            }
            Msg::Edit | Msg::CopyPolicy => match thing {
                Some(Thing::Policy(policy)) if policy.ready_made && *msg == Msg::Edit => {
                    words("it came with the server: c copies it under a new name")
                }
                Some(Thing::Policy(_)) => None,
                _ => words("only policies have a text"),
            },
            _ => None,
        }
    }

    /// While a text is open, what is under it stays out of reach.
    fn reason_in_text(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let paper = self.paper.as_ref()?;
        match msg {
            Msg::Paper(PaperMsg::Save | PaperMsg::Overwrite) if !cx.mirror.link.is_live() => {
                words("the server is not reached")
            }
            Msg::Paper(PaperMsg::Save | PaperMsg::Overwrite) => paper.why_not_save(),
            Msg::Paper(PaperMsg::Finding(_)) if paper.findings().is_empty() => {
                words("nothing was found in it")
            }
            Msg::Edit if paper.ready_made => words("it came with the server: c copies it under a new name"),
            Msg::CopyPolicy if paper.is_new() => words("it is not saved yet"),
            Msg::Paper(_)
            | Msg::List(_)
            | Msg::Edit
            | Msg::CopyPolicy
            | Msg::Copy
            | Msg::CopyText(_)
            | Msg::Form(_) => None,
            Msg::Open if !paper.ready_made => None,
            _ => words("a policy's text is open: Esc closes it"),
        }
    }
}

fn reason_of_keys(msg: &Msg, user: &User) -> Option<String> {
    let active = user.access_keys.iter().filter(|key| key.status == KeyStatus::Active).count();
    match msg {
        Msg::NewKey if active >= MAX_ACTIVE_KEYS => {
            words("two keys are active: rotate one, switch it off or delete it")
        }
        Msg::Rotate | Msg::Switch if user.access_keys.is_empty() => words("it has no key: K makes one"),
        _ => None,
    }
}

/// Whether it needs something under the cursor.
const fn is_of_one(msg: &Msg) -> bool {
    matches!(
        msg,
        Msg::Open
            | Msg::NewKey
            | Msg::Rotate
            | Msg::Switch
            | Msg::Ssh
            | Msg::Members
            | Msg::Policies
            | Msg::Edit
            | Msg::CopyPolicy
            | Msg::Why
    )
}
