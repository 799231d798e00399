//! Reading and searching output, told through the true door.

use std::collections::BTreeMap;

use pilothouse_api::commands::{Place, ReadOutput, SearchOutput, SearchQuery, SendCommand};
use pilothouse_api::fleet::{Follow, FollowResult};
use pilothouse_api::topics::{News, Topic};
use pilothouse_protocol::{
    Chunk, CommandId, InstanceId, InvocationState, JobId, Lost, Millis, Outcome, Payload, Stream,
};

use crate::internal::{LookForOldOutput, Report, ReportKind, Settle, SweepOutput};
use crate::rig::Rig;

struct Scene {
    rig: Rig,
    command: CommandId,
    nodes: Vec<InstanceId>,
}

impl Scene {
    async fn with(nodes: usize) -> Self {
        let rig = Rig::new().await;
        let mut ids = Vec::new();
        for number in 0..nodes {
            ids.push(rig.node(&format!("web-{number}"), &[("env", "prod")]).await);
        }
        let send = SendCommand {
            document_name: "AWS-RunShellScript".into(),
            parameters: BTreeMap::from([("commands".into(), vec!["uptime".into()])]),
            instance_ids: ids.iter().map(ToString::to_string).collect(),
            ..SendCommand::default()
        };
        let command = rig.root(send).await.unwrap().command.command_id.parse().unwrap();
        Self { rig, command, nodes: ids }
    }

    fn job(&self, node: usize) -> JobId {
        JobId { command: self.command.clone(), instance: self.nodes[node].clone() }
    }

    async fn report(&self, node: usize, what: ReportKind) {
        let reports = vec![Report { job: self.job(node), what }];
        self.rig.system(Settle { reports }).await.unwrap();
    }

    /// The node says more.
    async fn says(&self, node: usize, text: &str) {
        let outputs = self.rig.door.ports().outputs.clone();
        let offset = outputs.end(&self.job(node)).await.unwrap();
        let payload = Payload::Data(text.as_bytes().to_vec());
        let chunk = Chunk { offset, step: 0, stream: Stream::Stdout, at: Millis(5), payload };
        let to = outputs.append(&self.job(node), vec![chunk]).await.unwrap();
        self.report(node, ReportKind::Accepted).await;
        self.report(node, ReportKind::Stored { to }).await;
    }

    async fn ends(&self, node: usize) {
        let outcome = Outcome {
            state: InvocationState::Success,
            steps: Vec::new(),
            finished_at: Millis(9),
            output_end: 0,
            message: String::new(),
            killed: Vec::new(),
            killed_count: 0,
        };
        self.report(node, ReportKind::Finished(outcome)).await;
    }

    fn read(&self, node: usize, from: Place) -> ReadOutput {
        ReadOutput {
            command_id: self.command.to_string(),
            instance_id: self.nodes[node].to_string(),
            from,
            ..ReadOutput::default()
        }
    }

    fn searched(&self, text: &str) -> Topic {
        let query = SearchQuery { text: text.into(), ..SearchQuery::default() };
        Topic::Search { command_id: self.command.clone(), query, from: BTreeMap::new(), after: 0 }
    }

    /// Follows a search until nothing more is told; what was found, and whether that is all.
    async fn follow(&self, topic: &mut Topic) -> (Vec<(usize, u64)>, bool) {
        let mut found = Vec::new();
        loop {
            let FollowResult { news, next, more } =
                self.rig.root(Follow { topic: topic.clone() }).await.unwrap();
            topic.advance(next);
            let News::Hits { hits, complete, scanned_bytes, total_bytes } = news else { panic!("{news:?}") };
            assert!(scanned_bytes <= total_bytes && (!complete || scanned_bytes == total_bytes));
            let number = |id: &InstanceId| self.nodes.iter().position(|it| it == id).unwrap();
            found.extend(hits.iter().map(|hit| (number(&hit.instance_id), hit.line)));
            if !more {
                return (found, complete);
            }
        }
    }
}

#[tokio::test]
async fn output_is_read_from_any_line_while_it_grows_and_after() {
    let scene = Scene::with(1).await;
    let lines: String = (0..5_000).map(|n| format!("line {n}\n")).collect();
    scene.says(0, &lines).await;
    let read = scene.rig.root(ReadOutput { max_lines: Some(2), ..scene.read(0, Place::Line(4_321)) }).await;
    let read = read.unwrap();
    assert_eq!((read.first_line, read.total_lines, read.complete), (4_321, 5_000, false));
    assert_eq!(read.chunks[0].payload, Payload::Data(b"line 4321\nline 4322\n".to_vec()));
    scene.ends(0).await;
    let last = scene.rig.root(scene.read(0, Place::LastLines(1))).await.unwrap();
    assert!(last.complete && last.first_line == 4_999 && last.end == lines.len() as u64);
    let other = ReadOutput {
        instance_id: InstanceId::from_random([9; 9]).to_string(),
        ..scene.read(0, Place::Line(0))
    };
    assert_eq!(scene.rig.root(other).await.unwrap_err().code, "InvocationDoesNotExist");
}

