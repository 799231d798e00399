//! Stories of what goes wrong on nodes: scripts that will not end or say too much, machines that reboot, locks that others hold.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "what fails here fails the story, and what cannot be told is said aloud"
)]

mod rig;

use std::fs;
use std::process::Command;

use pilothouse_protocol::{
    InvocationState, Job, Phase, ProcessState, Progress, StepState, ToAgent, ToServer,
};
use rig::{Link, Node, Server, lives, until};

/// Listens until the job is told to do something like this.
async fn told(link: &mut Link, job: &Job, is_it: impl Fn(&Progress) -> bool) -> Progress {
    loop {
        if let ToServer::Progress { job: of, progress } = link.hears().await
            && of == job.id
            && is_it(&progress)
        {
            return progress;
        }
    }
}

#[tokio::test]
async fn a_cancel_says_whom_it_killed_daemons_and_the_deaf_among_them() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let pids = node.file("pids");
    let script = format!(
        "(setsid sh -c 'sleep 3001 & echo $! >> {0}' > /dev/null 2>&1 &)\n\
         sh -c 'trap \"\" TERM; echo $$ >> {0}; while :; do sleep 0.1; done' &\n\
         while [ $(cat {0} 2> /dev/null | wc -l) -lt 2 ]; do sleep 0.05; done; echo ready; sleep 3002",
        pids.display()
    );
    let job = link.runs(1, &script).await;
    link.listens(&job, 0, |output| output == b"ready\n").await;
    link.says(&ToAgent::Cancel { job: job.id.clone() }).await;
    let outcome = link.ends_from(&job, 6).await.outcome;
    assert_eq!(outcome.state, InvocationState::Cancelled);
    assert!(
        outcome.killed_count as usize >= outcome.killed.len() && !outcome.killed.iter().any(|it| it.survived)
    );
    for pid in fs::read_to_string(pids).unwrap().lines() {
        assert!(!lives(pid), "{pid} survived the cancel");
        assert!(
            outcome.killed.iter().any(|it| it.pid.to_string() == pid),
            "{pid} is not told: {:?}",
            outcome.killed
        );
    }
    for command in ["sleep 3001", "sleep 3002"] {
        assert!(outcome.killed.iter().any(|it| it.command == command), "{command}: {:?}", outcome.killed);
    }
}

#[tokio::test]
async fn a_queued_job_is_told_as_queued_and_a_cancel_never_starts_it() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    let mut run = node.command();
    run.env("PILOTHOUSE_AGENT_CONCURRENCY", "1");
    node.start_by(run);
    let mut link = server.linked().await;
    let (go, ran) = (node.file("go"), node.file("ran"));
    let first = link.runs(1, &format!("while [ ! -e {} ]; do sleep 0.05; done", go.display())).await;
    link.hears_that_it_has(&first).await;
    let second = link.runs(2, &format!("touch {}", ran.display())).await;
    told(&mut link, &second, |it| it.state == ProcessState::Queued).await;
    link.says(&ToAgent::Cancel { job: second.id.clone() }).await;
    assert_eq!(link.ends(&second).await.outcome.state, InvocationState::Cancelled);
    fs::write(go, "").unwrap();
    assert_eq!(link.ends(&first).await.outcome.state, InvocationState::Success);
    assert!(!ran.exists());
}

#[tokio::test]
async fn a_cancel_at_the_moment_of_the_end_leaves_one_end() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    for number in 1..=12u8 {
        // It ends a little later each time: before, while and after the cancel comes.
        let job = link.runs(number, &format!("sleep 0.{:03}; echo x", 2 * u32::from(number))).await;
        link.hears_that_it_has(&job).await;
        link.says(&ToAgent::Cancel { job: job.id.clone() }).await;
        let outcome = link.ends(&job).await.outcome;
        let wanted = match outcome.state {
            InvocationState::Success => StepState::Success,
            _ => StepState::Cancelled,
        };
        assert!(outcome.steps.iter().all(|step| step.state == wanted), "{outcome:?}");
        // Once more, and it is answered as before.
        link.says(&ToAgent::Run { job: job.clone() }).await;
        assert_eq!(link.ends(&job).await.outcome.state, outcome.state);
    }
}

#[tokio::test]
async fn a_script_that_closes_its_outputs_is_waited_for() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let job = link.runs(1, "echo before; exec > /dev/null 2>&1 >&- 2>&-; sleep 1; exit 7").await;
    let ended = link.ends(&job).await;
    assert_eq!((ended.outcome.steps[0].code, ended.text().as_str()), (7, "before\n"));
}

