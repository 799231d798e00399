//! Who is turned away, in one record a minute: a record of each would be the flood.
//!
//! In: calls of known persons that were throttled. Out, a minute after the first of them: a line in the log and a record in the
//! audit trail (`ThrottledCalls`) with their number, and so on for as long as it lasts. Bounded: one flood per person.
//!
//! Never here: how much somebody gets.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pilothouse_protocol::Millis;
use serde_json::Value;

use super::gate::Gate;
use crate::access::Operator;
use crate::audit::{CallRecord, Flood, Outcome, Touched};
use crate::cx::{Call, Caller};
use crate::door::Door;

/// What is told at once.
const WINDOW_MS: i64 = 60_000;
/// How often it is looked for what is to be told.
const PERIOD: Duration = Duration::from_secs(1);
/// Persons whose calls are counted at a time.
const PERSONS: usize = 10_000;
/// Addresses of a flood that are named.
const SOURCES: usize = 10;

/// The floods that were not told of yet, by person.
#[derive(Debug, Default)]
pub(super) struct Floods(Mutex<HashMap<String, Open>>);

#[derive(Debug)]
struct Open {
    flood: Flood,
    /// The last of them.
    call: Call,
}

impl Floods {
    /// Counts a call that is turned away.
    pub(super) fn note(&self, call: &Call, now: Millis) {
        let person = call.caller.person();
        // A panic while holding the lock leaves whole floods.
        let mut floods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Open { flood, call: last }) = floods.get_mut(&person) {
            flood.count += 1;
            flood.last = now;
            if flood.sources.len() < SOURCES && !flood.sources.contains(&call.source) {
                flood.sources.insert(call.source.clone());
            }
            *last = call.clone();
        } else if floods.len() < PERSONS {
            tracing::warn!(person, "calls are throttled; how many is told in a minute");
            let sources = BTreeSet::from([call.source.clone()]);
            let flood = Flood { count: 1, first: now, last: now, sources };
            floods.insert(person, Open { flood, call: call.clone() });
        }
    }

    /// Takes out what began a minute ago, or everything.
    fn take(&self, all: bool, now: Millis) -> Vec<(String, Open)> {
        let mut floods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back holds nothing up.
        let is_due = |open: &Open| all || !(0..WINDOW_MS).contains(&now.since(open.flood.first));
        floods.extract_if(|_, open| is_due(open)).collect()
    }

    /// Tells of what began a minute ago, or of everything.
    async fn tell(&self, door: &Door, all: bool) {
        let now = door.clock().now();
        for (person, open) in self.take(all, now) {
            let Flood { count: refused, sources, .. } = &open.flood;
            tracing::warn!(person, refused, ?sources, "calls were throttled");
            if let Err(fault) = door.audit().note(record(door, open, now)).await {
                tracing::error!(person, %fault, "throttled calls could not be recorded");
            }
        }
    }
}

/// Tells of floods for as long as the gate is open, and then of what is left.
pub(super) async fn keep(floods: Arc<Floods>, door: Door, mut gate: Gate) {
    let mut period = tokio::time::interval(PERIOD);
    loop {
        tokio::select! {
            _ = period.tick() => floods.tell(&door, false).await,
            () = gate.closing() => break floods.tell(&door, true).await,
        }
    }
}

fn record(door: &Door, Open { flood, call }: Open, now: Millis) -> CallRecord {
    // The person: what was turned away came by any of its keys and roles.
    let caller = match &call.caller {
        Caller::Operator(last) => {
            Caller::Operator(Arc::new(Operator { who: last.who.human(), ..Operator::clone(last) }))
        }
        other => other.clone(),
    };
    CallRecord {
        at: now,
        region: call.region,
        caller,
        source: call.source,
        user_agent: call.user_agent,
        operation: "ThrottledCalls",
        target: "Pilothouse.ThrottledCalls",
        permission: "system:ThrottledCalls",
        read_only: true,
        request: Value::Null,
        touched: Touched::default(),
        outcome: Outcome::Throttled(flood),
        request_id: door.dice().uuid(),
        decided_by: Vec::new(),
        reason: None,
        approval_id: None,
        system_user: None,
    }
}

#[cfg(test)]
mod tests {
    use pilothouse_store::audit::{self, AuditRow};
    use serde_json::json;

    use super::*;
    use crate::rig::{REGION, Rig};

    fn call(caller: &Caller, source: &str) -> Call {
        let (caller, region) = (caller.clone(), REGION.to_owned());
        Call { caller, region, source: source.to_owned(), ..Call::system() }
    }

    async fn told(rig: &Rig) -> Vec<AuditRow> {
        rig.door.settled().await;
        let rows = audit::following(&mut rig.store.read().await.unwrap(), 0, 1000).await.unwrap();
        rows.into_iter().filter(|row| row.operation == "ThrottledCalls").collect()
    }

    #[tokio::test]
    async fn a_flood_is_one_record_a_minute_later_with_the_true_number() {
        let rig = Rig::new().await;
        let ann = rig.user("ann", "permit (principal, action, resource);").await;
        let (floods, began) = (Floods::default(), rig.door.clock().now());
        for n in 0..8213 {
            floods.note(&call(&ann, &format!("192.0.2.{}", n % 3)), Millis(began.0 + n / 2));
        }
        rig.pass(59);
        floods.tell(&rig.door, false).await;
        assert!(told(&rig).await.is_empty(), "the minute is not over");
        rig.pass(1);
        floods.tell(&rig.door, false).await;
        rig.pass(60);
        floods.tell(&rig.door, false).await;
        let rows = told(&rig).await;
        let [row] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((row.who.as_str(), row.outcome.as_str()), ("user/ann", "ThrottlingException"));
        let record: Value = serde_json::from_str(&row.record).unwrap();
        let throttled = &record["additionalEventData"]["throttled"];
        assert_eq!(throttled["calls"], 8213);
        assert_eq!(throttled["sources"], json!(["192.0.2.0", "192.0.2.1", "192.0.2.2"]));
        assert_eq!(throttled["firstTime"], "2023-11-14T22:13:20Z");
        assert_eq!(throttled["lastTime"], "2023-11-14T22:13:24Z");
        assert_eq!(record["errorCode"], "ThrottlingException");
    }

    #[tokio::test]
    async fn what_is_not_told_when_the_server_stops_is_told_then() {
        let rig = Rig::new().await;
        let floods = Arc::new(Floods::default());
        let (gate, closer) = crate::http::gate();
        floods.note(&call(&Caller::root("PILOTESTROOT"), "192.0.2.7"), rig.door.clock().now());
        let keeping = tokio::spawn(keep(floods, rig.door.clone(), gate));
        assert!(closer.close(Duration::from_secs(10)).await);
        keeping.await.unwrap();
        assert_eq!(told(&rig).await.len(), 1);
    }

    #[test]
    fn persons_are_counted_up_to_a_number() {
        let floods = Floods::default();
        for n in 0..=PERSONS {
            let who = crate::access::Who::User(format!("u{n}"));
            let operator = Operator { who, access_key_id: String::new(), expires_at: None };
            floods.note(&call(&Caller::Operator(Arc::new(operator)), "192.0.2.7"), Millis(0));
        }
        assert_eq!(floods.take(true, Millis(0)).len(), PERSONS);
    }
}
