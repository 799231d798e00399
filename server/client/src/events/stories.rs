//! Stories of the stream, against a small websocket server in this process.

use futures_util::{SinkExt, StreamExt};
use pilothouse_api::topics::{EVENTS_PATH, FromClient, FromServer, News, Topic};
use pilothouse_protocol::Millis;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::*;
use crate::{Credentials, Endpoint};

/// The server's end of one stream.
struct Line(WebSocketStream<TcpStream>);

impl Line {
    async fn say(&mut self, message: &FromServer) {
        self.0.send(Message::Binary(rmp_serde::to_vec_named(message).unwrap().into())).await.unwrap();
    }

    async fn news(&mut self, ticket: u32, to: i64, more: bool) {
        let news = News::Nodes { nodes: Vec::new(), gone: Vec::new(), reset: false };
        self.say(&FromServer::News { ticket, news, next: nodes(to), more }).await;
    }

    async fn hears(&mut self) -> FromClient {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => return rmp_serde::from_slice(&bytes).unwrap(),
                _ => continue,
            }
        }
    }
}

struct Server {
    listener: TcpListener,
    client: Client,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let credentials = Credentials::new("AKIDEXAMPLE", "secret");
        let client =
            Client::new(Endpoint { url, region: "eu-west-1".into(), credentials, ca: None }).unwrap();
        Self { listener, client }
    }

    #[expect(clippy::result_large_err, reason = "the callback's type is given")]
    async fn accepts(&self) -> Line {
        let (stream, _) = self.listener.accept().await.unwrap();
        let check = |request: &Request, response: Response| {
            assert_eq!(request.uri().path(), EVENTS_PATH);
            let authorization = request.headers()["authorization"].to_str().unwrap();
            assert!(request.headers()["user-agent"].to_str().unwrap().starts_with("pilothouse/"));
            assert!(authorization.contains("AKIDEXAMPLE/") && authorization.contains("/eu-west-1/ssm/"));
            Ok(response)
        };
        Line(accept_hdr_async(stream, check).await.unwrap())
    }

    async fn answers(&self, answer: &str) {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

fn nodes(after: i64) -> Topic {
    Topic::Nodes { after, under: 0 }
}

impl EventStream {
    /// The next event that is not a measurement.
    async fn event(&mut self) -> Option<StreamEvent> {
        loop {
            match self.next().await {
                Some(StreamEvent::Live { rtt: Some(_) } | StreamEvent::Clock { .. }) => {}
                other => return other,
            }
        }
    }

    async fn news(&mut self) -> (Ticket, Topic, bool) {
        match self.event().await {
            Some(StreamEvent::News { ticket, next, more, .. }) => (ticket, next, more),
            other => panic!("{other:?} is no news"),
        }
    }
}

const UP: Option<StreamEvent> = Some(StreamEvent::Live { rtt: None });

#[tokio::test]
async fn a_stream_that_broke_goes_on_from_the_last_cursor() {
    let server = Server::start().await;
    let mut stream = EventStream::open(server.client.clone());
    let ticket = stream.follow(nodes(0));
    let mut line = server.accepts().await;
    assert_eq!(line.hears().await, FromClient::Open { ticket: ticket.0, topic: nodes(0) });
    line.news(ticket.0, 5, true).await;
    line.news(ticket.0, 9, false).await;
    assert_eq!(stream.event().await, UP);
    assert_eq!(stream.news().await, (ticket, nodes(5), true));
    drop(line);
    // What waits is given first, so the cursor stands behind it.
    assert_eq!(stream.news().await, (ticket, nodes(9), false));
    let mut line = server.accepts().await;
    assert!(matches!(stream.event().await, Some(StreamEvent::Lost { .. })));
    assert_eq!(stream.event().await, UP);
    assert_eq!(line.hears().await, FromClient::Open { ticket: ticket.0, topic: nodes(9) });
}

#[tokio::test]
async fn a_refused_topic_is_told_once_and_not_opened_again() {
    let server = Server::start().await;
    let mut stream = EventStream::open(server.client.clone());
    let (bad, good) = (stream.follow(nodes(-1)), stream.follow(nodes(3)));
    let mut line = server.accepts().await;
    assert_eq!(line.hears().await, FromClient::Open { ticket: bad.0, topic: nodes(-1) });
    let refusal =
        FromServer::Refused { ticket: bad.0, code: "ValidationException".into(), reason: "no".into() };
    line.say(&refusal).await;
    line.hears().await;
    drop(line);
    let mut line = server.accepts().await;
    assert_eq!(line.hears().await, FromClient::Open { ticket: good.0, topic: nodes(3) });
    assert_eq!(stream.event().await, UP);
    let refused = stream.event().await;
    assert!(matches!(refused, Some(StreamEvent::Refused { ticket, .. }) if ticket == bad), "{refused:?}");
}

#[tokio::test]
async fn what_is_not_followed_any_more_is_not_told() {
    let server = Server::start().await;
    let mut stream = EventStream::open(server.client.clone());
    let (first, second) = (stream.follow(nodes(0)), stream.follow(nodes(1)));
    let mut line = server.accepts().await;
    line.hears().await;
    line.hears().await;
    stream.unfollow(first);
    assert_eq!(line.hears().await, FromClient::Close { ticket: first.0 });
    line.news(first.0, 5, false).await;
    line.news(second.0, 6, false).await;
    assert_eq!(stream.event().await, UP);
    assert_eq!(stream.news().await, (second, nodes(6), false));
}

#[tokio::test]
async fn wrong_credentials_end_the_stream_with_the_servers_words() {
    let server = Server::start().await;
    let mut stream = EventStream::open(server.client.clone());
    server
        .answers(
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 87\r\n\r\n\
             {\"__type\":\"UnrecognizedClientException\",\"message\":\"The security token is not known here.\"}",
        )
        .await;
    let Some(StreamEvent::Broken { why }) = stream.next().await else { panic!("not broken") };
    assert!(why.contains("The security token is not known here."), "{why}");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn something_else_than_a_pilothouse_server_is_said_to_be_that() {
    let server = Server::start().await;
    let mut stream = EventStream::open(server.client.clone());
    server.answers("HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\n\r\n<html>").await;
    let Some(StreamEvent::Broken { why }) = stream.next().await else { panic!("not broken") };
    assert!(why.contains("404") && why.contains("is it a Pilothouse server?"), "{why}");
}

#[tokio::test]
async fn a_server_of_another_version_ends_the_stream_instead_of_being_asked_for_ever() {
    let server = Server::start().await;
    let mut stream = EventStream::open(server.client.clone());
    let mut line = server.accepts().await;
    line.0.send(Message::Binary(vec![0xc1].into())).await.unwrap();
    assert!(matches!(stream.next().await, Some(StreamEvent::Live { .. })));
    let Some(StreamEvent::Broken { why }) = stream.next().await else { panic!("not broken") };
    assert!(why.contains("different versions"), "{why}");
}

#[tokio::test]
async fn an_overloaded_server_is_tried_again() {
    let server = Server::start().await;
    let mut stream = EventStream::open(server.client.clone());
    server.answers("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").await;
    let lost = stream.next().await;
    assert!(matches!(&lost, Some(StreamEvent::Lost { why, .. }) if why.contains("503")), "{lost:?}");
    let _line = server.accepts().await;
    assert_eq!(stream.next().await, UP);
}

#[tokio::test]
async fn the_round_trip_is_measured_as_soon_as_the_stream_is_up() {
    let server = Server::start().await;
    let mut stream = EventStream::open(server.client.clone());
    let mut line = server.accepts().await;
    // The server's websocket answers pings while it listens.
    tokio::spawn(async move { line.hears().await });
    assert_eq!(stream.next().await, UP);
    let measured = stream.next().await;
    assert!(matches!(measured, Some(StreamEvent::Live { rtt: Some(_) })), "{measured:?}");
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let server = Server::start().await;
    let pace = Pace { ping: Duration::from_secs(5), silence: Duration::from_millis(50) };
    let mut stream = EventStream::at_pace(server.client.clone(), pace);
    let _silent = server.accepts().await;
    assert_eq!(stream.next().await, UP);
    let lost = stream.next().await;
    assert!(matches!(&lost, Some(StreamEvent::Lost { why, .. }) if why.contains("nothing")), "{lost:?}");
}

#[tokio::test]
async fn a_consumer_that_does_not_ask_loses_nothing() {
    let server = Server::start().await;
    let pace = Pace { ping: Duration::from_secs(5), silence: Duration::from_millis(50) };
    let mut stream = EventStream::at_pace(server.client.clone(), pace);
    let ticket = stream.follow(nodes(0));
    let mut line = server.accepts().await;
    line.hears().await;
    for i in 1..=100 {
        line.news(ticket.0, i, i < 100).await;
    }
    line.say(&FromServer::Alive { now: Millis(1) }).await;
    assert_eq!(stream.event().await, UP);
    for i in 1..=100 {
        assert_eq!(stream.news().await, (ticket, nodes(i), i < 100));
    }
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let server = Server::start().await;
    let stream = EventStream::open(server.client.clone());
    let mut line = server.accepts().await;
    drop(stream);
    while let Some(Ok(_)) = line.0.next().await {}
}
