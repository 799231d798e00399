//! Where a server is, and as whom to speak to it.

use std::path::PathBuf;
use std::sync::Arc;

use pilothouse_api::topics::EVENTS_PATH;
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio_tungstenite::Connector;
use url::Url;

use crate::credentials::Credentials;
use crate::error::ClientError;

/// Where a server is, and as whom to speak to it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `http://HOST:PORT` or `https://HOST[:PORT]`, without a path.
    pub url: String,
    /// The region to work in, such as `us-east-1`.
    pub region: String,
    /// Whom to speak as.
    pub credentials: Credentials,
    /// The only certificate authorities to trust, as a PEM file; the system's if absent.
    pub ca: Option<PathBuf>,
}

/// An endpoint that was checked.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) http: Url,
    pub(crate) events: Url,
    /// As it stands in the `host` header.
    pub(crate) host: String,
    certificates: Vec<CertificateDer<'static>>,
}

impl Endpoint {
    pub(crate) fn check(&self) -> Result<Checked, ClientError> {
        let wrong = |why: String| ClientError::Settings(format!("the endpoint {:?} {why}", self.url));
        let mut http = Url::parse(&self.url)
            .map_err(|e| wrong(format!("is no URL: {e}; use http://HOST:PORT or https://HOST")))?;
        let scheme = match http.scheme() {
            "http" => "ws",
            "https" => "wss",
            other => return Err(wrong(format!("begins with {other}:, use http:// or https://"))),
        };
        if http.path() != "/"
            || http.query().is_some()
            || !http.username().is_empty()
            || http.password().is_some()
        {
            return Err(wrong(
                "has more than a host and a port, use http://HOST:PORT or https://HOST".into(),
            ));
        }
        let host = http.host_str().ok_or_else(|| wrong("names no host".into()))?;
        let host = http.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        http.set_fragment(None);
        let events = format!("{scheme}://{host}{EVENTS_PATH}");
        let events = Url::parse(&events).map_err(|e| wrong(format!("makes no websocket URL: {e}")))?;
        Ok(Checked { http, events, host, certificates: self.certificates()? })
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, ClientError> {
        let Some(path) = &self.ca else { return Ok(Vec::new()) };
        let wrong = |why: String| {
            ClientError::Settings(format!("the certificate authorities in {} {why}", path.display()))
        };
        let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|e| wrong(format!("cannot be read: {e}")))?;
        if certificates.is_empty() {
            return Err(wrong("are none: the file holds no PEM certificate".into()));
        }
        Ok(certificates)
    }
}

impl Checked {
    /// The roots to trust instead of the system's, for plain HTTP requests.
    pub(crate) fn reqwest_roots(&self) -> Result<Vec<reqwest::Certificate>, ClientError> {
        self.certificates
            .iter()
            .map(|der| reqwest::Certificate::from_der(der))
            .collect::<Result<_, _>>()
            .map_err(|e| ClientError::Settings(format!("a certificate authority cannot be used: {e}")))
    }

    /// The same for websockets; `None` is the system's roots.
    pub(crate) fn connector(&self) -> Result<Option<Connector>, ClientError> {
        if self.certificates.is_empty() {
            return Ok(None);
        }
        let wrong =
            |e: rustls::Error| ClientError::Settings(format!("a certificate authority cannot be used: {e}"));
        let mut roots = RootCertStore::empty();
        for certificate in &self.certificates {
            roots.add(certificate.clone()).map_err(wrong)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(wrong)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Some(Connector::Rustls(Arc::new(config))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<Checked, ClientError> {
        let credentials = Credentials::new("AKIA", "secret");
        Endpoint { url: url.into(), region: "us-east-1".into(), credentials, ca: None }.check()
    }

    #[test]
    fn the_stream_is_where_the_server_is() {
        let checked = check("https://ops.example").unwrap();
        assert_eq!(checked.events.as_str(), format!("wss://ops.example{EVENTS_PATH}"));
        assert_eq!(check("http://127.0.0.1:8440").unwrap().host, "127.0.0.1:8440");
    }

    #[test]
    fn a_wrong_endpoint_says_what_a_right_one_looks_like() {
        for url in ["127.0.0.1:8440", "ftp://host", "http://host/path", "http://user:pw@host"] {
            let said = check(url).unwrap_err().to_string();
            assert!(said.contains("http://"), "{url}: {said}");
        }
    }

    #[test]
    fn a_missing_certificate_file_is_named() {
        let credentials = Credentials::new("AKIA", "secret");
        let ca = Some(PathBuf::from("/no/such/ca.pem"));
        let endpoint = Endpoint { url: "https://host".into(), region: "r".into(), credentials, ca };
        assert!(endpoint.check().unwrap_err().to_string().contains("/no/such/ca.pem"));
    }
}
