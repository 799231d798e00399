//! The current snapshot: loaded at start, read anew after each change here, and when another server on the same database
//! changed something.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use pilothouse_store::{Store, StoreError, parameters};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::Snapshot;
use super::uses::Uses;
use crate::doorbell::{Doorbell, Ring, Subject};

/// How often is looked whether another server changed something: one small query.
const PERIOD: Duration = Duration::from_secs(2);

/// The current snapshot. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Access {
    current: Arc<RwLock<Arc<Snapshot>>>,
    /// Held while the store is read, so that what was read earlier never takes the place of what was read later.
    reading: Arc<Mutex<()>>,
    doorbell: Doorbell,
    uses: Uses,
}

impl Access {
    /// Reads everything. The doorbell rings whenever something changed: somebody may see other things now, or nothing any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn load(store: &Store, doorbell: Doorbell) -> Result<Self, StoreError> {
        let access = Self { doorbell, ..Self::default() };
        access.reload(store).await?;
        Ok(access)
    }

    /// As it stands.
    #[must_use]
    pub fn now(&self) -> Arc<Snapshot> {
        // A panic while holding the lock leaves a whole value.
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads anew what changed: everything that was committed before this was called holds from when it returns.
    ///
    /// # Errors
    /// When the store fails; then the former snapshot holds on.
    pub async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        let _reading = self.reading.lock().await;
        let was = self.now();
        let mut tx = store.read().await?;
        let Some(next) = was.renewed(&mut tx).await? else { return Ok(()) };
        drop(tx);
        if next.knows_other_seals(&was) {
            // Keys were rotated: what is kept may be sealed under one that goes.
            store.forget_parameters();
        }
        let is_news = next.differs_for_followers(&was);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        if is_news {
            self.doorbell.ring(Ring { region: String::new(), subject: Subject::Access });
        }
        Ok(())
    }

    /// When keys were used last.
    pub(super) fn uses(&self) -> &Uses {
        &self.uses
    }

    /// Writes when keys were used last, as far as it is not written.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settled(&self, store: &Store) -> Result<(), StoreError> {
        self.uses.write(store, true).await
    }

    /// Looks every few seconds whether another server changed something, and writes when keys were used last; reads parameters into
    /// memory at first, and after they were forgotten.
    #[must_use]
    pub fn watch(&self, store: Store) -> Watch {
        let access = self.clone();
        Watch(tokio::spawn(async move {
            let mut period = tokio::time::interval(PERIOD);
            period.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                period.tick().await;
                if let Err(error) = access.reload(&store).await {
                    tracing::warn!(%error, "principals and policies could not be read; the next look tries again");
                }
                if let Err(error) = parameters::warm(&store).await {
                    tracing::warn!(%error, "parameters could not be read into memory; the next look tries again");
                }
                if let Err(error) = access.uses.write(&store, false).await {
                    tracing::warn!(%error, "the last use of keys could not be written; the next look tries again");
                }
            }
        }))
    }
}

/// The running watch; dropping it ends it.
#[derive(Debug)]
pub struct Watch(JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}
