//! Stories of the step runner alone: it is told by files, and tells by files.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the story")]

mod rig;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use pilothouse_agent::spool::Spool;
use pilothouse_agent::step_runner::{Exit, How, Sight, Spec, prepare, sight};
use pilothouse_protocol::Payload;
use rig::agent;

struct Step {
    folder: tempfile::TempDir,
}

impl Step {
    fn new(script: &str, change: impl FnOnce(&mut Spec)) -> Self {
        let step = Self { folder: tempfile::tempdir().unwrap() };
        let mut spec = Spec {
            step: 0,
            working_directory: None,
            timeout_seconds: 60,
            env: vec![("GREETING".into(), "hello".into())],
            spool_bytes: 1024 * 1024,
            carry_lost: 0,
            interpreter: None,
        };
        change(&mut spec);
        fs::create_dir(step.dir()).unwrap();
        prepare(&step.dir(), &spec, script).unwrap();
        step
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("step-0")
    }

    fn run(&self) -> Exit {
        let mut runner = agent();
        runner.arg("step-runner").arg(self.dir()).stdout(Stdio::null());
        assert!(runner.status().unwrap().success());
        end(&self.dir())
    }
}

fn end(dir: &Path) -> Exit {
    match sight(dir) {
        Sight::Ended(exit) => exit,
        other => panic!("{other:?} is no end"),
    }
}

/// Bytes that were kept and bytes of holes.
fn output(folder: &Path) -> (Vec<u8>, u64) {
    let spool = Spool::files(folder);
    let (mut at, mut kept, mut dropped) = (0, Vec::new(), 0);
    while let Some(chunk) = spool.next(at).unwrap() {
        at = chunk.end();
        match chunk.payload {
            Payload::Data(bytes) => kept.extend(bytes),
            Payload::Dropped { bytes, .. } => dropped += bytes,
        }
    }
    (kept, dropped)
}

fn text(step: &Step) -> String {
    String::from_utf8(output(step.folder.path()).0).unwrap()
}

#[test]
fn a_script_runs_in_its_directory_with_its_environment() {
    let step = Step::new("pwd; echo $GREETING; exit 9", |spec| spec.working_directory = Some("/".into()));
    let exit = step.run();
    assert_eq!((exit.how, exit.code), (How::Exited, 9));
    assert_eq!(text(&step), "/\nhello\n");
}

#[test]
fn a_first_line_names_the_interpreter() {
    let step = Step::new("#!/usr/bin/env bash\n[[ x == x ]] && echo \"bash ${BASH_VERSION:+is}\"\n", |_| {});
    assert_eq!(step.run().code, 0);
    assert_eq!(text(&step), "bash is\n");
    let missing = Step::new("#!/no/such/interpreter\n", |_| {}).run();
    assert_eq!(missing.how, How::NotStarted);
    assert!(missing.message.contains("/no/such/interpreter"), "{}", missing.message);
}

#[test]
fn a_working_directory_that_is_not_there_is_named() {
    let exit = Step::new("true", |spec| spec.working_directory = Some("/no/such/place".into())).run();
    assert_eq!((exit.how, exit.code), (How::NotStarted, -1));
    assert_eq!(exit.message, "the working directory /no/such/place does not exist on this node");
}

#[test]
fn a_script_that_takes_too_long_is_killed_and_its_output_is_kept() {
    let step = Step::new("echo begun; sleep 300", |spec| spec.timeout_seconds = 1);
    let exit = step.run();
    assert_eq!((exit.how, exit.code), (How::TimedOut, 137));
    assert_eq!(text(&step), "begun\n");
}

#[test]
fn a_second_runner_of_the_same_step_runs_nothing() {
    let step = Step::new("echo x >> $OUT", |spec| spec.env = vec![("OUT".into(), "/dev/null".into())]);
    step.run();
    let before = fs::read(step.dir().join("exit")).unwrap();
    step.run();
    assert_eq!(fs::read(step.dir().join("exit")).unwrap(), before);
}

#[test]
fn secrets_of_the_agents_environment_are_not_the_scripts() {
    let step = Step::new("env", |_| {});
    let mut runner = agent();
    runner
        .arg("step-runner")
        .arg(step.dir())
        .env("PILOTHOUSE_ROOT_SECRET_ACCESS_KEY", "hush")
        .stdout(Stdio::null());
    assert!(runner.status().unwrap().success());
    assert!(!text(&step).contains("hush"));
}

#[test]
fn output_that_nobody_takes_is_bounded_and_the_script_ends_all_the_same() {
    let step = Step::new("head -c 3000000 /dev/zero", |spec| spec.spool_bytes = 256 * 1024);
    assert_eq!(step.run().code, 0);
    let (kept, dropped) = output(step.folder.path());
    assert_eq!(kept.len() as u64 + dropped, 3_000_000);
    assert!(kept.len() > 200_000 && dropped > 2_000_000, "{} kept, {dropped} dropped", kept.len());
}

/// Needs a file system of its own, in a name space of its own: told where the kernel allows that.
#[test]
fn on_a_full_disk_the_end_is_true_and_what_is_missing_is_said() {
    let step = Step::new("head -c 2000000 /dev/zero; echo done; exit 4", |_| {});
    let out = step.folder.path().join("out");
    let mut runner = rig::command("unshare");
    let script = "mkdir $1/disk && mount -t tmpfs -o size=400k tmpfs $1/disk && cp -r $1/step-0 $1/disk/ || exit 99\n\
                  $2 step-runner $1/disk/step-0 > /dev/null; cp -r $1/disk $1/out";
    runner.args(["-rm", "sh", "-c", script, "sh"]).arg(step.folder.path()).arg(agent().get_program());
    let status = runner.status().unwrap();
    if matches!(status.code(), Some(1 | 99)) {
        eprintln!("not told: no name space for a small disk here");
        return;
    }
    let exit = end(&out.join("step-0"));
    assert_eq!((exit.how, exit.code), (How::Exited, 4));
    let (kept, dropped) = output(&out);
    assert_eq!(kept.len() as u64 + dropped + exit.lost, 2_000_005);
    assert!(
        kept.len() > 200_000 && dropped + exit.lost > 1_000_000,
        "{} kept, {dropped} dropped",
        kept.len()
    );
}
