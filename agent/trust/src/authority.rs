//! The authority that one was told of, and the TLS configuration that trusts it alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::fingerprint::Fingerprint;
use crate::pinned::Pinned;

/// The authority that a server's certificate must come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// One of those in a PEM file.
    File(PathBuf),
    /// The one with this fingerprint, which the server sends along.
    Fingerprint(Fingerprint),
}

/// An authority that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read as certificates.
    #[error("the certificate authorities in {} cannot be used: {why}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        why: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

impl Authority {
    /// What was given, if anything was. A fingerprint says more than a file, and wins.
    #[must_use]
    pub fn given(file: Option<PathBuf>, fingerprint: Option<Fingerprint>) -> Option<Self> {
        fingerprint.map(Self::Fingerprint).or(file.map(Self::File))
    }

    /// A client's TLS configuration that trusts this authority and no other.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no certificate.
    pub fn client_config(&self) -> Result<ClientConfig, TrustError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        Ok(match self {
            Self::File(path) => builder.with_root_certificates(roots(path)?).with_no_client_auth(),
            Self::Fingerprint(fingerprint) => {
                // Dangerous by name: the verifier of this room checks all that the usual one does.
                let verifier = Arc::new(Pinned::new(*fingerprint, provider));
                builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
            }
        })
    }
}

fn roots(path: &Path) -> Result<RootCertStore, TrustError> {
    let failed = |why: String| TrustError::File { path: path.to_owned(), why };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))? {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    if roots.is_empty() { Err(failed(String::from("it holds no PEM certificate"))) } else { Ok(roots) }
}

/// A certificate in PEM, as [`Authority::File`] reads it.
#[must_use]
pub fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, next) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = next;
    }
    pem + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_in_pem_is_read_again() {
        for length in [0, 1, 48, 49, 500] {
            let certificate = CertificateDer::from(vec![7; length]);
            assert_eq!(CertificateDer::from_pem_slice(pem(&certificate).as_bytes()).unwrap(), certificate);
        }
    }

    #[test]
    fn a_file_that_is_missing_or_empty_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        for _ in 0..2 {
            let said = Authority::File(file.clone()).client_config().unwrap_err().to_string();
            assert!(said.contains("ca.pem"), "{said}");
            std::fs::write(&file, "").unwrap();
        }
    }
}
