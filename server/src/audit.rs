//! The record of every call. Rows of writes are committed with the write; rows of reads and refusals in groups.

use pilothouse_store::audit::{AuditRecord, append_many};
use pilothouse_store::{Store, StoreError};
use tokio::sync::mpsc;

/// Takes audit rows that belong to no transaction.
#[derive(Clone, Debug)]
pub struct AuditTrail {
    sender: mpsc::Sender<AuditRecord>,
}

impl AuditTrail {
    /// Starts the task that writes rows in groups; it ends, with everything written, when the last trail is dropped.
    #[must_use]
    pub fn start(store: Store) -> Self {
        let (sender, receiver) = mpsc::channel(4096);
        tokio::spawn(write_groups(store, receiver));
        Self { sender }
    }

    /// Notes a row. Waits when the writer is behind, so that no row is ever dropped for speed.
    pub async fn note(&self, record: AuditRecord) {
        if self.sender.send(record).await.is_err() {
            tracing::error!("the audit writer is gone; a row is lost");
        }
    }
}

async fn write_groups(store: Store, mut receiver: mpsc::Receiver<AuditRecord>) {
    let mut group = Vec::new();
    while receiver.recv_many(&mut group, 512).await > 0 {
        if let Err(error) = write(&store, &group).await {
            tracing::error!(%error, rows = group.len(), "audit rows could not be written");
        }
        group.clear();
    }
}

async fn write(store: &Store, group: &[AuditRecord]) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    append_many(&mut tx, group).await?;
    tx.commit().await
}
