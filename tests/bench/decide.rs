//! Decide: what it costs to decide about every target of a command, against deciding about each by itself.

use std::collections::BTreeMap;
use std::time::Instant;

use pilothouse_server::access::policies::{Policies, PolicySource, ready_made, validate};
use pilothouse_server::access::{Circumstances, Kind, Resource, Who};

use crate::figure::{ms, print, spread, tell};

const BENCH: &str = "decide";
const ACTION: &str = "ssm:SendCommand";
/// Policies of other people: what an account of some age has.
const OTHERS: usize = 50;

/// Measures with so many targets.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub fn run(count: usize, rounds: usize) -> anyhow::Result<()> {
    let began = Instant::now();
    let findings: usize = ready_made().iter().map(|policy| validate(policy.text).len()).sum();
    anyhow::ensure!(findings == 0, "the ready-made policies have {findings} findings");
    print(BENCH, count, "check a ready-made policy", "ms", ms(began.elapsed()) / ready_made().len() as f64);
    let sources = sources();
    let began = Instant::now();
    let policies = Policies::compile(&sources);
    print(BENCH, count, "compile all policies after a change", "ms", ms(began.elapsed()));

    let targets: Vec<Resource> = (0..count).map(target).collect();
    let mut ask = Asked {
        policies,
        who: Who::User(String::from("ada")),
        groups: vec![String::from("operators")],
        count,
    };
    let began = Instant::now();
    let refused = ask.together(&targets);
    print(BENCH, count, "decide all, first time", "ms", ms(began.elapsed()));
    tell(&format!("{refused} of {count} targets wait for arming and approval"));
    let mut sieve = ask.policies.sieve(&ask.who, &ask.groups, ACTION, &ask.circumstances());
    let shown = targets.iter().filter(|target| sieve.shows(target)).count();
    anyhow::ensure!(shown + refused == count, "a listing and a decision differ");
    print(BENCH, count, "targets that look different to the policies", "targets", sieve.asked() as f64);

    let timed = |work: &dyn Fn() -> usize| -> Vec<f64> {
        (0..rounds)
            .map(|_| {
                let began = Instant::now();
                work();
                ms(began.elapsed())
            })
            .collect()
    };
    spread(BENCH, count, "decide all", "ms", &timed(&|| ask.together(&targets)));
    tell("the baseline: each target by itself");
    spread(BENCH, count, "baseline: decide each by itself", "ms", &timed(&|| ask.one_by_one(&targets)));
    for (figure, condition) in [
        ("decide all, a policy on names", r#"resource.name like "*-9999""#),
        ("decide all, worst case: no two look alike", r#"["node-9999"].contains(resource.name)"#),
    ] {
        let text =
            format!("forbid (principal, action, resource is Pilothouse::Node) when {{ {condition} }};");
        let more = PolicySource { name: String::from("by-name"), text, attached_to: Vec::new() };
        let all: Vec<PolicySource> = sources.iter().cloned().chain([more]).collect();
        ask.policies = Policies::compile(&all);
        spread(BENCH, count, figure, "ms", &timed(&|| ask.together(&targets)));
    }
    Ok(())
}

/// Who asks whom.
struct Asked {
    policies: Policies,
    who: Who,
    groups: Vec<String>,
    count: usize,
}

impl Asked {
    fn circumstances(&self) -> Circumstances {
        Circumstances {
            target_count: self.count,
            region: String::from("us-east-1"),
            ..Circumstances::default()
        }
    }

    /// How many are refused.
    fn together(&self, targets: &[Resource]) -> usize {
        let verdicts = self.policies.decide(&self.who, &self.groups, ACTION, targets, &self.circumstances());
        verdicts.iter().filter(|verdict| !verdict.is_allowed()).count()
    }

    fn one_by_one(&self, targets: &[Resource]) -> usize {
        targets.iter().map(|target| self.together(std::slice::from_ref(target))).sum()
    }
}

/// The ready-made policies for an operator of a careful company, beside those of others.
fn sources() -> Vec<PolicySource> {
    let mine = ["operator", "prod-needs-approval", "prod-needs-arming"];
    let mut sources: Vec<PolicySource> = ready_made()
        .iter()
        .map(|policy| PolicySource {
            name: policy.name.to_owned(),
            text: policy.text.to_owned(),
            attached_to: if mine.contains(&policy.name) {
                vec![String::from("group/operators")]
            } else {
                Vec::new()
            },
        })
        .collect();
    for nth in 0..OTHERS {
        let text = ready_made()[nth % ready_made().len()].text.to_owned();
        sources.push(PolicySource {
            name: format!("other-{nth}"),
            text,
            attached_to: vec![format!("group/team-{nth}")],
        });
    }
    sources
}

/// A node as fleets have them: three environments, a dozen teams, and tags that no two share.
fn target(nth: usize) -> Resource {
    let environment = ["prod", "prod", "staging", "prod", "dev"][nth % 5];
    let tags: BTreeMap<String, String> = [
        ("env", environment.to_owned()),
        ("team", format!("team-{}", nth % 12)),
        ("role", ["web", "db", "cache", "queue", "batch", "edge", "build"][nth % 7].to_owned()),
        ("zone", ["a", "b", "c"][nth % 3].to_owned()),
        ("serial", format!("{nth:08}")),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    Resource::new(Kind::Node, format!("mi-{nth:017x}"))
        .named(format!("node-{nth}"))
        .tagged(tags)
        .with("platform", "Linux")
}
