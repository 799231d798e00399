//! Who there is: users with their keys, groups, roles.
//!
//! In: records of users, groups, memberships, roles, access keys and SSH public keys. Out: the same, in order of name. Names
//! are unique whatever their case, and found as they are written. A secret is stored sealed, a session's token as its hash.
//! Every change moves a counter of [`crate::versions`], in the same transaction, so that each server on the database learns of it.
//!
//! Never here: who may do what, plain secrets.

pub mod groups;
pub mod keys;
pub mod roles;
pub mod ssh_keys;
pub mod users;
