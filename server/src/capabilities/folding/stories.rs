//! Folding told as stories, through the true door.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::commands::SendCommand;
use pilothouse_api::fleet::{Follow, SendCommandToNodes};
use pilothouse_api::folding::{
    Bucket, DiffKind, DiffOutput, Group, InstanceIdPage, ListBucket, ListGroupMembers, Normal, Side,
};
use pilothouse_api::nodes::DeregisterManagedInstance;
use pilothouse_api::topics::{News, Topic};
use pilothouse_protocol::{
    Chunk, CommandId, InstanceId, InvocationState, JobId, Millis, Outcome, Payload, StepResult, StepState,
    Stream, ToAgent,
};

use crate::cx::Caller;
use crate::internal::{Dispatch, FreeFolds, Report, ReportKind, Settle};
use crate::rig::Rig;

/// A command on nodes that all have accepted it.
struct Scene {
    rig: Rig,
    command: CommandId,
    nodes: Vec<InstanceId>,
    ends: BTreeMap<InstanceId, u64>,
}

impl Scene {
    async fn of(count: usize) -> Self {
        let rig = Rig::new().await;
        let mut nodes = Vec::new();
        for number in 0..count {
            nodes.push(rig.node(&format!("web-{number}"), &[("env", "prod")]).await);
        }
        let request = SendCommand {
            document_name: "AWS-RunShellScript".into(),
            parameters: BTreeMap::from([("commands".into(), vec!["report".into()])]),
            instance_ids: nodes.iter().map(ToString::to_string).collect(),
            max_concurrency: Some("100%".into()),
            ..SendCommand::default()
        };
        let command: CommandId = rig.root(request).await.unwrap().command.command_id.parse().unwrap();
        let mut accepted = 0;
        while accepted < count {
            rig.system(Dispatch {}).await.unwrap();
            for (_, frame) in rig.sent() {
                let ToAgent::Run { job } = frame else { continue };
                accepted += 1;
                let reports = vec![Report { job: job.id.clone(), what: ReportKind::Accepted }];
                rig.system(Settle { reports }).await.unwrap();
            }
        }
        Self { rig, command, nodes, ends: BTreeMap::new() }
    }

    fn job(&self, node: usize) -> JobId {
        JobId { command: self.command.clone(), instance: self.nodes[node].clone() }
    }

    async fn report(&self, node: usize, what: ReportKind) {
        self.rig.system(Settle { reports: vec![Report { job: self.job(node), what }] }).await.unwrap();
    }

    async fn says(&mut self, node: usize, stream: Stream, text: &[u8]) {
        let end = self.ends.entry(self.nodes[node].clone()).or_default();
        let chunk =
            Chunk { offset: *end, step: 0, stream, at: Millis(0), payload: Payload::Data(text.to_vec()) };
        *end = chunk.end();
        let to = *end;
        self.rig.door.ports().outputs.append(&self.job(node), vec![chunk]).await.unwrap();
        self.report(node, ReportKind::Stored { to }).await;
    }

    async fn ends(&self, node: usize, state: InvocationState, code: i32) {
        let step = StepResult {
            index: 0,
            name: "aws:runShellScript".into(),
            action: "aws:runShellScript".into(),
            state: if code == 0 { StepState::Success } else { StepState::Failed },
            code,
            started_at: Millis(1),
            finished_at: Millis(2),
            message: String::new(),
        };
        let output_end = self.ends.get(&self.nodes[node]).copied().unwrap_or_default();
        let outcome = Outcome {
            state,
            steps: vec![step],
            finished_at: Millis(2),
            output_end,
            message: String::new(),
            killed: Vec::new(),
            killed_count: 0,
        };
        self.report(node, ReportKind::Finished(outcome)).await;
    }

    async fn follow(&self, after: u64) -> (Vec<Group>, u64, bool) {
        let topic = Topic::Groups { command_id: self.command.clone(), normal: Normal::default(), after };
        let read = self.rig.root(Follow { topic }).await.unwrap();
        assert!(!read.more);
        let (News::Groups { groups, complete, .. }, Topic::Groups { after, .. }) = (read.news, read.next)
        else {
            panic!("no news of groups")
        };
        (groups, after, complete)
    }

    async fn groups(&self) -> Vec<Group> {
        self.follow(0).await.0
    }

    async fn bucket(&self, bucket: Bucket) -> Result<InstanceIdPage, Fault> {
        let list =
            ListBucket { command_id: self.command.to_string(), bucket, max_results: None, next_token: None };
        self.rig.root(list).await
    }

    fn ids(&self, nodes: &[usize]) -> Vec<String> {
        nodes.iter().map(|node| self.nodes[*node].to_string()).collect()
    }
}

use InvocationState::{Failed, Success};

