//! Stories of a run whose form is drawn from a document.

use pilothouse_api::documents::{GetDocument, GetDocumentResult};

use super::*;
use crate::screens::run::document::{Hand, Standing};

const DEPLOY: &str = r#"
schemaVersion: "2.2"
description: Brings a release of the web shop onto the nodes, and restarts what must be restarted.
parameters:
  release:
    type: String
    description: The release, as it is tagged in the registry, such as 2026.11.3. It must exist there already.
    allowedPattern: "^[0-9]+([.][0-9]+)*$"
    maxChars: 20
  stage:
    type: String
    allowedValues: [canary, half, everything]
    default: canary
    description: How much of the shop gets it.
  restart:
    type: Boolean
    default: true
  retries:
    type: Integer
    default: 3
  hosts:
    type: StringList
    default: []
    maxItems: 3
    description: Only these virtual hosts; all of them, if none is named.
  note:
    type: String
    displayType: textarea
    default: ""
    interpolationType: ENV_VAR
    description: What is written into the log of the shop.
  limits:
    type: StringMap
    default: {cpu: "2"}
mainSteps:
  - action: aws:runShellScript
    name: deploy
    inputs:
      runCommand: ["deploy {{ release }} {{ stage }}"]
"#;

fn content(text: &str) -> Result<Reply, CallError> {
    Ok(Reply::GetDocument(GetDocumentResult {
        name: "Shop-Deploy".to_owned(),
        document_version: "7".to_owned(),
        document_type: "Command".to_owned(),
        document_format: "YAML".to_owned(),
        content: text.to_owned(),
        ..GetDocumentResult::default()
    }))
}

fn spec(nodes: &[usize]) -> RunSpec {
    RunSpec { document: Some("Shop-Deploy".to_owned()), ..by_nodes(nodes) }
}

/// A run of the document on these nodes, read and resolved.
fn drafted(spec: RunSpec, nodes: &[usize]) -> Stage<Run> {
    let mut stage = Stage::enter(fleet(24), Run::new(spec)).0;
    assert_eq!(stage.land(1, content(DEPLOY)), []);
    answer(&mut stage, 2, nodes.iter().map(|n| node(*n)));
    stage
}

fn values(stage: &Stage<Run>) -> Vec<(String, Vec<String>)> {
    stage.room.document.as_ref().unwrap().values().into_iter().collect()
}

fn value(name: &str, texts: &[&str]) -> (String, Vec<String>) {
    (name.to_owned(), texts.iter().map(|&text| text.to_owned()).collect())
}

fn wrong(stage: &Stage<Run>, at: usize) -> Option<String> {
    stage.room.wrong(Field::Parameter(at))
}

#[test]
fn the_document_is_read_and_its_first_parameter_has_the_keys() {
    let spec = RunSpec { version: Some("7".to_owned()), ..spec(&[1]) };
    let (mut stage, effects) = Stage::enter(fleet(24), Run::new(spec));
    let request = GetDocument {
        name: "Shop-Deploy".to_owned(),
        document_version: Some("7".to_owned()),
        ..GetDocument::default()
    };
    assert_eq!(effects[0], Effect::Call(Ticket(1), Request::GetDocument(request)));
    assert!(stage.drawn((80, 24)).contains("reading it"));
    assert_eq!(stage.press("<Esc>r"), [Effect::Toast(Level::Warn, "the document is being read".to_owned())]);
    stage.land(1, content(DEPLOY));
    assert_eq!((stage.room.field, stage.room.fields().len()), (Field::Parameter(0), 13));
    assert_eq!(values(&stage), [], "what the document says itself is not sent");
}

