//! Stories of what jobs ask the server for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the story")]

mod rig;

use aws_lc_rs::digest::{SHA256, digest};
use pilothouse_document::{Resolved, SsmReference, SsmValue};
use pilothouse_protocol::{Answer, InvocationState, Job, ToAgent, Want};
use rig::{Link, Server};

const INNER: &str = r#"{"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runShellScript", "name": "says",
    "inputs": {"runCommand": "echo inner {{ssm:/word}}"}}]}"#;

/// A job whose only step runs a document of the server.
fn asking(link: &Link, number: u8) -> Job {
    let document = r#"{"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runDocument", "name": "in", "inputs":
        {"documentType": "SSMDocument", "documentPath": "Inner:3"}}]}"#;
    Job { document: document.into(), parameters: [].into(), ..link.job(number, "") }
}

fn inner(content: &str) -> Answer {
    let word = SsmReference::read("ssm:/word").unwrap();
    let sha256: String =
        digest(&SHA256, content.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Answer::Document {
        name: "Inner".into(),
        version: "3".into(),
        sha256,
        content: content.into(),
        resolved: Resolved::from([(word, SsmValue::Text("word".into()))]),
    }
}

#[tokio::test]
async fn what_was_asked_on_a_link_that_broke_is_asked_again_on_the_next_one() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let job = asking(&link, 1);
    link.says(&ToAgent::Run { job: job.clone() }).await;
    let (first, want) = link.hears_ask().await;
    assert_eq!(want, Want::Document { name: "Inner".into(), version: Some("3".into()) });
    drop(link);
    let mut link = server.linked().await;
    let (again, same) = link.hears_ask().await;
    assert_eq!((again, same), (first, want));
    // A busy server is asked once more; an answer to nothing is passed over.
    link.answers(again, Answer::Later).await;
    link.answers(4711, inner("{}")).await;
    let (second, _) = link.hears_ask().await;
    assert_ne!(second, again);
    link.answers(second, inner(INNER)).await;
    let ended = link.ends(&job).await;
    assert_eq!((ended.outcome.state, ended.text().as_str()), (InvocationState::Success, "inner word\n"));
}

#[tokio::test]
async fn an_agent_that_is_killed_while_it_asks_asks_again() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let job = asking(&link, 1);
    link.says(&ToAgent::Run { job: job.clone() }).await;
    link.hears_ask().await;
    node.kill();
    drop(link);
    node.start();
    let mut link = server.linked().await;
    let (ask, _) = link.hears_ask().await;
    link.answers(ask, inner(INNER)).await;
    assert_eq!(link.ends(&job).await.text(), "inner word\n");
}

#[tokio::test]
async fn what_is_refused_or_is_not_what_was_asked_for_fails_the_step_and_says_why() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let refused = Answer::Refused { message: "you may not".into() };
    let piece = Answer::Piece { total: 1, bytes: vec![1] };
    let mut torn = inner(INNER);
    if let Answer::Document { content, .. } = &mut torn {
        content.push(' ');
    }
    let said = [
        (refused, "you may not"),
        (piece, "something else"),
        (torn, "SHA-256"),
        (Answer::Unknown, "cannot read"),
        (inner("{"), "cannot be read"),
    ];
    for (number, (answer, why)) in (1u8..).zip(said) {
        let job = asking(&link, number);
        link.says(&ToAgent::Run { job: job.clone() }).await;
        let (ask, _) = link.hears_ask().await;
        link.answers(ask, answer).await;
        let outcome = link.ends(&job).await.outcome;
        assert_eq!(outcome.state, InvocationState::Failed);
        assert!(outcome.steps[0].message.contains(why), "{why}: {}", outcome.steps[0].message);
    }
}

#[tokio::test]
async fn a_job_that_is_cancelled_while_it_asks_ends_at_once() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let job = asking(&link, 1);
    link.says(&ToAgent::Run { job: job.clone() }).await;
    link.hears_ask().await;
    link.says(&ToAgent::Cancel { job: job.id.clone() }).await;
    assert_eq!(link.ends(&job).await.outcome.state, InvocationState::Cancelled);
}
