//! The courier, and those who do not answer as they should.

use aws_lc_rs::hmac;

use super::receiver::Receiver;
use super::*;

const IMPATIENT: Patience =
    Patience { connect: Duration::from_millis(300), request: Duration::from_millis(300) };

fn courier(url: &str, secret: Option<PathBuf>) -> Courier {
    let ops = WebhookSettings { url: url.to_owned(), secret_file: secret };
    Courier::new(&BTreeMap::from([("ops".to_owned(), ops)]), IMPATIENT).unwrap()
}

async fn notify(courier: &Courier) -> Result<(), Problem> {
    courier.notify("ops", "id-1", b"{}".to_vec(), 1_700_000_000).await
}

#[tokio::test]
async fn a_notification_is_posted_with_its_id_and_signed() {
    let receiver = Receiver::open().await;
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "s3cret\n").unwrap();
    notify(&courier(&receiver.url, Some(secret))).await.unwrap();
    let seen = receiver.seen().remove(0);
    assert!(seen.head.starts_with("POST /hook HTTP/1.1"), "{}", seen.head);
    assert_eq!(
        (seen.header("x-pilothouse-delivery"), seen.header("content-type")),
        ("id-1", "application/json")
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"s3cret");
    assert_eq!(seen.header("x-pilothouse-signature"), signature(&key, 1_700_000_000, b"{}"));
    assert!(!format!("{seen:?}").contains("s3cret"));
}

#[tokio::test]
async fn without_a_secret_it_is_not_signed() {
    let receiver = Receiver::open().await;
    notify(&courier(&receiver.url, None)).await.unwrap();
    assert_eq!(receiver.seen()[0].header("x-pilothouse-signature"), "");
}

#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let (receiver, elsewhere) = (Receiver::open().await, Receiver::open().await);
    let answer = format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {}", elsewhere.url);
    receiver.answer(&[&answer]);
    let problem = notify(&courier(&receiver.url, None)).await.unwrap_err();
    assert!(problem.why.contains("307") && !problem.is_final, "{problem:?}");
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn who_does_not_answer_in_time_is_left() {
    let receiver = Receiver::open().await;
    receiver.answer(&[""]);
    let problem = notify(&courier(&receiver.url, None)).await.unwrap_err();
    assert!(problem.why.starts_with("it did not answer in time") && !problem.is_final, "{problem:?}");
}

#[tokio::test]
async fn who_is_gone_is_gone_and_who_has_trouble_is_asked_again() {
    let receiver = Receiver::open().await;
    receiver.answer(&["HTTP/1.1 410 Gone", "HTTP/1.1 503 Busy", "HTTP/1.1 404 Not Found"]);
    let courier = courier(&receiver.url, None);
    assert!(notify(&courier).await.unwrap_err().is_final);
    assert!(!notify(&courier).await.unwrap_err().is_final);
    assert!(!notify(&courier).await.unwrap_err().is_final, "it may be put right");
}

#[tokio::test]
async fn a_problem_does_not_tell_the_address() {
    let problem = notify(&courier("http://127.0.0.1:1/t0ken", None)).await.unwrap_err();
    assert!(problem.why.contains("cannot be reached") && !problem.why.contains("t0ken"), "{problem:?}");
    let nobody =
        courier("http://127.0.0.1:1/t0ken", None).notify("nobody", "id", vec![], 1).await.unwrap_err();
    assert!(nobody.why.contains("nobody"), "{nobody:?}");
}
