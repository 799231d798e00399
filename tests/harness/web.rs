//! A web server for what nodes download, with pages that are not as they should be.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a path answers.
#[derive(Clone, Debug)]
pub enum Page {
    /// This, with status 200.
    Text(String),
    /// Less than the header says: the connection ends before.
    Cut(String),
    /// It is elsewhere.
    Moved(String),
    /// This, but only with a header of this line.
    Guarded(&'static str, String),
}

/// A running web server.
pub struct Web {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Web {
    /// Serves these pages by path.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn start(pages: &[(&str, Page)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let pages: HashMap<String, Page> =
            pages.iter().map(|(path, page)| ((*path).to_owned(), page.clone())).collect();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (pages, heard) = (Arc::new(pages), requests.clone());
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, pages.clone(), heard.clone()));
            }
        });
        Self { url, requests, task }
    }

    /// The URL of a path.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What was asked so far, each with its headers.
    ///
    /// # Panics
    /// When a request was not kept whole.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut socket: TcpStream, pages: Arc<HashMap<String, Page>>, heard: Arc<Mutex<Vec<String>>>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let answer = answered(pages.get(&path), &request);
    heard.lock().unwrap().push(request);
    // Who hangs up early does not want it.
    let _ = socket.write_all(answer.as_bytes()).await;
    let _ = socket.shutdown().await;
}

fn answered(page: Option<&Page>, request: &str) -> String {
    let whole = |status: &str, text: &str| {
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len())
    };
    match page {
        Some(Page::Text(text)) => whole("200 OK", text),
        Some(Page::Cut(text)) => {
            let said = text.len() * 2;
            format!("HTTP/1.1 200 OK\r\ncontent-length: {said}\r\nconnection: close\r\n\r\n{text}")
        }
        Some(Page::Moved(to)) => {
            format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        }
        Some(Page::Guarded(line, text)) if request.contains(line) => whole("200 OK", text),
        Some(Page::Guarded(..)) => whole("403 Forbidden", ""),
        None => whole("404 Not Found", ""),
    }
}
