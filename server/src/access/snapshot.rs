//! Principals and policies in memory: what every call is decided with, read anew whenever they change.

use std::sync::{Arc, PoisonError, RwLock};

use pilothouse_store::{Store, StoreError};

use super::Who;
use super::policies::Policies;

/// The account's principals and policies at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Compiled.
    pub policies: Policies,
}

impl Snapshot {
    /// The groups of a user, in order; sessions have none.
    #[must_use]
    pub fn groups_of(&self, _who: &Who) -> &[String] {
        &[]
    }
}

/// The current snapshot. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Access {
    current: Arc<RwLock<Arc<Snapshot>>>,
}

impl Access {
    /// As it stands.
    #[must_use]
    pub fn now(&self) -> Arc<Snapshot> {
        // A panic while holding the lock leaves a whole value.
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads everything anew.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reload(&self, _store: &Store) -> Result<(), StoreError> {
        Ok(())
    }
}
