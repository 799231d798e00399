//! What can be chosen: members, policies, actions, texts to copy.

use super::keys::Msg;
use super::state::Access;
use super::table::Thing;
use super::target::Target;
use crate::effect::{Choice, Effect};
use crate::screen::{Cx, Screen};

/// A choice between giving and taking: what is given stands first, and says so.
fn toggles(
    title: String,
    given: &[String],
    all: impl Iterator<Item = (String, String)>,
    turn: impl Fn(&str, bool) -> Msg,
) -> Effect<Msg> {
    let mut items: Vec<(bool, Choice<Msg>)> = all
        .map(|(name, detail)| {
            let has = given.contains(&name);
            let label = format!("[{}] {name}", if has { "x" } else { " " });
            (has, Choice { detail, ..Choice::new(label, turn(&name, has)) })
        })
        .collect();
    items.sort_by_key(|(has, _)| !has);
    Effect::Pick { title, items: items.into_iter().map(|(_, choice)| choice).collect() }
}

impl Access {
    /// Groups of a user, or members of a group.
    pub(super) fn members_menu(&self, cx: &Cx<'_>) -> Option<Effect<Msg>> {
        match self.thing(cx)? {
            Thing::User(user) => {
                let name = user.user_name.clone();
                let groups = self.directory.groups.iter();
                let all = groups.map(|group| (group.group_name.clone(), group.comment.clone()));
                Some(toggles(format!("Groups of {name}"), &user.groups, all, |group, is_in| {
                    let group = group.to_owned();
                    if is_in {
                        Msg::Give(Target::Membership { user: name.clone(), group })
                    } else {
                        Msg::Join(name.clone(), group)
                    }
                }))
            }
            Thing::Group(group) => {
                let name = group.group_name.clone();
                let users = self.directory.users.iter();
                let all = users.map(|user| (user.user_name.clone(), user.comment.clone()));
                Some(toggles(format!("Members of {name}"), &group.members, all, |user, is_in| {
                    let user = user.to_owned();
                    if is_in {
                        Msg::Give(Target::Membership { user, group: name.clone() })
                    } else {
                        Msg::Join(user, name.clone())
                    }
                }))
            }
            Thing::Role(_) | Thing::Policy(_) | Thing::Answer(_) => None,
        }
    }

    /// Policies of a principal, or principals of a policy.
    pub(super) fn policies_menu(&self, cx: &Cx<'_>) -> Option<Effect<Msg>> {
        let thing = self.thing(cx)?;
        let turn = |policy: &str, principal: &str, has: bool| {
            let (policy, principal) = (policy.to_owned(), principal.to_owned());
            if has {
                Msg::Give(Target::Attachment { policy, principal })
            } else {
                Msg::Attach(policy, principal)
            }
        };
        if let Thing::Policy(policy) = thing {
            let all = self.directory.holders().map(|holder| (holder, String::new()));
            let title = format!("{} is attached to", policy.policy_name);
            return Some(toggles(title, &policy.attached_to, all, |holder, has| {
                turn(&policy.policy_name, holder, has)
            }));
        }
        let principal = thing.reference()?;
        let all = self.directory.policies.iter();
        let all = all.map(|policy| (policy.policy_name.clone(), policy.comment.clone()));
        let title = format!("Policies of {}", thing.name());
        Some(toggles(title, thing.policies(), all, |policy, has| turn(policy, &principal, has)))
    }

    pub(super) fn actions_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let rows = [
            ("look closer", Msg::Open),
            ("make a new one", Msg::New),
            ("new access key", Msg::NewKey),
            ("rotate an access key", Msg::Rotate),
            ("switch an access key off or on", Msg::Switch),
            ("register an SSH public key", Msg::Ssh),
            ("groups or members", Msg::Members),
            ("policies", Msg::Policies),
            ("why may it, why may it not", Msg::Why),
            ("change the text", Msg::Edit),
            ("copy it under a new name", Msg::CopyPolicy),
            ("delete", Msg::Remove),
        ];
        let items = rows
            .into_iter()
            .map(|(label, msg)| Choice { disabled: self.reason(&msg, cx), ..Choice::new(label, msg) });
        Effect::Pick { title: "Do".to_owned(), items: items.collect() }
    }

    pub(super) fn copy_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let text = |label: &str, text: String| Choice {
            detail: text.lines().next().unwrap_or_default().to_owned(),
            ..Choice::new(label, Msg::CopyText(text))
        };
        let mut items = Vec::new();
        if let Some(thing) = self.thing(cx) {
            items.push(text("name", thing.name().to_owned()));
            items.extend(thing.reference().map(|reference| text("as policies call it", reference)));
            match thing {
                Thing::User(user) => {
                    items.push(text("ARN", user.arn.clone()));
                    for key in &user.access_keys {
                        items.push(text("access key id", key.access_key_id.clone()));
                    }
                    for key in &user.ssh_public_keys {
                        items.push(text("SSH public key", key.public_key.clone()));
                    }
                }
                Thing::Role(role) => items.push(text("ARN", role.arn.clone())),
                Thing::Policy(policy) => items.push(text("text", policy.text.clone())),
                Thing::Answer(answer) => items.push(text("why", answer.explanation.clone())),
                Thing::Group(_) => {}
            }
        }
        items.push(text("locator", Screen::route(self).to_string()));
        Effect::Pick { title: "Copy".to_owned(), items }
    }
}