#[tokio::test]
async fn groups_are_told_as_they_grow_until_all_is_over() {
    let mut scene = Scene::of(4).await;
    assert!(scene.groups().await.is_empty(), "nobody has said anything");
    for node in 0..3 {
        scene.says(node, Stream::Stdout, b"reading\n").await;
    }
    let (groups, first, _) = scene.follow(0).await;
    let [group] = groups.as_slice() else { panic!("{groups:?}") };
    assert_eq!((group.count, group.so_far, group.lines), (3, 3, 1));
    assert_eq!(scene.follow(first).await.1, first, "nothing new is no news");
    scene.says(0, Stream::Stdout, b"done\n").await;
    scene.ends(0, Success, 0).await;
    scene.says(1, Stream::Stdout, b"done\n").await;
    scene.ends(1, Success, 0).await;
    scene.says(3, Stream::Stderr, b"no such file\n").await;
    scene.ends(3, Failed, 2).await;
    let (groups, second, complete) = scene.follow(first).await;
    assert!(second != first && !complete);
    let [largest, outlier] = groups.as_slice() else { panic!("{groups:?}") };
    assert_eq!((largest.count, largest.so_far, largest.ended.get(&Success)), (3, 1, Some(&2)));
    assert_eq!((largest.preview.as_slice(), largest.differs_at), (&b"reading\ndone\n"[..], 0));
    assert_eq!((outlier.count, outlier.outlier, outlier.stderr_lines), (1, true, 1));
    assert_eq!((outlier.preview.as_slice(), outlier.differs_at), (&b"no such file\n"[..], 1));
    assert_eq!(
        (outlier.exit_codes.as_slice(), outlier.names.as_slice()),
        (&[(2, 1)][..], &["web-3".to_owned()][..])
    );
    scene.says(2, Stream::Stdout, b"done\n").await;
    scene.ends(2, Success, 0).await;
    let (groups, _, complete) = scene.follow(second).await;
    assert!(complete);
    assert_eq!((groups[0].count, groups[0].so_far, groups[0].ended[&Success]), (3, 0, 3));
    let again = scene.groups().await;
    assert_eq!(again, groups, "what is remembered is what was told");
}

#[tokio::test]
async fn what_leaves_the_others_late_is_shown_from_there() {
    let mut scene = Scene::of(4).await;
    let same = "the same line\n".repeat(100);
    for node in 0..4 {
        scene.says(node, Stream::Stdout, same.as_bytes()).await;
        if node == 3 {
            scene.says(node, Stream::Stdout, b"\xff is no letter\n").await;
        }
        scene.ends(node, Success, 0).await;
    }
    let groups = scene.groups().await;
    assert_eq!((groups[1].differs_at, groups[1].preview.as_slice()), (101, &b"\xff is no letter\n"[..]));
    assert_eq!(groups[0].preview.len(), 400);
}

#[tokio::test]
async fn a_group_is_listed_page_by_page_and_becomes_the_target_of_the_next_command() {
    let mut scene = Scene::of(5).await;
    for node in 0..5 {
        let text: &[u8] = if node == 2 { b"b\n" } else { b"a\n" };
        scene.says(node, Stream::Stdout, text).await;
        scene.ends(node, Success, 0).await;
    }
    let group = scene.groups().await.remove(0);
    let list = ListGroupMembers {
        command_id: scene.command.to_string(),
        group: group.id.clone(),
        max_results: Some(3),
        ..ListGroupMembers::default()
    };
    let first = scene.rig.root(list.clone()).await.unwrap();
    assert_eq!(first.instance_ids, scene.ids(&[0, 1, 3]));
    let last = scene.rig.root(ListGroupMembers { next_token: first.next_token, ..list }).await.unwrap();
    assert_eq!((last.instance_ids, last.next_token), (scene.ids(&[4]), None));
    let gone = DeregisterManagedInstance { instance_id: scene.nodes[4].to_string() };
    scene.rig.root(gone).await.unwrap();
    let bucket = Bucket::Group { id: group.id, normal: Normal::default() };
    let targets = scene.bucket(bucket).await.unwrap().instance_ids;
    assert_eq!(targets, scene.ids(&[0, 1, 3]), "who is registered no more cannot be sent anything");
    let command = SendCommand {
        document_name: "AWS-RunShellScript".into(),
        parameters: BTreeMap::from([("commands".into(), vec!["repair".into()])]),
        ..SendCommand::default()
    };
    let sent = scene.rig.root(SendCommandToNodes { command, nodes: targets }).await.unwrap().command;
    assert_eq!(sent.target_count, 3);
}

