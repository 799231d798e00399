//! Values of the parameter store in documents, and values that no shell takes apart.

use pilothouse_api::Fault;
use pilothouse_api::commands::ListCommands;
use pilothouse_api::parameters::PutParameter;
use pilothouse_protocol::InvocationState;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::server::Server;
use serde_json::json;

use super::{create, document, over, runs, sends, shell, steps_of};

async fn put(server: &Server, name: &str, kind: &str, value: &str) {
    let put = PutParameter {
        name: name.to_owned(),
        r#type: Some(kind.to_owned()),
        value: value.to_owned(),
        overwrite: Some(true),
        ..PutParameter::default()
    };
    server.call(put).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reference_stood_for_when_the_command_was_sent_is_what_runs() {
    let server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let node = fleet.ids()[0].clone();
    put(&server, "/web/port", "String", "8080").await;
    put(&server, "/web/port", "String", "9090").await;
    put(&server, "/web/names", "StringList", "a,b,c").await;
    put(&server, "/web/key", "SecureString", "s3cret").await;
    let inner = document(&json!({}), &json!([shell("in", &["echo within {{ssm:/web/port}}"])]));
    create(&server, "Inner", &inner).await;
    let content = document(
        &json!({ "port": { "type": "String", "default": "{{ssm:/web/port:1}}" }, "names": { "type": "StringList" } }),
        &json!([
            shell("says", &["echo {{ port }} {{ssm:/web/port}}", "printf '<%s>' {{ names }}; echo"]),
            runs("in", "Inner", &json!({})),
        ]),
    );
    create(&server, "Site", &content).await;

    // Sent while the node is away, and changed before it is back.
    fleet.agents[0].program().kill();
    let command = sends("Site", &node, &[("names", "{{ssm:/web/names}}")]);
    let id = server.send_as(command.clone()).await.unwrap();
    put(&server, "/web/port", "String", "1").await;
    put(&server, "/web/names", "StringList", "z").await;
    fleet.agents[0].start();
    let ended = server.runs_when_over(&id).await;
    assert_eq!(ended[0].state, InvocationState::Success, "{ended:#?}");
    let output = String::from_utf8(server.output_of(&id, &node).await).unwrap();
    // What is within is read when it is fetched.
    assert_eq!(output, "8080 9090\n<[a,b,c]>\nwithin 1\n");

    let list = ListCommands { command_id: Some(id.to_string()), ..ListCommands::default() };
    let listed = server.call(list).await.unwrap().commands.remove(0);
    assert_eq!(listed.parameters["names"], ["{{ssm:/web/names}}"]);

    let refused = async |name: &str| -> Fault {
        let value = format!("{{{{ssm:{name}}}}}");
        server.send_as(sends("Site", &node, &[("names", &value)])).await.unwrap_err()
    };
    let secret = refused("/web/key").await;
    assert!(secret.code == "InvalidParameters" && secret.message.contains("{{ssm:/web/key}}"), "{secret}");
    let unknown = refused("/web/nope:3").await;
    assert!(
        unknown.code == "InvalidParameters" && unknown.message.contains("{{ssm:/web/nope:3}}"),
        "{unknown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_an_environment_variable_is_no_part_of_the_script() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let spec = json!({ "text": { "type": "String", "interpolationType": "ENV_VAR" },
        "plain": { "type": "String", "default": "plain" } });
    let inner = document(
        &spec,
        &json!([shell("says", &["printf '<%s>\\n' \"{{ text }}\" '{{ text }}' \"$SSM_text\""])]),
    );
    create(&server, "Inner", &inner).await;
    // What passes it on names it in a text; there it is a part of no script.
    let outer = document(
        &json!({ "text": { "type": "String", "interpolationType": "ENV_VAR" },
            "pass": { "type": "String" }, "plain": { "type": "String", "default": "plain" } }),
        &json!([
            shell("says", &["printf '[%s]\\n' \"{{ text }}\"", "echo '{{ plain }}'"]),
            runs("in", "Inner", &json!({ "text": "{{ pass }}" })),
        ]),
    );
    create(&server, "Outer", &outer).await;
    let outer = |value: &str| sends("Outer", &fleet.ids()[0], &[("text", value), ("pass", value)]);
    for evil in [
        "$(touch /tmp/pilothouse-evil); `id` \"; exit 9; ' | & > < * ~ \\ #",
        "{{ plain }} {{text}} {{ssm:/x}} }} {{",
        "two\nlines\t\u{1b}[31m ü 東",
        "-n %s $SSM_text ${IFS}",
    ] {
        // What looks like a reference is asked for, and is none.
        if evil.contains("ssm:") {
            let fault = server.send_as(outer(evil)).await.unwrap_err();
            assert_eq!(fault.code, "InvalidParameters", "{fault}");
            continue;
        }
        let (run, output) = over(&server, outer(evil)).await;
        assert_eq!(run.state, InvocationState::Success, "{evil}: {run:#?}");
        assert_eq!(output, format!("[{evil}]\nplain\n<{evil}>\n<{evil}>\n<{evil}>\n"), "{evil}");
    }
    let braces = "{{ plain }} {{text}} }} {{";
    let (_, output) = over(&server, outer(braces)).await;
    assert_eq!(output, format!("[{braces}]\nplain\n<{braces}>\n<{braces}>\n<{braces}>\n"));
    assert!(!std::path::Path::new("/tmp/pilothouse-evil").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn powershell_that_is_missing_is_told_of_and_one_that_is_there_gets_the_script() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let node = fleet.ids()[0].clone();
    let content = document(
        &json!({ "word": { "type": "String", "interpolationType": "ENV_VAR" } }),
        &json!([{ "action": "aws:runPowerShellScript", "name": "ps", "inputs": { "runCommand": ["Write-Output $env:SSM_word", "exit 5"] } },
            { "action": "aws:runPowerShellScript", "name": "windows", "precondition": { "StringEquals": ["platformType", "Windows"] },
              "inputs": { "runCommand": ["Get-Service"] } }]),
    );
    create(&server, "Power", &content).await;
    let command = sends("Power", &node, &[("word", "hi")]);
    if std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .all(|it| !it.join("pwsh").exists())
    {
        let (run, _) = over(&server, command.clone()).await;
        assert_eq!(run.state, InvocationState::Failed);
        assert!(run.message.contains("PowerShell is not installed"), "{}", run.message);
        assert_eq!(steps_of(&server, &run).await, ["ps Failed -1", "windows Success 0"]);
    }
    // One that only shows what it is given.
    let dir = tempfile::tempdir().unwrap();
    let pwsh = dir.path().join("pwsh");
    std::fs::write(
        &pwsh,
        "#!/bin/sh\nfor last; do :; done\necho \"$1 ${last##*/} $SSM_word\"; cat \"$last\"; exit 5\n",
    )
    .unwrap();
    std::fs::set_permissions(&pwsh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
    fleet.agents[0].program().kill();
    fleet.agents[0].start_with(&[("PATH", &path)]);
    let (run, output) = over(&server, command).await;
    assert_eq!((run.state, run.exit_code), (InvocationState::Failed, Some(5)), "{run:#?}");
    assert!(output.starts_with("-NoLogo _script.ps1 hi\n"), "{output}");
    assert!(output.contains("exit 5"), "{output}");
}
