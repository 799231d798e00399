//! Records with something in every member.

use std::collections::BTreeMap;

use pilothouse_api::commands::{CommandState, Target};
use pilothouse_document::{SsmReference, SsmValue};
use pilothouse_protocol::{
    ActivationId, CommandId, Facts, InstanceId, InvocationState, Millis, PingStatus, Platform, StepResult,
    StepState,
};
use pilothouse_store::activations::ActivationRecord;
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::invocations::InvocationRecord;
use pilothouse_store::nodes::NodeRecord;

pub const REGION: &str = "eu-test-1";
pub const ELSEWHERE: &str = "us-test-2";
/// A text that breaks what quotes badly, and one that breaks what counts badly.
pub const HOSTILE: &str = "O'Brien \"$1\" ; DROP TABLE nodes --\n\u{1b}[31m ü 東 🚢";

pub fn instance(number: u32) -> InstanceId {
    let n = number.to_be_bytes();
    InstanceId::from_random([n[0], n[1], n[2], n[3], 0, 0, 0, 0, 0])
}

pub fn command_id(number: u32) -> CommandId {
    format!("{number:08x}-0000-4000-8000-000000000000").parse().unwrap()
}

pub fn activation_id(number: u32) -> ActivationId {
    format!("{number:08x}-0000-4000-9000-000000000000").parse().unwrap()
}

pub fn node(number: u32) -> NodeRecord {
    NodeRecord {
        region: REGION.to_owned(),
        instance_id: instance(number),
        name: Some(HOSTILE.to_owned()),
        public_key: vec![0, 255, 7],
        fingerprint: format!("machine-{number}"),
        facts: Facts {
            computer_name: format!("web-{number}"),
            platform: Some(Platform::Linux),
            memory_bytes: 1 << 40,
            ..Facts::default()
        },
        activation_id: activation_id(1).to_string(),
        iam_role: "role".to_owned(),
        registered_at: Millis(1_000),
        last_ping: Millis(2_000),
        ping: PingStatus::Online,
        connected: true,
        conflict: None,
        gone: false,
        revision: 0,
        tags: BTreeMap::new(),
    }
}

pub fn activation(number: u32) -> ActivationRecord {
    ActivationRecord {
        region: REGION.to_owned(),
        activation_id: activation_id(number),
        code_hash: vec![1, 0, 2],
        description: Some(HOSTILE.to_owned()),
        default_instance_name: None,
        iam_role: "role".to_owned(),
        registration_limit: 2,
        registrations: 0,
        expires_at: Millis(9_000),
        created_at: Millis(1_000 + i64::from(number)),
        tags: vec![("env".to_owned(), "prod".to_owned()), (HOSTILE[..9].to_owned(), String::new())],
        created_by: "root".to_owned(),
    }
}

pub fn command(number: u32) -> CommandRecord {
    CommandRecord {
        region: REGION.to_owned(),
        command_id: command_id(number),
        document_name: "AWS-RunShellScript".to_owned(),
        document_version: String::new(),
        document: "{}".to_owned(),
        comment: HOSTILE.to_owned(),
        parameters: BTreeMap::from([("commands".to_owned(), vec![HOSTILE.to_owned(), String::new()])]),
        resolved: [
            (SsmReference::try_from("/a/b:3".to_owned()).unwrap(), SsmValue::Text(HOSTILE.to_owned())),
            (
                SsmReference::try_from("/c".to_owned()).unwrap(),
                SsmValue::List(vec!["x".to_owned(), String::new()]),
            ),
        ]
        .into(),
        targets: vec![Target { key: "tag:env".to_owned(), values: vec!["prod".to_owned()] }],
        instance_ids: vec![],
        requested_by: "root".to_owned(),
        sender: serde_json::json!({"who": "Root"}),
        requested_at: Millis(1_000 + i64::from(number)),
        start_by: Millis(5_000),
        expires_at: Millis(9_000),
        timeout_seconds: 3600,
        max_concurrency: "50".to_owned(),
        max_errors: "10%".to_owned(),
        echo: serde_json::json!({"ServiceRoleArn": "arn", "nested": [1, null]}),
        state: CommandState::Pending,
        environments: ["prod".to_owned(), String::new()].into(),
        target_count: 3,
        cancel_requested: false,
        paused: false,
        aborted: false,
        finished_at: None,
        counts: BTreeMap::from([(InvocationState::Pending, 3)]),
        revision: 0,
    }
}

/// The run of a command on the node of this number.
pub fn invocation(command: u32, number: u32) -> InvocationRecord {
    InvocationRecord {
        region: REGION.to_owned(),
        command_id: command_id(command),
        instance_id: instance(number),
        position: i64::from(number),
        node_name: HOSTILE.to_owned(),
        state: InvocationState::Pending,
        sent_at: None,
        started_at: None,
        finished_at: None,
        exit_code: None,
        output_end: 0,
        message: String::new(),
        cancel: false,
        steps: vec![],
        progress: None,
        killed: vec![],
        killed_count: 0,
        requested_at: Millis(1_000 + i64::from(command)),
        document_name: "AWS-RunShellScript".to_owned(),
        revision: 0,
    }
}

/// The same run when it is over.
pub fn over(mut run: InvocationRecord, code: i32) -> InvocationRecord {
    run.state = if code == 0 { InvocationState::Success } else { InvocationState::Failed };
    run.sent_at = Some(Millis(1_100));
    run.started_at = Some(Millis(1_200));
    run.finished_at = Some(Millis(1_300));
    run.exit_code = Some(code);
    run.output_end = u64::from(u32::MAX) + 5;
    run.message = HOSTILE.to_owned();
    run.steps = vec![StepResult {
        index: 0,
        name: "run".to_owned(),
        action: "aws:runShellScript".to_owned(),
        state: StepState::Success,
        code,
        started_at: Millis(1_200),
        finished_at: Millis(1_300),
        message: String::new(),
    }];
    run
}
