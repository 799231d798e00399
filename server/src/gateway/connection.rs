//! One live link: frames in become reports, frames out come from one bounded channel.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use pilothouse_api::FaultKind;
use pilothouse_protocol::frame::{decode, encode};
use pilothouse_protocol::progress::{MAX_KILLED, told_command};
use pilothouse_protocol::{InstanceId, JobId, LockHolder, Outcome, Progress, Refusal, ToAgent, ToServer};
use tokio::sync::mpsc;

use super::Gateway;
use super::asks::Asks;
use super::registry::{Line, Outgoing, Pulse};
use super::settler::{Incoming, News};
use crate::cx::{Call, Caller};
use crate::doorbell::{Ring, Subject};
use crate::internal::{LeaveNode, ReportSurvivors, ResumeJobs, UpdateFacts};
use crate::wire::FrameSocket;

/// How long a node that was let in may take to say what it holds.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most jobs that one node may say it holds.
const MAX_HELD: usize = 4096;

/// A node that was let in.
pub(super) struct Connection {
    pub(super) instance_id: InstanceId,
    pub(super) region: String,
    pub(super) line: Line,
    /// The server takes runs for handed over to it.
    pub(super) has_runs: bool,
    pub(super) peer: SocketAddr,
}

/// Why a connection ends.
enum End {
    /// The socket is gone.
    Gone,
    /// The node broke the protocol, or is asked to leave.
    Told(Refusal, String),
}

struct Link {
    gateway: Gateway,
    call: Call,
    instance: InstanceId,
    number: u64,
    pulse: Pulse,
    has_runs: bool,
    /// Jobs that were handed over or resumed on this link: reports about any other are not believed.
    jobs: HashSet<JobId>,
    resumed: bool,
    asks: Asks,
}

/// Runs a link until its end.
pub(super) async fn run(gateway: Gateway, connection: Connection, mut socket: Box<dyn FrameSocket>) {
    let Connection { instance_id, region, line, has_runs, peer } = connection;
    let Line { number, outgoing, pulse, .. } = line;
    tracing::debug!(instance = %instance_id, %peer, "link up");
    let call = Call::link(Caller::Node(instance_id.clone()), &region, &peer.ip().to_string());
    let instance = instance_id.clone();
    let (jobs, resumed) = (HashSet::new(), false);
    let asks = Asks::new(gateway.door.clone(), call.clone());
    let mut link = Link {
        gateway: gateway.clone(),
        call: call.clone(),
        instance,
        number,
        pulse,
        has_runs,
        jobs,
        resumed,
        asks,
    };
    let end = link.serve(&mut *socket, outgoing).await;
    Box::pin(leave(&gateway, &call, &instance_id, number)).await;
    if let End::Told(reason, message) = end {
        tracing::info!(instance = %instance_id, ?reason, why = ?message, "link closed");
        say_goodbye(&mut *socket, reason, message).await;
    }
}

/// Takes the link out, and writes that the node has none, unless a newer one has taken its place.
async fn leave(gateway: &Gateway, call: &Call, instance: &InstanceId, number: u64) {
    let _turn = gateway.registry.turn(instance).await;
    let is_last = gateway.registry.unregister(instance, number);
    if is_last
        && !gateway.registry.is_closing()
        && let Err(error) = gateway.door.perform(call, LeaveNode {}).await
    {
        tracing::warn!(%instance, %error, "the end of a link could not be written");
    }
}

/// Tells the other side why. What fails here is of no interest: the link is over either way.
pub(super) async fn say_goodbye(socket: &mut dyn FrameSocket, reason: Refusal, message: String) {
    if let Ok(frame) = encode(&ToAgent::Refused { reason, message: message.clone() }) {
        let _ = socket.send(frame).await;
    }
    socket.close(&message).await;
}

impl Link {
    async fn serve(&mut self, socket: &mut dyn FrameSocket, mut outgoing: mpsc::Receiver<Outgoing>) -> End {
        let settings = self.gateway.settings;
        let clock = self.gateway.door.clock().clone();
        let welcome = ToAgent::Welcome {
            instance_id: self.instance.clone(),
            heartbeat_seconds: settings.heartbeat_seconds,
            output_window: settings.output_window,
            now: clock.now(),
        };
        if let Err(end) = send(socket, &welcome).await {
            return end;
        }
        loop {
            let turn = tokio::select! {
                received = socket.recv() => {
                    let Some(Ok(bytes)) = received else { return End::Gone };
                    self.pulse.heard(clock.now());
                    // Boxed, like all that takes room: an idle link waits in as little of it as can be.
                    Box::pin(self.hear(&bytes, socket)).await
                }
                // Jobs go out only after the node has told what it holds, so that none is sent twice.
                wanted = outgoing.recv(), if self.resumed => Box::pin(self.tell(wanted, socket)).await,
                answer = self.asks.ready() => send(socket, &answer).await,
                // Once it is resumed, silence is listened for by the registry, for all links at once.
                () = tokio::time::sleep(PATIENCE), if !self.resumed => Err(unresumed()),
            };
            if let Err(end) = turn {
                return end;
            }
        }
    }

    async fn hear(&mut self, bytes: &[u8], socket: &mut dyn FrameSocket) -> Result<(), End> {
        match decode::<ToServer>(bytes) {
            Ok(frame) => self.take(frame, socket).await,
            Err(error) => Err(End::Told(Refusal::Protocol, error.to_string())),
        }
    }

