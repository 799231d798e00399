//! Policies of parameters told as stories: through the true door, by a clock that moves when it is told to.

use pilothouse_api::audit::{AuditFilter, ListAuditRecords};
use pilothouse_api::fleet::Follow;
use pilothouse_api::parameters::{
    DeleteParameter, DescribeParameters, GetParameter, GetParameterHistory, ParameterInlinePolicy,
    PutParameter,
};
use pilothouse_api::topics::{News, ParameterEvent, ParameterOperation as Op, Topic};
use pilothouse_protocol::Millis;

use crate::cx::Caller;
use crate::internal::{CarryOutParameterPolicy, TakeParameterPolicies};
use crate::rig::Rig;
use crate::scheduler::look_for_parameter_policies;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn advanced(name: &str, policies: &[String]) -> PutParameter {
    PutParameter {
        name: name.into(),
        value: "1".into(),
        r#type: Some("String".into()),
        tier: Some("Advanced".into()),
        policies: Some(format!("[{}]", policies.join(","))),
        ..PutParameter::default()
    }
}

fn over(name: &str, policies: Option<&str>) -> PutParameter {
    let policies = policies.map(str::to_owned);
    PutParameter {
        name: name.into(),
        value: "2".into(),
        overwrite: Some(true),
        policies,
        ..PutParameter::default()
    }
}

