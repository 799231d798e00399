//! What verbs change is recorded in the audit trail, as what is asked of the server is.
//!
//! In: what was done. Out: a record in the trail of the server that it was done to, by the server itself, with the operating
//! system's user who did it. Never here: verbs that only look.

use std::fs;

use pilothouse_store::Store;
use serde_json::Value;

use super::Bench;
use crate::audit::{CallRecord, ChainError, Scribe, record_beside};
use crate::cx::Call;
use crate::secrets::Secrets;

/// What a verb did.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    /// Made a named key.
    AddMasterKey,
    /// Put everything under the active master key.
    RotateMasterKey,
    /// Struck a master key.
    RetireMasterKey,
    /// Wrote a backup.
    Backup,
    /// Restored one.
    Restore,
}

/// It was done, and is not in the audit trail.
#[derive(Debug, thiserror::Error)]
#[error("it is done, but could not be recorded in the audit trail: {0}")]
pub struct NotRecorded(#[from] ChainError);

impl Deed {
    /// Operation, its target, its permission.
    const fn names(self) -> [&'static str; 3] {
        match self {
            Self::AddMasterKey => ["AddMasterKey", "Pilothouse.AddMasterKey", "system:AddMasterKey"],
            Self::RotateMasterKey => {
                ["RotateMasterKey", "Pilothouse.RotateMasterKey", "system:RotateMasterKey"]
            }
            Self::RetireMasterKey => {
                ["RetireMasterKey", "Pilothouse.RetireMasterKey", "system:RetireMasterKey"]
            }
            Self::Backup => ["Backup", "Pilothouse.Backup", "system:Backup"],
            Self::Restore => ["Restore", "Pilothouse.Restore", "system:Restore"],
        }
    }

    /// Records that it was done, with its particulars.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub(super) async fn record(
        self,
        store: &Store,
        secrets: &Secrets,
        bench: &Bench<'_>,
        particulars: Value,
    ) -> Result<(), NotRecorded> {
        let call = Call {
            user_agent: concat!("pilothouse-server/", env!("CARGO_PKG_VERSION")).to_owned(),
            request_id: bench.dice.uuid(),
            ..Call::system()
        };
        let record = CallRecord {
            request: particulars,
            system_user: Some(system_user()),
            ..CallRecord::of(&call, bench.clock.now(), self.names())
        };
        let scribe = Scribe::new(&bench.settings.account_id, &bench.settings.region, bench.dice.clone());
        Ok(record_beside(store, secrets, &scribe, &record).await?)
    }
}

/// The operating system's user whose process this is; and who logged in, when that was somebody else.
#[cfg(unix)]
fn system_user() -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let own = rustix::process::getuid().as_raw();
    let login = fs::read_to_string("/proc/self/loginuid").ok().and_then(|text| text.trim().parse().ok());
    match login {
        // The last number says that nobody did.
        Some(login) if login != own && login != u32::MAX => {
            format!("{} (logged in as {})", called(&users, own), called(&users, login))
        }
        _ => called(&users, own),
    }
}

#[cfg(not(unix))]
fn system_user() -> String {
    std::env::var("USERNAME").unwrap_or_default()
}

/// What a table of users, as `/etc/passwd` is, calls a user.
fn called(users: &str, id: u32) -> String {
    let name = |line: &str| {
        let mut columns = line.split(':');
        let name = columns.next()?.to_owned();
        (columns.nth(1)?.parse() == Ok(id)).then_some(name)
    };
    users.lines().find_map(name).unwrap_or_else(|| format!("uid {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_a_name_is_told_by_its_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!([called(users, 0), called(users, 1000), called(users, 7)], ["root", "ann", "uid 7"]);
    }
}
