//! The baseline of fan-out: a hub that does nothing but pass websocket messages on. One message from the operator goes to all
//! nodes, each node answers with one message, and the hub passes every answer to the operator.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, accept_hdr_async, connect_async};

use crate::figure::ms;
use crate::process::{Program, resident};

/// As many bytes as a job's frame and a result's frame have, roughly.
pub const PAYLOAD: usize = 400;

/// Serves as the hub until it is killed; prints its URL.
#[expect(clippy::print_stdout, reason = "the line that the bench waits for")]
pub async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ws://{}", listener.local_addr()?);
    let (to_nodes, _) = broadcast::channel::<Message>(64);
    let (to_operator, answers) = mpsc::channel::<Message>(1024);
    let answers = Arc::new(tokio::sync::Mutex::new(answers));
    let connected = Arc::new(AtomicUsize::new(0));
    loop {
        let (stream, _): (TcpStream, SocketAddr) = listener.accept().await?;
        let (to_nodes, to_operator, answers, connected) =
            (to_nodes.clone(), to_operator.clone(), answers.clone(), connected.clone());
        tokio::spawn(async move {
            let mut path = String::new();
            #[expect(clippy::result_large_err, reason = "tungstenite's own type")]
            let seen = |request: &tokio_tungstenite::tungstenite::handshake::server::Request, response| {
                request.uri().path().clone_into(&mut path);
                Ok(response)
            };
            let Ok(mut socket) = accept_hdr_async(stream, seen).await else { return };
            if path == "/operator" {
                operate(&mut socket, &to_nodes, &answers, &connected).await;
                return;
            }
            let mut news = to_nodes.subscribe();
            connected.fetch_add(1, Ordering::SeqCst);
            while let Ok(message) = news.recv().await {
                if socket.send(message).await.is_err() {
                    return;
                }
                let Some(Ok(answer)) = socket.next().await else { return };
                if to_operator.send(answer).await.is_err() {
                    return;
                }
            }
        });
    }
}

async fn operate(
    socket: &mut WebSocketStream<TcpStream>,
    to_nodes: &broadcast::Sender<Message>,
    answers: &tokio::sync::Mutex<mpsc::Receiver<Message>>,
    connected: &AtomicUsize,
) {
    let mut answers = answers.lock().await;
    loop {
        tokio::select! {
            asked = socket.next() => match asked {
                Some(Ok(Message::Text(_))) => {
                    let count = connected.load(Ordering::SeqCst).to_string();
                    let _ = socket.send(Message::text(count)).await;
                }
                Some(Ok(message)) => drop(to_nodes.send(message)),
                _ => return,
            },
            Some(answer) = answers.recv() => if socket.send(answer).await.is_err() { return },
        }
    }
}

/// Plays `count` nodes that answer every message with one.
pub async fn answer(url: String, count: usize) -> anyhow::Result<()> {
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (mut socket, _) = connect_async(&url).await?;
        nodes.spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                if message.is_binary() && socket.send(Message::binary(vec![7_u8; PAYLOAD])).await.is_err() {
                    return;
                }
            }
        });
    }
    while nodes.join_next().await.is_some() {}
    Ok(())
}

/// What the bare hub needs.
pub struct Baseline {
    /// Until the first answer was there, in milliseconds, one per round.
    pub first: Vec<f64>,
    /// Until all were.
    pub all: Vec<f64>,
    /// Resident bytes of the hub per node.
    pub bytes_per_node: f64,
}

/// Measures the hub with as many nodes.
pub async fn measure(nodes: usize, rounds: usize) -> anyhow::Result<Baseline> {
    let me = std::env::current_exe()?;
    let mut hub = Program::start(&me, &["hub"], &[])?;
    let url = hub.wait_for(|line| Some(line.to_owned()))?;
    let empty = resident(hub.pid())?;
    let _players = Program::start(&me, &["hub-nodes", &url, &nodes.to_string()], &[])?;
    let (mut operator, _) = connect_async(format!("{url}/operator")).await?;
    wait_for_all(&mut operator, nodes).await?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes_per_node = resident(hub.pid())?.saturating_sub(empty) as f64 / nodes as f64;
    let (mut first, mut all) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let began = Instant::now();
        operator.send(Message::binary(vec![1_u8; PAYLOAD])).await?;
        for n in 0..nodes {
            operator.next().await.context("the hub is gone")??;
            if n == 0 {
                first.push(ms(began.elapsed()));
            }
        }
        all.push(ms(began.elapsed()));
    }
    Ok(Baseline { first, all, bytes_per_node })
}

async fn wait_for_all(
    operator: &mut WebSocketStream<MaybeTlsStream<TcpStream>>,
    nodes: usize,
) -> anyhow::Result<()> {
    loop {
        operator.send(Message::text("how many?")).await?;
        let said = operator.next().await.context("the hub is gone")??;
        if said.to_text()?.parse::<usize>()? >= nodes {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
