//! `POST /`: AWS JSON 1.1, for every operation of the api.

use std::future::poll_fn;
use std::task::Poll;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use pilothouse_api::{Fault, OPERATIONS, OperationInfo};

use super::answer::{self, Failure};
use super::limits::RequestPlace;
use super::sigv4::Service;
use super::{App, Envelope, body, query};
use crate::cx::Call;
use crate::operations;

/// Serves one operation.
pub(super) async fn serve(State(app): State<App>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if query::is_query(&head) {
        return query::serve(&app, &head, body).await;
    }
    let target = head.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let outcome = perform(&app, &head, target, body).await;
    note(&head, target, outcome.as_ref().err());
    match outcome {
        Ok(json) => answer::reply(json),
        Err(failure) => failure.into_response(),
    }
}

/// Writes an operation's end to the log.
pub(super) fn note(head: &Parts, target: &str, failure: Option<&Failure>) {
    let code = failure.map_or("ok", Failure::code);
    let request_id = head.extensions.get::<Envelope>().map(|envelope| envelope.id.as_str());
    tracing::debug!(target, code, request_id, "operation");
}

/// A request whose signature is true, with its place among those that are in work.
pub(super) struct Admitted {
    pub(super) call: Call,
    pub(super) body: Bytes,
    pub(super) place: RequestPlace,
}

/// Admits a request that is signed for the service.
pub(super) async fn admit(
    app: &App,
    head: &Parts,
    body: Body,
    service: Service,
) -> Result<Admitted, Failure> {
    let envelope = head.extensions.get::<Envelope>().ok_or_else(answer::bug)?;
    // Nobody is read a body from before it is known who signed the head.
    let entered = async {
        let examined = app.verifier.examine(head, service).await?;
        let place = app.limits.enter(envelope.peer.0.ip(), examined.access_key_id())?;
        let held = app.limits.hold_body(body::length(head))?;
        Ok::<_, Fault>((examined, place, held))
    };
    let (examined, place, held) = match entered.await {
        Ok(entered) => entered,
        Err(fault) => {
            body::linger(body);
            return Err(fault.into());
        }
    };
    let body = body::read(head, body).await?;
    let call = envelope.call(app.verifier.verify(examined, &body)?);
    drop(held);
    // Not before the signature is known to be true: nobody empties the bucket of another.
    let taken = app.limits.take(&call.caller.person(), app.door.clock().now());
    app.limited(&call, taken)?;
    Ok(Admitted { call, body, place })
}

async fn perform(app: &App, head: &Parts, target: &str, body: Body) -> Result<Bytes, Failure> {
    let info = OPERATIONS.iter().find(|it| it.target == target);
    let service = info.map_or(Service::Ssm, |it| Service::of_permission(it.permission));
    let admitted = admit(app, head, body, service).await?;
    carry_out(app, info.ok_or_else(|| unknown(target))?, admitted).await
}

/// Carries out what was admitted, its body being in JSON.
pub(super) async fn carry_out(app: &App, info: &OperationInfo, admitted: Admitted) -> Result<Bytes, Failure> {
    let target = info.target;
    let mounted = operations::find(target).ok_or_else(|| unknown(target))?;
    let Admitted { call, body, place } = admitted;
    app.verifier.used(&call, info.permission);
    let mut work = mounted(app.door.clone(), call, body);
    // What is known in memory is answered here and now.
    if let Poll::Ready(outcome) = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
        return Ok(outcome?);
    }
    // All else in a task of its own: what was begun is finished, committed and published though the caller hangs up.
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

pub(super) fn unknown(target: &str) -> Fault {
    let shown: String = target.chars().take(128).collect();
    Fault::caller("UnknownOperationException", format!("there is no operation '{shown}'"))
}
