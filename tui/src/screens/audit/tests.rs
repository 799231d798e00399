use pilothouse_api::audit::{
    AuditFilter, AuditView, GetAuditRecord, GetAuditRecordResult, ListAuditRecords, ListAuditRecordsResult,
};
use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::News;

use super::*;
use crate::effect::{Effect, Request};
use crate::mirror::Mirror;
use crate::route::AccessTab;
use crate::screens::fixtures::{NOW, command_id, fleet, id};
use crate::screens::rows::{ListMsg, Step};

type Stage = crate::screens::stage::Stage<Audit>;

fn call(
    seq: i64,
    who: &str,
    operation: &str,
    read_only: bool,
    outcome: &str,
    resources: &[String],
) -> AuditView {
    AuditView {
        seq,
        at: Millis(NOW.0 - (2_000 - seq) * 7_000),
        who: who.to_owned(),
        operation: operation.to_owned(),
        permission: format!("ssm:{operation}"),
        read_only,
        outcome: outcome.to_owned(),
        resources: resources.iter().take(3).cloned().collect(),
        resource_count: u32::try_from(resources.len()).unwrap(),
        source: "10.0.0.7".to_owned(),
        note: match outcome {
            "ok" => String::new(),
            _ => "User user/anna is not authorized to perform ssm:SendCommand on node web-00: no policy permits it"
                .to_owned(),
        },
    }
}

/// A day's trail: somebody looks, sends, is refused, and access is changed.
fn records() -> Vec<AuditView> {
    let nodes: Vec<String> = (0..12).map(|n| format!("node/{}", id(n))).collect();
    let command = format!("command/{}", command_id(3));
    vec![
        call(1991, "root", "CreateUser", false, "ok", &["user/anna".into()]),
        call(1992, "root", "PutPolicy", false, "ok", &["policy/viewer-of-staging".into()]),
        call(
            1993,
            "root",
            "AttachPolicy",
            false,
            "ok",
            &["policy/viewer-of-staging".into(), "user/anna".into()],
        ),
        call(1994, "user/anna", "DescribeInstanceInformation", true, "ok", &[]),
        call(1995, "user/anna", "SendCommand", false, "AccessDeniedException", &nodes[..1]),
        call(
            1996,
            "role/deploy/ci-1",
            "SendCommand",
            false,
            "ok",
            &[&nodes[..], std::slice::from_ref(&command)].concat(),
        ),
        call(1997, "role/deploy/ci-1", "ListCommandInvocations", true, "ok", &[command]),
        call(1998, "user/\u{1b}[2Jmallory", "ListCommands", true, "ThrottlingException", &[]),
    ]
}

fn tell(mirror: &mut Mirror, filter: AuditFilter, records: Vec<AuditView>) {
    let after = records.last().map_or(1, |record| record.seq);
    mirror.opened(&Topic::Audit { filter: filter.clone(), after: 0 });
    mirror.news(News::Audit { records }, &Topic::Audit { filter, after }, false);
}

fn trail() -> Stage {
    let mut mirror = fleet(12);
    tell(&mut mirror, AuditFilter::default(), records());
    let mut stage = Stage::enter(mirror, Audit::new(AuditFilter::default())).0;
    stage.told();
    stage
}

fn asked(effects: &Effects<Msg>) -> Vec<&Request> {
    fn request(effect: &Effect<Msg>) -> Option<&Request> {
        match effect {
            Effect::Call(_, request) => Some(request),
            _ => None,
        }
    }
    effects.iter().filter_map(request).collect()
}

#[test]
fn the_newest_call_is_first_and_what_comes_is_followed_until_the_cursor_moves() {
    let mut stage = trail();
    assert_eq!(stage.room.list.on(), Some(1998));
    tell(&mut stage.mirror, AuditFilter::default(), vec![call(1999, "root", "ListUsers", true, "ok", &[])]);
    stage.told();
    assert_eq!(stage.room.list.on(), Some(1999));
    stage.press("j");
    tell(&mut stage.mirror, AuditFilter::default(), vec![call(2000, "root", "ListUsers", true, "ok", &[])]);
    stage.told();
    assert_eq!((stage.room.list.on(), stage.room.follows()), (Some(1998), false));
    stage.press("f");
    assert_eq!((stage.room.list.on(), stage.room.follows()), (Some(2000), true));
}

