//! The turnstile: nodes that come back, let in many at a time. While one group is written the next gathers, so the return of a whole
//! fleet is a few dozen transactions, and a single node waits for nobody.
//!
//! In: nodes that have proven a key. Out: who of them is let in. Whoever makes up an id is sent away before anything is written.

use pilothouse_api::Fault;
use tokio::sync::{mpsc, oneshot};

use crate::cx::{Call, Caller};
use crate::door::Door;
use crate::internal::{Admission, AdmitNode, AdmitNodes, Judged, RecognizeNodes, SentAway};

/// Nodes that may wait.
const QUEUE: usize = 4096;
/// Nodes in one transaction.
const GROUP: usize = 256;

/// Why a node is not let in.
pub(super) enum Closed {
    /// It is not to be.
    To(SentAway),
    /// The store failed, or the server stops.
    For(Fault),
}

type Waiting = (AdmitNode, oneshot::Sender<Result<Admission, Closed>>);

/// Lets nodes in.
#[derive(Clone)]
pub(super) struct Turnstile {
    sender: mpsc::Sender<Waiting>,
}

impl Turnstile {
    pub(super) fn start(door: Door) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(door, receiver));
        Self { sender }
    }

    /// Lets a node in, if it is the one whose key it has proven.
    pub(super) async fn admit(&self, node: AdmitNode) -> Result<Admission, Closed> {
        let stopping = || Closed::For(Fault::unavailable("the server is stopping"));
        let (answer, answered) = oneshot::channel();
        self.sender.send((node, answer)).await.map_err(|_| stopping())?;
        answered.await.map_err(|_| stopping())?
    }
}

async fn run(door: Door, mut receiver: mpsc::Receiver<Waiting>) {
    let call = Call::link(Caller::Candidate, "", "links");
    let mut waiting = Vec::with_capacity(GROUP);
    while receiver.recv_many(&mut waiting, GROUP).await > 0 {
        let (nodes, answers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        // Read first: who is unknown makes nobody wait for the one writer.
        let known = door.perform(&call, RecognizeNodes { nodes: nodes.clone() }).await;
        let (nodes, answers) = answered(known, nodes, answers);
        if nodes.is_empty() {
            continue;
        }
        let admitted = door.perform(&call, AdmitNodes { nodes }).await;
        match admitted {
            Ok(admitted) => {
                for (answer, judged) in answers.into_iter().zip(admitted) {
                    // A link may have ended meanwhile.
                    let _ = answer.send(judged.map_err(Closed::To));
                }
            }
            Err(fault) => fail(answers, &fault),
        }
    }
}

type Answers = Vec<oneshot::Sender<Result<Admission, Closed>>>;

/// Answers those who are not known, and gives the others.
fn answered(
    known: Result<Vec<Judged<()>>, Fault>,
    nodes: Vec<AdmitNode>,
    answers: Answers,
) -> (Vec<AdmitNode>, Answers) {
    let known = match known {
        Ok(known) => known,
        Err(fault) => {
            fail(answers, &fault);
            return (Vec::new(), Vec::new());
        }
    };
    let mut left = (Vec::with_capacity(nodes.len()), Vec::with_capacity(nodes.len()));
    for ((node, answer), judged) in nodes.into_iter().zip(answers).zip(known) {
        match judged {
            Ok(()) => {
                left.0.push(node);
                left.1.push(answer);
            }
            Err(sent_away) => drop(answer.send(Err(Closed::To(sent_away)))),
        }
    }
    left
}

fn fail(answers: Answers, fault: &Fault) {
    for answer in answers {
        let _ = answer.send(Err(Closed::For(fault.clone())));
    }
}
