use pilothouse_api::about::{DescribeServerResult, Protection};
use pilothouse_api::access::GetCallerAccessResult;
use pilothouse_api::documents::{
    DeleteDocument, DeleteDocumentResult, DescribeDocument, DescribeDocumentResult, DocumentDescription,
    DocumentIdentifier, DocumentParameter, ListDocuments, ListDocumentsResult,
};
use pilothouse_api::tags::Tag;
use pilothouse_api::timestamp::Timestamp;

use super::*;
use crate::effect::{Effect, Ladder, Level, Question, Request};
use crate::mirror::{Link, Mirror};
use crate::route::{DocumentSpot, Draft, RunSpec};
use crate::screens::fixtures::{NOW, fleet};

type Stage = crate::screens::stage::Stage<Documents>;

const ACCOUNT: &str = "000000000000";

fn document(name: &str, owner: &str, kind: &str, platforms: &[&str], version: u32) -> DocumentIdentifier {
    DocumentIdentifier {
        name: name.into(),
        created_date: Timestamp(Millis(NOW.0 - 86_400_000 * i64::from(version))),
        owner: owner.into(),
        platform_types: platforms.iter().map(|&it| it.into()).collect(),
        document_version: version.to_string(),
        document_type: kind.into(),
        schema_version: if kind == "Command" { "2.2".into() } else { String::new() },
        document_format: "YAML".into(),
        ..DocumentIdentifier::default()
    }
}

fn some() -> Vec<DocumentIdentifier> {
    let mut all = vec![
        document("AWS-RunPowerShellScript", "Amazon", "Command", &["Linux", "Windows"], 1),
        document("AWS-RunShellScript", "Amazon", "Command", &["Linux", "MacOS"], 1),
        document("SSM-SessionManagerRunShell", "Amazon", "Session", &["Linux", "Windows"], 1),
        document("freeze", ACCOUNT, "ChangeCalendar", &[], 2),
        document("patch-wave", "123456789012", "Automation", &["Linux"], 4),
        document("restart-web", ACCOUNT, "Command", &["Linux"], 3),
    ];
    all[5].version_name = Some("stable".into());
    all[5].tags = vec![Tag { key: "env".into(), value: "prod".into() }];
    all
}

fn described(name: &str) -> Reply {
    let parameter = |name: &str, default: Option<&str>| DocumentParameter {
        name: name.into(),
        r#type: "String".into(),
        description: None,
        default_value: default.map(str::to_owned),
    };
    Reply::DescribeDocument(DescribeDocumentResult {
        document: DocumentDescription {
            name: name.into(),
            description: "Restarts the web servers, one after the other, and looks whether they answer."
                .into(),
            latest_version: "5".into(),
            default_version: "3".into(),
            platform_types: vec!["Linux".into()],
            parameters: vec![parameter("Service", Some("nginx")), parameter("Reason", None)],
            tags: vec![Tag { key: "env".into(), value: "prod".into() }],
            ..DocumentDescription::default()
        },
    })
}

fn page(documents: Vec<DocumentIdentifier>, next_token: Option<&str>) -> Result<Reply, CallError> {
    let next_token = next_token.map(str::to_owned);
    Ok(Reply::ListDocuments(ListDocumentsResult { document_identifiers: documents, next_token }))
}

fn mirror() -> Mirror {
    let mut mirror = fleet(3);
    mirror.described(DescribeServerResult {
        version: "0.1.0".into(),
        account_id: ACCOUNT.into(),
        protection: Protection::Loopback,
    });
    mirror
}

fn asked(next_token: Option<&str>) -> Request {
    let next_token = next_token.map(str::to_owned);
    Request::ListDocuments(ListDocuments { max_results: Some(50), next_token, ..ListDocuments::default() })
}

/// The room with everything listed.
fn listed() -> Stage {
    let (mut stage, effects) = Stage::enter(mirror(), Documents::new(None));
    assert_eq!(effects, [Effect::Call(Ticket(1), asked(None))]);
    stage.land(1, page(some(), None));
    stage
}

/// Puts the cursor on a document.
fn on(stage: &mut Stage, name: &str) {
    stage.press("gg");
    for _ in 0..20 {
        if stage.room.list.on().as_deref() == Some(name) {
            return;
        }
        stage.press("j");
    }
    panic!("{name} is not listed");
}

