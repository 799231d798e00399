//! Reading a body: within a size, within a time, and refused before it is read when its head says that it is too long.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::answer::Failure;

/// The most bytes of a request: 50,000 node ids with room to spare.
pub(super) const MAX_BODY: usize = 4 * 1024 * 1024;
/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is still read, and for how long, of a body that is not wanted: a peer that is reset while it sends never sees the answer.
const LINGER_BYTES: usize = 32 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(2);

/// How long the body is, if its head says so; one that comes in chunks says it at its end.
pub(super) fn length(head: &Parts) -> Option<u64> {
    if head.headers.contains_key(TRANSFER_ENCODING) {
        return None;
    }
    head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok())
}

/// The whole body.
pub(super) async fn read(head: &Parts, body: Body) -> Result<Bytes, Failure> {
    if length(head).is_some_and(|length| length > MAX_BODY as u64) {
        linger(body);
        return Err(too_large());
    }
    let mut body = body;
    let collected = tokio::time::timeout(PATIENCE, Limited::new(&mut body, MAX_BODY).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            linger(body);
            Err(too_large())
        }
        Ok(Err(error)) => Err(Failure::closing(
            StatusCode::BAD_REQUEST,
            "SerializationException",
            format!("the request body could not be read: {error}"),
        )),
        Err(_) => Err(Failure::closing(
            StatusCode::REQUEST_TIMEOUT,
            "RequestTimeoutException",
            format!("the request body did not come within {} s", PATIENCE.as_secs()),
        )),
    }
}

fn too_large() -> Failure {
    Failure::closing(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestEntityTooLargeException",
        format!("a request body may have {MAX_BODY} bytes"),
    )
}

/// Reads on for a moment, beside the answer, and forgets what it reads: of a request that is refused by its head.
pub(super) fn linger(mut body: Body) {
    tokio::spawn(async move {
        let forget = async {
            let mut read = 0;
            while let Some(Ok(frame)) = body.frame().await {
                read += frame.data_ref().map_or(0, Bytes::len);
                if read > LINGER_BYTES {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(LINGER, forget).await;
    });
}
