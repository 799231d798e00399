//! The bytes of every frame, kept for good: agents in the field are older than the server, and must be understood.
//!
//! `golden/v<version>/<direction>/<frame>.hex` holds a frame as that version wrote it. Files are added and never edited: a test that
//! fails here says that a change breaks agents which are out there. `PILOTHOUSE_ADD_GOLDEN=1 cargo test -p pilothouse-protocol`
//! writes the files that are missing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test")]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use pilothouse_document::{Resolved, SsmReference, SsmValue};
use pilothouse_protocol::frame::{PROTOCOL_VERSION, decode, encode};
use pilothouse_protocol::{
    ActivationId, Answer, Chunk, Claim, CommandId, Facts, Held, InstanceId, InvocationState, Job, JobId,
    Killed, LockHolder, Lost, Millis, Outcome, PackageAnswer, Payload, Phase, Platform, ProcessState,
    Progress, Refusal, StepResult, StepState, Stream, ToAgent, ToServer, Verdict, Want,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn instance() -> InstanceId {
    "mi-0123456789abcdef0".parse().unwrap()
}

fn job() -> JobId {
    let command: CommandId = "0b7f5f0e-2f6f-4f0e-9a53-6d0a3f9b1c2d".parse().unwrap();
    JobId { command, instance: instance() }
}

fn facts() -> Facts {
    Facts {
        agent_version: "0.1.0".into(),
        platform: Some(Platform::Linux),
        platform_name: "Debian GNU/Linux".into(),
        platform_version: "12".into(),
        architecture: "x86_64".into(),
        computer_name: "web-01".into(),
        ip_address: "10.0.0.4".into(),
        kernel: "6.1.0-28-amd64".into(),
        boot_id: "5f0c9d2e".into(),
        cpus: 4,
        memory_bytes: 8_589_934_592,
        tags: [("env".into(), "prod".into())].into(),
    }
}

fn step() -> StepResult {
    StepResult {
        index: 0,
        name: "runShellScript".into(),
        action: "aws:runShellScript".into(),
        state: StepState::Failed,
        code: 3,
        started_at: Millis(1_764_000_000_000),
        finished_at: Millis(1_764_000_001_500),
        message: "the script ended with exit code 3".into(),
    }
}

/// An end, as it is told when nothing was killed.
fn outcome() -> Outcome {
    Outcome {
        state: InvocationState::Failed,
        steps: vec![step()],
        finished_at: Millis(1_764_000_001_501),
        output_end: 4101,
        message: String::new(),
        killed: Vec::new(),
        killed_count: 0,
    }
}

fn killed() -> Outcome {
    let killed = |pid, command: &str, survived| Killed { pid, command: command.into(), survived };
    Outcome {
        state: InvocationState::Cancelled,
        killed: vec![killed(4250, "dd if=/dev/sdb", true), killed(4242, "/bin/sh _script.sh", false)],
        killed_count: 2,
        ..outcome()
    }
}

fn progress() -> Progress {
    let lock = String::from("/var/lib/dpkg/lock-frontend");
    Progress {
        at: Millis(1_764_000_005_000),
        step: 1,
        pid: Some(4242),
        state: ProcessState::Sleeping,
        processes: 3,
        quiet_seconds: 180,
        waits_for: Some(LockHolder { lock, pid: Some(812), command: "apt-get upgrade".into() }),
    }
}

fn to_server() -> Vec<(&'static str, ToServer)> {
    let activation_id: ActivationId = "7c1e2a64-93a1-4a57-8d0e-2f6b1f0c9d3e".parse().unwrap();
    let hello = |claim| ToServer::Hello {
        protocol: 1,
        claim,
        public_key: (0..32).collect(),
        fingerprint: "f00d".into(),
        facts: facts(),
    };
    let output = |offset, payload| ToServer::Output {
        job: job(),
        chunk: Chunk { offset, step: 0, stream: Stream::Stderr, at: Millis(1_764_000_000_250), payload },
    };
    let ask = |want| ToServer::Ask { ask: 5, job: job(), want };
    let queued = Progress {
        step: 0,
        pid: None,
        state: ProcessState::Queued,
        processes: 0,
        quiet_seconds: 0,
        waits_for: None,
        ..progress()
    };
    let holding = |phase| ToServer::Holding { jobs: vec![Held { job: job(), phase, output_end: 4101 }] };
    vec![
        ("hello-enrol", hello(Claim::Enrol { activation_id, activation_code: "s3cret".into() })),
        ("hello-known", hello(Claim::Known { instance_id: instance() })),
        ("proof", ToServer::Proof { signature: (0..64).rev().collect() }),
        ("holding", holding(Phase::Started)),
        ("holding-rebooting", holding(Phase::Rebooting { boot_id: "5f0c9d2e".into() })),
        ("heartbeat", ToServer::Heartbeat { sequence: 70_000 }),
        ("facts", ToServer::Facts { facts: facts() }),
        ("accepted", ToServer::Accepted { job: job() }),
        ("started", ToServer::Started { job: job(), at: Millis(1_764_000_000_000), pid: Some(4242) }),
        ("progress", ToServer::Progress { job: job(), progress: progress() }),
        ("progress-queued", ToServer::Progress { job: job(), progress: queued }),
        ("output-data", output(5, Payload::Data(vec![b'a', 0, 255, 27, b'\n']))),
        ("output-dropped", output(10, Payload::Dropped { bytes: 4091, lines: 17, why: Lost::Spool })),
        ("step", ToServer::Step { job: job(), result: step() }),
        ("finished", ToServer::Finished { job: job(), outcome: outcome() }),
        ("finished-killed", ToServer::Finished { job: job(), outcome: killed() }),
        ("ask-document", ask(Want::Document { name: "site-update".into(), version: Some("3".into()) })),
        (
            "ask-package",
            ask(Want::Package {
                name: "pilot".into(),
                version: None,
                platform: "debian".into(),
                release: "12".into(),
                architecture: "x86_64".into(),
            }),
        ),
        ("ask-piece", ask(Want::Piece { sha256: "ab".repeat(32), offset: 262_144 })),
    ]
}

fn to_agent() -> Vec<(&'static str, ToAgent)> {
    let run = Job {
        id: job(),
        document_name: "AWS-RunShellScript".into(),
        document: r#"{"schemaVersion":"1.2"}"#.into(),
        parameters: [("commands".into(), vec!["uptime".into()])].into(),
        resolved: Resolved::new(),
        requested_at: Millis(1_764_000_000_000),
        start_by: Millis(1_764_003_600_000),
    };
    let resolved: Resolved = [
        (SsmReference::read("ssm:/web/port:3").unwrap(), SsmValue::Text("8080".into())),
        (SsmReference::read("ssm:/web/names").unwrap(), SsmValue::List(vec!["a".into(), "b".into()])),
    ]
    .into();
    let run_resolved = Job { resolved, ..run.clone() };
    let package = PackageAnswer {
        name: "pilot".into(),
        version: "1.2.0".into(),
        document_hash: "cd".repeat(32),
        file: "pilot-linux.zip".into(),
        sha256: "ab".repeat(32),
        size: 300_000,
    };
    let document = Answer::Document {
        name: "site-update".into(),
        version: "3".into(),
        sha256: "ef".repeat(32),
        content: r#"{"schemaVersion":"2.2"}"#.into(),
        resolved: Resolved::new(),
    };
    let resolving = Answer::Document {
        name: "site-update".into(),
        version: "3".into(),
        sha256: "ef".repeat(32),
        content: "{}".into(),
        resolved: run_resolved.resolved.clone(),
    };
    let answer = |answer| ToAgent::Answer { ask: 5, answer };
    let verdict = Verdict { job: job(), stored_to: 4101, forget: false, cancel: true };
    vec![
        ("challenge", ToAgent::Challenge { protocol: 1, nonce: (100..132).collect() }),
        (
            "welcome",
            ToAgent::Welcome {
                instance_id: instance(),
                heartbeat_seconds: 15,
                output_window: 1_048_576,
                now: Millis(1_764_000_000_000),
            },
        ),
        ("refused", ToAgent::Refused { reason: Refusal::Busy, message: "the server is stopping".into() }),
        ("pulse", ToAgent::Pulse { sequence: 70_000 }),
        ("resume", ToAgent::Resume { verdicts: vec![verdict] }),
        ("run", ToAgent::Run { job: run }),
        ("run-resolved", ToAgent::Run { job: run_resolved }),
        ("cancel", ToAgent::Cancel { job: job() }),
        ("stored", ToAgent::Stored { job: job(), to: 4101 }),
        ("acknowledged", ToAgent::Acknowledged { job: job() }),
        ("answer-document", answer(document)),
        ("answer-document-resolved", answer(resolving)),
        ("answer-package", answer(Answer::Package(package))),
        ("answer-piece", answer(Answer::Piece { total: 300_000, bytes: vec![0, 255, 27, 10] })),
        ("answer-refused", answer(Answer::Refused { message: "no such document".into() })),
        ("answer-later", answer(Answer::Later)),
    ]
}

/// A frame that is added must be kept here too: the compiler asks for it.
fn is_kept(frame: &ToServer) -> bool {
    match frame {
        ToServer::Hello { .. }
        | ToServer::Proof { .. }
        | ToServer::Holding { .. }
        | ToServer::Heartbeat { .. }
        | ToServer::Facts { .. }
        | ToServer::Accepted { .. }
        | ToServer::Started { .. }
        | ToServer::Progress { .. }
        | ToServer::Output { .. }
        | ToServer::Step { .. }
        | ToServer::Finished { .. }
        | ToServer::Ask { .. } => true,
        ToServer::Unknown => false,
    }
}

fn is_kept_too(frame: &ToAgent) -> bool {
    match frame {
        ToAgent::Challenge { .. }
        | ToAgent::Welcome { .. }
        | ToAgent::Refused { .. }
        | ToAgent::Pulse { .. }
        | ToAgent::Resume { .. }
        | ToAgent::Run { .. }
        | ToAgent::Cancel { .. }
        | ToAgent::Stored { .. }
        | ToAgent::Acknowledged { .. }
        | ToAgent::Answer { .. } => true,
        ToAgent::Unknown => false,
    }
}

fn folder(version: u16, direction: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/v{version}/{direction}"))
}

fn read(path: &Path) -> Vec<u8> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}