#[test]
fn what_is_filled_in_is_sent_with_the_version_that_was_seen() {
    let mut stage = drafted(spec(&[1]), &[1]);
    stage.press("2026.11<Tab>h<Tab><Space><Tab><C-u>5<Tab>a.example<Enter>b.example<Tab>it's; $(done)<Tab>");
    stage.press("<Tab><Tab><Tab><Tab>OPS-7<Esc>");
    let question = asked(stage.press("r"));
    assert_eq!(question.title, "Run Shop-Deploy on db-01?");
    assert_eq!(
        question.card[..2],
        ["document      Shop-Deploy, version 7", "parameter     hosts = a.example  (+1 line)"]
    );
    assert!(question.card.contains(&"parameter     3 more".to_owned()), "{:?}", question.card);
    let sent = SendCommand {
        instance_ids: vec![id(1).to_string()],
        document_name: "Shop-Deploy".to_owned(),
        document_version: Some("7".to_owned()),
        parameters: BTreeMap::from([
            value("hosts", &["a.example", "b.example"]),
            value("note", &["it's; $(done)"]),
            value("release", &["2026.11"]),
            value("restart", &["false"]),
            value("retries", &["5"]),
            value("stage", &["half"]),
        ]),
        comment: Some("OPS-7".to_owned()),
        ..SendCommand::default()
    };
    assert!(stage.room.is_unsent());
    assert_eq!(stage.say(question.yes), [Effect::Call(Ticket(3), Request::SendCommand(sent))]);
    let command = Command { command_id: command_id(7).to_string(), ..Command::default() };
    stage.land(3, Ok(Reply::SendCommand(SendCommandResult { command })));
    assert_eq!(stage.room.unsaved(), None);
}

#[test]
fn the_rules_are_those_of_the_language_with_every_key() {
    let mut stage = drafted(spec(&[1]), &[1]);
    assert_eq!(wrong(&stage, 0).as_deref(), Some("it is required"));
    stage.press("2026.x");
    assert_eq!(wrong(&stage, 0).as_deref(), Some("it must match ^[0-9]+([.][0-9]+)*$"));
    assert!(stage.drawn((120, 40)).contains("it must match"));
    stage.press("<BS>1");
    assert_eq!(wrong(&stage, 0), None);
    stage.press("<Tab><Tab><Tab>x");
    assert_eq!(wrong(&stage, 3).as_deref(), Some("it must be a whole number"));
    stage.press("<BS><Tab>a<Enter>b<Enter>c<Enter>d");
    assert_eq!(wrong(&stage, 4).as_deref(), Some("it must have 0 to 3 entries"));
    stage.press("<BS><BS><Tab><Tab>,");
    assert_eq!(wrong(&stage, 6).as_deref(), Some("it must be a map in JSON"));
    let effects = stage.press("<Esc>r");
    assert_eq!(effects, [Effect::Toast(Level::Warn, "limits: it must be a map in JSON".to_owned())]);
    assert_eq!((stage.room.field, stage.room.typing), (Field::Parameter(6), true));
}

#[test]
fn what_refers_to_the_parameter_store_is_judged_by_the_server() {
    let mut stage = drafted(spec(&[1]), &[1]);
    stage.press("{{ssm:/shop/release}}");
    assert_eq!(wrong(&stage, 0), None);
}