#[tokio::test]
async fn runs_are_in_buckets_by_what_became_of_them() {
    let scene = Scene::of(5).await;
    scene.ends(0, Success, 0).await;
    scene.ends(1, Failed, 3).await;
    scene.ends(2, InvocationState::ExecutionTimedOut, 137).await;
    let cases: [(Bucket, &[usize]); 5] = [
        (Bucket::NotSucceeded, &[1, 2]),
        (Bucket::TimedOut, &[2]),
        (Bucket::State("Failed".into()), &[1]),
        (Bucket::State("InProgress".into()), &[3, 4]),
        (Bucket::NotStarted, &[]),
    ];
    for (bucket, nodes) in cases {
        let page = scene.bucket(bucket.clone()).await.unwrap();
        assert_eq!(page.instance_ids, scene.ids(nodes), "{bucket:?}");
    }
    let fault = scene.bucket(Bucket::State("Lost".into())).await.unwrap_err();
    assert_eq!(fault.code, "ValidationException");
    let unknown = Bucket::Group { id: "0".repeat(32), normal: Normal::default() };
    assert_eq!(scene.bucket(unknown).await.unwrap_err().code, "DoesNotExistException");
}

#[tokio::test]
async fn a_node_is_compared_with_the_majority() {
    let mut scene = Scene::of(3).await;
    for node in 0..3 {
        let text: &[u8] = if node == 2 { b"one\n2\nthree\n" } else { b"one\ntwo\nthree\n" };
        scene.says(node, Stream::Stdout, text).await;
    }
    scene.says(2, Stream::Stderr, b"warning").await;
    for node in 0..3 {
        scene.ends(node, Success, 0).await;
    }
    let diff = DiffOutput {
        command_id: scene.command.to_string(),
        right: Side::Node(scene.nodes[2].to_string()),
        context: Some(0),
        ..DiffOutput::default()
    };
    let told = scene.rig.root(diff.clone()).await.unwrap();
    assert_eq!((told.left.title.as_str(), told.left.nodes), ("web-0 and 1 more", 2));
    assert_eq!((told.right.title.as_str(), told.right.nodes), ("web-2", 1));
    let lines: Vec<_> = told.lines.iter().map(|line| (line.kind, line.stream, line.text.as_str())).collect();
    let expected = [
        (DiffKind::Removed, Stream::Stdout, "two"),
        (DiffKind::Added, Stream::Stdout, "2"),
        (DiffKind::Added, Stream::Stderr, "warning"),
    ];
    assert_eq!((lines.as_slice(), told.equal, told.truncated), (&expected[..], 2, false));
    let stranger = Side::Node(InstanceId::from_random([9; 9]).to_string());
    let fault = scene.rig.root(DiffOutput { right: stranger, ..diff }).await.unwrap_err();
    assert_eq!(fault.code, "InvalidInstanceId");
}

#[tokio::test]
async fn who_may_not_see_the_command_s_output_is_told_nothing_of_how_it_folds() {
    let mut scene = Scene::of(1).await;
    scene.says(0, Stream::Stdout, b"secret\n").await;
    let may = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:ListCommands", resource);"#;
    let ann: Caller = scene.rig.user("ann", may).await;
    let topic = Topic::Groups { command_id: scene.command.clone(), normal: Normal::default(), after: 0 };
    let command_id = scene.command.to_string();
    let denied = [
        scene.rig.perform(ann.clone(), Follow { topic }).await.unwrap_err(),
        scene
            .rig
            .perform(ann.clone(), DiffOutput { command_id: command_id.clone(), ..DiffOutput::default() })
            .await
            .unwrap_err(),
        scene
            .rig
            .perform(ann, ListGroupMembers { command_id, group: "a".into(), ..ListGroupMembers::default() })
            .await
            .unwrap_err(),
    ];
    assert!(denied.iter().all(|fault| fault.code == "AccessDeniedException"), "{denied:?}");
}

#[tokio::test]
async fn what_is_folded_is_kept_as_long_as_somebody_follows_it() {
    let mut scene = Scene::of(2).await;
    scene.says(0, Stream::Stdout, b"a\n").await;
    let folds = scene.rig.door.ports().folds.clone();
    let key = crate::folding::Key { command_id: scene.command.clone(), normal: Normal::default() };
    let (one, other) = (folds.hold(key.clone()), folds.hold(key));
    scene.groups().await;
    scene.rig.pass(3600);
    let kept = async || scene.rig.system(FreeFolds {}).await.unwrap().changed;
    assert_eq!(kept().await, 1);
    drop(one);
    assert_eq!(kept().await, 1, "the other one follows it still");
    drop(other);
    assert_eq!(kept().await, 0);
    scene.groups().await;
    assert_eq!(kept().await, 1, "who asks once may ask again");
    scene.rig.pass(61);
    assert_eq!(kept().await, 0);
}
