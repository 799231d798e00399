//! A receiver of webhooks, which can be made to refuse for a while.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What was posted.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Request line and headers.
    pub head: String,
    /// The body as it came.
    pub body: String,
    /// What it was answered.
    pub status: u16,
}

impl Posted {
    /// A header's value; empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let pairs = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut found = pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// The body.
    ///
    /// # Panics
    /// When it is no JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A running receiver.
pub struct Hook {
    url: String,
    status: Arc<AtomicU16>,
    posted: Arc<Mutex<Vec<Posted>>>,
    task: JoinHandle<()>,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hook {
    /// Listens, and answers 200.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (status, posted) = (Arc::new(AtomicU16::new(200)), Arc::new(Mutex::new(Vec::new())));
        let (said, heard) = (status.clone(), posted.clone());
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, said.clone(), heard.clone()));
            }
        });
        Self { url, status, posted, task }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers so from now on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// What was posted so far, in order.
    ///
    /// # Panics
    /// When a post was not kept whole.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }

    /// What it took, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<Posted> {
        self.posted().into_iter().filter(|it| it.status == 200).collect()
    }
}

async fn serve(mut socket: TcpStream, status: Arc<AtomicU16>, heard: Arc<Mutex<Vec<Posted>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let status = status.load(Ordering::SeqCst);
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut posted = Posted { head, body: String::new(), status };
    let mut body = vec![0; posted.header("content-length").parse().unwrap_or(0)];
    if socket.read_exact(&mut body).await.is_err() {
        return;
    }
    posted.body = String::from_utf8_lossy(&body).into_owned();
    heard.lock().unwrap().push(posted);
    let answer = format!("HTTP/1.1 {status} So\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    // Who hangs up early does not want it.
    let _ = socket.write_all(answer.as_bytes()).await;
}
