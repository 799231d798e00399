//! The operators' door, and the socket that both doors share: the only room that knows HTTP.
//!
//! ```text
//!   accept (TCP, TLS, limits) ─▶ POST /        ─▶ sigv4 ─▶ operations, query ─▶ the core's door
//!                                GET events    ─▶ sigv4 ─▶ events (websocket) ─▶ Follow through the core's door
//!                                GET link      ─▶ agents (websocket) ─▶ the agents' door
//!                                /healthz, /readyz
//! ```
//!
//! In: requests of AWS's SDKs and CLI (AWS JSON 1.1, for STS the query protocol; SigV4), of the cockpit, and agents' websockets. Out: replies and faults in
//! AWS's form, each with its `x-amzn-RequestId`. Everything is bounded: heads, bodies, times, messages.
//!
//! Never here: rules of operations, what a frame means, SQL.

mod accept;
mod agents;
mod answer;
mod body;
mod events;
mod floods;
mod gate;
mod health;
mod limits;
mod operations;
mod query;
mod sigv4;

#[cfg(test)]
mod refusals;
#[cfg(test)]
mod stories;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use http::HeaderName;
use http::header::HeaderValue;
use pilothouse_api::Fault;
use pilothouse_api::topics::EVENTS_PATH;
use pilothouse_protocol::frame::LINK_PATH;
use tower_http::catch_panic::CatchPanicLayer;

pub use accept::{Front, serve};
pub use gate::{Closer, Gate, gate};
#[cfg(fuzzing)]
pub use sigv4::reads_signature;

use crate::access::Keyring;
use crate::config;
use crate::cx::Call;
use crate::door::Door;
use crate::wire::AgentDoor;
use floods::Floods;
use limits::Limits;
use sigv4::{Signer, Verifier};

/// Found on every answer, and in the server's log and audit trail.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Characters of a client's name for itself that are kept.
const USER_AGENT: usize = 256;

/// What the handlers share.
#[derive(Clone)]
struct App {
    door: Door,
    agents: Arc<dyn AgentDoor>,
    verifier: Arc<Verifier>,
    gate: Gate,
    limits: Arc<Limits>,
    floods: Arc<Floods>,
}

impl App {
    /// What the limits say to a call whose signature is true; that it is turned away is recorded.
    fn limited<T>(&self, call: &Call, said: Result<T, Fault>) -> Result<T, Fault> {
        said.inspect_err(|_| self.floods.note(call, self.door.clock().now()))
    }
}

/// Where a connection comes from; put into each of its requests.
#[derive(Clone, Copy, Debug)]
struct Peer(SocketAddr);

/// The id of a request; put into each.
#[derive(Clone, Debug)]
struct RequestId(String);

/// What a handler knows of the request beside its head and body.
#[derive(Clone, Debug)]
struct Envelope {
    peer: Peer,
    id: RequestId,
    user_agent: String,
}

impl Envelope {
    /// The call of a request whose signer is known.
    fn call(&self, signer: Signer) -> Call {
        Call {
            caller: signer.caller,
            region: signer.region,
            request_id: self.id.0.clone(),
            source: self.peer.0.ip().to_string(),
            user_agent: self.user_agent.clone(),
            ..Call::system()
        }
    }
}

/// Everything that is served, mounted. Must be called inside a tokio runtime.
pub fn router(
    door: Door,
    agents: Arc<dyn AgentDoor>,
    keyring: Keyring,
    gate: Gate,
    limits: config::Limits,
) -> Router {
    let verifier = Arc::new(Verifier::new(keyring, door.clock().clone()));
    let limits = Arc::new(Limits::new(limits));
    let floods = Arc::new(Floods::default());
    tokio::spawn(floods::keep(floods.clone(), door.clone(), gate.clone()));
    let app = App { door, agents, verifier, gate, limits, floods };
    Router::new()
        .route("/", post(operations::serve))
        .route(EVENTS_PATH, get(events::open))
        .route(LINK_PATH, get(agents::open))
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::ready))
        .fallback(answer::nothing_here)
        .method_not_allowed_fallback(answer::nothing_here)
        .layer(CatchPanicLayer::custom(answer::panicked))
        .layer(middleware::from_fn_with_state(app.clone(), stamp))
        .with_state(app)
}

/// Gives the request its id, and the answer too.
async fn stamp(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = app.door.dice().uuid();
    if let Some(peer) = request.extensions().get::<Peer>().copied() {
        let user_agent = user_agent(request.headers());
        request.extensions_mut().insert(Envelope { peer, id: RequestId(id.clone()), user_agent });
    }
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// What a client says it is, as far as it is short and plain.
fn user_agent(headers: &http::HeaderMap) -> String {
    let said =
        headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.chars().take(USER_AGENT).collect()
}
