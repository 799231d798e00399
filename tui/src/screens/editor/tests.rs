use pilothouse_api::documents::{
    CreateDocument, CreateDocumentResult, DescribeDocumentResult, DocumentDescription, DocumentParameter,
    Finding, GetDocumentResult, UpdateDocument, UpdateDocumentDefaultVersion,
    UpdateDocumentDefaultVersionResult, UpdateDocumentResult, ValidateDocument, ValidateDocumentResult,
};

use super::*;
use crate::effect::{Effect, Level, Request};
use crate::mirror::Link;
use crate::route::{Draft, RunSpec};
use crate::screens::fixtures::{NOW, fleet};

type Stage = crate::screens::stage::Stage<Editor>;

const TEXT: &str = "schemaVersion: \"2.2\"\ndescription: Restarts it.\nmainSteps:\n  - action: aws:runShellScript\n    name: restart\n    inputs:\n      runCommand:\n        - systemctl restart nginx\n";

fn call<'a>(effects: &'a Effects<Msg>, name: &str) -> (u32, &'a Request) {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Call(Ticket(ticket), request) if request.name() == name => Some((*ticket, request)),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no {name} in {effects:?}"))
}

fn newest(version: &str) -> Result<Reply, CallError> {
    Ok(Reply::DescribeDocument(DescribeDocumentResult { document: description(version) }))
}

fn description(version: &str) -> DocumentDescription {
    DocumentDescription {
        name: "restart-web".into(),
        owner: "000000000000".into(),
        document_version: version.into(),
        latest_version: version.into(),
        default_version: "1".into(),
        document_type: "Command".into(),
        document_format: "YAML".into(),
        ..DocumentDescription::default()
    }
}

fn text(version: &str, content: &str) -> Result<Reply, CallError> {
    Ok(Reply::GetDocument(GetDocumentResult {
        name: "restart-web".into(),
        document_version: version.into(),
        content: content.into(),
        document_type: "Command".into(),
        document_format: "YAML".into(),
        ..GetDocumentResult::default()
    }))
}

fn refused(code: &str, message: &str) -> Result<Reply, CallError> {
    Err(CallError { code: code.into(), message: message.into() })
}

fn valid() -> ValidateDocumentResult {
    let parameter = DocumentParameter {
        name: "Service".into(),
        r#type: "String".into(),
        description: Some("Which service.".into()),
        default_value: Some("nginx".into()),
    };
    ValidateDocumentResult {
        parameters: vec![parameter],
        platform_types: vec!["Linux".into()],
        schema_version: "2.2".into(),
        findings: Vec::new(),
    }
}

fn wrong() -> ValidateDocumentResult {
    let finding = |line, column, message: &str| Finding { line, column, message: message.into() };
    ValidateDocumentResult {
        findings: vec![
            finding(
                4,
                13,
                "mainSteps[0].action: expected an action of Command documents, found \"aws:runShelScript\"",
            ),
            finding(7, 7, "mainSteps[0].inputs.runCommand: expected a list of strings"),
        ],
        ..ValidateDocumentResult::default()
    }
}

/// The editor of version 2 of a document, its text there and found valid.
fn editing() -> Stage {
    let draft = Draft::Version { name: "restart-web".into(), from: None };
    let (mut stage, effects) = Stage::enter(fleet(3), Editor::new(draft));
    stage.land(call(&effects, "DescribeDocument").0, newest("2"));
    let effects = stage.land(call(&effects, "GetDocument").0, text("2", TEXT));
    let (ticket, request) = call(&effects, "ValidateDocument");
    let asked = ValidateDocument {
        content: TEXT.into(),
        document_format: Some("YAML".into()),
        document_type: Some("Command".into()),
    };
    assert_eq!(*request, Request::ValidateDocument(asked));
    stage.land(ticket, Ok(Reply::ValidateDocument(valid())));
    stage
}

/// Types something at the end.
fn type_on(stage: &mut Stage, keys: &str) {
    stage.press("Ge");
    stage.press(keys);
}

/// The hands rested; gives the question that is asked then.
fn rest(stage: &mut Stage) -> Effects<Msg> {
    stage.room.check.again(Millis(NOW.0 - 1_000));
    stage.told()
}