#[tokio::test]
async fn who_may_not_see_a_command_reads_and_finds_nothing_of_it() {
    let scene = Scene::with(1).await;
    scene.says(0, "secret\n").await;
    let staging = r#"permit (principal == Pilothouse::User::"nobody", action, resource)
        when { resource has environment && resource.environment == "staging" };"#;
    let nobody = scene.rig.user("nobody", staging).await;
    let read = scene.rig.perform(nobody.clone(), scene.read(0, Place::Line(0))).await;
    assert_eq!(read.unwrap_err().code, "AccessDeniedException");
    let search = SearchOutput {
        command_id: scene.command.to_string(),
        query: SearchQuery { text: "s".into(), ..SearchQuery::default() },
        ..SearchOutput::default()
    };
    assert_eq!(scene.rig.perform(nobody.clone(), search).await.unwrap_err().code, "AccessDeniedException");
    let follow = Follow { topic: scene.searched("s") };
    assert_eq!(scene.rig.perform(nobody, follow).await.unwrap_err().code, "AccessDeniedException");
}

#[tokio::test]
async fn a_search_is_told_what_is_found_and_goes_on_while_runs_do() {
    let scene = Scene::with(3).await;
    let mut topic = scene.searched("needle");
    assert_eq!(scene.follow(&mut topic).await, (vec![], false));
    scene.says(0, "hay\nneedle\nhalf a nee").await;
    scene.says(1, "needle\n").await;
    let mut found = scene.follow(&mut topic).await;
    found.0.sort_unstable();
    assert_eq!(found, (vec![(0, 1), (1, 0)], false));
    assert_eq!(scene.follow(&mut topic).await, (vec![], false), "nothing is told twice");
    scene.says(0, "dle\nneedle without an end").await;
    assert_eq!(scene.follow(&mut topic).await, (vec![(0, 2)], false));
    for node in 0..3 {
        scene.ends(node).await;
    }
    assert_eq!(scene.follow(&mut topic).await, (vec![(0, 3)], true));
    let mut anew = scene.searched("needle");
    let (mut all, complete) = scene.follow(&mut anew).await;
    all.sort_unstable();
    assert_eq!((all, complete), (vec![(0, 1), (0, 2), (0, 3), (1, 0)], true));
}

#[tokio::test]
async fn scripts_find_page_by_page_in_the_commands_order() {
    let scene = Scene::with(4).await;
    for node in [3, 1, 0] {
        scene.says(node, &"needle\nhay\n".repeat(5)).await;
    }
    let mut search = SearchOutput {
        command_id: scene.command.to_string(),
        query: SearchQuery { text: "needle".into(), ..SearchQuery::default() },
        max_results: Some(4),
        ..SearchOutput::default()
    };
    let mut found = Vec::new();
    loop {
        let page = scene.rig.root(search.clone()).await.unwrap();
        assert!(page.hits.len() <= 4);
        found.extend(page.hits.into_iter().map(|hit| (hit.instance_id, hit.line)));
        match page.next_token {
            Some(token) => search.next_token = Some(token),
            None => break,
        }
    }
    let of = |node: usize| [0, 2, 4, 6, 8].map(|line| (scene.nodes[node].clone(), line));
    assert_eq!(found, [of(0), of(1), of(3)].concat());
    search.next_token = Some(String::from("nonsense"));
    assert_eq!(scene.rig.root(search).await.unwrap_err().code, "InvalidNextToken");
}

#[tokio::test]
async fn old_output_of_what_is_over_goes_and_says_so() {
    let scene = Scene::with(2).await;
    scene.says(0, "one\ntwo\n").await;
    scene.says(1, "three\n").await;
    scene.rig.door.ports().outputs.kept().await.unwrap();
    // The rig's clock is far behind that of its files.
    let look = || LookForOldOutput { keep_ms: -200 * 365 * 86_400_000, total: 0 };
    assert_eq!(scene.rig.system(look()).await.unwrap(), [], "what runs is not old");
    scene.ends(0).await;
    scene.ends(1).await;
    let old = scene.rig.system(look()).await.unwrap();
    assert_eq!(old.len(), 1);
    assert_eq!(old[0].why, Lost::Age);
    scene.rig.system(SweepOutput { command_id: old[0].command_id.clone(), why: old[0].why }).await.unwrap();
    let read = scene.rig.root(scene.read(0, Place::Line(0))).await.unwrap();
    assert_eq!(read.chunks[0].payload, Payload::Dropped { bytes: 8, lines: 2, why: Lost::Age });
    assert!(read.complete);
    assert_eq!(scene.rig.system(look()).await.unwrap(), [], "it is swept once");
}
