//! The record of every call. Rows of writes are committed with the write; rows of reads and refusals in groups.

use pilothouse_store::audit::{AuditRecord, append_many};
use pilothouse_store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};

/// Takes audit rows that belong to no transaction.
#[derive(Clone, Debug)]
pub struct AuditTrail {
    sender: mpsc::Sender<Entry>,
}

enum Entry {
    Row(Box<AuditRecord>),
    /// Say when everything before this is written.
    Settled(oneshot::Sender<()>),
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
        if self.sender.send(Entry::Row(Box::new(record))).await.is_err() {
            tracing::error!("the audit writer is gone; a row is lost");
        }
    }

    /// Resolves when everything that was noted before is written.
    pub async fn settled(&self) {
        let (done, settled) = oneshot::channel();
        if self.sender.send(Entry::Settled(done)).await.is_ok() {
            // A writer that is gone has nothing left to write.
            let _ = settled.await;
        }
    }
}

async fn write_groups(store: Store, mut receiver: mpsc::Receiver<Entry>) {
    let mut entries = Vec::new();
    while receiver.recv_many(&mut entries, 512).await > 0 {
        let (mut rows, mut waiting) = (Vec::new(), Vec::new());
        for entry in entries.drain(..) {
            match entry {
                Entry::Row(row) => rows.push(*row),
                Entry::Settled(done) => waiting.push(done),
            }
        }
        if !rows.is_empty()
            && let Err(error) = write(&store, &rows).await
        {
            tracing::error!(%error, rows = rows.len(), "audit rows could not be written");
        }
        for done in waiting {
            // Whoever asked may have gone.
            let _ = done.send(());
        }
    }
}

async fn write(store: &Store, group: &[AuditRecord]) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    append_many(&mut tx, group).await?;
    tx.commit().await
}
