//! Why a server is not trusted, in words that say what to do about it.

use std::error::Error;
use std::io;

use rustls::{CertificateError, InvalidMessage, OtherError};

use crate::fingerprint::Fingerprint;

/// A server whose chain holds another authority than the one that was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its authority has the fingerprint {found}, and {expected} was expected")]
pub struct WrongAuthority {
    /// What was told.
    pub expected: Fingerprint,
    /// Of the last certificate that the server sent.
    pub found: Fingerprint,
}

/// Why a server is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// It is from another authority than the one that was told.
    #[error("it is not the server that is meant: {0}")]
    WrongAuthority(WrongAuthority),
    /// It is from an authority that nobody told of.
    #[error(
        "its certificate is from an authority that is not known here: --ca-fingerprint SHA256 (the server prints it) or --ca FILE \
         names the one to trust"
    )]
    UnknownAuthority,
    /// It is called by a name that its certificate does not hold.
    #[error(
        "its certificate is not for {called}, only for {names}: the server's setting tls_names adds names"
    )]
    OtherName {
        /// The name that was used.
        called: String,
        /// Those that the certificate holds.
        names: String,
    },
}

impl Distrust {
    /// The distrust that stands behind a connection's error, if that is the cause.
    #[must_use]
    pub fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        match tls(error)? {
            rustls::Error::InvalidCertificate(certificate) => Self::of(certificate),
            _ => None,
        }
    }

    fn of(error: &CertificateError) -> Option<Self> {
        match error {
            CertificateError::Other(OtherError(other)) => {
                other.downcast_ref().cloned().map(Self::WrongAuthority)
            }
            CertificateError::UnknownIssuer => Some(Self::UnknownAuthority),
            CertificateError::NotValidForNameContext { expected, presented } => Some(Self::OtherName {
                called: expected.to_str().into_owned(),
                names: presented.iter().map(|name| bare(name)).collect::<Vec<_>>().join(", "),
            }),
            _ => None,
        }
    }
}

/// Whether a handshake failed because the other side does not speak TLS at all.
#[must_use]
pub fn is_plain(error: &(dyn Error + 'static)) -> bool {
    matches!(tls(error), Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)))
}

/// The error of TLS that stands behind a connection's error, if that is the cause.
fn tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An I/O error's source is that of the error in it, which is passed over.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

/// `DnsName("ops.example")` and `IpAddress(10.0.0.5)`, without what stands around them.
fn bare(presented: &str) -> &str {
    let inner = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(presented).trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_speak_tls_at_all_is_told_from_who_is_not_trusted() {
        let cause = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        let error = io::Error::new(io::ErrorKind::InvalidData, cause);
        assert!(is_plain(&error) && Distrust::behind(&error).is_none());
        assert!(!is_plain(&io::Error::other("the line is cut")));
    }

    #[test]
    fn the_cause_is_found_behind_an_io_error_and_said_without_riddles() {
        let called = rustls_pki_types::ServerName::try_from("ops.example").unwrap();
        let presented = vec!["DnsName(\"localhost\")".to_owned(), "IpAddress(127.0.0.1)".to_owned()];
        let cause = CertificateError::NotValidForNameContext { expected: called, presented };
        let error = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(cause));
        let said = Distrust::behind(&error).unwrap().to_string();
        assert!(said.contains("for ops.example, only for localhost, 127.0.0.1:"), "{said}");
        assert_eq!(Distrust::behind(&io::Error::other("the line is cut")), None);
    }
}
