//! Webhooks are told what becomes of commands, whoever is down meanwhile.

use aws_lc_rs::hmac;
use pilothouse_api::commands::{NotificationConfig, SendCommand};
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::hook::Hook;
use pilothouse_tests::server::{Server, shell};
use pilothouse_tests::wait;

fn told(kind: &str) -> NotificationConfig {
    NotificationConfig {
        notification_arn: "arn:aws:sns:us-east-1:000000000000:ops".to_owned(),
        notification_events: vec!["All".to_owned()],
        notification_type: kind.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_told_is_told_later_and_by_another_run_of_the_server() {
    let (hook, keys) = (Hook::start().await, tempfile::tempdir().unwrap());
    let secret = keys.path().join("secret");
    std::fs::write(&secret, "only between us\n").unwrap();
    let options = Server::options().with("webhooks__ops__url", hook.url());
    let mut server = options.with("webhooks__ops__secret_file", secret.display()).start().await;
    let fleet = Fleet::start(&server, 2).await;
    let ids = fleet.ids().iter().map(ToString::to_string).collect();
    hook.answer(503);
    let request =
        SendCommand { instance_ids: ids, notification_config: Some(told("Command")), ..shell("echo hi") };
    let command = server.send_as(request.clone()).await.unwrap();
    server.runs_when_over(&command).await;
    wait::blocking("a first attempt", || !hook.posted().is_empty());
    server.program().kill();
    hook.answer(200);
    server.start_again().await;
    wait::blocking("both states to be told", || hook.taken().len() >= 2);
    let states: Vec<String> =
        hook.taken().iter().map(|it| it.json()["status"].as_str().unwrap().to_owned()).collect();
    assert!(
        states.contains(&"InProgress".to_owned()) && states.contains(&"Success".to_owned()),
        "{states:?}"
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"only between us");
    for posted in hook.taken() {
        assert_eq!(posted.json()["commandId"], command.to_string());
        let (at, tag) = posted.header("x-pilothouse-signature").split_once(",v1=").unwrap();
        let at = at.strip_prefix("t=").unwrap();
        let tag: Vec<u8> =
            (0..tag.len()).step_by(2).map(|i| u8::from_str_radix(&tag[i..i + 2], 16).unwrap()).collect();
        hmac::verify(&key, format!("{at}.{}", posted.body).as_bytes(), &tag).expect("the signature is true");
    }
    assert!(!server.program().log().contains("only between us"));

    fleet.is_online(&server).await;
    let before = hook.taken().len();
    let each = SendCommand { notification_config: Some(told("Invocation")), ..request };
    let command = server.send_as(each).await.unwrap();
    wait::blocking("both nodes to be told of", || {
        let ended = hook.taken().into_iter().skip(before).filter(|it| it.json()["status"] == "Success");
        ended.count() == 2
    });
    assert!(hook.taken().iter().skip(before).all(|it| it.json()["commandId"] == command.to_string()));
}