#[tokio::test]
async fn a_hundred_megabytes_in_one_line_pass_through_a_spool_of_one() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    let mut run = node.command();
    run.env("PILOTHOUSE_AGENT_SPOOL_BYTES", "1000000");
    node.start_by(run);
    let mut link = server.linked().await;
    let job = link.runs(1, "head -c 100000000 /dev/zero | tr '\\0' x").await;
    let ended = link.ends(&job).await;
    assert_eq!(ended.outcome.state, InvocationState::Success);
    // What a server that is slower than a pipe does not take in time is a hole with a length.
    assert_eq!(ended.output.len() as u64 + ended.dropped, 100_000_000);
    assert!(ended.output.len() > 1_000_000);
}

#[tokio::test]
async fn what_runs_is_told_with_the_lock_that_it_waits_for() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    let lock = node.file("lock");
    fs::write(&lock, "").unwrap();
    // The machine's own lock, as this node sees it: nobody else is held up.
    let script = "mkdir -p /var/lib/dpkg && touch $1/lock && mount --bind $1 /var/lib/dpkg && \
                  mv $1/lock $1/lock-frontend && exec $2 run --data-dir $1";
    let Some(run) = in_a_name_space(script, &node) else { return };
    node.start_by(run);
    let mut link = server.linked().await;
    let python = "import fcntl, time\nf = open('/var/lib/dpkg/lock-frontend', 'a')\nfcntl.lockf(f, fcntl.LOCK_EX)\n\
                  open('/var/lib/dpkg/has', 'a')\ntime.sleep(600)";
    let hold = link.runs(1, &format!("exec python3 -c \"{python}\"")).await;
    let has = node.file("has");
    until("the lock to be held", || has.exists()).await;
    let apt = "cp $(command -v sleep) apt-get; ./apt-get 600";
    let wait = link.runs(2, &format!("cd $(mktemp -d) && {apt}")).await;
    let told = told(&mut link, &wait, |it| it.waits_for.is_some()).await;
    let holder = told.waits_for.clone().unwrap();
    assert_eq!(holder.lock, "/var/lib/dpkg/lock-frontend");
    assert!(holder.pid.is_some() && holder.command.contains("python3"), "{holder:?}");
    assert!(told.pid.is_some() && told.processes >= 2 && told.state == ProcessState::Sleeping, "{told:?}");
    for job in [&wait, &hold] {
        link.says(&ToAgent::Cancel { job: job.id.clone() }).await;
        assert_eq!(link.ends(job).await.outcome.state, InvocationState::Cancelled);
    }
}

/// A command that becomes the agent in a name space of its own; `None`, said aloud, where the kernel does not allow that.
fn in_a_name_space(script: &str, node: &Node) -> Option<Command> {
    if !rig::command("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("not told: no name space here");
        return None;
    }
    let mut run = rig::command("unshare");
    run.args(["-m", "sh", "-c", script, "sh"]).arg(node.path()).arg(rig::agent().get_program());
    Some(run)
}

/// A machine whose boots the story decides.
struct Machine {
    node: Node,
}

impl Machine {
    async fn of(server: &Server) -> Self {
        let node = server.registered().await;
        fs::write(node.file("boot"), "first\n").unwrap();
        Self { node }
    }

    /// Starts the agent; `false` where that cannot be.
    fn start(&mut self) -> bool {
        let script = "mount --bind $1/boot /proc/sys/kernel/random/boot_id && exec $2 run --data-dir $1";
        let Some(mut run) = in_a_name_space(script, &self.node) else { return false };
        let asked = self.node.file("asked");
        run.env("PILOTHOUSE_AGENT_REBOOT_COMMAND", format!("echo asked >> {}", asked.display()));
        self.node.start_by(run);
        true
    }

    fn asked(&self) -> usize {
        fs::read_to_string(self.node.file("asked")).unwrap_or_default().lines().count()
    }

    /// The machine goes down and comes up again.
    fn reboots(&mut self, boot: &str) {
        self.node.kill();
        fs::write(self.node.file("boot"), format!("{boot}\n")).unwrap();
        self.start();
    }
}

fn two_steps(link: &Link, first: &str, second: &str) -> Job {
    let step = |name: &str, script: &str| serde_json::json!({"action": "aws:runShellScript", "name": name, "inputs": {"runCommand": [script]}});
    let steps = [step("first", first), step("second", second)];
    let document = serde_json::json!({"schemaVersion": "2.2", "mainSteps": steps});
    let parameters = std::collections::BTreeMap::new();
    Job { document: document.to_string(), parameters, ..link.job(1, "") }
}

