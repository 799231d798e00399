//! The listening socket: accepts, speaks TLS when there is a certificate, bounds heads and time, and drains at the end.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

use super::Peer;
use super::gate::Gate;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a request's head may take, and how long a connection may idle between two requests.
const HEAD: Duration = Duration::from_secs(30);
/// The most bytes of a request's head.
const HEAD_BYTES: usize = 32 * 1024;
/// The most headers of a request.
const HEADERS: usize = 64;
/// The most bytes that are read of who speaks plain HTTP where TLS is spoken.
const LEFT: u64 = 1024 * 1024;
/// How long a request that runs when the server stops may take.
const DRAIN: Duration = Duration::from_secs(5);
/// A pause after an accept that failed, mostly for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// A bound socket, and what is spoken on it.
pub struct Front {
    /// Where connections come in.
    pub listener: TcpListener,
    /// TLS, when there is a certificate.
    pub tls: Option<TlsAcceptor>,
}

/// Accepts connections until the gate closes.
pub async fn serve(front: Front, router: Router, mut gate: Gate) {
    loop {
        let accepted = tokio::select! {
            accepted = front.listener.accept() => accepted,
            () = gate.closing() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                tokio::spawn(connection(stream, peer, front.tls.clone(), router.clone(), gate.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    gate: Gate,
) {
    // A keystroke's answer must not wait for a full segment.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return speak(stream, peer, router, gate).await };
    match tokio::time::timeout(HANDSHAKE, shake(&tls, stream)).await {
        Ok(Ok(stream)) => speak(stream, peer, router, gate).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS handshake"),
        Err(_) => tracing::debug!(%peer, "no TLS handshake in time"),
    }
}

/// The handshake. Who speaks plain HTTP is told that this is the wrong language.
async fn shake(tls: &TlsAcceptor, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    if is_plain(&stream).await? {
        refuse_plain(stream).await?;
        return Err(io::Error::other("plain HTTP, where TLS is spoken"));
    }
    tls.accept(stream).await
}

/// Whether a client begins as HTTP does: with a method in capitals, which no record of TLS begins with.
async fn is_plain(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    Ok(stream.peek(&mut first).await? == 1 && first[0].is_ascii_uppercase())
}

/// Says in the client's own language that it is the wrong one, and reads what it still sends: who has bytes left unread is reset,
/// and loses the answer.
async fn refuse_plain(mut stream: TcpStream) -> io::Result<()> {
    let body = r#"{"__type":"TlsRequired","message":"this server speaks TLS here: use https:// instead of http://"}"#;
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(LEFT), &mut tokio::io::sink()).await.map(drop)
}

async fn speak<S>(stream: S, peer: SocketAddr, router: Router, mut gate: Gate)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = gate.closing() => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(DRAIN, connection).await {
                Ok(served) => served,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "a connection broke");
    }
}
