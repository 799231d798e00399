use pilothouse_api::about::{DescribeServerResult, Protection};
use pilothouse_api::documents::{
    AccountSharingInfo, AttachmentContent, AttachmentInformation, DeleteDocument, DeleteDocumentResult,
    DescribeDocumentPermissionResponse, DescribeDocumentResult, DocumentDescription, DocumentParameter,
    DocumentVersionInfo, GetDocument, GetDocumentResult, ListDocumentVersionsResult,
    ModifyDocumentPermission, UpdateDocumentDefaultVersion, UpdateDocumentDefaultVersionResult,
};
use pilothouse_api::tags::{AddTagsToResource, Tag};
use pilothouse_api::timestamp::Timestamp;

use super::*;
use crate::effect::{Effect, Ladder, Level, Question, Request};
use crate::route::{DocumentTab, Draft, RunSpec};
use crate::screens::fixtures::{NOW, fleet};

type Stage = crate::screens::stage::Stage<Document>;

const ACCOUNT: &str = "000000000000";
const TEXT: &str = "{\n  \"schemaVersion\": \"2.2\",\n  \"description\": \"Restarts the web servers.\",\n  \"parameters\": {\n    \"Service\": {\"type\": \"String\", \"default\": \"nginx\"}\n  },\n  \"mainSteps\": [\n    {\n      \"action\": \"aws:runShellScript\",\n      \"name\": \"restart\",\n      \"inputs\": {\"runCommand\": [\"systemctl restart {{ Service }}\"]}\n    }\n  ]\n}\n";

fn call<'a>(effects: &'a Effects<Msg>, name: &str) -> (u32, &'a Request) {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Call(Ticket(ticket), request) if request.name() == name => Some((*ticket, request)),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no {name} in {effects:?}"))
}

fn description(owner: &str, kind: &str) -> DocumentDescription {
    let parameter = |name: &str, kind: &str, default: Option<&str>, said: &str| DocumentParameter {
        name: name.into(),
        r#type: kind.into(),
        description: Some(said.into()),
        default_value: default.map(str::to_owned),
    };
    DocumentDescription {
        hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        name: "restart-web".into(),
        owner: owner.into(),
        status: "Active".into(),
        document_version: "2".into(),
        description: "Restarts the web servers, one after the other, and looks whether they answer.".into(),
        parameters: vec![
            parameter("Service", "String", Some("nginx"), "Which service is restarted."),
            parameter("Hosts", "StringList", None, "Names that must answer afterwards."),
        ],
        platform_types: vec!["Linux".into()],
        document_type: kind.into(),
        schema_version: if kind == "Command" { "2.2".into() } else { String::new() },
        latest_version: "3".into(),
        default_version: "2".into(),
        document_format: "JSON".into(),
        tags: vec![Tag { key: "env".into(), value: "prod".into() }],
        ..DocumentDescription::default()
    }
}

fn content(version: &str, format: &str, kind: &str) -> GetDocumentResult {
    GetDocumentResult {
        name: "restart-web".into(),
        created_date: Timestamp(Millis(NOW.0 - 7_200_000)),
        document_version: version.into(),
        version_name: (version == "2").then(|| "stable".into()),
        status: "Active".into(),
        content: TEXT.into(),
        document_type: kind.into(),
        document_format: format.into(),
        ..GetDocumentResult::default()
    }
}

fn versions() -> Reply {
    let version = |n: i64| DocumentVersionInfo {
        name: "restart-web".into(),
        document_version: n.to_string(),
        version_name: (n == 2).then(|| "stable".into()),
        created_date: Timestamp(Millis(NOW.0 - 86_400_000 * (4 - n))),
        is_default_version: n == 2,
        document_format: "JSON".into(),
        status: "Active".into(),
        review_status: (n == 3).then(|| "PENDING".into()),
        ..DocumentVersionInfo::default()
    };
    let document_versions = (1..=3).rev().map(version).collect();
    Reply::ListDocumentVersions(ListDocumentVersionsResult { document_versions, next_token: None })
}

