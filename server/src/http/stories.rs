//! The doors through a real socket: what an SDK, a cockpit, an agent and a stranger see.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use futures_util::{SinkExt as _, StreamExt as _};
use pilothouse_api::topics::{EVENTS_PATH, FromClient, FromServer, MAX_TOPICS, News, Topic};
use pilothouse_protocol::frame::LINK_PATH;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::{Server, Settings, StartError};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) struct House {
    pub(super) server: Server,
    _dir: tempfile::TempDir,
}

/// Who signs, and where.
#[derive(Clone)]
pub(super) struct Pen {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) region: &'static str,
    pub(super) service: &'static str,
}

pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: Value,
}

impl House {
    pub(super) async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(Settings::local(dir.path().join("data"))).await.unwrap();
        Self { server, _dir: dir }
    }

    fn address(&self) -> SocketAddr {
        self.server.url().strip_prefix("http://").unwrap().parse().unwrap()
    }

    pub(super) fn root(&self) -> Pen {
        let (id, secret) = self.server.root_credentials();
        Pen { id: id.to_owned(), secret: secret.to_owned(), region: "eu-north-1", service: "ssm" }
    }

    pub(super) async fn call(&self, pen: &Pen, target: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let signed = pen.sign("POST", &format!("{}/", self.server.url()), Some(target), body.as_bytes());
        let mut request = format!("POST / HTTP/1.1\r\nhost: {}\r\n", self.address());
        for (name, value) in signed {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        self.raw(request.as_bytes()).await
    }

    pub(super) async fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        stream.write_all(request).await.unwrap();
        read(stream).await
    }

    async fn follow(&self, pen: &Pen) -> Result<Socket, Error> {
        let mut request = format!("ws://{}{EVENTS_PATH}", self.address()).into_client_request().unwrap();
        for (name, value) in pen.sign("GET", &format!("{}{EVENTS_PATH}", self.server.url()), None, b"") {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request.headers_mut().insert("user-agent", "cockpit/1".parse().unwrap());
        connect_async(request).await.map(|(socket, _)| socket)
    }
}

async fn read(mut stream: TcpStream) -> Answer {
    let mut text = Vec::new();
    // A reset after the answer is no loss.
    let _ = stream.read_to_end(&mut text).await;
    let text = String::from_utf8(text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_lowercase(),
        body: serde_json::from_str(body).unwrap_or_else(|_| body.into()),
    }
}

