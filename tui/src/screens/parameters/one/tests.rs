use pilothouse_api::parameters::{
    LabelParameterVersion, PutParameter, RollBackParameter, UnlabelParameterVersion,
};
use pilothouse_api::topics::ParameterOperation as Did;

use super::super::tests::{SECRET, Store, calls, event, mirror, only, settle, tell};
use super::*;
use crate::effect::{CallError, Effect, Ladder, Request};
use crate::route::{ParameterTab, ParameterTask};
use crate::screens::fixtures::NOW;

type Stage = crate::screens::stage::Stage<Parameter>;

fn open(name: &str, tab: ParameterTab, task: Option<ParameterTask>) -> (Stage, Store) {
    let store = Store::new();
    let place = ParameterPlace { name: name.to_owned(), tab, task };
    let (mut stage, effects) = Stage::enter(mirror(), Parameter::new(place));
    settle(&mut stage, &store, effects);
    (stage, store)
}

fn press(stage: &mut Stage, store: &Store, keys: &str) -> Effects<Msg> {
    let effects = stage.press(keys);
    settle(stage, store, effects)
}

#[test]
fn a_value_is_shown_with_what_is_known_of_it() {
    let (mut stage, _) = open("/prod/feature-flags.json", ParameterTab::Value, None);
    let drawn = stage.drawn((120, 40));
    for said in ["\"dark\": true", "String", "env=prod", "arn:aws:ssm"] {
        assert!(drawn.contains(said), "{said}: {drawn}");
    }
}

#[test]
fn a_secret_is_read_when_it_is_asked_for_hidden_again_and_told_by_nothing() {
    let (mut stage, store) = open("/prod/db/password", ParameterTab::Value, None);
    assert!(!stage.drawn((120, 40)).contains(SECRET));
    press(&mut stage, &store, "=");
    let drawn = stage.drawn((120, 40));
    assert!(drawn.contains(SECRET) && drawn.contains("shown for 0:30"), "{drawn}");
    assert!(!format!("{:?}", stage.room).contains(SECRET));
    assert!(Screen::wakes_at(&stage.room).is_some_and(|at| at > NOW), "the clock runs down");
    let copied = press(&mut stage, &store, "y");
    assert!(!format!("{copied:?}").contains(SECRET));
    let copied = stage.say(Msg::CopyValue(None));
    assert!(matches!(&copied[..], [Effect::CopySecret(secret)] if secret.reveal().contains(SECRET)));
    assert!(!format!("{copied:?}").contains(SECRET));
    stage.room.left();
    assert!(!stage.drawn((120, 40)).contains(SECRET) && !format!("{:?}", stage.room).contains(SECRET));
}

#[test]
fn a_new_version_begins_with_the_old_value_and_changes_only_what_was_changed() {
    let (mut stage, store) = open("/prod/db/url", ParameterTab::Value, Some(ParameterTask::Edit));
    assert!(stage.room.sheet.is_some(), "it was opened for that");
    press(&mut stage, &store, "x");
    let (ticket, request) = only(&stage.press("<C-s>"));
    let value = "xpostgres://db.internal:5432/app?v=3".to_owned();
    let put =
        PutParameter { name: "/prod/db/url".into(), value, overwrite: Some(true), ..PutParameter::default() };
    assert_eq!(request, Request::PutParameter(put));
    let code = "ParameterPatternMismatchException".to_owned();
    stage.land(ticket, Err(CallError { code, message: "it does not match ^p".into() }));
    assert!(stage.drawn((80, 24)).contains("not put: it does not match"));
    assert!(stage.room.sheet.as_ref().is_some_and(sheet_is_kept), "nothing that was typed is lost");
}

fn sheet_is_kept(sheet: &super::super::sheet::Sheet) -> bool {
    sheet.code.text().starts_with("xpostgres")
}

#[test]
fn a_secret_is_edited_without_being_seen_and_its_old_value_comes_when_it_is_wanted() {
    let (mut stage, store) = open("/prod/db/password", ParameterTab::Value, Some(ParameterTask::Edit));
    press(&mut stage, &store, "<C-o>");
    assert!(!stage.drawn((120, 40)).contains(SECRET));
    stage.press("<C-r>");
    assert!(stage.drawn((120, 40)).contains(SECRET));
    assert!(!format!("{:?}", stage.room).contains(SECRET));
    let (_, request) = only(&stage.press("<C-s>"));
    let Request::PutParameter(put) = request else { panic!() };
    assert!(put.value.contains(SECRET) && put.tier.is_none() && put.policies.is_none());
}

