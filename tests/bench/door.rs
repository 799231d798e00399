//! What a signature, a policy and a record cost at the door: requests per second of small operations, signed and authorized, beside
//! the unsigned health route of the same server.

use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use pilothouse_api::access::{AttachPolicy, CreateAccessKey, CreateUser};
use pilothouse_api::nodes::DescribeInstanceInformation;
use pilothouse_client::Credentials;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::figure::{percentile, print, tell};
use crate::process::cpu;
use crate::stand::Stand;

/// Connections that are used at a time.
const CONNECTIONS: usize = 8;
/// The ready-made policy that the user has.
const POLICY: &str = "viewer";
const REGION: &str = "us-east-1";

/// Runs it: `requests` of each kind, in rounds that take turns, so that what disturbs the machine disturbs all alike.
pub async fn run(requests: usize, rounds: usize) -> anyhow::Result<()> {
    let stand = Stand::start(1).await?;
    let node = stand.client.call(&DescribeInstanceInformation::default()).await?;
    let node = node.instance_information_list.first().context("no node")?.instance_id.clone();
    let root = stand.client.endpoint().credentials.clone();
    let user = viewer(&stand).await?;
    let url = stand.client.endpoint().url.clone();
    let kinds = [
        ("health, unsigned", None, String::new()),
        ("DescribeServer, signed", Some((&root, "Pilothouse.DescribeServer")), String::from("{}")),
        (
            "GetConnectionStatus, signed, by policy",
            Some((&user, "AmazonSSM.GetConnectionStatus")),
            format!(r#"{{"Target":"{node}"}}"#),
        ),
    ];
    let mut rates: [Vec<f64>; 3] = Default::default();
    let mut costs: [Vec<f64>; 3] = Default::default();
    for round in 1..=rounds {
        for (at, (name, signer, body)) in kinds.iter().enumerate() {
            let request = match signer {
                None => format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", host(&url)),
                Some((credentials, target)) => signed(&url, credentials, target, body)?,
            };
            let before = cpu(stand.server.pid())?;
            let took = flood(host(&url), request.as_bytes(), requests).await?;
            let used = cpu(stand.server.pid())? - before;
            #[expect(clippy::cast_precision_loss, reason = "figures")]
            let (rate, cost) = (requests as f64 / took.as_secs_f64(), used as f64 / requests as f64 / 1e3);
            tell(&format!("round {round}: {name}: {rate:.0} per second, {cost:.0} µs of CPU"));
            rates[at].push(rate);
            costs[at].push(cost);
        }
    }
    let floor = percentile(&rates[0], 0.5);
    for (at, (name, ..)) in kinds.iter().enumerate() {
        let rate = percentile(&rates[at], 0.5);
        print("door", 1, &format!("{name}: requests"), "per second", rate);
        print("door", 1, &format!("{name}: server CPU"), "µs per request", percentile(&costs[at], 0.5));
        print("door", 1, &format!("{name}: slower than health"), "times", floor / rate);
    }
    Ok(())
}

/// A user who may look at everything, by a ready-made policy.
async fn viewer(stand: &Stand) -> anyhow::Result<Credentials> {
    let user_name = String::from("bench");
    stand.client.call(&CreateUser { user_name: user_name.clone(), ..CreateUser::default() }).await?;
    let attach = AttachPolicy { policy_name: POLICY.into(), principal: format!("user/{user_name}") };
    stand.client.call(&attach).await?;
    let key = stand.client.call(&CreateAccessKey { user_name }).await?;
    Ok(Credentials::new(key.access_key.access_key_id, key.secret_access_key))
}

fn host(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches('/')
}

/// A signed request as it travels. It may be sent again and again: a signature is good for minutes.
#[expect(clippy::disallowed_methods, reason = "a signature carries the true time")]
fn signed(url: &str, credentials: &Credentials, target: &str, body: &str) -> anyhow::Result<String> {
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
    let mut text = format!("POST / HTTP/1.1\r\nhost: {}\r\n", host(&url));
    for (name, value) in headers.into_iter().chain(instructions.headers()) {
        text += &format!("{name}: {value}\r\n");
    }
    Ok(text + &format!("content-length: {}\r\n\r\n{body}", body.len()))
}

/// Sends the request so many times over all connections, each waiting for its answer; how long it took.
async fn flood(address: &str, request: &[u8], requests: usize) -> anyhow::Result<Duration> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        connections.push(stream);
    }
    let began = Instant::now();
    let work = connections.into_iter().map(|stream| {
        let request = request.to_vec();
        tokio::spawn(async move { ask(stream, &request, requests / CONNECTIONS).await })
    });
    for done in futures_util::future::join_all(work).await {
        done??;
    }
    Ok(began.elapsed())
}

async fn ask(mut stream: TcpStream, request: &[u8], times: usize) -> anyhow::Result<()> {
    let mut buffer = Vec::with_capacity(4096);
    for _ in 0..times {
        stream.write_all(request).await?;
        buffer.clear();
        let end = loop {
            anyhow::ensure!(stream.read_buf(&mut buffer).await? > 0, "the server closed the connection");
            if let Some(end) = end_of(&buffer)? {
                break end;
            }
        };
        anyhow::ensure!(buffer.len() == end, "more came than was asked for");
        anyhow::ensure!(
            buffer.starts_with(b"HTTP/1.1 200"),
            "the server answered {}",
            String::from_utf8_lossy(&buffer)
        );
    }
    Ok(())
}

/// Where the answer ends, once its head is there.
fn end_of(answer: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&answer[..head])?.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.context("an answer without a length")?.trim().parse()?;
    let end = head + 4 + length;
    Ok((answer.len() >= end).then_some(end))
}
