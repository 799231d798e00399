//! Disks that are full, for a while.

use std::path::Path;
use std::process::Output;

use pilothouse_api::audit::{AuditFilter, ListAuditRecords};
use pilothouse_protocol::InvocationState;
use pilothouse_tests::agent::{Fleet, activation, register};
use pilothouse_tests::program::{command, run};
use pilothouse_tests::server::Server;
use pilothouse_tests::skip::skip;
use pilothouse_tests::wait;

/// A small file system, as long as it is held.
struct Small(tempfile::TempDir);

impl Small {
    /// `None`, said aloud, when it cannot be mounted.
    fn mount(size: &str, story: &str) -> Option<Self> {
        let small = Self(tempfile::tempdir().unwrap());
        let mounted = small.shell(&format!("mount -t tmpfs -o size={size},mode=700 tmpfs \"$PLACE\""));
        if !mounted.status.success() {
            skip(story, "a small file system cannot be mounted without being root");
            return None;
        }
        Some(small)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn shell(&self, script: &str) -> Output {
        let mut sh = command(Path::new("/bin/sh"));
        sh.arg("-c").arg(script).env("PLACE", self.path());
        run(sh)
    }

    /// Takes all space that is left.
    fn fill(&self) {
        self.shell("cat /dev/zero > \"$PLACE/fill\"");
    }

    fn free(&self) {
        std::fs::remove_file(self.path().join("fill")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        self.shell("umount -l \"$PLACE\"");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_disk_was_full_goes_on_when_there_is_space() {
    let Some(disk) = Small::mount("3m", "a full disk under the server") else { return };
    let mut server = Server::options()
        .with("database", format_args!("sqlite:{}/pilothouse.db", disk.path().display()))
        .start()
        .await;
    let fleet = Fleet::start(&server, 1).await;
    let dir = tempfile::tempdir().unwrap();
    let (begun, go) = (dir.path().join("begun"), dir.path().join("go"));
    let script = format!(
        "echo once >> {}; while [ ! -e {} ]; do sleep 0.05; done; seq 1 20000",
        begun.display(),
        go.display()
    );
    let under_way = server.send(&fleet.ids(), &script).await;
    wait::blocking("the script to begin", || begun.exists());
    disk.fill();
    // The database has some room in pages that it holds already; then it says that it is full.
    let mut refusals = 0;
    for _ in 0..500 {
        let asked = server.send_as(pilothouse_api::commands::SendCommand {
            instance_ids: vec![fleet.ids()[0].to_string()],
            ..pilothouse_tests::server::shell(&"x".repeat(10_000))
        });
        if let Err(fault) = asked.await {
            assert!(fault.message.contains("free some space there, then try again"), "{fault}");
            refusals += 1;
        }
        if refusals > 2 {
            break;
        }
    }
    assert!(refusals > 2, "the disk is full and every command was taken");
    std::fs::write(&go, "").unwrap();
    disk.free();
    let over = server.runs_when_over(&under_way).await.remove(0);
    assert_eq!(over.state, InvocationState::Success, "{}", over.message);
    let expected: String = (1..=20_000).map(|n| format!("{n}\n")).collect();
    assert!(server.output_of(&under_way, &fleet.ids()[0]).await == expected.as_bytes());
    assert_eq!(std::fs::read_to_string(&begun).unwrap(), "once\n");
    let after = server.send(&fleet.ids(), "echo again").await;
    assert_eq!(server.runs_when_over(&after).await[0].state, InvocationState::Success);
    let refused =
        AuditFilter { what: "SendCommand".into(), result: "refused".into(), ..AuditFilter::default() };
    let refused = ListAuditRecords { filter: refused, ..ListAuditRecords::default() };
    wait::until("every refusal to be in the audit trail", async || {
        let recorded = server.call(refused.clone()).await.unwrap().records.len();
        (recorded == refusals).then_some(())
    })
    .await;
    assert!(server.program().stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_could_not_be_kept_is_not_begun() {
    let Some(disk) = Small::mount("64k", "a registration on a full disk") else { return };
    let server = Server::start().await;
    let activation = activation(&server, 1).await;
    disk.fill();
    let refused = register(&server, &activation, disk.path(), server.authority());
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("No space left"), "{refused:?}");
    disk.free();
    // The activation is for one node, and none was lost.
    let taken = register(&server, &activation, disk.path(), server.authority());
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
}
