//! A server that only speaks the link, and real agents in directories of their own.
#![allow(dead_code, reason = "each story uses what it needs of the rig")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the story")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use futures_util::{SinkExt, StreamExt};
use pilothouse_protocol::frame::{decode, encode};
use pilothouse_protocol::link::{ServerHandshake, ServerStep};
use pilothouse_protocol::{
    Answer, Claim, CommandId, Held, InstanceId, Job, JobId, Millis, Outcome, Payload, ToAgent, ToServer,
    Verdict, Want,
};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}

/// Waits until `is_true`.
pub async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    soon(what, async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[expect(clippy::disallowed_methods, reason = "these tests are about processes")]
pub fn command(program: &str) -> Command {
    Command::new(program)
}

/// The agent's binary.
pub fn agent() -> Command {
    command(env!("CARGO_BIN_EXE_pilothouse-agent"))
}

/// The server's end.
pub struct Server {
    listener: TcpListener,
    pub url: String,
}

/// A link that is up.
pub struct Link {
    socket: WebSocketStream<TcpStream>,
    pub instance: InstanceId,
    pub held: Vec<Held>,
}

/// What a job became.
pub struct Ended {
    pub outcome: Outcome,
    /// All output that came on this link.
    pub output: Vec<u8>,
    /// Bytes of holes in it.
    pub dropped: u64,
    /// How often it was said to have started.
    pub started: usize,
}

impl Ended {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, url }
    }

    /// Lets the next agent in, without answering what it holds.
    async fn admit(&self) -> Link {
        let (stream, _) = soon("a connection", self.listener.accept()).await.unwrap();
        let socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        let mut link = Link { socket, instance: InstanceId::from_random([0xab; 9]), held: Vec::new() };
        let mut handshake = ServerHandshake::begin([3; 32]);
        loop {
            match handshake.take(link.hears().await).unwrap() {
                ServerStep::Challenge(challenge) => link.says(&challenge).await,
                ServerStep::Verify { greeting, message, signature } => {
                    UnparsedPublicKey::new(&ED25519, &greeting.public_key)
                        .verify(&message, &signature)
                        .unwrap();
                    if let Claim::Known { instance_id } = greeting.claim {
                        assert_eq!(instance_id, link.instance);
                    }
                    break;
                }
            }
        }
        let instance_id = link.instance.clone();
        let now = now();
        link.says(&ToAgent::Welcome { instance_id, heartbeat_seconds: 5, output_window: 256 * 1024, now })
            .await;
        link
    }

    /// Registers an agent in a new directory.
    pub async fn registered(&self) -> Node {
        let node = Node { dir: tempfile::tempdir().unwrap(), child: None };
        let mut register = agent();
        register
            .args([
                "register",
                "--server",
                &self.url,
                "--activation-id",
                "00000000-0000-0000-0000-000000000001",
            ])
            .args(["--activation-code", "code", "--data-dir"])
            .arg(node.dir.path())
            .stdout(Stdio::null());
        let mut child = register.spawn().unwrap();
        drop(self.admit().await);
        assert!(child.wait().unwrap().success());
        node
    }

    /// The next link, whose agent holds jobs of which this much output is stored.
    pub async fn linked_with(&self, stored: impl Fn(&JobId) -> u64) -> Link {
        let mut link = self.admit().await;
        link.held = loop {
            if let ToServer::Holding { jobs } = link.hears().await {
                break jobs;
            }
        };
        let verdict = |held: &Held| Verdict {
            job: held.job.clone(),
            stored_to: stored(&held.job),
            forget: false,
            cancel: false,
        };
        let verdicts = link.held.iter().map(verdict).collect();
        link.says(&ToAgent::Resume { verdicts }).await;
        link
    }

    pub async fn linked(&self) -> Link {
        self.linked_with(|_| 0).await
    }
}

#[expect(clippy::disallowed_methods, reason = "the server's clock is the true one here")]
fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Millis(i64::try_from(since.as_millis()).unwrap())
}

impl Link {
    pub async fn says(&mut self, frame: &ToAgent) {
        self.socket.send(Message::Binary(encode(frame).unwrap().into())).await.unwrap();
    }

    /// The next frame that is no heartbeat.
    pub async fn hears(&mut self) -> ToServer {
        soon("a frame", async {
            loop {
                match self.socket.next().await.unwrap().unwrap() {
                    Message::Binary(bytes) => match decode(&bytes).unwrap() {
                        ToServer::Heartbeat { sequence } => self.says(&ToAgent::Pulse { sequence }).await,
                        frame => return frame,
                    },
                    _ => continue,
                }
            }
        })
        .await
    }

