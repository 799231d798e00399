//! Opening the websocket: signed like any request, with refusals that people can read.

use std::time::Duration;

use http::header::{HeaderValue, USER_AGENT};
use pilothouse_trust::{Distrust, is_plain};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, handshake::client::Response};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use crate::call::{Client, fault_of};
use crate::error::{PLAIN, chain};
use crate::sign::{EVENTS, Unsigned, signed};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long a connection may take to come up.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of one message that are taken.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// Why the stream did not come up.
#[derive(Debug)]
pub(super) enum NotUp {
    /// It may next time.
    Yet(String),
    /// Waiting does not mend it.
    Ever(String),
}

impl From<String> for NotUp {
    fn from(why: String) -> Self {
        Self::Yet(why)
    }
}

/// Opens the stream's socket.
pub(super) async fn dial(client: &Client) -> Result<Socket, NotUp> {
    let ever = |error: crate::ClientError| NotUp::Ever(error.to_string());
    let (endpoint, checked) = (client.endpoint(), client.checked());
    let unsigned = Unsigned {
        service: EVENTS,
        method: "GET",
        url: checked.events.as_str(),
        headers: &[("host", checked.host.as_str())],
        body: &[],
    };
    let headers = signed(&unsigned, &endpoint.credentials, &endpoint.region).map_err(ever)?;
    let mut request = checked.events.as_str().into_client_request().map_err(|e| NotUp::Ever(chain(&e)))?;
    request.headers_mut().extend(headers);
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(crate::USER_AGENT));
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0);
    let connecting = connect_async_tls_with_config(request, Some(config), true, checked.connector());
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(not_up(&endpoint.url, error)),
        Err(_) => Err(NotUp::Yet(format!("{} did not answer within {} s", endpoint.url, PATIENCE.as_secs()))),
    }
}

fn not_up(server: &str, error: tungstenite::Error) -> NotUp {
    use tungstenite::Error as E;
    // Names and times can be mended over there; whom to trust is decided here.
    if let Some(distrust @ (Distrust::WrongAuthority(_) | Distrust::UnknownAuthority)) =
        Distrust::behind(&error)
    {
        return NotUp::Ever(format!("{server} is not trusted: {distrust}"));
    }
    if is_plain(&error) {
        return NotUp::Ever(format!("{server} cannot be reached: {PLAIN}"));
    }
    match error {
        E::Http(response) => refused(server, &response),
        E::Url(error) => NotUp::Ever(format!("{server} cannot be dialled: {error}")),
        // It speaks, but no HTTP, or takes the request for something else.
        E::HttpFormat(_) | E::Protocol(_) | E::Utf8(_) | E::AttackAttempt => NotUp::Ever(format!(
            "{server} did not answer as a websocket server does ({error}): is it a Pilothouse server?"
        )),
        other => NotUp::Yet(format!("{server} cannot be reached: {}", chain(&other))),
    }
}

fn refused(server: &str, response: &Response) -> NotUp {
    let status = response.status().as_u16();
    let body = response.body().as_deref().unwrap_or_default();
    let why = match fault_of(status, body) {
        Some(fault) => fault.to_string(),
        None => format!(
            "{server} answered the event stream's request with status {status}: is it a Pilothouse server?"
        ),
    };
    // Time-outs, too early, too many, and what is wrong on the other side, pass.
    if matches!(status, 408 | 425 | 429 | 500..) { NotUp::Yet(why) } else { NotUp::Ever(why) }
}
