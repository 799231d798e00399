//! Users.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::check_name;
use super::keys::AccessKey;
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// The most users of an account.
pub const MAX_USERS: usize = 1000;

/// Makes a user, without keys and without rights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateUser {
    /// Unique whatever the case.
    pub user_name: String,
    /// For people, up to 256 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Groups that it joins at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

impl CreateUser {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "userName", &self.user_name);
        v.length("comment", &self.comment, 0, 256);
        v.count("groups", &self.groups, 0, 10);
    }
}

/// An SSH public key of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SshPublicKey {
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// One line of `authorized_keys`, without options.
    pub public_key: String,
    /// When it was registered.
    pub created_date: Timestamp,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct User {
    /// Its name.
    pub user_name: String,
    /// `arn:aws:iam::ACCOUNT:user/NAME`.
    pub arn: String,
    /// For people.
    #[serde(default)]
    pub comment: String,
    /// When it was made.
    pub created_date: Timestamp,
    /// By whom.
    pub created_by: String,
    /// Groups that it is in, in order of name.
    pub groups: Vec<String>,
    /// Names of the policies attached to the user itself.
    pub policies: Vec<String>,
    /// Access keys, without secrets.
    pub access_keys: Vec<AccessKey>,
    /// SSH public keys.
    #[serde(default)]
    pub ssh_public_keys: Vec<SshPublicKey>,
}

/// The user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateUserResult {
    /// The user.
    pub user: User,
}

/// Deletes a user with its keys and sessions; what it did stays in the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteUser {
    /// Which.
    pub user_name: String,
}

impl DeleteUser {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "userName", &self.user_name);
    }
}

/// Lists users, each with groups, policies and keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListUsers {}

impl ListUsers {
    #[expect(clippy::unused_self, reason = "there is nothing to check")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// The users that the caller may see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListUsersResult {
    /// In order of name.
    pub users: Vec<User>,
}

/// Registers an SSH public key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportSshPublicKey {
    /// Whose.
    pub user_name: String,
    /// A line of `authorized_keys`: `ssh-ed25519 AAAA… comment`.
    #[serde(deserialize_with = "no_private_key")]
    pub public_key: String,
}

/// A private key that is sent by mistake is refused before it is a request: no trail ever records it.
fn no_private_key<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    if text.contains("PRIVATE KEY") {
        return Err(D::Error::custom(
            "this is a private key: replace it if others saw it, and give the line in the .pub file",
        ));
    }
    Ok(text)
}

impl ImportSshPublicKey {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "userName", &self.user_name);
        v.length("publicKey", &self.public_key, 1, 16 * 1024);
    }
}

/// The key as it was registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportSshPublicKeyResult {
    /// The key.
    pub ssh_public_key: SshPublicKey,
}

/// Removes an SSH public key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteSshPublicKey {
    /// Whose.
    pub user_name: String,
    /// Which.
    pub fingerprint: String,
}

impl DeleteSshPublicKey {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "userName", &self.user_name);
        v.length("fingerprint", &self.fingerprint, 1, 128);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_refused_before_it_is_a_request_and_is_not_repeated() {
        let body = br#"{"UserName":"anna","PublicKey":"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl"}"#;
        let fault = crate::decode::<ImportSshPublicKey>(body).unwrap_err();
        assert_eq!(fault.code, "SerializationException");
        assert!(
            fault.message.contains("private key") && !fault.message.contains("b3Bl"),
            "{}",
            fault.message
        );
    }
}
