//! One call: serialize, sign, send, read the answer.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use pilothouse_api::{Access, Fault, FaultKind, Operation};
use serde::Deserialize;

use crate::endpoint::{Checked, Endpoint};
use crate::error::{ClientError, chain};
use crate::sign::{Unsigned, service_of, signed};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Shorter than the server keeps idle connections, so that a call never goes out on one that is being closed.
const IDLE: Duration = Duration::from_secs(15);
/// The most bytes of an answer that are taken.
const MAX_REPLY: usize = 256 * 1024 * 1024;
/// Pauses between the attempts of a call that may be repeated.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600)];
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// Calls operations of one server. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    endpoint: Endpoint,
    checked: Checked,
    http: reqwest::Client,
}

/// One failed attempt.
struct Failed {
    error: ClientError,
    /// The request certainly did not reach the server's operations.
    harmless: bool,
    /// Trying again can help.
    transient: bool,
}

impl Client {
    /// A client of the server at `endpoint`. Connects only when it is first used.
    ///
    /// # Errors
    /// When the URL or the certificate file cannot be used.
    pub fn new(endpoint: Endpoint) -> Result<Self, ClientError> {
        let checked = endpoint.check()?;
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(crate::USER_AGENT);
        if let Some(tls) = checked.tls() {
            http = http.tls_backend_preconfigured(tls);
        }
        let http = http
            .build()
            .map_err(|e| ClientError::Settings(format!("no HTTP client can be made: {}", chain(&e))))?;
        Ok(Self { inner: Arc::new(Inner { endpoint, checked, http }) })
    }

    /// Whom it speaks to, and as whom.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    pub(crate) fn checked(&self) -> &Checked {
        &self.inner.checked
    }

    /// Calls an operation. Reads are repeated when the server was unreachable or overloaded; changes only when the request
    /// certainly did not arrive.
    ///
    /// # Errors
    /// The server's fault, or why there is no answer.
    pub async fn call<O: Operation>(&self, operation: &O) -> Result<O::Reply, ClientError> {
        let body = serde_json::to_vec(operation)
            .map_err(|e| ClientError::Settings(format!("{} cannot be written as JSON: {e}", O::NAME)))?;
        for pause in PAUSES {
            match self.attempt::<O>(&body).await {
                Ok(reply) => return Ok(reply),
                Err(failed) if failed.transient && (failed.harmless || O::ACCESS == Access::Read) => {
                    tracing::debug!(operation = O::NAME, error = %failed.error, "trying again");
                    tokio::time::sleep(pause).await;
                }
                Err(failed) => return Err(failed.error),
            }
        }
        self.attempt::<O>(&body).await.map_err(|failed| failed.error)
    }

    async fn attempt<O: Operation>(&self, body: &[u8]) -> Result<O::Reply, Failed> {
        let (status, answer) = self.exchange(O::TARGET, body).await?;
        if status == 200 {
            return serde_json::from_slice(&answer)
                .map_err(|e| final_failure(self.unreadable(status, e.to_string())));
        }
        let fault = fault_of(status, &answer)
            .ok_or_else(|| final_failure(self.unreadable(status, shortened(&answer))))?;
        // Overload is said before anything is done.
        let transient = fault.kind == FaultKind::Unavailable;
        Err(Failed { error: fault.into(), harmless: false, transient })
    }

    async fn exchange(&self, target: &str, body: &[u8]) -> Result<(u16, Vec<u8>), Failed> {
        let Inner { endpoint, checked, http } = &*self.inner;
        let headers =
            [("host", checked.host.as_str()), ("content-type", CONTENT_TYPE), ("x-amz-target", target)];
        let (service, url) = (service_of(target), checked.http.as_str());
        let unsigned = Unsigned { service, method: "POST", url, headers: &headers, body };
        let headers = signed(&unsigned, &endpoint.credentials, &endpoint.region).map_err(final_failure)?;
        let request = http.post(checked.http.clone()).headers(headers).body(body.to_vec());
        let mut response = request.send().await.map_err(|e| self.broken(&e))?;
        let status = response.status().as_u16();
        let mut answer = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|e| self.broken(&e))? {
            if answer.len() + part.len() > MAX_REPLY {
                return Err(final_failure(
                    self.unreadable(status, format!("it is longer than {MAX_REPLY} bytes")),
                ));
            }
            answer.extend_from_slice(&part);
        }
        Ok((status, answer))
    }

    fn broken(&self, error: &reqwest::Error) -> Failed {
        let endpoint = self.inner.endpoint.url.clone();
        let harmless = error.is_connect();
        let error = if error.is_timeout() && !harmless {
            ClientError::TimedOut { endpoint, after: CALL_TIMEOUT }
        } else {
            ClientError::Unreachable { endpoint, why: causes(error) }
        };
        let transient = !matches!(error, ClientError::TimedOut { .. });
        Failed { error, harmless, transient }
    }

    fn unreadable(&self, status: u16, why: String) -> ClientError {
        ClientError::Unreadable { endpoint: self.inner.endpoint.url.clone(), status, why }
    }
}

