//! Principals and policies at one moment, in memory: what every call is decided with.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use pilothouse_api::access::KeyStatus;
use pilothouse_protocol::Millis;
use pilothouse_store::principals::keys::{Holder, KeyRecord};
use pilothouse_store::principals::{groups, keys, roles, users};
use pilothouse_store::versions::{self, Versions};
use pilothouse_store::{StoreError, Tx, policies};

use super::policies::{Checks, Policies, PolicySource, ready_made};
use super::{Operator, Who};

/// An access key of a user or a session, with its secret sealed.
#[derive(Clone)]
pub struct Key {
    /// Whom it speaks for.
    pub operator: Arc<Operator>,
    /// Whether it signs.
    pub status: KeyStatus,
    /// Sealed as `access-key/ID`.
    pub sealed: Vec<u8>,
    /// Of a session: SHA-256 of the token that must come with every request, in hexadecimal digits.
    pub token_hash: Option<String>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, {:?}, secret ***)", self.operator.access_key_id, self.status)
    }
}

impl From<KeyRecord> for Key {
    fn from(it: KeyRecord) -> Self {
        let (who, token_hash) = match it.holder {
            Holder::User(name) => (Who::User(name), None),
            Holder::Session { role, session, person, token_hash } => {
                (Who::Session { role, session, person }, Some(token_hash))
            }
        };
        let operator = Operator { who, access_key_id: it.access_key_id, expires_at: it.expires_at };
        Self { operator: Arc::new(operator), status: it.status, sealed: it.sealed, token_hash }
    }
}

/// Users and roles, by name.
#[derive(Debug, Default)]
struct Principals {
    users: HashMap<String, User>,
    /// Their unique ids.
    roles: HashMap<String, String>,
}

#[derive(Debug)]
struct User {
    /// Unique for ever, whatever is made and deleted under the name.
    id: String,
    /// In order.
    groups: Vec<String>,
}

/// The account's principals and policies at one moment. Parts that did not change are shared with the snapshot before.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Compiled.
    pub policies: Arc<Policies>,
    /// Texts that are being checked; the same in every snapshot.
    pub checks: Checks,
    principals: Arc<Principals>,
    keys: Arc<HashMap<String, Key>>,
    versions: Versions,
}

impl Snapshot {
    /// The groups of a user, in order; sessions have none.
    #[must_use]
    pub fn groups_of(&self, who: &Who) -> &[String] {
        match who {
            Who::User(name) => self.principals.users.get(name).map_or(&[], |user| user.groups.as_slice()),
            Who::Root | Who::Session { .. } => &[],
        }
    }

    /// The unique id of a user, or of a session's role; root has none.
    #[must_use]
    pub fn id_of(&self, who: &Who) -> Option<&str> {
        let Principals { users, roles } = &*self.principals;
        match who {
            Who::Root => None,
            Who::User(name) => users.get(name).map(|user| user.id.as_str()),
            Who::Session { role, .. } => roles.get(role).map(String::as_str),
        }
    }

    /// What decides what a principal may see, as a number: another one when its groups or any policies are others, the same on
    /// every server.
    #[must_use]
    pub fn fingerprint(&self, who: &Who) -> u64 {
        if *who == Who::Root {
            return 0;
        }
        let mut hasher = DefaultHasher::new();
        (self.versions.policies, who.principal(), self.groups_of(who)).hash(&mut hasher);
        hasher.finish()
    }

    /// Whether there is such a user or role; of a session also, whether there is the person who took the role on.
    #[must_use]
    pub fn knows(&self, who: &Who) -> bool {
        let Principals { users, roles } = &*self.principals;
        match who {
            Who::Root => true,
            Who::User(name) => users.contains_key(name),
            Who::Session { role, person, .. } => {
                let user = person.strip_prefix("user/");
                roles.contains_key(role) && user.is_none_or(|name| users.contains_key(name))
            }
        }
    }

    /// The key of this id, whatever its state. The root's key is not among them.
    #[must_use]
    pub fn key(&self, access_key_id: &str) -> Option<&Key> {
        self.keys.get(access_key_id).filter(|key| self.knows(&key.operator.who))
    }