#[test]
fn a_mistake_is_marked_where_it_is_and_the_next_one_is_a_key_away() {
    let mut stage = editing();
    type_on(&mut stage, "#");
    assert!(stage.told().is_empty(), "while the hands move nothing is asked");
    let effects = rest(&mut stage);
    stage.land(call(&effects, "ValidateDocument").0, Ok(Reply::ValidateDocument(wrong())));
    stage.press("<C-g>");
    assert_eq!(stage.room.code.cursor(), (3, 12));
    stage.press("<C-g>");
    assert_eq!(stage.room.code.cursor(), (6, 6));
    stage.press("<Esc>");
    let said =
        "line 4: mainSteps[0].action: expected an action of Command documents, found \"aws:runShelScript\"";
    assert_eq!(stage.press("<C-s>"), [Effect::Toast(Level::Warn, said.into())]);
}

#[test]
fn a_new_version_is_saved_and_made_the_default_if_that_is_wanted() {
    let mut stage = editing();
    type_on(&mut stage, "#");
    assert!(stage.room.unsaved().is_some());
    stage.press("<C-s>");
    let effects = stage.press("fix<Enter> <Enter><Enter>");
    let (ticket, request) = call(&effects, "UpdateDocument");
    let asked = UpdateDocument {
        content: format!("{TEXT}#"),
        name: "restart-web".into(),
        version_name: Some("fix".into()),
        document_version: Some("2".into()),
        document_format: Some("YAML".into()),
        ..UpdateDocument::default()
    };
    assert_eq!(*request, Request::UpdateDocument(asked));
    let saved = UpdateDocumentResult { document_description: description("3") };
    let effects = stage.land(ticket, Ok(Reply::UpdateDocument(saved)));
    let (ticket, request) = call(&effects, "UpdateDocumentDefaultVersion");
    let asked = UpdateDocumentDefaultVersion { name: "restart-web".into(), document_version: "3".into() };
    assert_eq!(*request, Request::UpdateDocumentDefaultVersion(asked));
    let done = Reply::UpdateDocumentDefaultVersion(UpdateDocumentDefaultVersionResult::default());
    let effects = stage.land(ticket, Ok(done));
    let said = "restart-web is saved as version 3, which is the default now";
    assert_eq!(effects[0], Effect::Toast(Level::Good, said.into()));
    assert_eq!(stage.room.unsaved(), None);
    let spec =
        RunSpec { document: Some("restart-web".into()), version: Some("3".into()), ..RunSpec::default() };
    assert_eq!(stage.press("r"), [Effect::Open(Route::Run(spec))]);
}

#[test]
fn somebody_saved_a_newer_version_meanwhile_and_nothing_is_lost() {
    let mut stage = editing();
    type_on(&mut stage, "#");
    stage.press("<C-s>");
    let effects = stage.press("<Enter><Enter><Enter>");
    let ticket = call(&effects, "UpdateDocument").0;
    let effects = stage.land(ticket, refused("InvalidDocumentVersion", "the newest version is 3"));
    assert!(matches!(&effects[..], [.., Effect::Pick { items, .. }] if items.len() == 2), "{effects:?}");
    stage.land(call(&effects, "DescribeDocument").0, newest("3"));
    assert!(stage.drawn((120, 40)).contains("version 3 was saved meanwhile"));
    assert!(stage.room.code.text().ends_with('#'));
    let effects = stage.say(Msg::Compare);
    stage.land(call(&effects, "GetDocument").0, text("3", &TEXT.replace("nginx", "apache2")));
    assert!(stage.drawn((120, 40)).contains("apache2"));
    stage.press("<Esc>");
    stage.press("<C-s>");
    let effects = stage.say(Msg::SaveOver);
    let (_, Request::UpdateDocument(sent)) = call(&effects, "UpdateDocument") else { panic!("{effects:?}") };
    assert_eq!(sent.document_version.as_deref(), Some("$LATEST"));
}

#[test]
fn what_the_server_refuses_stays_with_the_reason() {
    let mut stage = editing();
    type_on(&mut stage, "#");
    stage.press("<C-s>");
    let effects = stage.press("<Enter><Enter><Enter>");
    let ticket = call(&effects, "UpdateDocument").0;
    stage.land(ticket, refused("DuplicateDocumentContent", "version 1 has this content"));
    let seen = stage.drawn((120, 40));
    assert!(seen.contains("another version has exactly this text"), "{seen}");
    stage.press("<Esc>");
    assert!(stage.room.sheet.is_none() && stage.room.unsaved().is_some());
}

