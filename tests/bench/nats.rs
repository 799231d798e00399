//! The baseline of fan-out that others use in earnest: nats-server, which passes one message to all subscribers, and their answers
//! to one. In its own text protocol over plain TCP; nothing is stored.

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::figure::{ms, tell};
use crate::hub::{Baseline, PAYLOAD};
use crate::others::{self, free_address};
use crate::process::{Program, resident};

const QUESTION: &str = "command";
const ANSWER: &str = "answers";

/// A connection.
struct Link {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Link {
    /// Connects, and hears what is said under a subject.
    async fn to(address: &str, subject: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        let mut link = Self { reader: BufReader::with_capacity(1024, reader), writer };
        let hello =
            format!("CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\nSUB {subject} 1\r\nPING\r\n");
        link.writer.write_all(hello.as_bytes()).await?;
        let mut line = String::new();
        while line.trim_end() != "PONG" {
            line.clear();
            anyhow::ensure!(link.reader.read_line(&mut line).await? > 0, "nats-server closed the connection");
        }
        Ok(link)
    }

    async fn say(&mut self, subject: &str) -> anyhow::Result<()> {
        let mut text = format!("PUB {subject} {PAYLOAD}\r\n").into_bytes();
        text.resize(text.len() + PAYLOAD, 7);
        text.extend_from_slice(b"\r\n");
        Ok(self.writer.write_all(&text).await?)
    }

    /// Waits for the next message.
    async fn hear(&mut self) -> anyhow::Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            anyhow::ensure!(self.reader.read_line(&mut line).await? > 0, "nats-server closed the connection");
            if let Some(rest) = line.strip_prefix("MSG ") {
                let length: usize =
                    rest.split_whitespace().last().context("a message without a length")?.parse()?;
                let mut payload = vec![0; length + 2];
                self.reader.read_exact(&mut payload).await?;
                return Ok(());
            }
            if line.starts_with("PING") {
                self.writer.write_all(b"PONG\r\n").await?;
            }
        }
    }
}

/// Plays `count` nodes that answer every message with one.
#[expect(clippy::print_stdout, reason = "the line that the bench waits for")]
pub async fn answer(address: String, count: usize) -> anyhow::Result<()> {
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..count {
        let mut link = Link::to(&address, QUESTION).await?;
        nodes.spawn(async move {
            while link.hear().await.is_ok() {
                if link.say(ANSWER).await.is_err() {
                    return;
                }
            }
        });
    }
    println!("ready");
    while nodes.join_next().await.is_some() {}
    Ok(())
}

/// Measures nats-server with as many nodes; `None` where it is not installed.
pub async fn measure(nodes: usize, rounds: usize) -> anyhow::Result<Option<Baseline>> {
    let address = free_address()?;
    let (host, port) = address.split_once(':').context("an address without a port")?;
    let started =
        others::start("nats-server", &["-a", host, "-p", port], tempfile::tempdir()?, &address).await;
    let server = match started {
        Ok(server) => server,
        Err(error) => {
            tell(&format!("without NATS: {error:#}"));
            return Ok(None);
        }
    };
    // What it takes on first use is not a node's.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let empty = resident(server.pid())?;
    let me = std::env::current_exe()?;
    let mut players = Program::start(&me, &["nats-nodes", &address, &nodes.to_string()], &[])?;
    players.wait_for(|line| (line == "ready").then_some(()))?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes_per_node = resident(server.pid())?.saturating_sub(empty) as f64 / nodes as f64;
    let mut operator = Link::to(&address, ANSWER).await?;
    let (mut first, mut all) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let began = Instant::now();
        operator.say(QUESTION).await?;
        for n in 0..nodes {
            operator.hear().await?;
            if n == 0 {
                first.push(ms(began.elapsed()));
            }
        }
        all.push(ms(began.elapsed()));
    }
    Ok(Some(Baseline { first, all, bytes_per_node }))
}