/// The policy that a parameter expires in so many seconds.
fn expires_in(rig: &Rig, seconds: i64) -> String {
    let Millis(at) = rig.door.clock().now().plus_seconds(seconds);
    let at = jiff::Timestamp::from_millisecond(at).unwrap();
    format!(r#"{{"Type":"Expiration","Version":"1.0","Attributes":{{"Timestamp":"{at}"}}}}"#)
}

fn tells(kind: &str, attribute: &str, hours: i64) -> String {
    format!(r#"{{"Type":"{kind}","Version":"1.0","Attributes":{{"{attribute}":"{hours}","Unit":"Hours"}}}}"#)
}

fn before(hours: i64) -> String {
    tells("ExpirationNotification", "Before", hours)
}

fn unchanged(hours: i64) -> String {
    tells("NoChangeNotification", "After", hours)
}

async fn policies(rig: &Rig) -> Vec<ParameterInlinePolicy> {
    rig.root(DescribeParameters::default()).await.unwrap().parameters.remove(0).policies
}

async fn statuses(rig: &Rig) -> Vec<String> {
    policies(rig).await.into_iter().map(|it| it.policy_status).collect()
}

async fn value(rig: &Rig, name: &str) -> String {
    let get = GetParameter { name: name.into(), with_decryption: None };
    rig.root(get).await.map_or_else(|fault| fault.code.into_owned(), |it| it.parameter.value)
}

/// Somebody who follows what happens.
struct Follower(Topic);

impl Follower {
    async fn of(rig: &Rig) -> Self {
        let read = rig.root(Follow { topic: Topic::parameters() }).await.unwrap();
        Self(read.next)
    }

    async fn hears(&mut self, rig: &Rig) -> Vec<ParameterEvent> {
        let read = rig.root(Follow { topic: self.0.clone() }).await.unwrap();
        self.0 = read.next;
        let News::Parameters { events, .. } = read.news else { panic!("no news of parameters") };
        events
    }

    async fn hears_of(&mut self, rig: &Rig) -> Vec<(String, Op)> {
        self.hears(rig).await.into_iter().map(|it| (it.name, it.operation)).collect()
    }
}

fn heard(all: &[(&str, Op)]) -> Vec<(String, Op)> {
    all.iter().map(|(name, operation)| ((*name).to_owned(), *operation)).collect()
}

#[tokio::test]
async fn a_parameter_is_announced_and_then_deleted_in_its_time() {
    let rig = Rig::new().await;
    let all = [expires_in(&rig, 10 * DAY), before(48), unchanged(24)];
    rig.root(advanced("/x", &all)).await.unwrap();
    let told = policies(&rig).await;
    assert_eq!(told.iter().map(|it| it.policy_text.clone()).collect::<Vec<_>>(), all);
    let kinds: Vec<&str> = told.iter().map(|it| it.policy_type.as_str()).collect();
    assert_eq!(kinds, ["Expiration", "ExpirationNotification", "NoChangeNotification"]);
    let mut follower = Follower::of(&rig).await;
    look_for_parameter_policies(&rig.door).await;
    assert_eq!(statuses(&rig).await, ["Pending", "Pending", "Pending"]);
    rig.pass(DAY);
    look_for_parameter_policies(&rig.door).await;
    assert_eq!(statuses(&rig).await, ["Pending", "Pending", "Finished"]);
    rig.pass(7 * DAY);
    look_for_parameter_policies(&rig.door).await;
    look_for_parameter_policies(&rig.door).await;
    assert_eq!(statuses(&rig).await, ["Pending", "Finished", "Finished"]);
    let events = follower.hears(&rig).await;
    let operations: Vec<_> = events.iter().map(|it| (it.operation, it.version, it.by.as_str())).collect();
    let expected =
        [(Op::NoChangeNotification, Some(1), "system"), (Op::ExpirationNotification, Some(1), "system")];
    assert_eq!(operations, expected, "each once");
    assert_eq!(events[1].detail, all[1]);
    rig.pass(2 * DAY);
    assert_eq!(value(&rig, "/x").await, "1");
    look_for_parameter_policies(&rig.door).await;
    assert_eq!(value(&rig, "/x").await, "ParameterNotFound");
    assert_eq!(follower.hears_of(&rig).await, heard(&[("/x", Op::Expiration)]));
    look_for_parameter_policies(&rig.door).await;
    assert_eq!(follower.hears(&rig).await, []);
}

#[tokio::test]
async fn what_was_done_by_itself_stands_in_the_trail_and_looking_does_not() {
    let rig = Rig::new().await;
    rig.root(advanced("/x", &[expires_in(&rig, DAY)])).await.unwrap();
    look_for_parameter_policies(&rig.door).await;
    rig.pass(DAY);
    look_for_parameter_policies(&rig.door).await;
    look_for_parameter_policies(&rig.door).await;
    rig.door.settled().await;
    let list = ListAuditRecords {
        filter: AuditFilter { who: "system".into(), ..AuditFilter::default() },
        max_results: Some(100),
        ..ListAuditRecords::default()
    };
    let records = rig.root(list).await.unwrap().records;
    let seen: Vec<_> = records.iter().map(|it| it.operation.as_str()).collect();
    assert_eq!(seen, ["CarryOutParameterPolicy"]);
    assert!(serde_json::to_string(&records).unwrap().contains("parameter/x"), "{records:?}");
}

#[tokio::test]
async fn policies_go_on_with_a_new_version_until_others_take_their_place() {
    let rig = Rig::new().await;
    let mut follower = Follower::of(&rig).await;
    let all = [expires_in(&rig, 4 * DAY), before(72), unchanged(24)];
    rig.root(advanced("/x", &all)).await.unwrap();
    rig.pass(DAY + HOUR);
    look_for_parameter_policies(&rig.door).await;
    assert_eq!(statuses(&rig).await, ["Pending", "Finished", "Finished"]);
    rig.root(over("/x", None)).await.unwrap();
    assert_eq!(statuses(&rig).await, ["Pending", "Finished", "Pending"], "what changed counts anew");
    rig.pass(DAY - HOUR);
    look_for_parameter_policies(&rig.door).await;
    assert_eq!(statuses(&rig).await, ["Pending", "Finished", "Pending"]);
    rig.root(over("/x", Some(&format!("[{}]", unchanged(240))))).await.unwrap();
    assert_eq!(statuses(&rig).await, ["Pending"]);
    rig.pass(9 * DAY);
    look_for_parameter_policies(&rig.door).await;
    assert_eq!(value(&rig, "/x").await, "2", "it does not expire any more");
    rig.root(over("/x", Some("[{}]"))).await.unwrap();
    assert_eq!(statuses(&rig).await, Vec::<String>::new());
    rig.root(over("/x", None)).await.unwrap();
    rig.pass(400 * DAY);
    look_for_parameter_policies(&rig.door).await;
    let expected = [
        ("/x", Op::Create),
        ("/x", Op::ExpirationNotification),
        ("/x", Op::NoChangeNotification),
        ("/x", Op::Update),
        ("/x", Op::Update),
        ("/x", Op::Update),
        ("/x", Op::Update),
    ];
    assert_eq!(follower.hears_of(&rig).await, heard(&expected));
    let history = GetParameterHistory { name: "/x".into(), ..GetParameterHistory::default() };
    let versions = rig.root(history).await.unwrap().parameters;
    let counts: Vec<usize> = versions.iter().map(|it| it.policies.len()).collect();
    assert_eq!(counts, [3, 3, 1, 0, 0]);
    assert_eq!(versions[0].policies[1].policy_status, "Finished");
}

#[tokio::test]
async fn policies_are_for_the_advanced_tier_and_nothing_is_changed_by_bad_ones() {
    let rig = Rig::new().await;
    let of = |policies: &str| PutParameter { policies: Some(policies.into()), ..advanced("/x", &[]) };
    let past = expires_in(&rig, -1);
    for (put, code) in [
        (PutParameter { tier: None, ..advanced("/x", &[unchanged(1)]) }, "ValidationException"),
        (
            PutParameter { tier: Some("Standard".into()), ..advanced("/x", &[unchanged(1)]) },
            "ValidationException",
        ),
        (of("{}"), "ValidationException"),
        (advanced("/x", &[past]), "InvalidPolicyAttributeException"),
        (advanced("/x", &[unchanged(0)]), "InvalidPolicyAttributeException"),
        (advanced("/x", &[tells("Rotation", "After", 1)]), "InvalidPolicyTypeException"),
        (advanced("/x", &[before(1)]), "IncompatiblePolicyException"),
        (advanced("/x", &vec![unchanged(1); 11]), "PoliciesLimitExceededException"),
        (of(&" ".repeat(4097)), "ValidationException"),
    ] {
        assert_eq!(rig.root(put.clone()).await.unwrap_err().code, code, "{put:?} {:?}", put.policies);
    }
    assert!(rig.root(DescribeParameters::default()).await.unwrap().parameters.is_empty());
    let cleared = PutParameter { tier: None, policies: Some("[{}]".into()), ..advanced("/y", &[]) };
    assert_eq!(rig.root(cleared).await.unwrap().tier, "Standard");
    let raised = PutParameter { tier: Some("Intelligent-Tiering".into()), ..over("/y", None) };
    let raised = PutParameter { policies: Some(format!("[{}]", unchanged(1))), ..raised };
    assert_eq!(rig.root(raised).await.unwrap().tier, "Advanced");
    assert_eq!(statuses(&rig).await, ["Pending"]);
}

#[tokio::test]
async fn a_policy_that_was_taken_and_not_carried_out_is_taken_again_and_done_once() {
    let rig = Rig::new().await;
    rig.root(advanced("/x", &[unchanged(1)])).await.unwrap();
    let mut follower = Follower::of(&rig).await;
    rig.pass(HOUR);
    let taken = rig.system(TakeParameterPolicies {}).await.unwrap().taken;
    assert_eq!(statuses(&rig).await, ["InProgress"]);
    assert_eq!(rig.system(TakeParameterPolicies {}).await.unwrap().taken, [], "nobody takes it twice");
    rig.pass(61);
    assert_eq!(rig.system(TakeParameterPolicies {}).await.unwrap().taken, taken, "whoever took it is gone");
    let policy = taken[0].clone();
    rig.system(CarryOutParameterPolicy { policy: policy.clone() }).await.unwrap();
    let again = rig.system(CarryOutParameterPolicy { policy }).await.unwrap_err();
    assert_eq!(again.code, "ParameterPolicyReplaced");
    assert_eq!(follower.hears_of(&rig).await, heard(&[("/x", Op::NoChangeNotification)]));
}

#[tokio::test]
async fn of_a_deleted_parameter_nothing_is_carried_out_nor_of_the_next_one_of_that_name() {
    let rig = Rig::new().await;
    rig.root(advanced("/x", &[expires_in(&rig, DAY)])).await.unwrap();
    rig.root(DeleteParameter { name: "/x".into() }).await.unwrap();
    rig.root(advanced("/x", &[])).await.unwrap();
    rig.pass(2 * DAY);
    look_for_parameter_policies(&rig.door).await;
    assert_eq!(value(&rig, "/x").await, "1");
    assert_eq!(statuses(&rig).await, Vec::<String>::new());
    let root = Caller::root("PILOTESTROOT");
    let take = rig.perform(root, TakeParameterPolicies {}).await.unwrap_err();
    assert_eq!(take.code, "AccessDeniedException", "it is the server's own");
}
