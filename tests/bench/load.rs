//! Load over HTTP/1.1: requests that are written once and sent over connections that are kept, each waiting for its answer.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use pilothouse_client::Credentials;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const REGION: &str = "us-east-1";

/// What a flood showed.
pub struct Flood {
    /// From the first request to the last answer.
    pub took: Duration,
    /// Milliseconds of each request.
    pub latencies: Vec<f64>,
}

/// The address in a URL of plain HTTP.
pub fn host(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches('/')
}

/// A signed operation as it travels. It may be sent again and again: a signature is good for minutes.
#[expect(clippy::disallowed_methods, reason = "a signature carries the true time")]
pub fn signed(url: &str, credentials: &Credentials, target: &str, body: &str) -> anyhow::Result<Vec<u8>> {
    let identity = aws_credential_types::Credentials::new(
        credentials.access_key_id(),
        credentials.secret_access_key(),
        None,
        None,
        "bench",
    )
    .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("ssm")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()?
        .into();
    let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
    let url = format!("{}/", url.trim_end_matches('/'));
    let signable = SignableRequest::new(
        "POST",
        url.as_str(),
        headers.into_iter(),
        SignableBody::Bytes(body.as_bytes()),
    )?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let all: Vec<(&str, &str)> = headers.into_iter().chain(instructions.headers()).collect();
    Ok(plain("POST", host(&url), "/", &all, body))
}

/// A request as it travels.
pub fn plain(method: &str, host: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += &format!("content-length: {}\r\n", body.len());
    }
    (text + "\r\n" + body).into_bytes()
}

/// Sends `count` requests, taking those that are given in turn, over so many connections.
pub async fn flood(
    address: &str,
    requests: Vec<Vec<u8>>,
    count: usize,
    connections: usize,
) -> anyhow::Result<Flood> {
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let requests = Arc::new(requests);
    let began = Instant::now();
    let work = streams.into_iter().enumerate().map(|(i, stream)| {
        let requests = requests.clone();
        tokio::spawn(async move { ask(stream, &requests, (i..count).step_by(connections)).await })
    });
    let mut latencies = Vec::with_capacity(count);
    for done in futures_util::future::join_all(work).await {
        latencies.extend(done??);
    }
    Ok(Flood { took: began.elapsed(), latencies })
}

async fn ask(
    mut stream: TcpStream,
    requests: &[Vec<u8>],
    mine: impl Iterator<Item = usize>,
) -> anyhow::Result<Vec<f64>> {
    let mut buffer = Vec::with_capacity(8192);
    let mut latencies = Vec::new();
    for i in mine {
        let request = requests.get(i % requests.len()).context("no request")?;
        let began = Instant::now();
        stream.write_all(request).await?;
        buffer.clear();
        let end = loop {
            anyhow::ensure!(stream.read_buf(&mut buffer).await? > 0, "the server closed the connection");
            if let Some(end) = end_of(&buffer)? {
                break end;
            }
        };
        latencies.push(began.elapsed().as_secs_f64() * 1e3);
        anyhow::ensure!(buffer.len() == end, "more came than was asked for");
        anyhow::ensure!(
            buffer.starts_with(b"HTTP/1.1 20"),
            "the server answered {}",
            String::from_utf8_lossy(&buffer)
        );
    }
    Ok(latencies)
}

/// Where the answer ends, once its head is there.
fn end_of(answer: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&answer[..head])?;
    let value = |name: &str| {
        text.lines()
            .find_map(|it| it.get(..name.len())?.eq_ignore_ascii_case(name).then(|| it[name.len()..].trim()))
    };
    let Some(length) = value("content-length:") else {
        anyhow::ensure!(value("transfer-encoding:") == Some("chunked"), "an answer without a length");
        return Ok(answer.ends_with(b"\r\n0\r\n\r\n").then_some(answer.len()));
    };
    let length: usize = length.parse()?;
    let end = head + 4 + length;
    Ok((answer.len() >= end).then_some(end))
}
