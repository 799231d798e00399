//! Answers in AWS's form.

use std::any::Any;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use pilothouse_api::{Fault, FaultKind};

/// The content type of AWS JSON 1.1.
const AWS_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

/// A fault with the HTTP status it is answered with.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    fault: Fault,
    /// Whether the connection ends with the answer: the rest of the request is not wanted.
    closes: bool,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let status = StatusCode::from_u16(fault.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, fault, closes: false }
    }
}

impl Failure {
    /// The caller's fault with a status of its own; the connection ends with it.
    pub(super) fn closing(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, fault: Fault::caller(code, message), closes: true }
    }

    pub(super) fn code(&self) -> &str {
        &self.fault.code
    }

    pub(super) fn message(&self) -> &str {
        &self.fault.message
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer that tells it; ends the connection if need be.
    pub(super) fn told(&self, mut response: Response) -> Response {
        if self.closes {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        // SDKs differ in the spelling that they read.
        let body = serde_json::json!({
            "__type": self.fault.code,
            "message": self.fault.message,
            "Message": self.fault.message,
        });
        self.told((self.status, [(CONTENT_TYPE, AWS_JSON)], body.to_string()).into_response())
    }
}

/// A reply.
pub(super) fn reply(json: Bytes) -> Response {
    ([(CONTENT_TYPE, AWS_JSON)], json).into_response()
}

/// There is no such path or method.
pub(super) async fn nothing_here() -> Failure {
    let fault = Fault::caller(
        "UnknownOperationException",
        "there is nothing at this path: operations are POSTed to /",
    );
    Failure { status: StatusCode::NOT_FOUND, fault, closes: false }
}

/// A handler panicked: a bug, which must not take the server down.
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let what =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(what, "a request's handler panicked");
    Failure::from(bug()).into_response()
}

/// What a caller is told of a bug.
pub(super) fn bug() -> Fault {
    Fault {
        code: "InternalServerError".into(),
        message: String::from("the server failed on this request: see its log for the request's id"),
        kind: FaultKind::Server,
    }
}
