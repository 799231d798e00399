//! Calls: one per operation that rooms may ask for, derived from the list in `effect`.

use pilothouse_client::{Client, ClientError};

use crate::effect::{CallError, Reply, Request, for_each_request};

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident($request:path => $reply:path);)*) => {
        /// Calls an operation.
        pub(super) async fn call(client: &Client, request: Request) -> Result<Reply, CallError> {
            match request {
                $(Request::$name(operation) => client.call(&operation).await.map(Reply::$name).map_err(error)),*
            }
        }
    };
}
for_each_request!(calls);

fn error(error: ClientError) -> CallError {
    match error {
        ClientError::Fault(fault) => CallError { code: fault.code.into_owned(), message: fault.message },
        other => CallError { code: CallError::UNREACHABLE.to_owned(), message: other.to_string() },
    }
}
