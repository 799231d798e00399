//! `POST /`: AWS JSON 1.1. Every operation of the api is mounted from its declaration, so none can be forgotten.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use pilothouse_api::{Fault, Operation, decode};

use super::answer::{self, Failure};
use super::sigv4::Verifier;
use super::{App, Envelope, body};
use crate::cx::Call;
use crate::door::{Door, Run};

/// Reads a request, carries it out and writes the reply.
type Mounted = fn(Door, Call, Bytes) -> BoxFuture<'static, Result<Vec<u8>, Fault>>;

macro_rules! mounted {
    ($($request:path,)*) => {
        &[$((<$request as Operation>::TARGET, mount::<$request> as Mounted)),*]
    };
}

/// Every operation by its `X-Amz-Target`.
const MOUNTED: &[(&str, Mounted)] = pilothouse_api::for_each_operation!(mounted);

fn mount<O: Run>(door: Door, call: Call, body: Bytes) -> BoxFuture<'static, Result<Vec<u8>, Fault>> {
    Box::pin(async move {
        let operation = decode::<O>(&body)?;
        drop(body);
        let reply = door.perform(&call, operation).await?;
        serde_json::to_vec(&reply).map_err(|error| {
            tracing::error!(%error, operation = O::NAME, "a reply cannot be written as JSON");
            answer::bug()
        })
    })
}

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
    let body = body::read(head, body).await?;
    let call = envelope.call(Verifier::verify(examined, &body)?);
    let (_, mounted) = MOUNTED.iter().find(|(name, _)| *name == target).ok_or_else(|| unknown(target))?;
    // A task of its own: what was begun is finished, committed and published though the caller hangs up.
    let work = tokio::spawn(mounted(app.door.clone(), call, body));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_api_is_mounted_under_its_own_name() {
        let mounted: Vec<&str> = MOUNTED.iter().map(|(target, _)| *target).collect();
        let declared: Vec<&str> =
            pilothouse_api::OPERATIONS.iter().map(|operation| operation.target).collect();
        assert_eq!(mounted, declared);
    }
}
