//! A receiver of notifications, for tests: answers as it is told, and keeps what it was sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The receiver; serves until the test's runtime ends.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<VecDeque<String>>>,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        });
        found.unwrap_or_default()
    }
}

impl Receiver {
    /// Listens; answers `200 OK` when nothing else is said.
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { url, seen: Arc::default(), answers: Arc::default() };
        let served = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(served.clone().serve(stream));
            }
        });
        receiver
    }

    /// The next answers: a status line with headers, or nothing at all if empty.
    pub(crate) fn answer(&self, answers: &[&str]) {
        self.answers.lock().unwrap().extend(answers.iter().map(|it| (*it).to_owned()));
    }

    /// What came.
    pub(crate) fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        let (head, length) = loop {
            let mut part = [0; 4096];
            let Ok(n @ 1..) = stream.read(&mut part).await else { return };
            bytes.extend_from_slice(&part[..n]);
            let text = String::from_utf8_lossy(&bytes);
            if let Some((head, _)) = text.split_once("\r\n\r\n") {
                let it = Received { head: head.to_owned(), body: String::new() };
                break (it.head.clone(), it.header("content-length").parse::<usize>().unwrap());
            }
        };
        let begin = head.len() + 4;
        while bytes.len() < begin + length {
            let mut part = [0; 4096];
            let Ok(n @ 1..) = stream.read(&mut part).await else { return };
            bytes.extend_from_slice(&part[..n]);
        }
        let body = String::from_utf8_lossy(&bytes[begin..]).into_owned();
        self.seen.lock().unwrap().push(Received { head, body });
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.unwrap_or_else(|| String::from("HTTP/1.1 200 OK"));
        if answer.is_empty() {
            return std::future::pending().await;
        }
        let answer = format!("{answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}
