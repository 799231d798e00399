//! Counters of changes: one for each part of who may do what. Who has read a part knows by its counter whether it is still so.

use crate::rows::{int, text};
use crate::{StoreError, Tx, approvals};

/// A part that is read anew as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Users, groups, memberships, roles.
    Principals,
    /// Access keys and sessions.
    Keys,
    /// Policies and attachments.
    Policies,
    /// Parameters, as far as they were sealed anew.
    Parameters,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Principals => "principals",
            Self::Keys => "keys",
            Self::Policies => "policies",
            Self::Parameters => "parameters",
        }
    }
}

/// How often each part changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Of [`Part::Principals`].
    pub principals: i64,
    /// Of [`Part::Keys`].
    pub keys: i64,
    /// Of [`Part::Policies`].
    pub policies: i64,
    /// Of [`Part::Parameters`].
    pub parameters: i64,
}

/// How often each part changed until now.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx) -> Result<Versions, StoreError> {
    let rows = sqlx::query("SELECT part, value FROM access_versions").fetch_all(tx.connection()).await?;
    let mut versions = Versions::default();
    for row in &rows {
        let value = int(row, "value")?;
        match text(row, "part")?.as_str() {
            "principals" => versions.principals = value,
            "keys" => versions.keys = value,
            "policies" => versions.policies = value,
            "parameters" => versions.parameters = value,
            _ => {}
        }
    }
    Ok(versions)
}

/// Waits for everybody else who changes the part, and keeps them waiting until this transaction ends: what is looked up and
/// counted from here on stays so. Who holds several takes policies first, then keys, then principals.
///
/// # Errors
/// When the store fails.
pub async fn hold(tx: &mut Tx, part: Part) -> Result<(), StoreError> {
    changed(tx, part).await
}

/// Counts a change of a part; the counter's row lock orders those who change. Principals and policies also move the account's revision,
/// that of the region without a name: somebody may do other things now, and decide about other requests for approval.
pub(crate) async fn changed(tx: &mut Tx, part: Part) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO access_versions (part, value) VALUES ($1, 1)
         ON CONFLICT (part) DO UPDATE SET value = access_versions.value + 1",
    )
    .bind(part.name())
    .execute(tx.connection())
    .await?;
    if matches!(part, Part::Principals | Part::Policies) {
        tx.revision("").await?;
        approvals::retell_pending(tx).await?;
    }
    Ok(())
}