    /// A job of the built-in kind for this node.
    pub fn job(&self, number: u8, script: &str) -> Job {
        let command: CommandId = format!("00000000-0000-0000-0000-0000000000{number:02x}").parse().unwrap();
        let document = r#"{"schemaVersion": "2.2", "parameters": {"commands": {"type": "StringList"}},
            "mainSteps": [{"action": "aws:runShellScript", "name": "script", "inputs": {"runCommand": "{{ commands }}"}}]}"#;
        Job {
            id: JobId { command, instance: self.instance.clone() },
            document_name: "AWS-RunShellScript".into(),
            document: document.into(),
            parameters: [("commands".into(), vec![script.into()])].into(),
            resolved: std::collections::BTreeMap::new(),
            requested_at: now(),
            start_by: now().plus_seconds(600),
        }
    }

    /// The next ask, and what is wanted.
    pub async fn hears_ask(&mut self) -> (u64, Want) {
        loop {
            if let ToServer::Ask { ask, want, .. } = self.hears().await {
                return (ask, want);
            }
        }
    }

    pub async fn answers(&mut self, ask: u64, answer: Answer) {
        self.says(&ToAgent::Answer { ask, answer }).await;
    }

    pub async fn runs(&mut self, number: u8, script: &str) -> Job {
        let job = self.job(number, script);
        self.says(&ToAgent::Run { job: job.clone() }).await;
        job
    }

    /// Waits until a job is in the ledger: the agent says so, or that it has begun, or its end.
    pub async fn hears_that_it_has(&mut self, job: &Job) {
        loop {
            match self.hears().await {
                ToServer::Accepted { job: of } | ToServer::Started { job: of, .. } if of == job.id => return,
                ToServer::Finished { job: of, .. } if of == job.id => return,
                _ => {}
            }
        }
    }

    /// Listens to a job, storing its output, until `is_enough` of what it printed so far.
    pub async fn listens(&mut self, job: &Job, from: u64, is_enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let (mut output, mut end) = (Vec::new(), from);
        while !is_enough(&output) {
            if let ToServer::Output { job: of, chunk } = self.hears().await
                && of == job.id
            {
                assert_eq!(chunk.offset, end, "output comes in order and once");
                end = chunk.end();
                self.says(&ToAgent::Stored { job: of, to: end }).await;
                if let Payload::Data(bytes) = chunk.payload {
                    output.extend(bytes);
                }
            }
        }
        output
    }

    /// Listens to a job until it has ended, and acknowledges it.
    pub async fn ends(&mut self, job: &Job) -> Ended {
        self.ends_from(job, 0).await
    }

    pub async fn ends_from(&mut self, job: &Job, from: u64) -> Ended {
        let (mut output, mut dropped, mut end, mut started) = (Vec::new(), 0, from, 0);
        loop {
            match self.hears().await {
                ToServer::Started { job: of, .. } if of == job.id => started += 1,
                ToServer::Output { job: of, chunk } if of == job.id => {
                    assert_eq!(chunk.offset, end, "output comes in order and once");
                    end = chunk.end();
                    self.says(&ToAgent::Stored { job: of, to: end }).await;
                    match chunk.payload {
                        Payload::Data(bytes) => output.extend(bytes),
                        Payload::Dropped { bytes, .. } => dropped += bytes,
                    }
                }
                ToServer::Finished { job: of, outcome } if of == job.id => {
                    assert_eq!(outcome.output_end, end, "all output comes before the end");
                    self.says(&ToAgent::Acknowledged { job: of }).await;
                    return Ended { outcome, output, dropped, started };
                }
                _ => {}
            }
        }
    }
}

/// A registered agent; killed when it goes out of scope.
pub struct Node {
    dir: TempDir,
    child: Option<Child>,
}

impl Node {
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A file that scripts may write to.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn command(&self) -> Command {
        let mut run = agent();
        run.arg("run").arg("--data-dir").arg(self.dir.path());
        run
    }

    pub fn start(&mut self) {
        self.start_by(self.command());
    }

    /// Starts the agent by a command that becomes it.
    pub fn start_by(&mut self, mut command: Command) {
        self.child = Some(command.stderr(Stdio::null()).spawn().unwrap());
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether a process lives.
pub fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}
