//! AWS's own words for signatures that are not accepted.

use pilothouse_api::Fault;

use super::Service;

pub(super) fn no_token() -> Fault {
    Fault::caller("MissingAuthenticationTokenException", "Missing Authentication Token")
}

pub(super) fn incomplete(message: impl Into<String>) -> Fault {
    Fault::caller("IncompleteSignatureException", message)
}

pub(super) fn invalid(message: impl Into<String>) -> Fault {
    Fault::caller("InvalidSignatureException", message)
}

pub(super) fn unknown_key() -> Fault {
    Fault::caller("UnrecognizedClientException", "The security token included in the request is invalid.")
}

pub(super) fn expired() -> Fault {
    Fault::caller("ExpiredTokenException", "The security token included in the request is expired")
}

pub(super) fn other_service(wanted: Service) -> Fault {
    invalid(format!("Credential should be scoped to correct service: '{}'.", wanted.name()))
}

pub(super) fn mismatch() -> Fault {
    invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
         signing method. Consult the service documentation for details.",
    )
}

pub(super) fn unsigned_header(name: &str) -> Fault {
    invalid(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."))
}
