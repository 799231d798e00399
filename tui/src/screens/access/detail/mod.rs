//! Everything that is known of the thing under the cursor, line by line; some lines stand for something that can be acted on.
//!
//! In: the thing. Out: lines. Never here: where they are drawn (that is `view`), what is done.

mod view;

use pilothouse_api::access::{AccessKey, Group, KeyStatus, Policy, Role as AccessRole, Simulated, User};
use pilothouse_kit::theme::Role;

use super::state::Access;
use super::table::{Thing, decision};
use crate::screen::Cx;
use crate::times;

/// What a line stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A group that the user is in.
    Group(String),
    /// A user that is in the group.
    User(String),
    /// A policy that is attached.
    Policy(String),
    /// An access key, by its id.
    Key(String),
    /// An SSH public key, by its fingerprint.
    Ssh(String),
    /// A principal that the policy is attached to.
    Holder(String),
    /// A statement that decided.
    Statement {
        /// Of which policy.
        policy: String,
        /// In which line, from 1.
        line: u32,
    },
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What stands before it, muted; a heading if there is nothing else.
    pub label: &'static str,
    pub role: Role,
    pub text: String,
    pub item: Option<Item>,
}

fn fact(label: &'static str, text: impl Into<String>) -> Line {
    Line { label, role: Role::Text, text: text.into(), item: None }
}

fn muted(label: &'static str, text: impl Into<String>) -> Line {
    Line { role: Role::TextMuted, ..fact(label, text) }
}

fn heading(title: &'static str) -> [Line; 2] {
    [fact("", ""), Line { role: Role::Title, ..fact("", title) }]
}

fn item(text: impl Into<String>, item: Item) -> Line {
    Line { item: Some(item), ..fact("", text) }
}

/// A heading with its lines below, or what is said when there is none.
fn list(lines: &mut Vec<Line>, title: &'static str, none: &str, of: impl Iterator<Item = Line>) {
    lines.extend(heading(title));
    let before = lines.len();
    lines.extend(of);
    if lines.len() == before {
        lines.push(muted("", none));
    }
}

/// Everything that is known of a thing.
pub(super) fn lines(thing: Thing<'_>, room: &Access, cx: &Cx<'_>) -> Vec<Line> {
    match thing {
        Thing::User(user) => of_user(user, room, cx),
        Thing::Group(group) => of_group(group, cx),
        Thing::Role(role) => of_role(role, cx),
        Thing::Policy(policy) => of_policy(policy, cx),
        Thing::Answer(answer) => of_answer(answer),
    }
}

fn comment(lines: &mut Vec<Line>, comment: &str) {
    if !comment.is_empty() {
        lines.push(fact("comment", comment));
    }
}

fn of_user(user: &User, room: &Access, cx: &Cx<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    comment(&mut lines, &user.comment);
    lines.push(muted("made", format!("{} by {}", times::instant(user.created_date.0, cx), user.created_by)));
    lines.push(muted("arn", &user.arn));
    list(&mut lines, "Access keys", "none: K makes one", user.access_keys.iter().map(|key| of_key(key, cx)));
    let groups = user.groups.iter().map(|group| item(group, Item::Group(group.clone())));
    list(&mut lines, "Groups", "none: m chooses", groups);
    let own = user.policies.iter().map(|policy| item(policy, Item::Policy(policy.clone())));
    let groups = room.directory.groups.iter().filter(|group| user.groups.contains(&group.group_name));
    let through = groups.flat_map(|group| {
        group
            .policies
            .iter()
            .map(|policy| muted("", format!("  {policy}, through group {}", group.group_name)))
    });
    list(&mut lines, "Policies", "none: it may do nothing; p chooses", own.chain(through));
    let ssh = user.ssh_public_keys.iter().map(|key| {
        let comment = key.public_key.split_whitespace().nth(2).unwrap_or_default();
        item(format!("{} {comment}", key.fingerprint).trim(), Item::Ssh(key.fingerprint.clone()))
    });
    list(&mut lines, "SSH public keys", "none: s registers one", ssh);
    lines
}