fn final_failure(error: ClientError) -> Failed {
    Failed { error, harmless: true, transient: false }
}

/// What lies behind an HTTP client's error; its own outermost words only repeat the URL.
fn causes(error: &reqwest::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), chain)
}

/// An error as AWS's JSON tells it.
#[derive(Deserialize)]
struct WireFault {
    #[serde(rename = "__type")]
    code: String,
    #[serde(alias = "Message", default)]
    message: String,
}

/// The fault in a refusing answer; `None` when it is none.
pub(crate) fn fault_of(status: u16, answer: &[u8]) -> Option<Fault> {
    // Both spellings of `message` stand in our answers, which serde would call a duplicate.
    let value: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let mut members = value.as_object()?.clone();
    if members.contains_key("message") {
        members.remove("Message");
    }
    let WireFault { code, message } = serde_json::from_value(members.into()).ok()?;
    let code = code.rsplit('#').next().unwrap_or_default().to_owned();
    let kind = match (status, code.as_str()) {
        (503, _) => FaultKind::Unavailable,
        (500.., _) => FaultKind::Server,
        (
            _,
            "AccessDeniedException"
            | "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "MissingAuthenticationTokenException"
            | "IncompleteSignatureException",
        ) => FaultKind::Denied,
        _ => FaultKind::Caller,
    };
    Some(Fault { code: Cow::Owned(code), message, kind })
}

fn shortened(answer: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(answer).chars().take(120).collect();
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;
    use pilothouse_api::commands::{ListCommands, SendCommand};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that gives these answers, one per connection, and counts.
    async fn answering(answers: &'static [&'static str]) -> (Client, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut buffer = vec![0; 16 * 1024];
                let mut read = 0;
                while !buffer[..read].ends_with(b"}") {
                    read += stream.read(&mut buffer[read..]).await.unwrap();
                }
                counter.fetch_add(1, Ordering::SeqCst);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let credentials = Credentials::new("AKIA", "secret");
        let endpoint = Endpoint { url, region: "us-east-1".into(), credentials, ca: None };
        (Client::new(endpoint).unwrap(), asked)
    }

    const BUSY: &str = "HTTP/1.1 503 x\r\nconnection: close\r\ncontent-length: 45\r\n\r\n\
                        {\"__type\":\"ServiceUnavailable\",\"message\":\"m\"}";
    const EMPTY: &str = "HTTP/1.1 200 x\r\nconnection: close\r\ncontent-length: 15\r\n\r\n{\"Commands\":[]}";

    #[tokio::test]
    async fn a_read_is_tried_again_when_the_server_is_overloaded() {
        let (client, asked) = answering(&[BUSY, EMPTY]).await;
        assert!(client.call(&ListCommands::default()).await.unwrap().commands.is_empty());
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_change_is_never_sent_twice() {
        let (client, asked) = answering(&[BUSY, EMPTY]).await;
        let error = client.call(&SendCommand::default()).await.unwrap_err();
        assert_eq!(error.code(), Some("ServiceUnavailable"));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_answer_of_something_else_asks_whether_it_is_a_pilothouse_server() {
        let (client, _) =
            answering(&["HTTP/1.1 404 x\r\nconnection: close\r\ncontent-length: 6\r\n\r\n<html>"]).await;
        let said = client.call(&ListCommands::default()).await.unwrap_err().to_string();
        assert!(
            said.contains("404") && said.contains("<html>") && said.contains("Pilothouse server?"),
            "{said}"
        );
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named_with_the_cause() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let credentials = Credentials::new("AKIA", "secret");
        let client =
            Client::new(Endpoint { url: url.clone(), region: "r".into(), credentials, ca: None }).unwrap();
        let said = client.call(&SendCommand::default()).await.unwrap_err().to_string();
        assert!(said.contains(&url) && said.contains("refused"), "{said}");
    }

    #[tokio::test]
    async fn https_to_a_server_of_plain_http_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            }
        });
        let credentials = Credentials::new("AKIA", "secret");
        let client = Client::new(Endpoint { url, region: "r".into(), credentials, ca: None }).unwrap();
        let said = client.call(&SendCommand::default()).await.unwrap_err().to_string();
        assert!(said.contains("does not speak TLS") && said.contains("http://"), "{said}");
    }

    #[test]
    fn a_fault_is_read_in_either_spelling() {
        let fault =
            fault_of(400, br#"{"__type":"com.amazonaws.ssm#InvalidInstanceId","message":"m","Message":"m"}"#)
                .unwrap();
        assert_eq!(
            (fault.code.as_ref(), fault.message.as_str(), fault.kind),
            ("InvalidInstanceId", "m", FaultKind::Caller)
        );
        assert_eq!(fault_of(400, br#"{"__type":"X","Message":"said"}"#).unwrap().message, "said");
        assert_eq!(fault_of(503, br#"{"__type":"X"}"#).unwrap().kind, FaultKind::Unavailable);
        assert!(fault_of(502, b"<html>").is_none());
    }
}
