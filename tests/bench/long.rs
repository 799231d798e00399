//! Long: one output of millions of lines in the cockpit: how soon it is there, how soon any place of it is, and what that takes;
//! beside less on the same text in a file.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use pilothouse_api::commands::{Place, ReadOutput};

use crate::figure::{ms, percentile, print, spread, tell};
use crate::process::{beside, peak, resident};
use crate::pty::Pty;
use crate::stand::Server;
use crate::watch::script_on;

const BENCH: &str = "long";
const START: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(120);
/// What was not said by then never will be.
const OUTPUT: Duration = Duration::from_secs(900);
/// How often it is looked whether all of it is there.
const LOOK: Duration = Duration::from_millis(200);

/// Measures with so many lines and so many jumps.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub async fn run(lines: u64, jumps: u64) -> anyhow::Result<()> {
    let figure = |name: &str, unit: &str, value: f64| print(BENCH, 1, name, unit, value);
    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    let server = Server::start(None)?;
    let machines = server.machines(1).await?;
    let command = say(&server, lines).await?;
    figure("lines", "", lines as f64);
    let dir = tempfile::tempdir()?;
    let home = dir.path().display().to_string();
    let credentials = server.credentials().display().to_string();
    let env =
        [("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()), ("HOME", &home), ("XDG_STATE_HOME", &home)];
    let place = format!("pilothouse:command/{command}");
    let mut cockpit = Pty::start(&beside("pilothouse")?, &["--endpoint", server.url(), &place], &env)?;
    let opened = cockpit.wait_for(&line(lines), START)?;
    figure("start until the last lines are there", "ms", ms(opened));
    let pid = cockpit.pid()?;
    figure("client memory after opening", "MiB", mib(resident(pid)?));

    tell("jumps to lines here and there");
    let mut took = Vec::new();
    for jump in 1..=jumps {
        let to = jump * 7_919_993 % lines + 1;
        cockpit.type_and_watch(&format!(":{to}"), Duration::from_millis(50), PATIENCE)?;
        took.push(ms(cockpit.type_until("\r", &line(to), PATIENCE)?));
    }
    spread(BENCH, 1, "key until the line is on the screen", "ms", &took);
    let mut ends = Vec::new();
    for _ in 0..5 {
        ends.push(ms(cockpit.type_until("gg", &line(1), PATIENCE)?));
        ends.push(ms(cockpit.type_until("G", &line(lines), PATIENCE)?));
    }
    spread(BENCH, 1, "key until the first or the last lines are on the screen", "ms", &ends);
    let needle = lines / 10 * 9;
    cockpit.type_and_watch("gg", Duration::from_millis(200), PATIENCE)?;
    cockpit.type_and_watch("/needle", Duration::from_millis(200), PATIENCE)?;
    // The line before it: what is looked for stands in the head, too.
    let found = cockpit.type_until("\r", &line(needle - 1), PATIENCE)?;
    figure("search from the beginning, hit after nine tenths", "ms", ms(found));
    figure("client memory at most", "MiB", mib(peak(pid)?));
    figure("server memory at most", "MiB", mib(peak(server.pid())?));
    drop(machines);
    less(dir.path(), lines, percentile(&took, 0.5))
}

/// A node says so many lines, one of them another one than the others; gives the command once all are stored.
async fn say(server: &Server, lines: u64) -> anyhow::Result<String> {
    tell(&format!("a node says {lines} lines"));
    let needle = lines / 10 * 9;
    let script = format!("seq -f 'line %.0f of the output' 1 {lines} | sed '{needle}s/.*/needle {needle}/'");
    let nodes = server.nodes().await?;
    let node = nodes.first().context("there is no node")?.clone();
    let sent = server.client.call(&script_on(&script, nodes)).await?.command.command_id;
    let ask = ReadOutput {
        command_id: sent.clone(),
        instance_id: node,
        from: Place::LastLines(1),
        ..ReadOutput::default()
    };
    let stored = async {
        // Nothing was said at first, and then there is no output to be read.
        while server.client.call(&ask).await.map_or(0, |read| read.total_lines) < lines {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(OUTPUT, stored).await.context("the lines did not come")?;
    Ok(sent)
}

fn line(number: u64) -> String {
    format!("line {number} of the output")
}

/// The same text in a file, in less: there is none that is faster to open a file.
fn less(dir: &Path, lines: u64, ours: f64) -> anyhow::Result<()> {
    let program = Path::new("/usr/bin/less");
    if !program.exists() {
        tell("less is not installed");
        return Ok(());
    }
    let file = dir.join("output");
    let mut writer = BufWriter::new(std::fs::File::create(&file)?);
    for number in 1..=lines {
        writeln!(writer, "{}", line(number))?;
    }
    writer.flush()?;
    let mut less = Pty::start(program, &["-n", &file.display().to_string()], &[])?;
    less.wait_for(&line(1), START)?;
    let to = lines / 2;
    let took = ms(less.type_until(&format!("{to}g"), &line(to), PATIENCE)?);
    print(BENCH, 1, "less: key until the line in the middle is on the screen", "ms", took);
    print(BENCH, 1, "less / ours", "x", took / ours.max(f64::EPSILON));
    Ok(())
}
