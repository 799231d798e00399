//! Killed in the middle: nothing is lost, nothing runs twice, and every run comes to its true end.

use std::collections::BTreeMap;
use std::fs;

use pilothouse_protocol::{InstanceId, InvocationState};
use pilothouse_tests::agent::{Agent, Fleet, Simulated};
use pilothouse_tests::server::{Server, shell};
use pilothouse_tests::wait;
use tempfile::TempDir;

/// A script that writes down that it began and ended, waits between for the word, and ends as its node was told.
struct Witness(TempDir);

impl Witness {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn script(&self) -> String {
        let dir = self.0.path().display();
        format!(
            "me=$AWS_SSM_INSTANCE_ID\necho begun >> {dir}/$me\nwhile [ ! -e {dir}/go ]; do sleep 0.1; done\n\
             echo ended >> {dir}/$me\necho \"$me is done\"\n[ ! -e {dir}/$me.fails ] || exit 3"
        )
    }

    fn told(&self, node: &InstanceId) -> String {
        fs::read_to_string(self.0.path().join(node.as_str())).unwrap_or_default()
    }

    async fn all_begun(&self, nodes: &[InstanceId]) {
        wait::until("every script to begin", async || {
            nodes.iter().all(|it| !self.told(it).is_empty()).then_some(())
        })
        .await;
    }

    fn let_fail(&self, node: &InstanceId) {
        fs::write(self.0.path().join(format!("{node}.fails")), "").unwrap();
    }

    fn go(&self) {
        fs::write(self.0.path().join("go"), "").unwrap();
    }

    /// Every script ran exactly once, to its end, and the server knows how.
    async fn proves(
        &self,
        server: &Server,
        command: &pilothouse_protocol::CommandId,
        failing: &[InstanceId],
        count: usize,
    ) {
        let runs = server.runs_when_over(command).await;
        assert_eq!(runs.len(), count);
        for run in runs {
            let fails = failing.contains(&run.instance_id);
            let state = if fails { InvocationState::Failed } else { InvocationState::Success };
            let code = if fails { 3 } else { 0 };
            assert_eq!(
                (run.state, run.exit_code),
                (state, Some(code)),
                "{}: {}",
                run.instance_id,
                run.message
            );
            assert_eq!(self.told(&run.instance_id), "begun\nended\n", "{}", run.instance_id);
            let output = server.output_of(command, &run.instance_id).await;
            assert_eq!(String::from_utf8(output).unwrap(), format!("{} is done\n", run.instance_id));
        }
    }
}

/// Restarts agents as an init system would.
fn kill_and_start(agents: &mut [Agent]) {
    for agent in &mut *agents {
        agent.program().kill();
    }
    for agent in agents {
        agent.start();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_nodes_come_to_their_true_ends_though_server_and_agents_are_killed_in_the_middle() {
    const NODES: usize = 50;
    let mut server = Server::start().await;
    let mut fleet = Fleet::start(&server, NODES).await;
    let (nodes, witness) = (fleet.ids(), Witness::new());
    let failing = &nodes[..5];
    failing.iter().for_each(|node| witness.let_fail(node));
    let command = server.send(&nodes, &witness.script()).await;
    witness.all_begun(&nodes).await;

    // First the server alone, then agents while it is away, then both again and more agents while it is there.
    server.program().kill();
    kill_and_start(&mut fleet.agents[..25]);
    server.start_again().await;
    kill_and_start(&mut fleet.agents[20..]);
    let running = server.runs_when(&command, "to be running again", |runs| {
        runs.len() == NODES && runs.iter().all(|it| it.state == InvocationState::InProgress)
    });
    assert_eq!(running.await.len(), NODES);

    // Once more while the ends are on their way.
    witness.go();
    kill_and_start(&mut fleet.agents[40..]);
    server.program().kill();
    server.start_again().await;
    witness.proves(&server, &command, failing, NODES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_end_while_their_agent_and_the_server_are_dead_are_reported_later() {
    let mut server = Server::start().await;
    let mut fleet = Fleet::start(&server, 2).await;
    let (nodes, witness) = (fleet.ids(), Witness::new());
    witness.let_fail(&nodes[1]);
    let command = server.send(&nodes, &witness.script()).await;
    witness.all_begun(&nodes).await;
    server.program().kill();
    fleet.agents.iter_mut().for_each(|agent| agent.program().kill());
    witness.go();
    wait::until("the scripts to end on their own", async || {
        nodes.iter().all(|node| witness.told(node).ends_with("ended\n")).then_some(())
    })
    .await;
    server.start_again().await;
    fleet.agents.iter_mut().for_each(Agent::start);
    witness.proves(&server, &command, &nodes[1..], 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_accepted_when_the_server_was_killed_is_not_forgotten() {
    let mut server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let (nodes, witness) = (fleet.ids(), Witness::new());
    fleet.agents[0].program().kill();
    let command = server.send(&nodes, &witness.script()).await;
    server.program().kill();
    server.start_again().await;
    fleet.agents[0].start();
    witness.go();
    witness.proves(&server, &command, &[], 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_asked_to_stop_leaves_its_scripts_running_and_finds_them_again() {
    let server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let (nodes, witness) = (fleet.ids(), Witness::new());
    let command = server.send(&nodes, &witness.script()).await;
    witness.all_begun(&nodes).await;
    assert!(fleet.agents[0].program().stop().success(), "asked to stop, it stops well");
    fleet.agents[0].start();
    witness.go();
    witness.proves(&server, &command, &[], 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_a_thousand_nodes_survive_a_kill_of_the_server() {
    const NODES: usize = 1000;
    let mut server = Server::start().await;
    let _fleet = Simulated::start(&server, NODES).await;
    let everyone = pilothouse_api::commands::SendCommand {
        targets: vec![pilothouse_api::commands::Target {
            key: "tag-key".to_owned(),
            values: vec!["env".to_owned()],
        }],
        max_concurrency: Some("100%".to_owned()),
        ..shell("sleep 2\necho done")
    };
    let command = server.send_as(everyone).await.unwrap();
    server
        .runs_when(&command, "to be on their way", |runs| {
            runs.iter().any(|it| it.state == InvocationState::InProgress)
        })
        .await;
    server.program().kill();
    server.start_again().await;
    let runs = server.runs_when_over(&command).await;
    let mut states: BTreeMap<_, usize> = BTreeMap::new();
    for run in &runs {
        *states.entry(run.state).or_default() += 1;
    }
    assert_eq!(states, BTreeMap::from([(InvocationState::Success, NODES)]));
}