    async fn tell(&mut self, wanted: Option<Outgoing>, socket: &mut dyn FrameSocket) -> Result<(), End> {
        match wanted {
            Some(Outgoing::Frame(frame)) => {
                if let ToAgent::Run { job } = &*frame {
                    self.jobs.insert(job.id.clone());
                }
                send(socket, &frame).await
            }
            Some(Outgoing::Close(reason, message)) => Err(End::Told(reason, message)),
            // Its queue was too full even to say why.
            None => Err(End::Told(Refusal::Busy, String::from("the link is behind: resume"))),
        }
    }

    async fn take(&mut self, frame: ToServer, socket: &mut dyn FrameSocket) -> Result<(), End> {
        match frame {
            ToServer::Heartbeat { sequence } => send(socket, &ToAgent::Pulse { sequence }).await,
            ToServer::Holding { jobs } if !self.resumed && jobs.len() <= MAX_HELD => {
                self.resume(jobs, socket).await
            }
            ToServer::Facts { facts } => {
                Box::pin(self.gateway.door.perform(&self.call, UpdateFacts { facts })).await.map_err(busy)
            }
            ToServer::Accepted { job } => self.report(job, News::Accepted).await,
            ToServer::Started { job, at, .. } => self.report(job, News::Started { at }).await,
            ToServer::Progress { job, progress } => self.report(job, News::Progress(bounded(progress))).await,
            ToServer::Output { job, chunk } => self.report(job, News::Output(chunk)).await,
            ToServer::Step { job, result } => self.report(job, News::Step(result)).await,
            ToServer::Finished { job, mut outcome } => {
                trim(&mut outcome);
                self.alarm(&job, &outcome).await?;
                self.report(job, News::Finished(outcome)).await
            }
            ToServer::Ask { ask, job, want } => {
                if self.jobs.contains(&job) {
                    self.asks.take(ask, job, want);
                } else {
                    self.asks.refuse(ask, format!("{job} was not handed to this link"));
                }
                Ok(())
            }
            ToServer::Unknown => Ok(()),
            ToServer::Hello { .. } | ToServer::Proof { .. } | ToServer::Holding { .. } => {
                Err(End::Told(Refusal::Protocol, String::from("a frame came out of turn")))
            }
        }
    }

    async fn resume(
        &mut self,
        held: Vec<pilothouse_protocol::Held>,
        socket: &mut dyn FrameSocket,
    ) -> Result<(), End> {
        // Most nodes come back with nothing, and nothing is expected of them.
        let verdicts = match held.is_empty() && !self.has_runs {
            true => Vec::new(),
            false => {
                Box::pin(self.gateway.door.perform(&self.call, ResumeJobs { held })).await.map_err(busy)?
            }
        };
        self.jobs.extend(verdicts.iter().filter(|v| !v.forget).map(|v| v.job.clone()));
        self.gateway.registry.holds(&self.instance, self.number, self.jobs.len());
        send(socket, &ToAgent::Resume { verdicts }).await?;
        self.resumed = true;
        // There may be work for a node that just became reachable.
        let subject = Subject::Nodes;
        self.gateway.door.doorbell().ring(Ring { region: self.call.region.clone(), subject });
        Ok(())
    }

    /// Processes that live on are told of before the run is over: a report that comes again is told again, and none is lost.
    async fn alarm(&self, job: &JobId, outcome: &Outcome) -> Result<(), End> {
        let survivors: Vec<_> = outcome.killed.iter().filter(|killed| killed.survived).cloned().collect();
        if survivors.is_empty() || !self.jobs.contains(job) {
            return Ok(());
        }
        let report = ReportSurvivors { job: job.clone(), survivors };
        match Box::pin(self.gateway.door.perform(&self.call, report)).await {
            Err(fault) if fault.kind == FaultKind::Unavailable => Err(busy(fault)),
            _ => Ok(()),
        }
    }

    async fn report(&mut self, job: JobId, news: News) -> Result<(), End> {
        if !self.jobs.contains(&job) {
            return Err(End::Told(Refusal::Protocol, format!("{job} was not handed to this link")));
        }
        if matches!(news, News::Finished(_)) {
            // Nothing more is believed about it on this link; if it cannot be stored the node resumes on a new one.
            self.jobs.remove(&job);
        }
        let incoming = Incoming { job, news };
        self.gateway
            .settler
            .take(incoming)
            .await
            .map_err(|()| End::Told(Refusal::Busy, String::from("the server is stopping")))
    }
}

/// What a node says of its processes, within the limits of it.
fn bounded(progress: Progress) -> Progress {
    let waits_for = progress.waits_for.map(|it| LockHolder {
        lock: told_command(&it.lock),
        pid: it.pid,
        command: told_command(&it.command),
    });
    Progress { waits_for, ..progress }
}

/// The same for what it killed.
fn trim(outcome: &mut Outcome) {
    outcome.killed.truncate(MAX_KILLED);
    for killed in &mut outcome.killed {
        killed.command = told_command(&killed.command);
    }
}

fn unresumed() -> End {
    End::Told(Refusal::Other, String::from("the node did not say in time what it holds"))
}

fn busy(fault: pilothouse_api::Fault) -> End {
    End::Told(Refusal::Busy, fault.message)
}

async fn send(socket: &mut dyn FrameSocket, frame: &ToAgent) -> Result<(), End> {
    let bytes = encode(frame).map_err(|error| End::Told(Refusal::Protocol, error.to_string()))?;
    socket.send(bytes).await.map_err(|_| End::Gone)
}