fn shown(stage: &mut Stage, filter: &str) -> Vec<String> {
    stage.room.list.filter.set(filter);
    stage.told();
    let library = &stage.room.library;
    stage.room.list.shown().iter().map(|&at| library.documents[at as usize].name.clone()).collect()
}

#[test]
fn pages_follow_each_other_and_what_came_first_is_seen_first() {
    let (mut stage, _) = Stage::enter(mirror(), Documents::new(None));
    let all = some();
    let effects = stage.land(1, page(all[..2].to_vec(), Some("2")));
    assert_eq!(effects[0], Effect::Call(Ticket(2), asked(Some("2"))));
    assert_eq!(stage.room.list.shown().len(), 2, "nobody waits for the rest");
    stage.land(2, page(all[2..].to_vec(), None));
    assert_eq!(stage.room.list.shown().len(), 6);
    assert_eq!(stage.room.library.listed, Some(NOW));
}

#[test]
fn documents_are_filtered_by_owner_type_platform_and_tag() {
    let mut stage = listed();
    assert_eq!(shown(&mut stage, "owner:own"), ["freeze", "restart-web"]);
    assert_eq!(shown(&mut stage, "owner:built-in type:command").len(), 2);
    assert_eq!(shown(&mut stage, "owner:amazon").len(), 3);
    assert_eq!(shown(&mut stage, "owner:123456789012"), ["patch-wave"]);
    assert_eq!(shown(&mut stage, "platform:windows").len(), 2);
    assert_eq!(shown(&mut stage, "tag env=prod"), ["restart-web"]);
    assert_eq!(shown(&mut stage, "~rwb"), ["restart-web"]);
    assert_eq!(shown(&mut stage, "!type:command !owner:built-in").len(), 2);
}

#[test]
fn thousands_of_documents_are_listed_in_pages() {
    let (mut stage, mut effects) = Stage::enter(mirror(), Documents::new(Some("owner:own".into())));
    for n in 0..100_u32 {
        let documents =
            (0..50).map(|i| document(&format!("doc-{:05}", n * 50 + i), ACCOUNT, "Command", &[], 1));
        let Some(Effect::Call(Ticket(ticket), Request::ListDocuments(_))) = effects.first() else {
            panic!("{n}")
        };
        effects = stage.land(*ticket, page(documents.collect(), (n < 99).then_some("more")));
    }
    assert_eq!(stage.room.list.shown().len(), 5_000);
}

#[test]
fn the_keys_lead_to_the_document_its_editor_and_a_run_of_it() {
    let mut stage = listed();
    on(&mut stage, "restart-web");
    let name = || "restart-web".to_owned();
    assert_eq!(stage.press("<Enter>"), [Effect::Open(Route::Document(DocumentSpot::of("restart-web")))]);
    let draft = Draft::Version { name: name(), from: None };
    assert_eq!(stage.press("e"), [Effect::Open(Route::Editor(draft))]);
    let spec = RunSpec { document: Some(name()), ..RunSpec::default() };
    assert_eq!(stage.press("r"), [Effect::Open(Route::Run(spec))]);
    let draft = Draft::New { kind: None, copy_of: Some((name(), None)) };
    assert_eq!(stage.press("C"), [Effect::Open(Route::Editor(draft))]);
    let draft = Draft::New { kind: None, copy_of: None };
    assert_eq!(stage.press("a"), [Effect::Open(Route::Editor(draft))]);
}

#[test]
fn what_is_built_in_or_anothers_is_not_changed_and_says_so() {
    let mut stage = listed();
    on(&mut stage, "AWS-RunShellScript");
    let built_in = "it is built in: C copies it under a name of your own";
    assert_eq!(stage.press("e"), [Effect::Toast(Level::Info, built_in.into())]);
    assert_eq!(stage.press("D"), [Effect::Toast(Level::Info, built_in.into())]);
    on(&mut stage, "patch-wave");
    let said = "it belongs to account 123456789012";
    assert_eq!(stage.press("D"), [Effect::Toast(Level::Info, said.into())]);
    assert_eq!(
        stage.press("r"),
        [Effect::Toast(Level::Info, "only documents of type Command run on nodes".into())]
    );
}