fn enter(spot: DocumentSpot, owner: &str, kind: &str) -> Stage {
    let mut mirror = fleet(3);
    mirror.described(DescribeServerResult {
        version: "0.1.0".into(),
        account_id: ACCOUNT.into(),
        protection: Protection::Loopback,
    });
    let version = spot.version.clone().unwrap_or_else(|| "2".to_owned());
    let (mut stage, effects) = Stage::enter(mirror, Document::new(spot));
    let described = DescribeDocumentResult { document: description(owner, kind) };
    stage.land(call(&effects, "DescribeDocument").0, Ok(Reply::DescribeDocument(described)));
    stage.land(call(&effects, "GetDocument").0, Ok(Reply::GetDocument(content(&version, "JSON", kind))));
    stage.land(call(&effects, "ListDocumentVersions").0, Ok(versions()));
    stage
}

/// A document of one's own at a tab.
fn own(tab: DocumentTab) -> Stage {
    enter(DocumentSpot { tab, ..DocumentSpot::of("restart-web") }, ACCOUNT, "Command")
}

fn shared(ids: &[&str]) -> Reply {
    let of = |id: &&str| AccountSharingInfo {
        account_id: (*id).into(),
        shared_document_version: "$DEFAULT".into(),
    };
    Reply::DescribeDocumentPermission(DescribeDocumentPermissionResponse {
        account_ids: ids.iter().map(|&id| id.into()).collect(),
        account_sharing_info_list: ids.iter().map(of).collect(),
        next_token: None,
    })
}

#[test]
fn it_says_which_version_is_shown_and_how_that_stands_to_the_others() {
    let mut stage = own(DocumentTab::Content);
    assert!(stage.drawn((120, 40)).contains("version 2 stable, the default, newest 3, made 2 h ago"));
    let spot = DocumentSpot { version: Some("3".into()), ..DocumentSpot::of("restart-web") };
    let mut stage = enter(spot, ACCOUNT, "Command");
    assert!(stage.drawn((120, 40)).contains("version 3, default 2, made"));
}

#[test]
fn the_text_is_shown_in_the_other_format_which_the_server_writes() {
    let mut stage = own(DocumentTab::Content);
    let effects = stage.press("f");
    let asked = GetDocument {
        name: "restart-web".into(),
        document_format: Some("YAML".into()),
        ..GetDocument::default()
    };
    let (ticket, request) = call(&effects, "GetDocument");
    assert_eq!(*request, Request::GetDocument(asked));
    let mut yaml = content("2", "YAML", "Command");
    yaml.content = "schemaVersion: \"2.2\"\n".into();
    stage.land(ticket, Ok(Reply::GetDocument(yaml)));
    assert_eq!(stage.room.code.text(), "schemaVersion: \"2.2\"\n");
}

#[test]
fn a_version_is_made_the_default_and_the_default_one_is_not_deleted() {
    let mut stage = own(DocumentTab::Versions);
    let effects = stage.press("m");
    let asked = UpdateDocumentDefaultVersion { name: "restart-web".into(), document_version: "3".into() };
    let (ticket, request) = call(&effects, "UpdateDocumentDefaultVersion");
    assert_eq!(*request, Request::UpdateDocumentDefaultVersion(asked));
    let done = Reply::UpdateDocumentDefaultVersion(UpdateDocumentDefaultVersionResult::default());
    stage.mirror.documents_changed();
    let effects = stage.land(ticket, Ok(done));
    let said = "version 3 of restart-web is the default one";
    assert_eq!(effects[0], Effect::Toast(Level::Good, said.into()));
    call(&effects, "ListDocumentVersions");
    stage.press("j");
    let said = "the default version is not deleted: m makes another one the default first";
    assert_eq!(stage.press("D"), [Effect::Toast(Level::Info, said.into())]);
}