    /// Whether a call that an operator made may still be made in its name, now that it was approved: there still is the person,
    /// and the role if there was one, and the key was not taken away. That a session has ended since does not matter.
    #[must_use]
    pub fn stands(&self, operator: &Operator) -> bool {
        let key_stands = match (&operator.who, self.keys.get(&operator.access_key_id)) {
            (who, Some(key)) => key.operator.who == *who && key.status == KeyStatus::Active,
            (who, None) => !matches!(who, Who::User(_)),
        };
        self.knows(&operator.who) && key_stands
    }

    /// Whether who signed once still could: a stream outlives the request that opened it, but not its key.
    #[must_use]
    pub fn is_in_force(&self, operator: &Operator, now: Millis) -> bool {
        if operator.who == Who::Root {
            return true;
        }
        self.key(&operator.access_key_id).is_some_and(|key| {
            let ended = key.operator.expires_at.is_some_and(|at| at <= now);
            key.operator.who == operator.who && key.status == KeyStatus::Active && !ended
        })
    }

    /// Whether somebody may see other things than before, or nothing any more. A key more changes nothing for those who are there.
    pub(super) fn differs_for_followers(&self, before: &Self) -> bool {
        let (was, now) = (before.versions, self.versions);
        let others = was.principals != now.principals || was.policies != now.policies;
        let is_kept = |(id, key): (&String, &Key)| {
            self.keys.get(id).is_some_and(|now| now.status == key.status && now.operator == key.operator)
        };
        others || !before.keys.iter().all(is_kept)
    }

    /// Whether parameters were sealed anew since, perhaps beside this server.
    pub(super) fn knows_other_seals(&self, before: &Self) -> bool {
        self.versions.parameters != before.versions.parameters
    }

    /// The same, with those parts read anew that changed since; `None` when none did.
    pub(super) async fn renewed(&self, tx: &mut Tx) -> Result<Option<Self>, StoreError> {
        let (was, now) = (self.versions, versions::get(tx).await?);
        if was == now {
            return Ok(None);
        }
        let mut next = Self { versions: now, ..self.clone() };
        if was.principals != now.principals {
            next.principals = Arc::new(principals(tx).await?);
        }
        if was.keys != now.keys {
            let all = keys::list(tx).await?.into_iter().map(Key::from);
            let by_id = all.map(|key| (key.operator.access_key_id.clone(), key));
            next.keys = Arc::new(by_id.collect());
        }
        if was.policies != now.policies {
            next.policies = Arc::new(compiled(sources(tx).await?).await?);
        }
        Ok(Some(next))
    }
}

async fn principals(tx: &mut Tx) -> Result<Principals, StoreError> {
    let named = users::list(tx).await?.into_iter();
    let named = named.map(|it| (it.name, User { id: it.user_id, groups: Vec::new() }));
    let mut users: HashMap<String, User> = named.collect();
    for it in groups::memberships(tx).await? {
        if let Some(user) = users.get_mut(&it.user) {
            user.groups.push(it.group);
        }
    }
    let roles = roles::list(tx).await?.into_iter().map(|role| (role.name, role.role_id)).collect();
    Ok(Principals { users, roles })
}

/// What is stored, and what came with the server as far as it is attached.
async fn sources(tx: &mut Tx) -> Result<Vec<PolicySource>, StoreError> {
    let mut attached: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for it in policies::attachments(tx).await? {
        attached.entry(it.policy).or_default().push(it.principal);
    }
    let stored = policies::list(tx).await?.into_iter().map(|it| (it.name, it.text));
    let brought = ready_made().iter().map(|it| (it.name.to_owned(), it.text.to_owned()));
    let brought: Vec<_> = brought.filter(|(name, _)| attached.contains_key(name)).collect();
    let all = stored.chain(brought).map(|(name, text)| {
        let attached_to = attached.remove(&name).unwrap_or_default();
        PolicySource { name, text, attached_to }
    });
    Ok(all.collect())
}

/// Hundreds of texts take their time: that is not taken from those who serve.
async fn compiled(sources: Vec<PolicySource>) -> Result<Policies, StoreError> {
    let work = tokio::task::spawn_blocking(move || Policies::compile(&sources));
    work.await.map_err(|error| StoreError::Other(format!("policies could not be compiled: {error}")))
}
