//! What a signature, a policy and a record cost at the door: requests per second of small operations, signed and authorized, beside
//! the unsigned health route of the same server.

use anyhow::Context;
use pilothouse_api::access::{AttachPolicy, CreateAccessKey, CreateUser};
use pilothouse_api::nodes::DescribeInstanceInformation;
use pilothouse_client::Credentials;

use crate::figure::{percentile, print, tell};
use crate::load::{flood, host, plain, signed};
use crate::process::cpu;
use crate::stand::Stand;

/// Connections that are used at a time.
const CONNECTIONS: usize = 8;
/// The ready-made policy that the user has.
const POLICY: &str = "viewer";

/// Runs it: `requests` of each kind, in rounds that take turns, so that what disturbs the machine disturbs all alike.
pub async fn run(requests: usize, rounds: usize) -> anyhow::Result<()> {
    let stand = Stand::start(1).await?;
    let node = stand.client.call(&DescribeInstanceInformation::default()).await?;
    let node = node.instance_information_list.first().context("no node")?.instance_id.clone();
    let root = stand.client.endpoint().credentials.clone();
    let user = viewer(&stand).await?;
    let url = stand.client.endpoint().url.clone();
    let kinds = [
        ("health, unsigned", None, String::new()),
        ("DescribeServer, signed", Some((&root, "Pilothouse.DescribeServer")), String::from("{}")),
        (
            "GetConnectionStatus, signed, by policy",
            Some((&user, "AmazonSSM.GetConnectionStatus")),
            format!(r#"{{"Target":"{node}"}}"#),
        ),
    ];
    let mut rates: [Vec<f64>; 3] = Default::default();
    let mut costs: [Vec<f64>; 3] = Default::default();
    for round in 1..=rounds {
        for (at, (name, signer, body)) in kinds.iter().enumerate() {
            let request = match signer {
                None => plain("GET", host(&url), "/healthz", &[], ""),
                Some((credentials, target)) => signed(&url, credentials, target, body)?,
            };
            let before = cpu(stand.server.pid())?;
            let took = flood(host(&url), vec![request], requests, CONNECTIONS).await?.took;
            let used = cpu(stand.server.pid())? - before;
            #[expect(clippy::cast_precision_loss, reason = "figures")]
            let (rate, cost) = (requests as f64 / took.as_secs_f64(), used as f64 / requests as f64 / 1e3);
            tell(&format!("round {round}: {name}: {rate:.0} per second, {cost:.0} µs of CPU"));
            rates[at].push(rate);
            costs[at].push(cost);
        }
    }
    let floor = percentile(&rates[0], 0.5);
    for (at, (name, ..)) in kinds.iter().enumerate() {
        let rate = percentile(&rates[at], 0.5);
        print("door", 1, &format!("{name}: requests"), "per second", rate);
        print("door", 1, &format!("{name}: server CPU"), "µs per request", percentile(&costs[at], 0.5));
        print("door", 1, &format!("{name}: slower than health"), "times", floor / rate);
    }
    Ok(())
}

/// A user who may look at everything, by a ready-made policy.
async fn viewer(stand: &Stand) -> anyhow::Result<Credentials> {
    let user_name = String::from("bench");
    stand.client.call(&CreateUser { user_name: user_name.clone(), ..CreateUser::default() }).await?;
    let attach = AttachPolicy { policy_name: POLICY.into(), principal: format!("user/{user_name}") };
    stand.client.call(&attach).await?;
    let key = stand.client.call(&CreateAccessKey { user_name }).await?;
    Ok(Credentials::new(key.access_key.access_key_id, key.secret_access_key))
}
