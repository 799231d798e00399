//! The trail as the door uses it: a record in the transaction of what it is about, or in the queue.
//!
//! The record of a call that changed something is committed with the change, so neither is there without the other. Records of
//! reads and refusals go through a queue that is written in groups. Nobody is answered before the record is in the queue; the
//! queue tries again for as long as the store fails, and never drops: when it is full, calls are refused with ServiceUnavailable
//! instead of going unrecorded. What a crash of the whole process can lose is the queue: the last milliseconds of reads and
//! refusals, or, while the database was out of reach, what waited for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use pilothouse_api::Fault;
use pilothouse_store::audit::{self, AuditRow};
use pilothouse_store::{Store, StoreError, Tx};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use super::anchor::{Anchor, AnchorFile};
use super::chain::ChainKey;
use super::cloudtrail::Scribe;
use super::record::CallRecord;
use super::verify::anchor_holds;
use crate::clock::Clock;
use crate::doorbell::{Doorbell, Ring, Subject};

/// Kilobytes of records that may wait.
const ROOM: usize = 32 * 1024;
/// How long a call waits for room before it is refused.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 2000 });
/// Records in one group.
const GROUP: usize = 1024;
/// How long a record waits for others, to be written together with them.
const LINGER: Duration = Duration::from_millis(40);
/// The pause after a failure, which doubles up to [`MAX_PAUSE`].
const PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between attempts.
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// The least time between two rings of the doorbell.
const RING_PERIOD: Duration = Duration::from_millis(250);

/// Takes records. Clones share one queue and one chain.
#[derive(Clone)]
pub struct AuditTrail {
    sender: mpsc::UnboundedSender<Entry>,
    /// One permit for each kilobyte that may still wait.
    room: Arc<Semaphore>,
    pub(super) pen: Arc<Pen>,
}

/// Why no anchor can be kept.
#[derive(Debug, thiserror::Error)]
enum AnchorError {
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What writes.
pub(super) struct Pen {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) key: ChainKey,
    pub(super) scribe: Scribe,
    /// Somebody's change was committed: the database takes what waits, too.
    pub(super) takes_again: Notify,
    /// Somebody waits until all is written.
    pub(super) is_waited_for: Notify,
}

enum Entry {
    Row(Box<AuditRow>, OwnedSemaphorePermit),
    /// Rows of a region were committed with what they are about.
    Committed(String),
    /// Say when everything before this is written.
    Settled(oneshot::Sender<()>),
}

impl AuditTrail {
    /// Starts the task that writes rows in groups; it ends, with everything written, when the last trail is dropped. Must be
    /// called inside a tokio runtime.
    #[must_use]
    pub fn start(
        store: Store,
        clock: Arc<dyn Clock>,
        key: ChainKey,
        scribe: Scribe,
        doorbell: Doorbell,
    ) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let (takes_again, is_waited_for) = (Notify::new(), Notify::new());
        let pen = Arc::new(Pen { store, clock, key, scribe, takes_again, is_waited_for });
        tokio::spawn(Writer { pen: pen.clone(), bell: Bell::new(doorbell) }.run(receiver));
        Self { sender, room: Arc::new(Semaphore::new(ROOM)), pen }
    }

    /// Queues the record of a call that has no transaction of its own.
    ///
    /// # Errors
    /// `ServiceUnavailable` when there is no room: then the caller must be answered that, and nothing else.
    pub async fn note(&self, record: CallRecord) -> Result<(), Fault> {
        let row = self.pen.scribe.row(&record);
        let kilobytes = u32::try_from(row.record.len() / 512 + 1).unwrap_or(u32::MAX);
        let room = self.room.clone().acquire_many_owned(kilobytes);
        let queued = match tokio::time::timeout(PATIENCE, room).await {
            Ok(Ok(room)) => self.sender.send(Entry::Row(Box::new(row), room)).is_ok(),
            Ok(Err(_)) | Err(_) => false,
        };
        if queued {
            Ok(())
        } else {
            tracing::error!(operation = record.operation, "a call is refused because it cannot be recorded");
            Err(Fault::unavailable(
                "calls cannot be recorded at the moment, and none goes unrecorded: try again",
            ))
        }
    }

    /// Records calls in the transaction of what they changed. To be the last that is done in it, as other writers wait from then
    /// on; [`AuditTrail::committed`] says that it was committed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn append(&self, tx: &mut Tx, records: &[CallRecord]) -> Result<(), StoreError> {
        let mut rows: Vec<_> = records.iter().map(|record| self.pen.scribe.row(record)).collect();
        self.pen.key.append(tx, &mut rows, self.pen.clock.now()).await
    }

    /// What was appended to a transaction in this region is committed.
    pub fn committed(&self, region: &str) {
        self.pen.takes_again.notify_one();
        // Without a writer there are no followers either.
        let _ = self.sender.send(Entry::Committed(self.pen.scribe.region(region).to_owned()));
    }

    /// Resolves when all that was noted before is written.
    pub async fn settled(&self) {
        let (done, settled) = oneshot::channel();
        if self.sender.send(Entry::Settled(done)).is_ok() {
            self.pen.is_waited_for.notify_one();
            // A writer that is gone has nothing left to write.
            let _ = settled.await;
        }
    }

    /// Whether records wait to be written.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.room.available_permits() < ROOM
    }

    /// All the room there is, so that a test sees what happens without.
    #[cfg(test)]
    pub(super) async fn take_room(&self) -> OwnedSemaphorePermit {
        self.room.clone().acquire_many_owned(u32::try_from(ROOM).unwrap()).await.unwrap()
    }

    /// Writes the head to the anchor's file and to the log, unless the one that stands there shows that records are missing.
    pub async fn keep_anchor(&self, file: &AnchorFile) {
        if let Err(error) = self.try_keep(file).await {
            tracing::warn!(%error, file = %file.path().display(), "no anchor of the audit trail can be written");
        }
    }

    async fn try_keep(&self, file: &AnchorFile) -> Result<(), AnchorError> {
        if let Some(anchor) = file.read()?
            && let Err(defect) = anchor_holds(&self.pen.store, &anchor).await?
        {
            tracing::error!(
                %defect, %anchor, file = %file.path().display(),
                "the audit trail is not the one that this anchor was taken from: unless an older database was restored (then remove \
                 the file), somebody has changed it; see `audit verify`"
            );
            return Ok(());
        }
        let anchor = self.anchor().await?;
        tracing::info!(%anchor, "audit trail");
        Ok(file.write(&anchor)?)
    }

    /// The head as it stands.
    ///
    /// # Errors
    /// When the store fails, or there is no head any more.
    pub async fn anchor(&self) -> Result<Anchor, StoreError> {
        let head = audit::head(&mut self.pen.store.read().await?).await?;
        let gone = || StoreError::Corrupt { what: String::from("the audit trail has no head") };
        Ok(Anchor::from(&head.ok_or_else(gone)?))
    }
}

