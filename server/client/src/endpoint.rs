//! Where a server is, and as whom to speak to it.

use std::sync::Arc;

use pilothouse_api::topics::EVENTS_PATH;
use pilothouse_trust::Authority;
use rustls::ClientConfig;
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
    /// The only certificate authority to trust; the system's if absent.
    pub ca: Option<Authority>,
}

/// An endpoint that was checked.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) http: Url,
    pub(crate) events: Url,
    /// As it stands in the `host` header.
    pub(crate) host: String,
    tls: Option<Arc<ClientConfig>>,
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
        let is_plain = http.scheme() == "http";
        if is_plain && matches!(self.ca, Some(Authority::Fingerprint(_))) {
            return Err(wrong("shows no certificate: a fingerprint of its authority wants https://".into()));
        }
        let tls = self.ca.as_ref().map(Authority::client_config).transpose();
        let tls = tls.map_err(|e| ClientError::Settings(e.to_string()))?.map(Arc::new);
        Ok(Checked { http, events, host, tls })
    }
}

impl Checked {
    /// How to trust the server with plain HTTP requests; `None` is by the system's authorities.
    pub(crate) fn tls(&self) -> Option<ClientConfig> {
        self.tls.as_deref().cloned()
    }

    /// The same for websockets.
    pub(crate) fn connector(&self) -> Option<Connector> {
        self.tls.clone().map(Connector::Rustls)
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
    fn a_fingerprint_is_not_passed_over_where_there_is_no_certificate() {
        let credentials = Credentials::new("AKIA", "secret");
        let ca = Some(Authority::Fingerprint(format!("sha256:{}", "7f".repeat(32)).parse().unwrap()));
        let endpoint = Endpoint { url: "http://host".into(), region: "r".into(), credentials, ca };
        assert!(endpoint.check().unwrap_err().to_string().contains("https://"));
    }

    #[test]
    fn a_missing_certificate_file_is_named() {
        let credentials = Credentials::new("AKIA", "secret");
        let ca = Some(Authority::File("/no/such/ca.pem".into()));
        let endpoint = Endpoint { url: "https://host".into(), region: "r".into(), credentials, ca };
        assert!(endpoint.check().unwrap_err().to_string().contains("/no/such/ca.pem"));
    }
}
