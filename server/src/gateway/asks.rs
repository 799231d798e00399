//! What a node asks for while it runs a job, answered one by one beside everything else on its link.
//!
//! Each ask is judged as if whoever sent the command asked, by that one's permissions at this moment, and only while the job is not
//! over. In the audit trail it is the sender's call, made by the node.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use pilothouse_api::documents::GetDocument;
use pilothouse_api::{Fault, FaultKind};
use pilothouse_protocol::ask::MAX_ASKS;
use pilothouse_protocol::frame::encode;
use pilothouse_protocol::{Answer, JobId, ToAgent, Want};
use tokio::task::JoinSet;

use crate::access::Operator;
use crate::cx::{Call, Caller, Mandate};
use crate::door::Door;
use crate::internal::{
    FindSender, GiveDocument, GivePackage, GivePiece, GivenDocument, GivenPiece, Requester, Sender,
};

/// The asks of one link that are being answered. They end with it: what was left open is asked again on the next one.
pub(super) struct Asks {
    door: Door,
    node: Call,
    answering: JoinSet<ToAgent>,
}

impl Asks {
    /// Of a link, whose node calls by `node`.
    pub(super) fn new(door: Door, node: Call) -> Self {
        Self { door, node, answering: JoinSet::new() }
    }

    /// Begins to answer.
    pub(super) fn take(&mut self, ask: u64, job: JobId, want: Want) {
        let is_busy = self.answering.len() >= MAX_ASKS;
        let (door, node) = (self.door.clone(), self.node.clone());
        self.answering.spawn(async move {
            let answer = if is_busy { Answer::Later } else { answer(&door, &node, job, want).await };
            whole(ToAgent::Answer { ask, answer })
        });
    }

    /// Refuses.
    pub(super) fn refuse(&mut self, ask: u64, message: String) {
        let answer = Answer::Refused { message };
        self.answering.spawn(async move { ToAgent::Answer { ask, answer } });
    }

    /// The next answer that is ready; never, while nothing is asked.
    pub(super) async fn ready(&mut self) -> ToAgent {
        loop {
            match self.answering.join_next().await {
                Some(Ok(frame)) => return frame,
                // The node asks again, on the next link at the latest.
                Some(Err(error)) => tracing::error!(%error, "an ask of a node was not answered"),
                None => std::future::pending().await,
            }
        }
    }
}

/// A frame that fits the link.
fn whole(frame: ToAgent) -> ToAgent {
    match (encode(&frame), frame) {
        (Err(error), ToAgent::Answer { ask, .. }) => {
            ToAgent::Answer { ask, answer: Answer::Refused { message: error.to_string() } }
        }
        (_, frame) => frame,
    }
}

async fn answer(door: &Door, node: &Call, job: JobId, want: Want) -> Answer {
    let sender = match door.perform(node, FindSender { job: job.clone() }).await {
        Ok(sender) => in_the_name_of(sender, &job, door),
        Err(fault) => return refused(&fault),
    };
    let answered = match want {
        Want::Document { name, version } => document(door, &sender, name, version).await,
        Want::Package { name, version, platform, release, architecture } => {
            let give = GivePackage { name, version, platform, release, architecture };
            door.perform(&sender, give).await.map(Answer::Package)
        }
        Want::Piece { sha256, offset } => {
            let given = door.perform(&sender, GivePiece { sha256, offset }).await;
            given.map(|GivenPiece { total, bytes }| Answer::Piece { total, bytes })
        }
        Want::Unknown => Err(Fault::caller("InvalidDocument", "this server does not know what is asked for")),
    };
    answered.unwrap_or_else(|fault| refused(&fault))
}

/// The call of whoever sent the command, made now by the node.
fn in_the_name_of(Sender { requester, region }: Sender, job: &JobId, door: &Door) -> Call {
    let Requester { who, access_key_id, source, armed, .. } = requester;
    Call {
        caller: Caller::Operator(Arc::new(Operator { who, access_key_id, expires_at: None })),
        region,
        request_id: door.dice().uuid(),
        source,
        user_agent: format!("pilothouse-agent on {} for {}", job.instance, job.command),
        mandate: Some(Mandate { armed }),
        ..Call::system()
    }
}

fn refused(fault: &Fault) -> Answer {
    if fault.kind == FaultKind::Unavailable {
        return Answer::Later;
    }
    Answer::Refused { message: fault.message.clone() }
}

async fn document(
    door: &Door,
    sender: &Call,
    name: String,
    version: Option<String>,
) -> Result<Answer, Fault> {
    let document_format = Some(String::from("JSON"));
    let get = GetDocument { name, document_version: version, version_name: None, document_format };
    let GivenDocument { name, version, content, resolved } = door.perform(sender, GiveDocument(get)).await?;
    let sha256 = hex::encode(digest(&SHA256, content.as_bytes()));
    Ok(Answer::Document { name, version, sha256, content, resolved })
}
