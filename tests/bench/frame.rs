//! Frame: what one key costs in a table of many nodes, and what an idle screen costs.

use std::path::Path;
use std::time::Duration;

use pilothouse_api::protocol::{Facts, InstanceId, Millis, PingStatus, Platform};
use pilothouse_store::nodes::{self, NodeRecord};
use pilothouse_store::{Store, tags};

use crate::figure::{ms, percentile, print, spread, tell};
use crate::process::{Program, beside, cpu, resident};
use crate::pty::{Burst, Pty};

const BENCH: &str = "frame";
const REGION: &str = "us-east-1";
const QUIET: Duration = Duration::from_millis(25);
const PATIENCE: Duration = Duration::from_secs(2);
/// Nodes that registered at the same moment.
const TOGETHER: usize = 50;
/// Until a screen on which nothing changes is at rest.
const SETTLED: Duration = Duration::from_secs(30);
const START: Duration = Duration::from_secs(60);

/// Measures with this many nodes.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub async fn run(count: usize, keys: usize) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("server");
    std::fs::create_dir_all(&data)?;
    write_nodes(&data, count).await?;
    let listen =
        ["--data-dir".into(), data.clone().into_os_string(), "--listen".into(), "127.0.0.1:0".into()];
    let mut server = Program::start(&beside("pilothouse-server")?, &listen, &[])?;
    let url = server.wait_for(|line| line.strip_prefix("listening on ").map(str::to_owned))?;
    let floor = floor(keys)?;
    let credentials = data.join("credentials").display().to_string();
    let home = dir.path().display().to_string();
    let env =
        [("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()), ("HOME", &home), ("XDG_STATE_HOME", &home)];
    let mut cockpit = Pty::start(&beside("pilothouse")?, &["--endpoint", &url], &env)?;
    let first = cockpit.wait_for("Nodes", START)?;
    print(BENCH, count, "first frame after start", "ms", ms(first));
    let known = cockpit.wait_for("node-0", START)?;
    print(BENCH, count, "first rows after start", "ms", ms(known));
    cockpit.listen(Duration::from_secs(2));
    let pid = cockpit.pid()?;
    print(BENCH, count, "client memory", "MiB", resident(pid)? as f64 / 1048576.0);

    tell("a table sorted by address and filtered by prod");
    for keys in ["o", "Address", "\r"] {
        cockpit.type_and_watch(keys, QUIET, PATIENCE)?;
    }
    let filter: Vec<Burst> = "/prod"
        .chars()
        .map(|key| cockpit.type_and_watch(&key.to_string(), QUIET, PATIENCE))
        .collect::<Result<_, _>>()?;
    let typed: Vec<f64> = filter.iter().skip(1).map(|burst| ms(burst.last)).collect();
    spread(BENCH, count, "filter key until its frame is whole", "ms", &typed);
    cockpit.type_and_watch("\r", QUIET, PATIENCE)?;

    let before = cpu(pid)?;
    let moves = moves(&mut cockpit, keys)?;
    let used = (cpu(pid)? - before) as f64 / 1e3 / keys as f64;
    let first: Vec<f64> = moves.iter().filter_map(|burst| burst.first).map(|it| ms(it) * 1e3).collect();
    let whole: Vec<f64> = moves.iter().map(|burst| ms(burst.last) * 1e3).collect();
    let (bytes, cells) = moves.iter().fold((0, 0), |(b, c), burst| (b + burst.bytes, c + burst.changed));
    spread(BENCH, count, "key to first byte", "us", &first);
    spread(BENCH, count, "key to last byte", "us", &whole);
    spread(BENCH, count, "floor: key to first byte of a fixed answer", "us", &floor);
    print(BENCH, count, "key to first byte / floor", "x", percentile(&first, 0.5) / percentile(&floor, 0.5));
    print(BENCH, count, "keys that drew nothing", "", (moves.len() - first.len()) as f64);
    print(BENCH, count, "bytes per key", "B", bytes as f64 / keys as f64);
    print(BENCH, count, "bytes per changed cell", "B", bytes as f64 / cells.max(1) as f64);
    print(BENCH, count, "CPU per key", "us", used);

    // Ages are looked at ever more seldom while that changes nothing.
    cockpit.listen(SETTLED);
    let (idle, before) = (Duration::from_secs(10), cpu(pid)?);
    let bytes = cockpit.listen(idle);
    print(BENCH, count, "bytes in 10 s when nothing changes", "B", bytes as f64);
    print(
        BENCH,
        count,
        "CPU per second when nothing changes",
        "ms",
        (cpu(pid)? - before) as f64 / 1e6 / idle.as_secs_f64(),
    );
    Ok(())
}

/// Down through the table and back, a key at a time.
fn moves(cockpit: &mut Pty, keys: usize) -> anyhow::Result<Vec<Burst>> {
    (0..keys)
        .map(|n| cockpit.type_and_watch(if n / 60 % 2 == 0 { "j" } else { "k" }, QUIET, PATIENCE))
        .collect()
}

/// The same keys to a program that answers each with a fixed text: what pty, scheduler and this bench cost by themselves.
fn floor(keys: usize) -> anyhow::Result<Vec<f64>> {
    let mut parrot = Pty::start(&std::env::current_exe()?, &["parrot"], &[])?;
    parrot.wait_for("ready", START)?;
    let moves = moves(&mut parrot, keys)?;
    Ok(moves.iter().filter_map(|burst| burst.first).map(|it| ms(it) * 1e3).collect())
}

/// Writes a fleet into a server's database, as if it had registered and was not heard since.
async fn write_nodes(data: &Path, count: usize) -> anyhow::Result<()> {
    tell(&format!("{count} nodes are written"));
    let store = Store::open(&format!("sqlite:{}", data.join("pilothouse.db").display())).await?;
    for group in (0..count).collect::<Vec<_>>().chunks(TOGETHER) {
        let mut tx = store.write().await?;
        let revision = tx.revision(REGION).await?;
        for n in group {
            let node = node(*n, revision)?;
            nodes::insert(&mut tx, &node).await?;
            let pairs: Vec<_> = node.tags.into_iter().collect();
            tags::set(&mut tx, REGION, "ManagedInstance", node.instance_id.as_str(), &pairs).await?;
        }
        tx.commit().await?;
    }
    store.close().await;
    Ok(())
}

fn node(n: usize, revision: i64) -> anyhow::Result<NodeRecord> {
    let (env, role) = (["prod", "staging", "dev"][n % 3], ["web", "db", "cache", "worker"][n / 3 % 4]);
    let at = Millis(1_790_000_000_000 + n as i64);
    Ok(NodeRecord {
        region: REGION.into(),
        instance_id: format!("mi-{n:017x}").parse::<InstanceId>()?,
        name: Some(format!("node-{n:05}")),
        public_key: vec![7; 32],
        fingerprint: format!("bench-{n}"),
        facts: Facts {
            computer_name: format!("node-{n:05}.example"),
            platform: Some(Platform::Linux),
            platform_name: "Debian GNU/Linux".into(),
            platform_version: "12".into(),
            agent_version: env!("CARGO_PKG_VERSION").into(),
            ip_address: format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255),
            tags: [("env".to_owned(), env.to_owned()), ("role".to_owned(), role.to_owned())].into(),
            ..Facts::default()
        },
        activation_id: "5f0c8f0e-8a0d-4b8e-9d55-0c6f3d3f9a01".into(),
        iam_role: "bench".into(),
        registered_at: at,
        last_ping: at,
        ping: PingStatus::ConnectionLost,
        connected: false,
        conflict: None,
        gone: false,
        revision,
        tags: [("env".to_owned(), env.to_owned()), ("role".to_owned(), role.to_owned())].into(),
    })
}
