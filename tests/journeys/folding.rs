//! Outputs folded on real agents: groups while they grow, the outlier, what differs, and the next command to a part of the nodes.

use pilothouse_api::fleet::SendCommandToNodes;
use pilothouse_api::folding::{
    Bucket, DiffKind, DiffOutput, Group, ListBucket, ListGroupMembers, Normal, Side,
};
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{EventStream, StreamEvent};
use pilothouse_protocol::{CommandId, InstanceId, InvocationState};
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::cli::{ok, text};
use pilothouse_tests::program::{binary, command, run};
use pilothouse_tests::server::{Server, has_aws, shell};
use pilothouse_tests::skip::skip;
use pilothouse_tests::wait;

/// Groups as they are told.
struct Groups {
    stream: EventStream,
    told: Vec<Group>,
}

impl Groups {
    fn of(server: &Server, command: &CommandId, normal: Normal) -> Self {
        let stream = EventStream::open(server.client());
        stream.follow(Topic::Groups { command_id: command.clone(), normal, after: 0 });
        Self { stream, told: Vec::new() }
    }

    /// Waits until the groups are as wished, or all is over; whether all is over.
    async fn until(&mut self, what: &str, is_so: impl Fn(&[Group]) -> bool) -> bool {
        let deadline = tokio::time::Instant::now() + wait::PATIENCE;
        loop {
            let event = tokio::time::timeout_at(deadline, self.stream.next()).await;
            match event.unwrap_or_else(|_| panic!("waited for {what}: {:#?}", self.told)).unwrap() {
                StreamEvent::News { news: News::Groups { groups, complete, .. }, .. } => {
                    self.told = groups;
                    if complete || is_so(&self.told) {
                        return complete;
                    }
                }
                StreamEvent::Refused { code, reason, .. } => panic!("{code}: {reason}"),
                StreamEvent::Broken { why } => panic!("{why}"),
                _ => {}
            }
        }
    }
}

fn counts(groups: &[Group]) -> Vec<(u32, u32)> {
    groups.iter().map(|group| (group.count, group.so_far)).collect()
}