/// The task behind the queue.
struct Writer {
    pen: Arc<Pen>,
    bell: Bell,
}

impl Writer {
    async fn run(mut self, mut receiver: mpsc::UnboundedReceiver<Entry>) {
        let mut entries = Vec::new();
        loop {
            tokio::select! {
                received = receiver.recv_many(&mut entries, GROUP) => match received {
                    0 => break,
                    _ => self.take(&mut receiver, &mut entries).await,
                },
                () = self.bell.due() => self.bell.ring(),
            }
        }
        self.bell.ring();
    }

    async fn take(&mut self, more: &mut mpsc::UnboundedReceiver<Entry>, entries: &mut Vec<Entry>) {
        let is_waited_for = |entry: &Entry| matches!(entry, Entry::Settled(_));
        if entries.len() < GROUP && !entries.iter().any(is_waited_for) {
            // Not woken by each that comes meanwhile.
            let _ = tokio::time::timeout(LINGER, self.pen.is_waited_for.notified()).await;
            entries.extend(std::iter::from_fn(|| more.try_recv().ok()).take(GROUP - entries.len()));
        }
        let (mut rows, mut rooms, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries.drain(..) {
            match entry {
                Entry::Row(row, room) => {
                    self.bell.touch(&row.region);
                    rows.push(*row);
                    rooms.push(room);
                }
                Entry::Committed(region) => self.bell.touch(&region),
                Entry::Settled(done) => waiting.push(done),
            }
        }
        if !rows.is_empty() {
            self.write(&mut rows).await;
        }
        for done in waiting {
            // Whoever asked may have gone.
            let _ = done.send(());
        }
    }

    /// Writes the rows, however often that has to be tried.
    async fn write(&self, rows: &mut [AuditRow]) {
        let mut pause = PAUSE;
        let mut failures = 0_u32;
        while let Err(error) = self.attempt(rows).await {
            failures += 1;
            let (pause_ms, rows) = (pause.as_millis(), rows.len());
            tracing::error!(%error, rows, failures, pause_ms, "audit records cannot be written yet; trying again");
            // Not longer than it takes until the database takes something: what waits is lost with the process.
            let _ = tokio::time::timeout(pause, self.pen.takes_again.notified()).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
        if failures > 0 {
            tracing::warn!(rows = rows.len(), failures, "audit records that had to wait are written");
        }
    }

    async fn attempt(&self, rows: &mut [AuditRow]) -> Result<(), StoreError> {
        let mut tx = self.pen.store.write().await?;
        self.pen.key.append(&mut tx, rows, self.pen.clock.now()).await?;
        tx.commit().await
    }
}

/// The doorbell, rung for many records at a time.
struct Bell {
    doorbell: Doorbell,
    touched: BTreeSet<String>,
    /// Not before.
    rest: Instant,
}

impl Bell {
    fn new(doorbell: Doorbell) -> Self {
        Self { doorbell, touched: BTreeSet::new(), rest: Instant::now() }
    }

    fn touch(&mut self, region: &str) {
        if !self.touched.contains(region) {
            self.touched.insert(region.to_owned());
        }
    }

    /// Resolves when it is to be rung; never, when there is nothing to tell.
    async fn due(&self) {
        if self.touched.is_empty() {
            std::future::pending::<()>().await;
        } else {
            tokio::time::sleep_until(self.rest).await;
        }
    }

    fn ring(&mut self) {
        for region in std::mem::take(&mut self.touched) {
            self.doorbell.ring(Ring { region, subject: Subject::Audit });
        }
        self.rest = Instant::now() + RING_PERIOD;
    }
}