#[tokio::test]
async fn a_step_that_wants_a_reboot_is_run_again_after_it_and_the_next_one_follows() {
    let server = Server::start().await;
    let mut machine = Machine::of(&server).await;
    if !machine.start() {
        return;
    }
    let mut link = server.linked().await;
    let boots = machine.node.file("runs");
    let first = format!(
        "cat /proc/sys/kernel/random/boot_id >> {0}; echo run; [ $(wc -l < {0}) -ge 3 ] || exit 194",
        boots.display()
    );
    let job = two_steps(&link, &first, "echo second; exit 168");
    link.says(&ToAgent::Run { job: job.clone() }).await;
    told(&mut link, &job, |it| it.state == ProcessState::Rebooting).await;
    until("the machine is asked to go down", || machine.asked() == 1).await;
    // The agent dies and comes back while the machine goes down: it is the same boot, and nothing runs.
    machine.reboots("first");
    drop(link);
    let link = server.linked().await;
    assert_eq!(link.held[0].phase, Phase::Rebooting { boot_id: String::from("first") });
    until("the machine is asked once more", || machine.asked() == 2).await;
    assert_eq!(fs::read_to_string(&boots).unwrap(), "first\n");
    machine.reboots("second");
    drop(link);
    let link = server.linked().await;
    until("the second reboot is asked for", || machine.asked() == 3).await;
    machine.reboots("third");
    drop(link);
    let mut link = server.linked().await;
    let ended = link.ends(&job).await;
    assert_eq!(ended.outcome.state, InvocationState::Success, "{:?}", ended.outcome);
    let steps: Vec<_> = ended.outcome.steps.iter().map(|step| (step.name.as_str(), step.code)).collect();
    assert_eq!(steps, [("first", 0), ("second", 168)]);
    assert_eq!(ended.text(), "run\nrun\nrun\nsecond\n", "the output of every run is there");
    assert_eq!(fs::read_to_string(&boots).unwrap(), "first\nsecond\nthird\n");
}

#[tokio::test]
async fn a_cancel_while_the_machine_goes_down_keeps_the_step_from_running_again() {
    let server = Server::start().await;
    let mut machine = Machine::of(&server).await;
    if !machine.start() {
        return;
    }
    let mut link = server.linked().await;
    let job = link.runs(1, "echo run; exit 194").await;
    until("the machine is asked to go down", || machine.asked() == 1).await;
    link.says(&ToAgent::Cancel { job: job.id.clone() }).await;
    let ledger = machine.node.path().join("jobs").join(job.id.command.as_str()).join("progress.json");
    until("the cancel to be written down", || {
        fs::read_to_string(&ledger).unwrap_or_default().contains("\"cancelled\":true")
    })
    .await;
    machine.reboots("second");
    drop(link);
    let mut link = server.linked().await;
    let ended = link.ends(&job).await;
    assert_eq!((ended.outcome.state, ended.text().as_str()), (InvocationState::Cancelled, "run\n"));
    assert_eq!(machine.asked(), 1);
    let said = &ended.outcome.steps[0].message;
    assert!(said.contains("was not run again"), "{said}");
}

#[tokio::test]
async fn a_step_that_wants_reboots_for_ever_gets_five() {
    let server = Server::start().await;
    let mut machine = Machine::of(&server).await;
    if !machine.start() {
        return;
    }
    let mut link = server.linked().await;
    let job = link.runs(1, "exit 194").await;
    for boot in 1..=5 {
        until("the machine is asked to go down", || machine.asked() == boot).await;
        machine.reboots(&format!("boot {boot}"));
        drop(link);
        link = server.linked().await;
    }
    let ended = link.ends(&job).await;
    assert_eq!(ended.outcome.state, InvocationState::Failed);
    let said = &ended.outcome.steps[0].message;
    assert!(said.contains("after 5 reboots"), "{said}");
}

#[tokio::test]
async fn a_node_that_cannot_be_rebooted_says_why() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    let mut run = node.command();
    run.env("PILOTHOUSE_AGENT_REBOOT_COMMAND", "echo not allowed >&2; exit 1");
    node.start_by(run);
    let mut link = server.linked().await;
    let job = link.runs(1, "exit 194").await;
    let ended = link.ends(&job).await;
    assert_eq!(ended.outcome.state, InvocationState::Failed);
    let said = &ended.outcome.steps[0].message;
    assert!(said.contains("was not rebooted") && said.contains("not allowed"), "{said}");
}
