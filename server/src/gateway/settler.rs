//! The settler: what all nodes report, in batches. While one batch is committed the next gathers, so 10,000 results are a few
//! dozen transactions, and a single one waits for nobody.
//!
//! Order: output is stored, then the reports are committed, then nodes are told. What a node was told is stored; what it was
//! not told, it sends again.

use std::collections::BTreeMap;
use std::sync::Arc;

use pilothouse_protocol::{Chunk, JobId, Millis, Outcome, Progress, Refusal, StepResult, ToAgent};
use tokio::sync::{mpsc, oneshot};

use super::Registry;
use crate::cx::{Agents, Call};
use crate::door::Door;
use crate::internal::{Report, ReportKind, Settle};

/// Reports that may wait; a full queue slows the links' reading down.
const QUEUE: usize = 8192;
/// Reports in one transaction.
const BATCH: usize = 2048;

/// What a node said about one of its jobs.
#[derive(Debug)]
pub(super) enum News {
    Accepted,
    Started { at: Millis },
    Progress(Progress),
    Output(Chunk),
    Step(StepResult),
    Finished(Outcome),
}

/// News with its job; the connection has checked that the job was handed to that node.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) job: JobId,
    pub(super) news: News,
}

enum Order {
    Report(Incoming),
    /// Say when everything before this is settled.
    Settled(oneshot::Sender<()>),
}

/// Takes reports.
#[derive(Clone)]
pub(super) struct Settler {
    sender: mpsc::Sender<Order>,
}

impl Settler {
    pub(super) fn start(door: Door, registry: Arc<Registry>) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(door, registry, receiver));
        Self { sender }
    }

    /// Takes a report; waits while the queue is full.
    pub(super) async fn take(&self, incoming: Incoming) -> Result<(), ()> {
        self.sender.send(Order::Report(incoming)).await.map_err(|_| ())
    }

    /// Resolves when everything that was taken before is settled.
    pub(super) async fn settled(&self) {
        let (done, settled) = oneshot::channel();
        if self.sender.send(Order::Settled(done)).await.is_ok() {
            let _ = settled.await;
        }
    }
}

async fn run(door: Door, registry: Arc<Registry>, mut receiver: mpsc::Receiver<Order>) {
    let mut orders = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut orders, BATCH).await > 0 {
        let (mut batch, mut waiting) = (Vec::with_capacity(orders.len()), Vec::new());
        for order in orders.drain(..) {
            match order {
                Order::Report(incoming) => batch.push(incoming),
                Order::Settled(done) => waiting.push(done),
            }
        }
        if !batch.is_empty() {
            settle(&door, &registry, batch).await;
        }
        for done in waiting {
            // Whoever asked may have gone.
            let _ = done.send(());
        }
    }
}

/// A batch, sorted by what is done with it.
#[derive(Default)]
struct Batch {
    chunks: BTreeMap<JobId, Vec<Chunk>>,
    reports: Vec<Report>,
    /// Jobs that are reported finished, with the end of their output.
    finished: BTreeMap<JobId, u64>,
}

impl Batch {
    fn sort(incoming: Vec<Incoming>) -> Self {
        let mut batch = Self::default();
        for Incoming { job, news } in incoming {
            let what = match news {
                News::Output(chunk) => {
                    batch.chunks.entry(job).or_default().push(chunk);
                    continue;
                }
                News::Accepted => ReportKind::Accepted,
                News::Started { at } => ReportKind::Started { at },
                News::Progress(progress) => ReportKind::Progress(progress),
                News::Step(result) => ReportKind::Step(result),
                News::Finished(outcome) => {
                    batch.finished.insert(job.clone(), outcome.output_end);
                    ReportKind::Finished(outcome)
                }
            };
            batch.reports.push(Report { job, what });
        }
        batch
    }
}

async fn settle(door: &Door, registry: &Registry, incoming: Vec<Incoming>) {
    let Batch { chunks, mut reports, mut finished } = Batch::sort(incoming);
    let stored = store(door, registry, chunks).await;
    let kept = |(job, to): &(JobId, u64)| Report { job: job.clone(), what: ReportKind::Stored { to: *to } };
    reports.extend(stored.iter().map(kept));
    let incomplete = incomplete(door, &finished).await;
    reports.retain(|report| {
        !(matches!(report.what, ReportKind::Finished(_)) && incomplete.contains(&report.job))
    });
    for job in &incomplete {
        finished.remove(job);
        registry.disconnect(&job.instance, Refusal::Busy, "output is missing on the server: resume");
    }
    let touched: Vec<JobId> = reports.iter().map(|report| report.job.clone()).collect();
    if let Err(fault) = door.perform(&Call::system(), Settle { reports }).await {
        tracing::error!(%fault, "reports could not be stored; the nodes will send them again");
        for job in touched {
            registry.disconnect(&job.instance, Refusal::Busy, "the server could not store a report: resume");
        }
        return;
    }
    // That a run is over says as well that its output is stored.
    for (job, to) in stored.into_iter().filter(|(job, _)| !finished.contains_key(job)) {
        tell(registry, &job, ToAgent::Stored { job: job.clone(), to });
    }
    for job in finished.keys() {
        tell(registry, job, ToAgent::Acknowledged { job: job.clone() });
    }
    compress(door, finished.into_keys().collect());
}

/// Tells a node; one whose link is too far behind to be told is sent away to come back and resume.
fn tell(registry: &Registry, job: &JobId, frame: ToAgent) {
    if !registry.send(&job.instance, frame) {
        registry.disconnect(&job.instance, Refusal::Busy, "the link is behind: resume");
    }
}

/// Appends output; gives the end of what is stored for each job. A node whose output cannot be stored is sent away to come
/// back and resume: its spool keeps what the server has not.
async fn store(door: &Door, registry: &Registry, chunks: BTreeMap<JobId, Vec<Chunk>>) -> Vec<(JobId, u64)> {
    let mut stored = Vec::with_capacity(chunks.len());
    for (job, end) in door.ports().outputs.append_many(chunks.into_iter().collect()).await {
        match end {
            Ok(to) => stored.push((job, to)),
            Err(error) => {
                tracing::error!(%job, %error, "output could not be stored; the node keeps it and will send it again");
                let why = "the server could not store output: resume";
                registry.disconnect(&job.instance, Refusal::Busy, why);
            }
        }
    }
    stored
}

/// Finished jobs whose output is not all here.
async fn incomplete(door: &Door, finished: &BTreeMap<JobId, u64>) -> Vec<JobId> {
    let with_output = finished.iter().filter(|(_, end)| **end > 0).map(|(job, _)| job.clone());
    let stored = door.ports().outputs.ends(with_output.collect()).await.unwrap_or_else(|error| {
        tracing::error!(%error, "it cannot be read how much output is stored");
        Vec::new()
    });
    let stored: BTreeMap<JobId, u64> = stored.into_iter().collect();
    let mut missing = Vec::new();
    for (job, end) in finished {
        let stored = stored.get(job).copied().unwrap_or(0);
        if stored < *end {
            tracing::warn!(%job, stored, end, "a job is reported finished before all of its output came");
            missing.push(job.clone());
        }
    }
    missing
}

/// Compresses finished jobs' output beside the work; what fails stays as it is.
fn compress(door: &Door, jobs: Vec<JobId>) {
    if jobs.is_empty() {
        return;
    }
    let outputs = door.ports().outputs.clone();
    tokio::spawn(async move {
        if let Err(error) = outputs.finish(jobs).await {
            tracing::warn!(%error, "finished output could not be compressed");
        }
    });
}
