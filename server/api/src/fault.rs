//! How an operation says no.

use std::borrow::Cow;
use std::fmt;

/// Whose fault it is: decides the HTTP status and whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The request cannot be carried out as it is: 400.
    Caller,
    /// The caller is not known, or may not do this: 403, or 400 where AWS's SSM answers 400.
    Denied,
    /// The server failed: 500.
    Server,
    /// The server is overloaded or stopping; try again: 503.
    Unavailable,
}

/// An error as it travels: AWS's code, and a message that says what, where and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// AWS's error code, such as `InvalidInstanceId`.
    pub code: Cow<'static, str>,
    /// For people.
    pub message: String,
    /// Whose fault.
    pub kind: FaultKind,
}

impl Fault {
    /// The caller's fault, with AWS's code for it.
    #[must_use]
    pub fn caller(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code), message: message.into(), kind: FaultKind::Caller }
    }

    /// `ValidationException`: the request breaks a constraint of the model.
    #[must_use]
    pub fn validation(message: impl Into<String>) -> Self {
        Self::caller("ValidationException", message)
    }

    /// `AccessDeniedException`: the caller is known and may not.
    #[must_use]
    pub fn denied(message: impl Into<String>) -> Self {
        Self {
            code: Cow::Borrowed("AccessDeniedException"),
            message: message.into(),
            kind: FaultKind::Denied,
        }
    }

    /// `InternalServerError`. The message reaches the caller: no secrets, no paths; log the cause instead.
    #[must_use]
    pub fn internal(message: impl fmt::Display) -> Self {
        Self {
            code: Cow::Borrowed("InternalServerError"),
            message: message.to_string(),
            kind: FaultKind::Server,
        }
    }

    /// `ServiceUnavailable`: try again.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self {
            code: Cow::Borrowed("ServiceUnavailable"),
            message: message.into(),
            kind: FaultKind::Unavailable,
        }
    }

    /// The HTTP status it travels with.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match self.kind {
            FaultKind::Caller | FaultKind::Denied => 400,
            FaultKind::Server => 500,
            FaultKind::Unavailable => 503,
        }
    }
}