impl Pen {
    #[expect(clippy::disallowed_methods, reason = "a signature carries the true time")]
    fn sign(&self, method: &str, url: &str, target: Option<&str>, body: &[u8]) -> Vec<(String, String)> {
        let identity = Credentials::new(&self.id, &self.secret, None, None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let target: Vec<(&str, &str)> = target.map(|target| ("x-amz-target", target)).into_iter().collect();
        let signable =
            SignableRequest::new(method, url, target.iter().copied(), SignableBody::Bytes(body)).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let headers = target.into_iter().chain(instructions.headers());
        headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

async fn say(socket: &mut Socket, message: &FromClient) {
    let bytes = rmp_serde::to_vec_named(message).unwrap();
    socket.send(Message::Binary(bytes.into())).await.unwrap();
}

/// The next thing that is told, but for the time of day.
async fn hear(socket: &mut Socket) -> FromServer {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(10), socket.next()).await.unwrap();
        match message.unwrap().unwrap() {
            Message::Binary(bytes) => match rmp_serde::from_slice(&bytes).unwrap() {
                FromServer::Alive { .. } => {}
                told => return told,
            },
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn activation() -> Value {
    json!({ "IamRole": "any", "RegistrationLimit": 3 })
}

#[tokio::test]
async fn a_signed_operation_works_in_the_region_of_its_signature() {
    let house = House::open().await;
    let north = house.root();
    let made = house.call(&north, "AmazonSSM.CreateActivation", &activation()).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(made.head.contains("content-type: application/x-amz-json-1.1"), "{}", made.head);
    assert!(made.head.contains("x-amzn-requestid: "), "{}", made.head);
    let listed = house.call(&north, "AmazonSSM.DescribeActivations", &json!({})).await;
    assert_eq!(listed.body["ActivationList"][0]["ActivationId"], made.body["ActivationId"]);
    let south = Pen { region: "eu-south-1", ..house.root() };
    let listed = house.call(&south, "AmazonSSM.DescribeActivations", &json!({})).await;
    assert_eq!(listed.body, json!({ "ActivationList": [] }));
    house.server.stop().await;
}

#[tokio::test]
async fn each_way_of_being_nobody_is_told_in_the_words_of_aws() {
    let house = House::open().await;
    let unsigned =
        house.raw(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await;
    assert_eq!(
        (unsigned.status, &unsigned.body["__type"]),
        (400, &json!("MissingAuthenticationTokenException"))
    );
    assert!(unsigned.head.contains("x-amzn-requestid: "));
    let stranger = Pen { id: "PILOSTRANGERSTRANGER".into(), ..house.root() };
    let answer = house.call(&stranger, "AmazonSSM.ListCommands", &json!({})).await;
    assert_eq!((answer.status, &answer.body["__type"]), (400, &json!("UnrecognizedClientException")));
    let forger = Pen { secret: "a guess".into(), ..house.root() };
    let answer = house.call(&forger, "AmazonSSM.ListCommands", &json!({})).await;
    assert_eq!((answer.status, &answer.body["__type"]), (400, &json!("InvalidSignatureException")));
    assert_eq!(answer.body["message"], answer.body["Message"]);
}

#[tokio::test]
async fn who_speaks_the_query_protocol_is_answered_in_xml() {
    let house = House::open().await;
    let form = "POST / HTTP/1.1\r\nhost: h\r\ncontent-type: application/x-www-form-urlencoded\r\nconnection: close\r\n";
    let asked = "Action=GetCallerIdentity&Version=2011-06-15";
    let answer = house.raw(format!("{form}content-length: {}\r\n\r\n{asked}", asked.len()).as_bytes()).await;
    assert!(answer.status == 403 && answer.head.contains("content-type: text/xml"), "{}", answer.head);
    let id = answer.head.split("x-amzn-requestid: ").nth(1).unwrap().lines().next().unwrap();
    let said = answer.body.as_str().unwrap();
    assert!(said.contains("<Type>Sender</Type><Code>MissingAuthenticationToken</Code>"), "{said}");
    assert!(said.contains(&format!("<RequestId>{id}</RequestId>")), "{said}");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_json_are_told_apart() {
    let house = House::open().await;
    let root = house.root();
    let answer = house.call(&root, "AmazonSSM.LaunchRocket", &json!({})).await;
    assert_eq!((answer.status, &answer.body["__type"]), (400, &json!("UnknownOperationException")));
    let answer = house.call(&root, "AmazonSSM.ListCommands", &json!("no object")).await;
    assert_eq!((answer.status, &answer.body["__type"]), (400, &json!("SerializationException")));
    let answer = house.call(&root, "AmazonSSM.ListCommands", &json!({ "MaxResults": 51 })).await;
    assert_eq!((answer.status, &answer.body["__type"]), (400, &json!("ValidationException")));
    let answer = house.raw(b"GET /nowhere HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert_eq!((answer.status, &answer.body["__type"]), (404, &json!("UnknownOperationException")));
}

/// The head of a signed request, without a length.
fn signed_head(house: &House, body: &[u8]) -> String {
    let signed =
        house.root().sign("POST", &format!("{}/", house.server.url()), Some("AmazonSSM.ListCommands"), body);
    let headers: String = signed.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("POST / HTTP/1.1\r\nhost: {}\r\n{headers}", house.address())
}

#[tokio::test]
async fn a_body_of_a_gigabyte_is_refused_before_it_is_sent() {
    let house = House::open().await;
    let head = signed_head(&house, b"");
    let answer = house.raw(format!("{head}content-length: 1073741824\r\n\r\n").as_bytes()).await;
    assert_eq!((answer.status, &answer.body["__type"]), (413, &json!("RequestEntityTooLargeException")));
    assert!(answer.head.contains("connection: close"));
}

#[tokio::test]
async fn a_stranger_who_sends_a_long_body_still_reads_why_it_is_refused() {
    let house = House::open().await;
    let body = " ".repeat(8 * 1024 * 1024);
    let head =
        format!("POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    let answer = house.raw((head + &body).as_bytes()).await;
    assert_eq!((answer.status, &answer.body["__type"]), (400, &json!("MissingAuthenticationTokenException")));
}

#[tokio::test]
async fn a_body_without_a_length_is_read_up_to_the_limit_and_no_further() {
    let house = House::open().await;
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    let head = format!("{}transfer-encoding: chunked\r\n\r\n", signed_head(&house, b""));
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 65536, " ".repeat(65536));
    let mut sent = 0usize;
    while sent < 256 * 1024 * 1024 && stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += 65536;
    }
    assert!(sent < 256 * 1024 * 1024, "the server went on reading");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let house = House::open().await;
    let request = format!("GET /healthz HTTP/1.1\r\nhost: h\r\nx-long: {}\r\n\r\n", "x".repeat(100_000));
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    let _ = stream.write_all(request.as_bytes()).await;
    assert_eq!(read(stream).await.status, 431);
}

#[tokio::test]
async fn a_topic_is_told_at_once_and_again_when_something_changed() {
    let house = House::open().await;
    let root = house.root();
    let mut stream = house.follow(&root).await.unwrap();
    say(&mut stream, &FromClient::Open { ticket: 7, topic: Topic::commands() }).await;
    let FromServer::News { ticket: 7, news: News::Commands { commands, reset: false }, more: false, .. } =
        hear(&mut stream).await
    else {
        panic!("something else was told")
    };
    assert!(commands.is_empty());
    let command = json!({
        "DocumentName": "AWS-RunShellScript",
        "Targets": [{ "Key": "tag:env", "Values": ["prod"] }],
        "Parameters": { "commands": ["true"] },
    });
    let sent = house.call(&root, "AmazonSSM.SendCommand", &command).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let FromServer::News { news: News::Commands { commands, reset: false }, .. } = hear(&mut stream).await
    else {
        panic!("something else was told")
    };
    assert_eq!(json!(commands[0].command_id), sent.body["Command"]["CommandId"]);
    house.server.stop().await;
    assert!(
        matches!(stream.next().await, Some(Ok(Message::Close(Some(_))))),
        "the stream is closed with a reason"
    );
}

#[tokio::test]
async fn what_is_followed_is_recorded_with_who_the_stream_says_it_is() {
    let house = House::open().await;
    let root = house.root();
    let mut stream = house.follow(&root).await.unwrap();
    say(&mut stream, &FromClient::Open { ticket: 7, topic: Topic::nodes() }).await;
    hear(&mut stream).await;
    house.server.door().settled().await;
    let trail = house.call(&root, "Pilothouse.ListAuditRecords", &json!({})).await.body;
    let record = trail["Records"].as_array().unwrap().iter().find(|it| it["operation"] == "Follow").unwrap();
    assert_eq!(record["note"], "nodes");
    let record = house.call(&root, "Pilothouse.GetAuditRecord", &json!({ "Seq": record["seq"] })).await.body;
    assert_eq!(record["Record"]["userAgent"], "cockpit/1");
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_refused_and_the_stream_lives_on() {
    let house = House::open().await;
    let mut stream = house.follow(&house.root()).await.unwrap();
    let command_id = "00000000-0000-0000-0000-000000000000".parse().unwrap();
    say(&mut stream, &FromClient::Open { ticket: 1, topic: Topic::Command { command_id, after: 0 } }).await;
    assert!(matches!(hear(&mut stream).await, FromServer::Refused { ticket: 1, .. }));
    for ticket in 0..=u32::try_from(MAX_TOPICS).unwrap() {
        say(&mut stream, &FromClient::Open { ticket, topic: Topic::nodes() }).await;
    }
    loop {
        match hear(&mut stream).await {
            FromServer::Refused { ticket, code, .. } => {
                assert_eq!((ticket as usize, code.as_str()), (MAX_TOPICS, "TooManyTopics"));
                break;
            }
            FromServer::News { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_ping_is_answered_and_gibberish_ends_the_stream() {
    let house = House::open().await;
    let mut stream = house.follow(&house.root()).await.unwrap();
    // A stream begins with the server's time.
    let Message::Binary(first) = stream.next().await.unwrap().unwrap() else { panic!("no message") };
    assert!(matches!(rmp_serde::from_slice(&first).unwrap(), FromServer::Alive { .. }));
    stream.send(Message::Ping(b"12".to_vec().into())).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), Message::Pong(b"12".to_vec().into()));
    stream.send(Message::Binary(b"gibberish".to_vec().into())).await.unwrap();
    assert!(matches!(stream.next().await, Some(Ok(Message::Close(Some(_))))));
}

#[tokio::test]
async fn a_stream_of_a_forger_is_not_opened() {
    let house = House::open().await;
    let forger = Pen { secret: "a guess".into(), ..house.root() };
    let Err(Error::Http(answer)) = house.follow(&forger).await else { panic!("it was opened") };
    assert_eq!(answer.status(), 400);
    let body: Value = serde_json::from_slice(answer.body().as_deref().unwrap()).unwrap();
    assert_eq!(body["__type"], "InvalidSignatureException");
}

#[tokio::test]
async fn an_agents_link_reaches_the_agents_door_and_gibberish_ends_it() {
    let house = House::open().await;
    let (mut link, _) = connect_async(format!("ws://{}{LINK_PATH}", house.address())).await.unwrap();
    link.send(Message::Binary(b"gibberish".to_vec().into())).await.unwrap();
    let Message::Binary(bytes) = link.next().await.unwrap().unwrap() else { panic!("no frame") };
    let frame: pilothouse_protocol::ToAgent = pilothouse_protocol::frame::decode(&bytes).unwrap();
    assert!(matches!(frame, pilothouse_protocol::ToAgent::Refused { .. }), "{frame:?}");
    assert!(matches!(link.next().await, Some(Ok(Message::Close(Some(_))))));
}

#[tokio::test]
async fn an_agent_is_told_that_the_server_stops() {
    let house = House::open().await;
    let (mut link, _) = connect_async(format!("ws://{}{LINK_PATH}", house.address())).await.unwrap();
    house.server.stop().await;
    loop {
        match link.next().await.unwrap().unwrap() {
            Message::Close(frame) => break assert_eq!(frame.unwrap().reason.as_str(), "the server stops"),
            Message::Binary(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn who_speaks_plain_http_where_tls_is_spoken_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::local(dir.path().to_owned());
    settings.tls = Some(crate::config::TlsSetting::Auto);
    let server = Server::start(settings).await.unwrap();
    let mut stream = TcpStream::connect(server.url().strip_prefix("https://").unwrap()).await.unwrap();
    let body = "x".repeat(100_000);
    let request = format!("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = read(stream).await;
    assert_eq!((answer.status, &answer.body["__type"]), (400, &json!("TlsRequired")));
    assert!(answer.body["message"].as_str().unwrap().contains("use https://"), "{}", answer.body);
    server.stop().await;
}

#[tokio::test]
async fn a_data_directory_has_one_server_and_the_next_one_finds_its_credentials() {
    let dir = tempfile::tempdir().unwrap();
    let first = Server::start(Settings::local(dir.path().to_owned())).await.unwrap();
    let root = first.root_credentials().0.to_owned();
    let second = Server::start(Settings::local(dir.path().to_owned())).await;
    assert!(matches!(second.err(), Some(StartError::Locked(_))));
    first.stop().await;
    let third = Server::start(Settings::local(dir.path().to_owned())).await.unwrap();
    assert_eq!(third.root_credentials().0, root);
    third.stop().await;
}

#[tokio::test]
async fn beyond_loopback_the_server_speaks_tls_unless_plain_http_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::local(dir.path().to_owned());
    settings.listen = "0.0.0.0:0".parse().unwrap();
    settings.tls_names = vec!["ops.example".to_owned()];
    let server = Server::start(settings.clone()).await.unwrap();
    assert!(server.url().starts_with("https://0.0.0.0:"), "{}", server.url());
    assert!(server.public_url().starts_with("https://ops.example:"), "{}", server.public_url());
    let authority = server.authority().unwrap().fingerprint;
    server.stop().await;
    let again = Server::start(settings.clone()).await.unwrap();
    assert_eq!(again.authority().unwrap().fingerprint, authority);
    again.stop().await;
    settings.allow_plain = true;
    let server = Server::start(settings).await.unwrap();
    assert!(server.url().starts_with("http://") && server.authority().is_none());
    server.stop().await;
}