fn add(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let lines: String = bytes.chunks(32).map(|line| hex::encode(line) + "\n").collect();
    fs::write(path, lines).unwrap();
}

fn compare<F: Serialize + DeserializeOwned + PartialEq + Debug>(direction: &str, frames: Vec<(&str, F)>) {
    let folder = folder(PROTOCOL_VERSION, direction);
    for (name, frame) in &frames {
        let path = folder.join(format!("{name}.hex"));
        let today = encode(frame).unwrap();
        if !path.exists() && std::env::var_os("PILOTHOUSE_ADD_GOLDEN").is_some() {
            add(&path, &today);
        }
        let kept = read(&path);
        assert_eq!(decode::<F>(&kept).unwrap(), *frame, "{name} of old is read differently today");
        assert_eq!(hex::encode(today), hex::encode(&kept), "{name} is written differently today");
        let newer = with_one_member_more(&kept);
        assert_eq!(
            decode::<F>(&newer).unwrap(),
            *frame,
            "{name} of a newer peer has a member that is not ignored"
        );
    }
    let kept: BTreeSet<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let known: BTreeSet<_> = frames.iter().map(|(name, _)| format!("{name}.hex")).collect();
    assert_eq!(kept, known);
}

/// The same map with `later: ["x"]` in it.
fn with_one_member_more(frame: &[u8]) -> Vec<u8> {
    let members = frame[0] & 0x0f;
    assert!(frame[0] & 0xf0 == 0x80 && members < 15, "a frame is a small map");
    let mut newer = vec![0x80 | (members + 1)];
    newer.extend_from_slice(&frame[1..]);
    newer.extend_from_slice(b"\xa5later\x91\xa1x");
    newer
}

