//! Questions before something is taken away, and choices before something is done.

use pilothouse_api::access::{AccessKey, KeyStatus, User};

use super::keys::Msg;
use super::state::Access;
use super::table::Thing;
use super::target::Target;
use crate::effect::{Choice, Effect, Effects, Ladder, Question};
use crate::screen::Cx;
use crate::times;

/// How long the old key works on after a rotation, in words and seconds.
const GRACES: [(&str, i64); 4] =
    [("a day", 86_400), ("an hour", 3_600), ("a week", 604_800), ("not at all: it ends now", 0)];

impl Access {
    /// Asks before it is taken away; of what can be given back at once it is nothing to ask.
    pub(super) fn ask_removal(&self, target: Target, cx: &Cx<'_>) -> Option<Effect<Msg>> {
        let (title, card, ladder) = match &target {
            Target::User(name) => (format!("Delete user {name}?"), self.card_of_user(name, cx), Ladder::Yes),
            Target::Group(name) => {
                let group = self.directory.groups.iter().find(|group| group.group_name == *name);
                let (members, policies) =
                    group.map_or((0, Vec::new()), |it| (it.members.len(), it.policies.clone()));
                let card = vec![
                    format!("members: {members}, who stay and lose what it gives"),
                    format!("policies: {}", listed(&policies)),
                ];
                (format!("Delete group {name}?"), card, ladder(members))
            }
            Target::Role(name) => {
                let card = vec!["Its sessions end at once.".to_owned()];
                (format!("Delete role {name}?"), card, Ladder::Yes)
            }
            Target::Policy(name) => {
                let holders = self.directory.policy(name).map_or(&[][..], |policy| &policy.attached_to);
                let card = vec![
                    format!("attached to: {}", listed(holders)),
                    "What it permits ends at once; what it forbids, too.".to_owned(),
                ];
                (format!("Delete policy {name}?"), card, ladder(holders.len()))
            }
            Target::Key(id) => {
                let mut card = vec!["Whoever signs with it is refused from now on, for good.".to_owned()];
                card.extend(self.key(id).map(|key| used(key, cx)));
                (format!("Delete access key {id}?"), card, Ladder::Yes)
            }
            Target::Ssh { user, fingerprint } => {
                (format!("Remove an SSH key of {user}?"), vec![fingerprint.clone()], Ladder::Yes)
            }
            Target::Membership { .. } | Target::Attachment { .. } => return None,
        };
        Some(Effect::Ask(Question { title, card, ladder, yes: Msg::Removed(target) }))
    }

    fn card_of_user(&self, name: &str, cx: &Cx<'_>) -> Vec<String> {
        let Some(user) = self.directory.user(name) else { return Vec::new() };
        let mut card = vec![
            format!("access keys: {}, which end at once, with every session", user.access_keys.len()),
            format!("groups: {}", listed(&user.groups)),
            format!("policies: {}", listed(&user.policies)),
        ];
        card.extend(user.access_keys.iter().max_by_key(|key| key.last_used_date).map(|key| used(key, cx)));
        card.push("What it did stays in the audit trail.".to_owned());
        card
    }

    fn key(&self, id: &str) -> Option<&AccessKey> {
        self.directory.users.iter().flat_map(|user| &user.access_keys).find(|key| key.access_key_id == id)
    }

    /// The user under the cursor.
    pub(super) fn user<'a>(&'a self, cx: &Cx<'a>) -> Option<&'a User> {
        match self.thing(cx)? {
            Thing::User(user) => Some(user),
            _ => None,
        }
    }

    /// The key that is meant: the one under the cursor, or the user's only one.
    pub(super) fn key_meant<'a>(&'a self, cx: &Cx<'a>) -> Option<&'a AccessKey> {
        let user = self.user(cx)?;
        if self.detail.focused
            && let Some(super::detail::Item::Key(id)) = self.item(cx)
        {
            return user.access_keys.iter().find(|key| key.access_key_id == id);
        }
        match &user.access_keys[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Chooses a key of several, for what `then` says.
    fn choose_key(&self, cx: &Cx<'_>, then: impl Fn(&AccessKey) -> Msg) -> Effect<Msg> {
        let keys = self.user(cx).map_or(&[][..], |user| &user.access_keys);
        let items = keys.iter().map(|key| Choice {
            detail: format!("{}, {}", status(key.status), used(key, cx)),
            ..Choice::new(key.access_key_id.clone(), then(key))
        });
        Effect::Pick { title: "Which key".to_owned(), items: items.collect() }
    }

    /// Chooses how long the old key works on.
    pub(super) fn ask_rotation(&self, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(key) = self.key_meant(cx) else {
            return vec![self.choose_key(cx, |key| Msg::RotateFor(key.access_key_id.clone(), GRACES[0].1))];
        };
        let items = GRACES
            .map(|(said, seconds)| Choice::new(said, Msg::RotateFor(key.access_key_id.clone(), seconds)));
        vec![Effect::Pick { title: format!("{} works on for", key.access_key_id), items: items.into() }]
    }

    /// Switches the key that is meant, or chooses one.
    pub(super) fn ask_switch(&self, cx: &Cx<'_>) -> Result<Msg, Effects<Msg>> {
        match self.key_meant(cx) {
            Some(key) => Ok(switched(key)),
            None => Err(vec![self.choose_key(cx, switched)]),
        }
    }
}

/// The other status of a key.
fn switched(key: &AccessKey) -> Msg {
    let other = match key.status {
        KeyStatus::Active => KeyStatus::Inactive,
        KeyStatus::Inactive => KeyStatus::Active,
    };
    Msg::Make(key.access_key_id.clone(), other)
}

const fn status(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "active",
        KeyStatus::Inactive => "off",
    }
}

fn used(key: &AccessKey, cx: &Cx<'_>) -> String {
    match (&key.last_used_date, &key.last_used_from) {
        (None, _) => "never used".to_owned(),
        (Some(at), None) => format!("last used {}", times::instant(at.0, cx)),
        (Some(at), Some(from)) => format!("last used {} from {from}", times::instant(at.0, cx)),
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Whoever else is touched must be looked at.
fn ladder(touched: usize) -> Ladder {
    if touched > 1 { Ladder::Card } else { Ladder::Yes }
}