#[test]
fn a_document_is_deleted_after_asking_and_the_list_is_asked_for_again() {
    let mut stage = listed();
    on(&mut stage, "restart-web");
    let effects = stage.press("D");
    let [Effect::Ask(Question { title, ladder: Ladder::Card, yes, .. })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(title, "Delete document restart-web?");
    let effects = stage.say(yes.clone());
    let request = DeleteDocument { name: "restart-web".into(), ..DeleteDocument::default() };
    let [Effect::Call(Ticket(ticket), Request::DeleteDocument(sent))] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*sent, request);
    stage.mirror.documents_changed();
    let effects = stage.land(*ticket, Ok(Reply::DeleteDocument(DeleteDocumentResult {})));
    assert_eq!(effects[0], Effect::Toast(Level::Good, "document restart-web is deleted".into()));
    assert!(matches!(effects[1], Effect::Call(_, Request::ListDocuments(_))));
}

#[test]
fn what_the_cursor_rests_on_is_described_once() {
    let mut stage = listed();
    stage.size = (200, 60);
    on(&mut stage, "restart-web");
    stage.told();
    assert!(stage.told().is_empty(), "the cursor does not rest yet");
    stage.room.glance.rest(None, NOW);
    stage.room.glance.rest(Some("restart-web"), Millis(NOW.0 - 1_000));
    let effects = stage.with(|room, cx| room.follow_up(cx));
    let asks = DescribeDocument { name: "restart-web".into(), ..DescribeDocument::default() };
    let [Effect::Call(Ticket(ticket), Request::DescribeDocument(sent))] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*sent, asks);
    stage.land(*ticket, Ok(described("restart-web")));
    assert!(stage.drawn((200, 60)).contains("newest 5, default 3"));
}

#[test]
fn a_refusal_is_shown_whole_and_a_lost_link_keeps_the_list() {
    let (mut stage, _) = Stage::enter(mirror(), Documents::new(None));
    let refused = CallError {
        code: "AccessDeniedException".into(),
        message: "no policy permits ssm:ListDocuments".into(),
    };
    stage.land(1, Err(refused));
    assert!(stage.drawn((80, 24)).contains("no policy permits ssm:ListDocuments"));
    let mut stage = listed();
    let lost = Link::Lost { since: NOW, why: "connection refused".into(), retry_at: NOW };
    stage.mirror.linked(lost, NOW);
    stage.told();
    assert!(stage.drawn((80, 24)).contains("restart-web"));
    stage.mirror.linked(Link::Live { rtt_ms: None }, NOW);
    assert!(matches!(stage.told()[..], [Effect::Call(_, Request::ListDocuments(_))]), "asked anew");
}

#[test]
fn keys_that_are_never_permitted_are_greyed_by_their_permission() {
    assert_eq!(Documents::permission(&Msg::New), Some("ssm:CreateDocument"));
    assert_eq!(Documents::permission(&Msg::Remove), Some("ssm:DeleteDocument"));
    assert_eq!(Documents::permission(&Msg::Run), Some("ssm:SendCommand"));
    let mut stage = listed();
    let denied = [("ssm:UpdateDocument".to_owned(), "no".to_owned())].into();
    stage.mirror.known_as(GetCallerAccessResult { denied, ..GetCallerAccessResult::default() });
    assert_eq!(stage.mirror.caller.why_denied("ssm:UpdateDocument"), Some("no"));
}

#[test]
fn it_is_drawn() {
    let mut stage = listed();
    on(&mut stage, "restart-web");
    stage.room.glance.rest(Some("restart-web"), Millis(NOW.0 - 1_000));
    let effects = stage.with(|room, cx| room.follow_up(cx));
    if let [Effect::Call(Ticket(ticket), _)] = effects[..] {
        stage.land(ticket, Ok(described("restart-web")));
    }
    for (name, picture) in stage.everywhere("documents") {
        insta::assert_snapshot!(name, picture);
    }
}

#[test]
fn an_empty_list_says_what_to_do() {
    let (mut stage, _) = Stage::enter(mirror(), Documents::new(Some("nothing-like-it".into())));
    insta::assert_snapshot!("documents-loading", stage.drawn((80, 24)));
    stage.land(1, page(some(), None));
    insta::assert_snapshot!("documents-none-matches", stage.drawn((80, 24)));
}
