//! References to parameters told as stories: what they stand for is settled when the command is sent, by the sender's right.

use pilothouse_api::Fault;
use pilothouse_api::commands::{Command, ListCommands, SendCommand};
use pilothouse_api::parameters::PutParameter;
use pilothouse_document::{Resolved, SsmReference, SsmValue};
use pilothouse_protocol::{InstanceId, ToAgent};

use crate::cx::Caller;
use crate::internal::Dispatch;
use crate::rig::Rig;

async fn put(rig: &Rig, name: &str, kind: &str, value: &str) {
    let put = PutParameter {
        name: name.into(),
        r#type: Some(kind.into()),
        value: value.into(),
        overwrite: Some(true),
        ..PutParameter::default()
    };
    rig.root(put).await.unwrap();
}

fn says(line: &str, node: &InstanceId) -> SendCommand {
    SendCommand {
        document_name: "AWS-RunShellScript".into(),
        parameters: [("commands".into(), vec![line.into()])].into(),
        instance_ids: vec![node.to_string()],
        ..SendCommand::default()
    }
}

async fn handed_over(rig: &Rig) -> Resolved {
    rig.system(Dispatch {}).await.unwrap();
    match rig.sent().pop() {
        Some((_, ToAgent::Run { job })) => job.resolved,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_command_carries_what_its_references_stood_for_and_shows_what_was_given() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    put(&rig, "/a", "String", "one").await;
    put(&rig, "/list", "StringList", r#"x,"y, z""#).await;
    let given = "echo {{ssm:/a}} {{ ssm:/a:1 }} {{ssm:/list}}";
    let sent: Command = rig.root(says(given, &web)).await.unwrap().command;
    put(&rig, "/a", "String", "two").await;
    let reference = |text: &str| SsmReference::read(text).unwrap();
    assert_eq!(
        handed_over(&rig).await,
        Resolved::from([
            (reference("ssm:/a"), SsmValue::Text("one".into())),
            (reference("ssm:/a:1"), SsmValue::Text("one".into())),
            (reference("ssm:/list"), SsmValue::List(vec!["x".into(), "y, z".into()])),
        ])
    );
    let list = ListCommands { command_id: Some(sent.command_id), ..ListCommands::default() };
    let shown = rig.root(list).await.unwrap().commands.remove(0);
    assert_eq!(shown.parameters["commands"], [given]);
}

#[tokio::test]
async fn a_reference_that_cannot_be_resolved_is_named_and_nothing_is_sent() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    put(&rig, "/key", "SecureString", "s3cret").await;
    put(&rig, "/a", "String", "one").await;
    for name in ["/key", "/nope", "/a:2", "/a:nolabel"] {
        let fault = rig.root(says(&format!("echo {{{{ssm:{name}}}}}"), &web)).await.unwrap_err();
        assert_eq!(fault.code, "InvalidParameters", "{name}: {fault}");
        assert!(fault.message.contains(&format!("{{{{ssm:{name}}}}}")), "{fault}");
        assert!(!fault.message.contains("s3cret"));
    }
    let many: String = (0..101).map(|n| format!("{{{{ssm:/a{n}}}}}")).collect();
    assert!(rig.root(says(&many, &web)).await.unwrap_err().message.contains("limit of 100"));
    assert!(rig.root(ListCommands::default()).await.unwrap().commands.is_empty());
}

#[tokio::test]
async fn who_may_send_and_may_not_read_the_parameter_sends_nothing() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    put(&rig, "/open/a", "String", "one").await;
    put(&rig, "/closed/a", "String", "two").await;
    let may = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:SendCommand", resource);
        permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:GetParameters", resource is Pilothouse::Parameter)
        when { resource.path like "/open/*" };"#;
    let ann: Caller = rig.user("ann", may).await;
    rig.perform(ann.clone(), says("echo {{ssm:/open/a}}", &web)).await.unwrap();
    let fault: Fault = rig.perform(ann, says("echo {{ssm:/closed/a}}", &web)).await.unwrap_err();
    assert_eq!(fault.code, "AccessDeniedException");
    assert!(fault.message.contains("ssm:GetParameters") && fault.message.contains("/closed/a"), "{fault}");
}