#[test]
fn one_of_several_values_is_picked_by_arrow_letter_or_from_a_list() {
    let mut stage = drafted(spec(&[1]), &[1]);
    stage.press("<Tab>");
    for (keys, chosen) in [("<Space>", "half"), ("e", "everything"), ("<Space>", "canary"), ("z", "canary")] {
        stage.press(keys);
        let entry = &stage.room.document.as_ref().unwrap().entries()[1];
        assert_eq!(entry.texts().unwrap(), [chosen], "{keys}");
        assert!(matches!(entry.hand, Hand::Pick { .. }));
    }
    let effects = stage.press("<Enter>");
    let [Effect::Pick { title, items }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((title.as_str(), items.len(), items[0].detail.as_str()), ("stage", 3, "now"));
    let choice = items[2].msg.clone();
    stage.say(choice);
    assert_eq!(values(&stage), [value("stage", &["everything"])]);
}

#[test]
fn what_the_server_refuses_lands_on_its_parameter() {
    let mut stage = drafted(spec(&[1]), &[1]);
    stage.press("1<Tab><Esc>");
    stage.say(Msg::Confirmed);
    let message = "the parameter \"release\" must be one that the registry has, but \"1\" is not".to_owned();
    let error = CallError { code: "InvalidParameters".to_owned(), message: message.clone() };
    assert_eq!(stage.land(3, Err(error)), []);
    assert_eq!((stage.room.field, wrong(&stage, 0)), (Field::Parameter(0), Some(message)));
    stage.press("2");
    assert_eq!(wrong(&stage, 0), None, "what it said was of another value");
    stage.say(Msg::Confirmed);
    let error = CallError { code: "InvalidDocumentVersion".to_owned(), message: "no version 7".to_owned() };
    stage.land(4, Err(error));
    assert_eq!(stage.room.trouble.as_deref(), Some("no version 7"));
}

#[test]
fn a_locator_holds_the_document_and_what_was_filled_in() {
    let mut stage = drafted(spec(&[1]), &[1]);
    stage.press("3.1<Tab>e");
    let route = stage.room.route();
    let again: Route = route.to_string().parse().unwrap();
    assert_eq!(again, route);
    let Route::Run(spec) = again else { panic!("{route}") };
    let stage = drafted(spec, &[1]);
    assert_eq!(values(&stage), [value("release", &["3.1"]), value("stage", &["everything"])]);
}

#[test]
fn running_again_takes_over_document_version_and_values() {
    let mut earlier = command(1, CommandState::Failed, &[(InvocationState::Failed, 2)]);
    earlier.document_name = "Shop-Deploy".to_owned();
    let mut mirror = fleet(24);
    tell_commands(&mut mirror, vec![earlier], 1);
    let spec = RunSpec { from: Some(command_id(1)), ..by_nodes(&[2]) };
    let (mut stage, effects) = Stage::enter(mirror, Run::new(spec));
    assert!(
        matches!(&effects[0], Effect::Call(Ticket(1), Request::ListCommands(_))),
        "which version it was is not told by the topic: {effects:?}"
    );
    let earlier = Command {
        document_name: "Shop-Deploy".to_owned(),
        document_version: "4".to_owned(),
        parameters: BTreeMap::from([value("release", &["9"]), value("gone", &["x"])]),
        comment: "again".to_owned(),
        max_concurrency: "10%".to_owned(),
        max_errors: "0".to_owned(),
        timeout_seconds: 3600,
        ..Command::default()
    };
    let page = ListCommandsResult { commands: vec![earlier], next_token: None };
    let effects = stage.land(1, Ok(Reply::ListCommands(page)));
    let Effect::Call(ticket, Request::GetDocument(asked)) = &effects[0] else { panic!("{effects:?}") };
    assert_eq!(asked.document_version.as_deref(), Some("4"));
    stage.land(ticket.0, content(DEPLOY));
    assert_eq!(values(&stage), [value("release", &["9"])]);
    assert_eq!(stage.room.form.concurrency.text(), "10%");
    assert_eq!(
        stage.room.trouble.as_deref(),
        Some("it has no parameter gone any more: left out"),
        "what cannot be taken over is said"
    );
    assert!(!stage.room.is_unsent());
}

#[test]
fn a_document_that_cannot_be_run_says_why_and_is_read_again_when_asked() {
    let (mut stage, _) = Stage::enter(fleet(24), Run::new(spec(&[1])));
    let error =
        CallError { code: "InvalidDocument".to_owned(), message: "there is no Shop-Deploy".to_owned() };
    stage.land(1, Err(error));
    assert!(stage.drawn((80, 24)).contains("there is no Shop-Deploy"));
    assert_eq!(stage.press("<Esc>r"), [Effect::Toast(Level::Warn, "there is no Shop-Deploy".to_owned())]);
    let effects = stage.refreshed();
    let [Effect::Call(ticket, Request::GetDocument(_))] = &effects[..] else { panic!("{effects:?}") };
    stage.land(ticket.0, content("schemaVersion: '2.2'\nmainSteps: []\n"));
    assert!(stage.drawn((120, 40)).contains("is not understood"));
    let automation =
        GetDocumentResult { document_type: "Automation".to_owned(), ..GetDocumentResult::default() };
    let effects = stage.refreshed();
    let [Effect::Call(ticket, _)] = &effects[..] else { panic!("{effects:?}") };
    stage.land(ticket.0, Ok(Reply::GetDocument(automation)));
    assert!(stage.drawn((120, 40)).contains("of type Automation"));
}

#[test]
fn a_document_that_was_not_reached_is_asked_for_again() {
    let (mut stage, _) = Stage::enter(fleet(24), Run::new(spec(&[1])));
    let error = CallError { code: CallError::UNREACHABLE.to_owned(), message: "reset".to_owned() };
    stage.land(1, Err(error));
    assert_eq!(stage.room.document.as_ref().unwrap().standing, Standing::Unread);
    let effects = stage.told();
    assert!(matches!(&effects[0], Effect::Call(_, Request::GetDocument(_))), "{effects:?}");
}

#[test]
fn a_document_for_one_system_runs_there_alone() {
    let windows = DEPLOY.replace("aws:runShellScript", "aws:runPowerShellScript").replace(
        "    name: deploy\n",
        "    name: deploy\n    precondition: {StringEquals: [platformType, Windows]}\n",
    );
    let mut stage = Stage::enter(fleet(24), Run::new(spec(&[1, 4]))).0;
    stage.land(1, content(&windows));
    answer(&mut stage, 2, [1, 4].into_iter().map(node));
    assert_eq!(stage.room.crew.tally.misfits, 1);
    stage.press("1<Esc>");
    let question = asked(stage.press("r"));
    assert!(question.card.contains(&"does not fit  1 node is left out".to_owned()), "{:?}", question.card);
    assert_eq!(question.title, format!("Run Shop-Deploy on {}?", node(4).name));
}

#[test]
fn a_form_in_every_size() {
    let mut stage = drafted(spec(&[0, 1, 2, 6, 7]), &[0, 1, 2, 6, 7]);
    stage.press("2026.x");
    for (name, picture) in stage.everywhere("form") {
        insta::assert_snapshot!(name, picture);
    }
    stage.press("<BS>11<Tab><Tab><Tab><Tab><Tab>the shop<Enter>is moved");
    for (name, picture) in stage.everywhere("form-note") {
        insta::assert_snapshot!(name, picture);
    }
}

#[test]
fn a_document_without_parameters_has_nothing_to_fill_in() {
    let text = "schemaVersion: '2.2'\nmainSteps:\n- {action: 'aws:runShellScript', name: a, inputs: {runCommand: [id]}}\n";
    let mut stage = Stage::enter(fleet(24), Run::new(spec(&[1]))).0;
    stage.land(1, content(text));
    answer(&mut stage, 2, [node(1)].into_iter());
    assert!(stage.drawn((80, 24)).contains("It takes no parameters."));
    assert_eq!(stage.room.field, Field::Concurrency);
    assert_eq!(asked(stage.press("<Esc>r")).title, "Run Shop-Deploy on db-01?");
}

#[test]
fn the_form_has_a_place_in_any_size_and_what_has_the_keys_is_in_sight() {
    let mut stage = drafted(spec(&[0, 1]), &[0, 1]);
    for at in 0..7 {
        stage.room.field = Field::Parameter(at);
        let name = stage.room.label(Field::Parameter(at)).to_owned();
        for height in 18..40 {
            assert!(stage.drawn((80, height)).contains(&format!("▸ {name}")), "{name} at {height}");
        }
        for width in (1..130).step_by(7) {
            for height in 1..36 {
                stage.drawn((width, height));
            }
        }
    }
}