#[test]
fn who_put_a_version_meanwhile_is_said_before_it_is_covered() {
    let (mut stage, mut store) = open("/prod/db/url", ParameterTab::Value, Some(ParameterTask::Edit));
    store.versions.insert("/prod/db/url".into(), 4);
    tell(&mut stage.mirror, vec![event(5, "/prod/db/url", Did::Update)]);
    stage.told();
    stage.press("x");
    let effects = stage.press("<C-s>");
    let [Effect::Ask(question)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(question.title, "Put it over what user/anna put meanwhile?");
    assert_eq!(calls(&stage.say(question.yes.clone())).len(), 1);
}

#[test]
fn a_version_is_compared_with_the_one_before_and_with_a_marked_one() {
    let (mut stage, store) = open("/prod/feature-flags.json", ParameterTab::History, None);
    press(&mut stage, &store, "<Enter>");
    let drawn = stage.drawn((120, 40));
    assert!(drawn.contains("- version 2") && drawn.contains("+ version 3"), "{drawn}");
    assert!(drawn.contains("1 change"), "{drawn}");
    press(&mut stage, &store, "<Esc>G<Space>gg<Enter>");
    assert!(stage.drawn((120, 40)).contains("- version 1"));
}

#[test]
fn rolling_back_shows_what_changes_and_asks_production_by_name() {
    let (mut stage, store) = open("/prod/feature-flags.json", ParameterTab::History, None);
    assert!(stage.with(|room, cx| room.why_not(&Msg::RollBack, cx)).is_some(), "it is the newest");
    let effects = press(&mut stage, &store, "jjb");
    let [Effect::Ask(question)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(question.title, "Roll /prod/feature-flags.json back to version 1?");
    assert_eq!(question.ladder, Ladder::Typed("prod".into()));
    assert_eq!(question.card[..2], ["-   \"beta\": 3", "+   \"beta\": 1"]);
    let (_, request) = only(&stage.say(question.yes.clone()));
    let name = "/prod/feature-flags.json".to_owned();
    assert_eq!(request, Request::RollBackParameter(RollBackParameter { name, version: 1 }));
}

#[test]
fn rolling_a_secret_back_tells_nothing_of_it() {
    let (mut stage, store) = open("/staging/db/password", ParameterTab::History, None);
    let effects = press(&mut stage, &store, "jb");
    let [Effect::Ask(question)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(question.ladder, Ladder::Yes);
    assert!(question.card[0].contains("sealed") && !format!("{question:?}").contains(SECRET));
}

#[test]
fn labels_are_typed_as_they_shall_be() {
    let (mut stage, store) = open("/prod/db/url", ParameterTab::History, None);
    press(&mut stage, &store, "jL1st");
    assert_eq!(calls(&stage.press("<Enter>")), []);
    assert!(stage.drawn((80, 24)).contains("begins with no digit"));
    let (_, request) = only(&stage.press("<C-u>live<Enter>"));
    let label = LabelParameterVersion {
        name: "/prod/db/url".into(),
        parameter_version: Some(2),
        labels: vec!["live".into()],
    };
    assert_eq!(request, Request::LabelParameterVersion(label));
    let (mut stage, store) = open("/prod/db/url", ParameterTab::History, None);
    press(&mut stage, &store, "L<C-u>");
    let (_, request) = only(&stage.press("<Enter>"));
    let unlabel = UnlabelParameterVersion {
        name: "/prod/db/url".into(),
        parameter_version: 3,
        labels: vec!["live".into()],
    };
    assert_eq!(request, Request::UnlabelParameterVersion(unlabel));
}

#[test]
fn what_refers_to_it_is_told_before_it_is_deleted() {
    let (mut stage, store) = open("/prod/db/url", ParameterTab::Value, None);
    let effects = press(&mut stage, &store, "D");
    let [Effect::Ask(question)] = &effects[..] else { panic!("{effects:?}") };
    assert!(question.card[0].contains("Deploy-App"), "{question:?}");
    assert_eq!(question.ladder, Ladder::Typed("prod".into()));
}

#[test]
fn that_it_was_deleted_elsewhere_is_said() {
    let (mut stage, _) = open("/prod/db/url", ParameterTab::Value, None);
    tell(&mut stage.mirror, vec![event(5, "/prod/db/url", Did::Delete)]);
    stage.told();
    assert!(stage.drawn((80, 24)).contains("deleted"));
    assert!(stage.with(|room, cx| room.why_not(&Msg::Edit, cx)).is_some_and(|why| why.contains("deleted")));
}

#[test]
fn every_tab_in_every_size_in_both_themes() {
    for (tab, name) in ParameterTab::ALL.into_iter().zip(["value", "history", "blame", "used-by", "policies"])
    {
        let (mut stage, _) = open("/prod/db/password", tab, None);
        for (name, picture) in stage.everywhere(name) {
            assert!(!picture.contains(SECRET));
            insta::assert_snapshot!(name, picture);
        }
    }
    let (mut stage, store) = open("/prod/feature-flags.json", ParameterTab::History, None);
    press(&mut stage, &store, "<Enter>");
    for (name, picture) in stage.everywhere("compared") {
        insta::assert_snapshot!(name, picture);
    }
    let (mut stage, _) = open("/prod/db/password", ParameterTab::Value, Some(ParameterTask::Edit));
    for (name, picture) in stage.everywhere("edit") {
        insta::assert_snapshot!(name, picture);
    }
}