#[test]
fn what_agents_say_is_written_and_read_as_ever() {
    let frames = to_server();
    assert!(frames.iter().all(|(_, frame)| is_kept(frame)));
    compare("to-server", frames);
}

#[test]
fn what_servers_say_is_written_and_read_as_ever() {
    let frames = to_agent();
    assert!(frames.iter().all(|(_, frame)| is_kept_too(frame)));
    compare("to-agent", frames);
}

#[test]
fn members_within_members_may_be_added_and_left_out() {
    #[derive(Serialize)]
    struct NewerVerdict {
        job: JobId,
        later: Vec<u8>,
        stored_to: u64,
        forget: bool,
        cancel: bool,
    }
    #[derive(Serialize)]
    #[serde(tag = "frame")]
    enum Newer {
        Resume { verdicts: Vec<NewerVerdict> },
        Started { job: JobId, at: Millis },
        Telepathy { thought: String },
    }
    let verdict = NewerVerdict { job: job(), later: vec![1], stored_to: 7, forget: true, cancel: false };
    let resume = encode(&Newer::Resume { verdicts: vec![verdict] }).unwrap();
    let read = Verdict { job: job(), stored_to: 7, forget: true, cancel: false };
    assert_eq!(decode::<ToAgent>(&resume).unwrap(), ToAgent::Resume { verdicts: vec![read] });
    let started = encode(&Newer::Started { job: job(), at: Millis(1) }).unwrap();
    assert_eq!(
        decode::<ToServer>(&started).unwrap(),
        ToServer::Started { job: job(), at: Millis(1), pid: None }
    );
    let wants = |want: &str| serde_json::json!({ "frame": "Ask", "ask": 1, "job": job(), "want": { "want": want, "of": [1] } });
    let ask = encode(&wants("Thoughts")).unwrap();
    assert_eq!(decode::<ToServer>(&ask).unwrap(), ToServer::Ask { ask: 1, job: job(), want: Want::Unknown });
    let strange = encode(&Newer::Telepathy { thought: "x".into() }).unwrap();
    assert_eq!(decode::<ToServer>(&strange).unwrap(), ToServer::Unknown);
    assert_eq!(decode::<ToAgent>(&strange).unwrap(), ToAgent::Unknown);
}

#[test]
fn no_bytes_make_a_reader_panic() {
    use proptest::prelude::*;
    proptest!(|(bytes in proptest::collection::vec(any::<u8>(), 0..256), at in 0..256usize)| {
        let _ = decode::<ToServer>(&bytes);
        let _ = decode::<ToAgent>(&bytes);
        // And near a real frame, where it gets further.
        for (_, frame) in to_server() {
            let mut real = encode(&frame).unwrap();
            let at = at % real.len();
            real.splice(at..at + 1, bytes.iter().take(4).copied());
            let _ = decode::<ToServer>(&real);
        }
    });
}
