//! First line: from SendCommand to the first line on the subscriber's screen, while so many other nodes are there and idle.

use pilothouse_client::EventStream;

use crate::figure::{ms, spread, tell};
use crate::stand::{Ground, Server, all_online};
use crate::watch::{script_on, watch};

/// Measures on one real agent beside these numbers of idle ones.
pub async fn run(ground: Ground, idle: &[usize], commands: usize) -> anyhow::Result<()> {
    let bench = ground.name("first line");
    for count in idle.iter().copied() {
        let server = Server::on(ground)?;
        let _machine = server.machines(1).await?;
        let node = server.nodes().await?;
        let mut fleets = Vec::new();
        if count > 0 {
            tell(&format!("{count} idle nodes register"));
            fleets.push(server.fleet(count).await?);
            all_online(&server.client, count + 1).await?;
        }
        let mut stream = EventStream::open(server.client.clone());
        let (mut answered, mut first, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..=commands {
            let seen = watch(&server.client, &mut stream, &script_on("echo here", node.clone()), 1).await?;
            // The first opens connections.
            if n > 0 {
                answered.push(ms(seen.answered));
                first.push(ms(seen.first));
                all.push(ms(seen.all));
            }
        }
        spread(&bench, count, "SendCommand answered", "ms", &answered);
        spread(&bench, count, "first line at the subscriber", "ms", &first);
        spread(&bench, count, "result and output at the subscriber", "ms", &all);
    }
    Ok(())
}