#[test]
fn a_new_document_begins_with_a_template_and_has_a_name_afterwards() {
    let (mut stage, effects) = Stage::enter(fleet(3), Editor::new(Draft::New { kind: None, copy_of: None }));
    assert!(matches!(&effects[..], [Effect::Pick { items, .. }] if items.len() == 5));
    let effects = stage.say(Msg::Template("Command"));
    assert!(stage.room.unsaved().is_none(), "nobody misses an untouched template");
    stage.land(call(&effects, "ValidateDocument").0, Ok(Reply::ValidateDocument(valid())));
    stage.press("<C-s>");
    assert!(stage.press("AWS-mine<Enter><Enter><Enter>").is_empty(), "such names are the server's own");
    let effects = stage.press("<C-u>mine<Enter>first<Enter><Enter>");
    let (ticket, Request::CreateDocument(sent)) = call(&effects, "CreateDocument") else { panic!() };
    let CreateDocument { name, version_name, document_type, document_format, .. } = sent.clone();
    assert_eq!((name.as_str(), version_name.as_deref()), ("mine", Some("first")));
    assert_eq!((document_type.as_deref(), document_format.as_deref()), (Some("Command"), Some("YAML")));
    let made = DocumentDescription { name: "mine".into(), ..description("1") };
    let effects =
        stage.land(ticket, Ok(Reply::CreateDocument(CreateDocumentResult { document_description: made })));
    assert_eq!(effects[0], Effect::Toast(Level::Good, "mine is saved as version 1".into()));
    assert_eq!(stage.room.route(), Route::Editor(Draft::Version { name: "mine".into(), from: None }));
}

#[test]
fn a_copy_of_a_built_in_document_is_saved_under_a_name_of_ones_own() {
    let copy_of = Some(("AWS-RunShellScript".to_owned(), None));
    let (mut stage, effects) = Stage::enter(fleet(3), Editor::new(Draft::New { kind: None, copy_of }));
    stage.land(call(&effects, "GetDocument").0, text("1", TEXT));
    assert_eq!(stage.room.unsaved(), None);
    stage.press("<C-s>");
    let effects = stage.press("mine<Enter><Enter><Enter>");
    let (_, Request::CreateDocument(sent)) = call(&effects, "CreateDocument") else { panic!() };
    assert_eq!((sent.name.as_str(), sent.content.as_str()), ("mine", TEXT));
}

#[test]
fn it_is_written_in_the_other_format_and_back_and_notes_are_not_lost_unasked() {
    let mut stage = editing();
    stage.press("f");
    assert!(stage.room.code.text().starts_with("{\n"), "{}", stage.room.code.text());
    assert_eq!(stage.room.format(), state::Format::Json);
    stage.press("f");
    assert_eq!(stage.room.format(), state::Format::Yaml);
    type_on(&mut stage, "# note");
    stage.press("<Esc>");
    assert!(matches!(stage.press("f")[..], [Effect::Ask(_)]));
}

#[test]
fn a_lost_link_keeps_what_was_typed_and_the_next_one_looks_again() {
    let mut stage = editing();
    type_on(&mut stage, "#");
    stage.mirror.linked(Link::Lost { since: NOW, why: "connection refused".into(), retry_at: NOW }, NOW);
    stage.told();
    stage.press("<Esc>");
    let said = "the server is not reached; what is written stays here";
    assert_eq!(stage.press("<C-s>"), [Effect::Toast(Level::Warn, said.into())]);
    stage.mirror.linked(Link::Live { rtt_ms: None }, NOW);
    let effects = stage.told();
    call(&effects, "DescribeDocument");
    assert!(stage.room.code.text().ends_with('#'));
}

#[test]
fn an_older_version_may_be_saved_again_as_it_is() {
    let draft = Draft::Version { name: "restart-web".into(), from: Some("1".into()) };
    let (mut stage, effects) = Stage::enter(fleet(3), Editor::new(draft));
    stage.land(call(&effects, "DescribeDocument").0, newest("2"));
    stage.land(call(&effects, "GetDocument").0, text("1", TEXT));
    stage.press("<C-s>");
    assert!(stage.room.sheet.is_some(), "that is the way back to it");
}

#[test]
fn it_is_drawn() {
    let mut stage = editing();
    for (name, picture) in stage.everywhere("editor-valid") {
        insta::assert_snapshot!(name, picture);
    }
    type_on(&mut stage, "#");
    let effects = rest(&mut stage);
    stage.land(call(&effects, "ValidateDocument").0, Ok(Reply::ValidateDocument(wrong())));
    stage.press("<C-g>");
    for (name, picture) in stage.everywhere("editor-findings") {
        insta::assert_snapshot!(name, picture);
    }
}

#[test]
fn what_is_asked_before_saving_is_drawn() {
    let mut stage = editing();
    type_on(&mut stage, "#");
    stage.press("<C-s>");
    for (name, picture) in stage.everywhere("editor-save") {
        insta::assert_snapshot!(name, picture);
    }
}
