//! Output in buckets, under AWS's keys.

use std::net::TcpListener;
use std::path::Path;

use pilothouse_api::commands::SendCommand;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::boto::has_boto3;
use pilothouse_tests::bucket::{Bucket, KEY, SECRET};
use pilothouse_tests::program::{Program, command, run, said};
use pilothouse_tests::server::{Server, ServerOptions, shell};
use pilothouse_tests::skip::skip;
use pilothouse_tests::wait;

/// A server that knows of a store with buckets.
fn knowing(endpoint: &str, secrets: &Path) -> ServerOptions {
    let file = secrets.join("s3.secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    Server::options()
        .with("s3__endpoint", endpoint)
        .with("s3__region", "eu-test-1")
        .with("s3__access_key_id", KEY)
        .with("s3__secret_access_key_file", file.display())
        .with("s3__allow_http", true)
}

fn into_bucket(node: &impl ToString, script: &str) -> SendCommand {
    SendCommand {
        instance_ids: vec![node.to_string()],
        output_s3_bucket_name: Some("logs".into()),
        output_s3_key_prefix: Some("fleet/out".into()),
        ..shell(script)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn output_arrives_in_its_bucket_signed_and_whole_also_when_that_refuses_for_a_while() {
    let bucket = Bucket::start().await;
    let secrets = tempfile::tempdir().unwrap();
    let mut server = knowing(bucket.url(), secrets.path()).start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    bucket.refuse(true);
    let script = "seq 1 2000000; echo bad >&2";
    let command = server.send_as(into_bucket(node, script)).await.unwrap();
    server.runs_when_over(&command).await;
    let shown = server.run_of(&command, node).await;
    let key = format!("logs/fleet/out/{command}/{node}/awsrunShellScript/0.awsrunShellScript");
    assert_eq!(shown.standard_output_url, format!("{}/{key}/stdout", bucket.url()));
    assert_eq!(shown.standard_error_url, format!("{}/{key}/stderr", bucket.url()));
    // A server that dies with it undone does it when it is back.
    server.program().kill();
    server.start_again().await;
    bucket.refuse(false);
    let objects = wait::until("the output in its bucket", async || {
        let objects = bucket.objects();
        (objects.len() == 2).then_some(objects)
    })
    .await;
    assert_eq!(objects[&format!("{key}/stderr")], b"bad\n");
    let whole: String = (1..=2_000_000).map(|n| format!("{n}\n")).collect();
    assert!(
        objects[&format!("{key}/stdout")] == whole.as_bytes(),
        "more than one part, and every byte of it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_the_server_knows_no_place_for_is_refused_before_anything_runs() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let fault = server.send_as(into_bucket(&fleet.ids()[0], "true")).await.unwrap_err();
    assert_eq!(fault.code, "InvalidOutputFolder");
    assert!(fault.message.contains("[s3]"), "{}", fault.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn output_arrives_in_a_bucket_of_moto_where_boto3_finds_it() {
    let mut probe = command(Path::new("python3"));
    probe.args(["-c", "import moto.server"]);
    if !probe.output().is_ok_and(|out| out.status.success()) {
        skip("output in a bucket of moto", "python3 has no moto: pip install 'moto[server]'");
        return;
    }
    if !has_boto3() {
        return;
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let dir = tempfile::tempdir().unwrap();
    let mut moto = command(Path::new("python3"));
    moto.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
    let mut moto = Program::start(moto, "moto", dir.path());
    let endpoint = format!("http://127.0.0.1:{port}");
    let python = |script: &str| {
        let mut python = command(Path::new("python3"));
        let head = format!(
            "import boto3\ns3 = boto3.client('s3', endpoint_url='{endpoint}', region_name='us-east-1',\n    \
             aws_access_key_id='{KEY}', aws_secret_access_key='{SECRET}')\n"
        );
        python.args(["-c", &format!("{head}{script}")]);
        run(python)
    };
    wait::until("moto to answer", async || {
        assert!(moto.ended().is_none(), "moto ended: {}", moto.log());
        python("s3.create_bucket(Bucket='logs')").status.success().then_some(())
    })
    .await;
    let server = knowing(&endpoint, dir.path()).start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let command = server.send_as(into_bucket(node, "echo found")).await.unwrap();
    server.runs_when_over(&command).await;
    let key = format!("fleet/out/{command}/{node}/awsrunShellScript/0.awsrunShellScript/stdout");
    wait::until("the output in moto's bucket", async || {
        let read = python(&format!(
            "print(s3.get_object(Bucket='logs', Key='{key}')['Body'].read().decode(), end='')"
        ));
        (read.status.success() && said(&read).contains("found")).then_some(())
    })
    .await;
    moto.kill();
}
