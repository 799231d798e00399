//! The record of every call. Rows of writes are committed with the write; rows of reads and refusals in groups.

mod parameters;
mod record;

use pilothouse_api::Fault;
use pilothouse_store::audit::{AuditRecord, append_many};
use pilothouse_store::{Store, StoreError, Tx};
use tokio::sync::{mpsc, oneshot};

pub use parameters::{MASK, parameters};
pub use record::{CallRecord, MAX_RESOURCES, Outcome, ResourceRef, Touched};

/// Takes audit rows that belong to no transaction.
#[derive(Clone, Debug)]
pub struct AuditTrail {
    sender: mpsc::Sender<Entry>,
}

enum Entry {
    Row(Box<CallRecord>),
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

    /// Notes a call that has no transaction of its own. Waits when the writer is behind.
    ///
    /// # Errors
    /// `ServiceUnavailable` when it cannot be recorded: then the caller must not be answered anything else.
    pub async fn note(&self, record: CallRecord) -> Result<(), Fault> {
        let noted = self.sender.send(Entry::Row(Box::new(record))).await;
        noted.map_err(|_| Fault::unavailable("calls cannot be recorded at the moment: try again"))
    }

    /// Records calls in the transaction of what they changed. To be the last that is done in it, as other writers wait from
    /// then on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn append(&self, tx: &mut Tx, records: &[CallRecord]) -> Result<(), StoreError> {
        append_many(tx, &records.iter().map(row).collect::<Vec<_>>()).await
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

async fn write(store: &Store, group: &[CallRecord]) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    append_many(&mut tx, &group.iter().map(row).collect::<Vec<_>>()).await?;
    tx.commit().await
}

fn row(record: &CallRecord) -> AuditRecord {
    AuditRecord {
        at: record.at,
        region: record.region.clone(),
        caller: record.caller.to_string(),
        operation: record.operation.to_owned(),
        permission: record.permission.to_owned(),
        read_only: record.read_only,
        outcome: record.outcome.code().to_owned(),
        request_id: record.request_id.clone(),
        source: record.source.clone(),
    }
}