fn of_key(key: &AccessKey, cx: &Cx<'_>) -> Line {
    let used = match (&key.last_used_date, &key.last_used_from, &key.last_used_for) {
        (None, _, _) => "never used".to_owned(),
        (Some(at), from, what) => {
            let from = from.as_ref().map_or_else(String::new, |from| format!(" from {from}"));
            let what = what.as_ref().map_or_else(String::new, |what| format!(" for {what}"));
            format!("used {}{from}{what}", times::instant(at.0, cx))
        }
    };
    let ends = key.expires_at.map_or_else(String::new, |at| format!(", ends {}", times::instant(at.0, cx)));
    let (role, status) = match key.status {
        KeyStatus::Active => (Role::Text, "active"),
        KeyStatus::Inactive => (Role::TextMuted, "off"),
    };
    let text = format!("{}  {status}{ends}, {used}", key.access_key_id);
    Line { role, ..item(text, Item::Key(key.access_key_id.clone())) }
}

fn of_group(group: &Group, cx: &Cx<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    comment(&mut lines, &group.comment);
    lines.push(muted("made", times::instant(group.created_date.0, cx)));
    let members = group.members.iter().map(|user| item(user, Item::User(user.clone())));
    list(&mut lines, "Members", "none: m chooses", members);
    let policies = group.policies.iter().map(|policy| item(policy, Item::Policy(policy.clone())));
    list(&mut lines, "Policies", "none: p chooses", policies);
    lines
}

fn of_role(role: &AccessRole, cx: &Cx<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    comment(&mut lines, &role.comment);
    lines.push(muted("made", times::instant(role.created_date.0, cx)));
    lines.push(muted("arn", &role.arn));
    let longest = times::span(role.max_session_seconds.saturating_mul(1000));
    lines.push(fact("session", format!("at most {longest}")));
    let policies = role.policies.iter().map(|policy| item(policy, Item::Policy(policy.clone())));
    list(&mut lines, "Policies", "none: it may do nothing; p chooses", policies);
    lines.extend(heading("Taking it on"));
    lines.push(muted("", "needs a policy that permits sts:AssumeRole on it"));
    lines
}

fn of_policy(policy: &Policy, cx: &Cx<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    comment(&mut lines, &policy.comment);
    lines.push(if policy.ready_made {
        muted("kind", "came with the server: c copies it to change it")
    } else {
        let when = times::instant(policy.updated_date.0, cx);
        muted("saved", format!("{when} by {}", policy.updated_by))
    });
    let holders = policy.attached_to.iter().map(|holder| item(holder, Item::Holder(holder.clone())));
    let none = if policy.text.contains("?principal") {
        "nobody: p chooses"
    } else {
        "nobody, and it needs nobody: it names its principals"
    };
    list(&mut lines, "Attached to", none, holders);
    lines.extend(heading("Text"));
    lines.extend(policy.text.lines().map(|line| Line { role: Role::TextCode, ..fact("", line) }));
    lines
}

fn of_answer(answer: &Simulated) -> Vec<Line> {
    let (role, word) = decision(answer.decision);
    let mut lines = vec![Line { role, ..fact("decision", word) }, fact("because", &answer.explanation)];
    let statements = answer.because.iter().map(|because| {
        let reason = because.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        let text = format!("{} {} line {}{reason}", because.effect, because.policy, because.line);
        item(text, Item::Statement { policy: because.policy.clone(), line: because.line })
    });
    list(&mut lines, "Statements that decided", "none: nothing permits it", statements);
    lines
}

impl Access {
    /// Lines that something can be done with.
    pub(super) fn items(&self, cx: &Cx<'_>) -> Vec<Item> {
        let Some(thing) = self.thing(cx) else { return Vec::new() };
        lines(thing, self, cx).into_iter().filter_map(|line| line.item).collect()
    }

    /// The one that the cursor of the pane is on.
    pub(super) fn item(&self, cx: &Cx<'_>) -> Option<Item> {
        let mut items = self.items(cx);
        if items.is_empty() {
            return None;
        }
        let at = self.detail.row.min(items.len() - 1);
        Some(items.swap_remove(at))
    }
}
