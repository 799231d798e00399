//! Who there is and what they may do: users with access keys, groups, roles, policies, and the question "why (not)?".
//!
//! In and out: data of `Pilothouse.*` operations. A principal is written `root`, `user/NAME`, `group/NAME`, `role/NAME` or
//! `node/mi-…`; a resource `KIND/ID` such as `node/mi-…`, `document/AWS-RunShellScript`, `parameter/staging/db`, or `account`.
//! Secrets stand only in the replies that make them, once.
//!
//! Never here: how it is decided.

mod groups;
mod keys;
mod policies;
mod roles;
mod simulate;
mod users;

pub use groups::*;
pub use keys::*;
pub use policies::*;
pub use roles::*;
pub use simulate::*;
pub use users::*;

use crate::validate::Violations;

/// Nothing to say: it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Done {}

/// What a name of a user, group, role or policy looks like.
pub const NAME: &str = r"^[\w+=,.@-]{1,64}$";

/// Checks the name of a user, group, role or policy.
pub(crate) fn check_name(v: &mut Violations, path: &str, name: &str) {
    let legal = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b));
    v.pattern(path, name, NAME, legal);
}

/// Checks a principal that something can be given to: `user/…`, `group/…` or `role/…`.
pub(crate) fn check_holder(v: &mut Violations, path: &str, principal: &str) {
    let name = ["user/", "group/", "role/"].iter().find_map(|kind| principal.strip_prefix(kind));
    v.pattern(path, principal, "(user|group|role)/NAME", name.is_some_and(|name| !name.is_empty()));
    if let Some(name) = name {
        check_name(v, path, name);
    }
}
