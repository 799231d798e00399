//! `POST /`: AWS JSON 1.1, for every operation of the api.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use pilothouse_api::Fault;

use super::answer::{self, Failure};
use super::sigv4::Verifier;
use super::{App, Envelope, body};
use crate::operations;

/// Serves one operation.
pub(super) async fn serve(State(app): State<App>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let target = head.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let outcome = perform(&app, &head, target, body).await;
    let code = outcome.as_ref().err().map_or("ok", Failure::code);
    let request_id = head.extensions.get::<Envelope>().map(|envelope| envelope.id.0.as_str());
    tracing::debug!(target, code, request_id, "operation");
    match outcome {
        Ok(json) => answer::reply(json),
        Err(failure) => failure.into_response(),
    }
}

async fn perform(
    app: &App,
    head: &http::request::Parts,
    target: &str,
    body: Body,
) -> Result<Vec<u8>, Failure> {
    let envelope = head.extensions.get::<Envelope>().ok_or_else(answer::bug)?;
    // Nobody is read a body from before it is known who signed the head.
    let examined = match app.verifier.examine(head) {
        Ok(examined) => examined,
        Err(fault) => {
            body::linger(body);
            return Err(fault.into());
        }
    };
    let place = match app.limits.enter(envelope.peer.0.ip(), examined.access_key_id()) {
        Ok(place) => place,
        Err(fault) => {
            body::linger(body);
            return Err(fault.into());
        }
    };
    let body = body::read(head, body).await?;
    let call = envelope.call(Verifier::verify(examined, &body)?);
    // Not before the signature is known to be true: nobody empties the bucket of another.
    app.limits.take(&call.caller.person(), app.door.clock().now())?;
    let mounted = operations::find(target).ok_or_else(|| unknown(target))?;
    // A task of its own: what was begun is finished, committed and published though the caller hangs up.
    let work = mounted(app.door.clone(), call, body);
    let work = tokio::spawn(async move {
        let _place = place;
        work.await
    });
    let outcome = work.await.map_err(|error| {
        tracing::error!(%error, target, "an operation panicked");
        answer::bug()
    })?;
    Ok(outcome?)
}

fn unknown(target: &str) -> Fault {
    let shown: String = target.chars().take(128).collect();
    Fault::caller("UnknownOperationException", format!("there is no operation '{shown}'"))
}