#[test]
fn what_is_typed_is_asked_of_the_server_once_it_is_typed() {
    let mut stage = trail();
    stage.press("/who:anna result:refused");
    assert_eq!(stage.room.wanted, AuditFilter::default(), "not at every letter");
    assert_eq!(stage.room.list.shown().len(), 1, "what is there is filtered at once");
    stage.press("<Enter>");
    stage.told();
    let filter = AuditFilter { who: "anna".into(), result: "refused".into(), ..AuditFilter::default() };
    assert_eq!(stage.with(|room, cx| room.wants(cx))[0], Topic::Audit { filter: filter.clone(), after: 0 });
    assert_eq!(stage.room.route(), Route::Audit { filter });
    assert_eq!(stage.room.list.on(), Some(1995), "what was there is shown until it answers");
    stage.press("<Esc>");
    assert_eq!(stage.room.wanted, AuditFilter::default());
}

#[test]
fn what_the_server_let_through_by_what_only_it_knows_is_shown() {
    let mut stage = trail();
    stage.press("/where:staging<Enter>");
    let filter = AuditFilter { r#where: "staging".into(), ..AuditFilter::default() };
    tell(
        &mut stage.mirror,
        filter,
        vec![call(1990, "root", "SendCommand", false, "ok", &[format!("node/{}", id(1))])],
    );
    stage.told();
    assert_eq!(stage.room.list.on(), Some(1990));
}

#[test]
fn refused_only_and_changes_only_are_the_servers_to_find() {
    let mut stage = trail();
    stage.press("!c");
    stage.told();
    let filter = AuditFilter { result: "refused".into(), writes_only: true, ..AuditFilter::default() };
    assert_eq!(stage.room.wanted, filter);
    let again = Audit::new(filter.clone());
    assert_eq!(
        (again.list.filter.text(), again.writes_only),
        ("result:refused", true),
        "a locator says the same"
    );
    stage.press("<Esc><Esc>");
    assert_eq!(stage.room.wanted, AuditFilter::default());
}

#[test]
fn near_the_end_older_records_are_asked_for_once_and_shown_below() {
    let mut mirror = fleet(3);
    tell(&mut mirror, AuditFilter::default(), records());
    let mut stage = Stage::enter(mirror, Audit::new(AuditFilter::default())).0;
    let effects = stage.told();
    let [Request::ListAuditRecords(ListAuditRecords { before: Some(1991), .. })] = asked(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(stage.told(), [], "one page at a time");
    let page = ListAuditRecordsResult {
        records: vec![
            call(1990, "root", "GetDocument", true, "ok", &[]),
            call(1989, "root", "Arm", false, "ok", &[]),
        ],
        before: None,
    };
    assert_eq!(stage.land(1, Ok(Reply::ListAuditRecords(page))), []);
    stage.say(Msg::List(ListMsg::Step(Step::Last)));
    assert_eq!(stage.room.list.on(), Some(1989));
    assert_eq!(stage.told(), [], "there is nothing older");
    assert!(stage.drawn((120, 24)).contains("this is all there is"));
}

#[test]
fn a_page_that_is_refused_is_not_asked_for_again_and_says_why() {
    let mut stage = trail();
    let error = CallError { code: "ThrottlingException".into(), message: "too many requests".into() };
    stage.land(1, Err(error));
    assert_eq!(stage.told(), []);
    assert!(stage.drawn((120, 24)).contains("too many requests"));
}

#[test]
fn one_goes_to_what_a_call_touched_and_to_who_made_it() {
    let mut stage = trail();
    stage.room.list.held = true;
    stage.press("jjj");
    let Effect::Pick { items, .. } = &stage.press("J")[0] else { panic!("there are two") };
    let labels: Vec<&str> = items.iter().map(|item| item.label.as_str()).collect();
    assert_eq!(labels, ["node web-00", "user anna"]);
    stage.press("GG");
    let places = stage.press("J");
    let user = Route::Access { tab: AccessTab::Users, selected: Some("anna".into()) };
    assert_eq!(places, [Effect::Open(user)], "one place needs no question");
    let listed = call(1999, "root", "ListUsers", true, "ok", &[]);
    tell(&mut stage.mirror, AuditFilter::default(), vec![listed]);
    stage.told();
    stage.press("gg");
    let why = stage.with(|room, cx| room.why_not(&Msg::Jump, cx));
    assert_eq!(why.as_deref(), Some("nothing that it touched has a place here"));
}

fn open(stage: &mut Stage) {
    let effects = stage.press("jjj<Enter>");
    let [Request::GetAuditRecord(GetAuditRecord { seq: 1995 })] = asked(&effects)[..] else {
        panic!("{effects:?}")
    };
    let record = serde_json::json!({
        "eventVersion": "1.10",
        "eventName": "SendCommand",
        "eventSource": "ssm.amazonaws.com",
        "errorCode": "AccessDeniedException",
        "errorMessage": "User user/anna is not authorized to perform ssm:SendCommand on node web-00",
        "readOnly": false,
        "requestParameters": {"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["echo \u{202e}evil"]}},
        "sourceIPAddress": "10.0.0.7",
        "userIdentity": {"type": "IAMUser", "userName": "anna"},
    });
    let answer = GetAuditRecordResult {
        view: records()[4].clone(),
        record,
        hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
    };
    stage.land(2, Ok(Reply::GetAuditRecord(answer)));
}

#[test]
fn a_record_is_read_whole_searched_copied_and_saved() {
    let mut stage = trail();
    open(&mut stage);
    assert_eq!(stage.with(|room, cx| room.title(cx)), "Audit 1995");
    stage.press("/document<Enter>");
    let picture = stage.drawn((120, 30));
    assert!(picture.contains("REVERSED"), "{picture}");
    let [Effect::Pick { items, .. }] = &stage.press("y")[..] else { panic!("it asks") };
    assert_eq!(items[0].label, "the whole record");
    stage.press("w");
    let [Effect::Save { path, text }] = &stage.press("<Enter>")[..] else { panic!("it saves") };
    assert_eq!(path.to_str(), Some("audit-1995.json"));
    assert!(text.contains("\"errorCode\": \"AccessDeniedException\""), "{text}");
    stage.press("<Esc><Esc>");
    assert_eq!((stage.room.record.is_none(), stage.room.list.on()), (true, Some(1995)));
}

#[test]
fn what_is_shown_is_saved_a_record_per_line() {
    let mut stage = trail();
    let [Effect::Save { text, .. }] = &stage.press("w")[..] else { panic!("it saves") };
    let lines: Vec<AuditView> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, records(), "oldest first");
}

#[test]
fn a_record_that_is_refused_says_why() {
    let mut stage = trail();
    stage.press("<Enter>");
    let error = CallError { code: "AccessDeniedException".into(), message: "no policy permits it".into() };
    stage.land(2, Err(error));
    assert!(stage.drawn((80, 24)).contains("no policy permits it"));
}

#[test]
fn the_keys_are_readable_and_none_hides_another() {
    let keys = Audit::keys();
    assert!(keys.broken().is_empty(), "{:?}", keys.broken());
    assert!(keys.conflicts().is_empty(), "{:?}", keys.conflicts());
}

#[test]
fn the_trail_in_every_size_and_theme() {
    let mut stage = trail();
    stage.press("jjj");
    for (name, picture) in stage.everywhere("trail") {
        insta::assert_snapshot!(name, picture);
    }
}

#[test]
fn a_record_in_every_size_and_theme() {
    let mut stage = trail();
    open(&mut stage);
    for (name, picture) in stage.everywhere("record") {
        insta::assert_snapshot!(name, picture);
    }
}