#[test]
fn deleting_a_version_and_deleting_all_of_it_are_told_apart() {
    let mut stage = own(DocumentTab::Versions);
    stage.press("G");
    let effects = stage.press("D");
    let [Effect::Ask(Question { title, yes, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(title, "Delete version 1 of restart-web?");
    let effects = stage.say(yes.clone());
    let (ticket, request) = call(&effects, "DeleteDocument");
    let document_version = Some("1".into());
    let asked = DeleteDocument { name: "restart-web".into(), document_version, ..DeleteDocument::default() };
    assert_eq!(*request, Request::DeleteDocument(asked));
    stage.land(ticket, Ok(Reply::DeleteDocument(DeleteDocumentResult {})));
    let effects = stage.say(Msg::Delete);
    let [Effect::Ask(Question { title, ladder: Ladder::Card, yes, .. })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(title, "Delete document restart-web?");
    let effects = stage.say(yes.clone());
    let ticket = call(&effects, "DeleteDocument").0;
    let effects = stage.land(ticket, Ok(Reply::DeleteDocument(DeleteDocumentResult {})));
    assert_eq!(effects.last(), Some(&Effect::Close));
}

#[test]
fn a_version_is_compared_with_the_one_before_or_with_the_marked_one() {
    let mut stage = own(DocumentTab::Versions);
    let effects = stage.press("c");
    let asked: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Call(Ticket(ticket), Request::GetDocument(it)) => {
                Some((*ticket, it.document_version.clone()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        asked.iter().map(|(_, version)| version.as_deref()).collect::<Vec<_>>(),
        [Some("2"), Some("3")]
    );
    let mut newer = content("3", "JSON", "Command");
    newer.content = TEXT.replace("restart {{", "reload {{");
    stage.land(asked[0].0, Ok(Reply::GetDocument(content("2", "JSON", "Command"))));
    stage.land(asked[1].0, Ok(Reply::GetDocument(newer)));
    assert!(stage.drawn((120, 40)).contains("version 2 → version 3 -1 +1"));
    for (name, picture) in stage.everywhere("document-diff") {
        insta::assert_snapshot!(name, picture);
    }
    stage.press("<Esc>");
    stage.press("G<Space>gg");
    assert_eq!(stage.room.pair(), Some(("1".into(), "3".into())));
}

#[test]
fn a_version_is_looked_at_run_and_edited_from_its_row() {
    let mut stage = own(DocumentTab::Versions);
    let effects = stage.press("e");
    let draft = Draft::Version { name: "restart-web".into(), from: Some("3".into()) };
    assert_eq!(effects, [Effect::Open(Route::Editor(draft))]);
    let effects = stage.press("<Enter>");
    call(&effects, "GetDocument");
    assert_eq!(stage.room.tab, DocumentTab::Content);
    let version = Some("3".to_owned());
    let spec = RunSpec { document: Some("restart-web".into()), version, ..RunSpec::default() };
    assert_eq!(stage.press("r"), [Effect::Open(Route::Run(spec))]);
}

#[test]
fn it_is_shared_with_an_account_and_with_everybody_only_after_asking() {
    let mut stage = own(DocumentTab::Content);
    let effects = stage.say(Msg::Tab(DocumentTab::Permissions));
    stage.land(call(&effects, "DescribeDocumentPermission").0, Ok(shared(&["123456789012"])));
    stage.press("a");
    let effects = stage.press("210987654321<Enter><Enter><Enter>");
    let asked = ModifyDocumentPermission {
        name: "restart-web".into(),
        permission_type: "Share".into(),
        account_ids_to_add: vec!["210987654321".into()],
        shared_document_version: Some("$DEFAULT".into()),
        ..ModifyDocumentPermission::default()
    };
    let (ticket, request) = call(&effects, "ModifyDocumentPermission");
    assert_eq!(*request, Request::ModifyDocumentPermission(asked));
    let refused =
        CallError { code: "DocumentPermissionLimit".into(), message: "at most 1000 accounts".into() };
    stage.land(ticket, Err(refused));
    assert!(
        stage.drawn((120, 40)).contains("at most 1000 accounts"),
        "what was typed stays, with the reason"
    );
    stage.press("<Esc>");
    stage.press("a");
    let effects = stage.press("all<Enter><Enter><Enter>");
    let [Effect::Ask(Question { ladder, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(*ladder, Ladder::Card);
    let effects = stage.press("D");
    let (_, Request::ModifyDocumentPermission(sent)) = call(&effects, "ModifyDocumentPermission") else {
        panic!()
    };
    assert_eq!(sent.account_ids_to_remove, ["123456789012"]);
}

#[test]
fn a_tag_is_added_and_one_that_cannot_be_says_why() {
    let mut stage = own(DocumentTab::Tags);
    stage.press("a");
    assert!(stage.press("aws:x=1<Enter>").is_empty());
    let effects = stage.press("<C-u>role=web<Enter>");
    let asked = AddTagsToResource {
        resource_type: "Document".into(),
        resource_id: "restart-web".into(),
        tags: vec![Tag { key: "role".into(), value: "web".into() }],
    };
    assert_eq!(*call(&effects, "AddTagsToResource").1, Request::AddTagsToResource(asked));
}

#[test]
fn what_is_built_in_is_only_read_run_and_copied() {
    let mut stage = enter(DocumentSpot::of("restart-web"), "Amazon", "Command");
    let built_in = "it is built in: C copies it under a name of your own";
    for msg in [Msg::Edit, Msg::Delete, Msg::Review("Approve")] {
        assert_eq!(stage.say(msg), [Effect::Toast(Level::Info, built_in.into())]);
    }
    let copy_of = Some(("restart-web".to_owned(), None));
    assert_eq!(stage.press("C"), [Effect::Open(Route::Editor(Draft::New { kind: None, copy_of }))]);
    assert!(matches!(stage.press("r")[..], [Effect::Open(Route::Run(_))]));
}

#[test]
fn a_package_shows_its_files() {
    let mut stage = own(DocumentTab::Content);
    let effects = stage.with(|room, cx| room.refreshed(cx));
    let mut known = description(ACCOUNT, "Package");
    known.attachments_information = vec![AttachmentInformation { name: "web-1.0.zip".into() }];
    let mut package = content("2", "JSON", "Package");
    package.content = r#"{"schemaVersion":"2.0","version":"1.0.0","packages":{"debian":{"_any":{"x86_64":{"file":"web-1.0.zip"}}}},"files":{"web-1.0.zip":{"checksums":{"sha256":"abc1"}}}}"#.into();
    package.attachments_content = vec![AttachmentContent {
        name: "web-1.0.zip".into(),
        size: 2_048_000,
        hash: "abc1".into(),
        hash_type: "Sha256".into(),
        url: String::new(),
    }];
    let known = Reply::DescribeDocument(DescribeDocumentResult { document: known });
    stage.land(call(&effects, "DescribeDocument").0, Ok(known));
    stage.land(call(&effects, "GetDocument").0, Ok(Reply::GetDocument(package)));
    stage.say(Msg::Tab(DocumentTab::Files));
    let seen = stage.drawn((120, 40));
    assert!(seen.contains("web-1.0.zip") && seen.contains("debian any x86_64"), "{seen}");
}

#[test]
fn every_tab_is_drawn() {
    for tab in [DocumentTab::Content, DocumentTab::Versions, DocumentTab::Parameters, DocumentTab::Tags] {
        let mut stage = own(tab);
        for (name, picture) in stage.everywhere(&format!("document-{}", tab.name())) {
            insta::assert_snapshot!(name, picture);
        }
    }
    let mut stage = own(DocumentTab::Content);
    let effects = stage.say(Msg::Tab(DocumentTab::Permissions));
    stage.land(call(&effects, "DescribeDocumentPermission").0, Ok(shared(&["123456789012", "all"])));
    for (name, picture) in stage.everywhere("document-permissions") {
        insta::assert_snapshot!(name, picture);
    }
    stage.press("a");
    insta::assert_snapshot!("document-share", stage.drawn((120, 40)));
}