/// Sends it as people do who know AWS's CLI.
fn send(server: &Server, nodes: &[InstanceId], script: &str) -> CommandId {
    let parameters = serde_json::json!({ "commands": [script] }).to_string();
    let mut arguments =
        vec!["send-command", "--document-name", "AWS-RunShellScript", "--parameters", &parameters];
    arguments.extend(["--max-concurrency", "100%", "--instance-ids"]);
    arguments.extend(nodes.iter().map(InstanceId::as_str));
    text(&ok(server, &arguments), "/Command/CommandId").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_five_says_something_else_and_is_repaired() {
    if !has_aws() {
        return skip("groups of outputs", "there is no aws CLI");
    }
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 5).await;
    let nodes = fleet.ids();
    let (odd, slow) = (&nodes[1], &nodes[3]);
    let dir = tempfile::tempdir().unwrap();
    let (go, last) = (dir.path().join("go"), dir.path().join("last"));
    let script = format!(
        "echo reading; while [ ! -e {go} ]; do sleep 0.05; done
         case $AWS_SSM_INSTANCE_ID in
           {odd}) echo 'no space left' >&2; exit 3;;
           {slow}) while [ ! -e {last} ]; do sleep 0.05; done;;
         esac
         echo done at $(date +%T)",
        go = go.display(),
        last = last.display()
    );
    let command = send(&server, &nodes, &script);
    let times = Normal { timestamps: true, ..Normal::default() };
    let mut groups = Groups::of(&server, &command, times);
    groups.until("all to have begun", |groups| counts(groups) == [(5, 5)]).await;
    std::fs::write(&go, "").unwrap();
    let is_over = groups.until("all but one to be over", |groups| counts(groups) == [(4, 1), (1, 0)]).await;
    assert!(!is_over, "one still runs: {:#?}", groups.told);
    let outlier = groups.told[1].clone();
    assert!(outlier.outlier && outlier.sample == *odd, "{outlier:#?}");
    assert_eq!(
        (outlier.exit_codes.as_slice(), outlier.preview.as_slice()),
        (&[(3, 1)][..], &b"no space left\n"[..])
    );
    let differs = DiffOutput {
        command_id: command.to_string(),
        normal: times,
        right: Side::Node(odd.to_string()),
        ..DiffOutput::default()
    };
    let told = server.call(differs).await.unwrap();
    let kinds: Vec<DiffKind> = told.lines.iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [DiffKind::Same, DiffKind::Removed, DiffKind::Added], "{told:#?}");
    assert_eq!((told.equal, told.lines[2].text.as_str()), (1, "no space left"));
    let bucket = ListBucket {
        command_id: command.to_string(),
        bucket: Bucket::NotSucceeded,
        max_results: None,
        next_token: None,
    };
    let nodes_to_repair = server.call(bucket).await.unwrap().instance_ids;
    assert_eq!(nodes_to_repair, [odd.to_string()]);
    let repair = SendCommandToNodes { command: shell("echo repaired"), nodes: nodes_to_repair };
    let repair: CommandId = server.call(repair).await.unwrap().command.command_id.parse().unwrap();
    let runs = server.runs_when_over(&repair).await;
    assert_eq!((runs.len(), &runs[0].instance_id, runs[0].state), (1, odd, InvocationState::Success));
    std::fs::write(&last, "").unwrap();
    assert!(groups.until("all to be over", |_| false).await);
    assert_eq!(counts(&groups.told), [(4, 0), (1, 0)]);
    let exact = Groups::of(&server, &command, Normal::default()).until("the end", |_| false).await;
    assert!(exact, "what is over is folded at once, in any way");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_what_differs_are_told_without_a_screen() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 3).await;
    let odd = fleet.ids().remove(2);
    let script = format!("echo same; [ $AWS_SSM_INSTANCE_ID != {odd} ] || {{ echo more; exit 7; }}");
    let id = server.send(&fleet.ids(), &script).await.to_string();
    let home = tempfile::tempdir().unwrap();
    let aws = home.path().join(".aws");
    std::fs::create_dir_all(&aws).unwrap();
    std::fs::copy(server.data_dir().join("credentials"), aws.join("credentials")).unwrap();
    let said = |arguments: &[&str]| {
        let mut pilothouse = command(&binary("pilothouse"));
        pilothouse.env("HOME", home.path()).args(["--endpoint", server.url(), "groups", &id]).args(arguments);
        let said = run(pilothouse);
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap()
    };
    let groups = said(&["--follow", "--normalise", "timestamps,hosts,numbers"]);
    assert!(groups.starts_with("= 2 of 3") && groups.contains("\n≠ 1 of 3"), "{groups}");
    assert!(groups.contains("exit 7 on 1") && groups.contains("differs at line 2"), "{groups}");
    let json: serde_json::Value = serde_json::from_str(&said(&["--json"])).unwrap();
    assert_eq!((&json["nodes"], &json["groups"][1]["preview"]), (&3.into(), &"more\n".into()), "{json}");
    assert!(said(&["--diff", odd.as_str()]).ends_with("@@ -1 +1 @@ Stdout\n same\n+more\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_the_same_after_the_server_was_killed() {
    let mut server = Server::start().await;
    let fleet = Fleet::start(&server, 3).await;
    let dir = tempfile::tempdir().unwrap();
    let go = dir.path().join("go");
    let script = format!(
        "seq 1 3000; while [ ! -e {go} ]; do sleep 0.05; done; seq 1 3000; printf '\\377\\000 no end'",
        go = go.display()
    );
    let command = server.send(&fleet.ids(), &script).await;
    let mut groups = Groups::of(&server, &command, Normal::default());
    let began = |groups: &[Group]| groups.first().is_some_and(|it| (it.count, it.lines) == (3, 3000));
    groups.until("all to have begun", began).await;
    let id = groups.told[0].id.clone();
    server.program().kill();
    std::fs::write(&go, "").unwrap();
    server.start_again().await;
    assert!(groups.until("all to be over", |_| false).await);
    let [group] = groups.told.as_slice() else { panic!("{:#?}", groups.told) };
    assert_eq!((group.count, group.so_far, group.lines), (3, 0, 6001));
    assert_ne!(group.id, id);
    let list = ListGroupMembers {
        command_id: command.to_string(),
        group: group.id.clone(),
        ..ListGroupMembers::default()
    };
    let mut members = server.call(list).await.unwrap().instance_ids;
    let mut expected: Vec<String> = fleet.ids().iter().map(ToString::to_string).collect();
    members.sort();
    expected.sort();
    assert_eq!(members, expected);
}
