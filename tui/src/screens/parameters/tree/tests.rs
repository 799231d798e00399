use pilothouse_api::parameters::{BrowseParameters, DeleteParameters, PutParameter};
use pilothouse_api::topics::ParameterOperation as Did;

use super::super::tests::{SECRET, Store, calls, event, mirror, only, settle, tell};
use super::*;
use crate::effect::{CallError, Effect, Ladder, Request};
use crate::route::{ParameterPlace, ParameterTask};
use crate::screens::fixtures::NOW;

type Stage = crate::screens::stage::Stage<Parameters>;

fn open(path: Option<&str>, at: Option<Millis>) -> (Stage, Store) {
    let store = Store::new();
    let (mut stage, effects) = Stage::enter(mirror(), Parameters::new(path.map(str::to_owned), at));
    settle(&mut stage, &store, effects);
    (stage, store)
}

/// Presses keys, lets the cursor rest, and answers what is asked; what is left is returned.
fn press(stage: &mut Stage, store: &Store, keys: &str) -> Effects<Msg> {
    let effects = stage.press(keys);
    let mut left = settle(stage, store, effects);
    left.extend(rest(stage, store));
    left
}

/// Time passes until the cursor has rested.
fn rest(stage: &mut Stage, store: &Store) -> Effects<Msg> {
    stage.room.rests_at = stage.room.rests_at.map(|_| NOW);
    stage.room.settles_at = stage.room.settles_at.map(|_| NOW);
    stage.room.prompt.iter_mut().for_each(|prompt| prompt.due = prompt.due.map(|_| NOW));
    let effects = stage.told();
    settle(stage, store, effects)
}

fn on(stage: &Stage) -> &str {
    stage.room.on().map_or("", Key::path)
}

#[test]
fn levels_are_asked_for_when_they_are_opened_and_not_before() {
    let store = Store::new();
    let (mut stage, effects) = Stage::enter(mirror(), Parameters::new(None, None));
    let (ticket, request) = only(&effects);
    let root = BrowseParameters { path: "/".into(), max_results: Some(200), ..BrowseParameters::default() };
    assert_eq!(request, Request::BrowseParameters(root));
    stage.land(ticket, Ok(store.answer(&request).unwrap()));
    assert_eq!(on(&stage), "motd", "names stand in the order of their bytes");
    let (ticket, request) = only(&stage.press("j<Enter>"));
    let Request::BrowseParameters(level) = &request else { panic!("{request:?}") };
    assert_eq!(level.path, "/prod");
    stage.land(ticket, Ok(store.answer(&request).unwrap()));
    assert!(stage.drawn((120, 40)).contains("feature-flags.json"));
    stage.press("<Enter>");
    assert!(!stage.drawn((120, 40)).contains("feature-flags.json"), "it is closed");
    assert_eq!(calls(&stage.press("<Enter>")).len(), 1, "opened again, it is asked for anew");
}

#[test]
fn a_place_in_the_tree_is_opened_down_to_it() {
    let (stage, _) = open(Some("/prod/db/password"), None);
    assert_eq!(on(&stage), "/prod/db/password");
    let here = Route::Parameters { path: Some("/prod/db/password".into()), at: None };
    assert_eq!(stage.room.route(), here);
    let (stage, _) = open(Some("/motd"), None);
    assert_eq!(on(&stage), "motd", "a name without a slash stands at the root");
}

#[test]
fn nothing_is_asked_about_a_parameter_that_the_cursor_only_passes() {
    let (mut stage, store) = open(Some("/prod/db/password"), None);
    assert_eq!(calls(&stage.press("jk")), []);
    let asked: Vec<&str> = {
        stage.room.rests_at = Some(NOW);
        calls(&stage.told()).iter().map(|(_, request)| request.name()).collect()
    };
    assert_eq!(
        asked,
        ["DescribeParameters", "GetParameterBlame", "ListTagsForResource"],
        "no secret is read"
    );
    let _ = store;
}

#[test]
fn a_secret_is_shown_when_it_is_asked_for_and_is_in_nothing_else() {
    let (mut stage, store) = open(Some("/prod/db/password"), None);
    press(&mut stage, &store, "");
    assert!(!stage.drawn((120, 40)).contains(SECRET));
    let effects = stage.press("=");
    let (_, Request::GetParameter(read)) = only(&effects) else { panic!("{effects:?}") };
    assert_eq!(read.with_decryption, Some(true));
    settle(&mut stage, &store, effects);
    let drawn = stage.drawn((120, 40));
    assert!(drawn.contains(SECRET) && drawn.contains("[0:30]"), "{drawn}");
    let debug = format!("{:?}", stage.room);
    assert!(!debug.contains(SECRET), "Debug tells it");
    let (route, title) = stage.with(|room, cx| (room.route().to_string(), room.title(cx)));
    assert!(!route.contains(SECRET) && !title.contains(SECRET));
    assert!(!format!("{:?}", stage.press("y")).contains(SECRET), "the menu tells it");
    stage.press("=");
    assert!(!stage.drawn((120, 40)).contains(SECRET));
    assert!(!format!("{:?}", stage.room).contains(SECRET));
}

#[test]
fn what_is_shown_is_hidden_on_leaving_on_a_broken_link_and_when_it_changed() {
    for how in ["leave", "link", "move", "change"] {
        let (mut stage, store) = open(Some("/prod/db/password"), None);
        press(&mut stage, &store, "");
        let effects = stage.press("=");
        settle(&mut stage, &store, effects);
        assert!(stage.drawn((120, 40)).contains(SECRET));
        match how {
            "leave" => stage.room.left(),
            "link" => {
                let lost = crate::mirror::Link::Lost { since: NOW, retry_at: NOW, why: "gone".into() };
                stage.mirror.linked(lost, NOW);
                stage.mirror.linked(crate::mirror::Link::Live { rtt_ms: None }, NOW);
            }
            "move" => drop(press(&mut stage, &store, "jk")),
            _ => tell(&mut stage.mirror, vec![event(7, "/prod/db/password", Did::Update)]),
        }
        stage.told();
        assert!(!stage.drawn((120, 40)).contains(SECRET), "{how}");
    }
}

#[test]
fn a_change_elsewhere_is_seen_where_it_is_open() {
    let (mut stage, mut store) = open(Some("/staging/db/url"), None);
    press(&mut stage, &store, "");
    store.names.insert(4, "/staging/db/port".into());
    store.versions.insert("/staging/db/url".into(), 4);
    tell(
        &mut stage.mirror,
        vec![event(8, "/staging/db/port", Did::Create), event(9, "/staging/db/url", Did::Update)],
    );
    stage.told();
    let effects = rest(&mut stage, &store);
    assert_eq!(calls(&effects), [], "all of it was answered");
    let drawn = stage.drawn((120, 40));
    assert!(drawn.contains("port \u{b7}") || drawn.contains("port •"), "{drawn}");
    assert_eq!(on(&stage), "/staging/db/url", "the cursor stays");
    assert!(drawn.contains("version 4 by user/anna"), "{drawn}");
}

#[test]
fn folders_go_with_the_last_that_was_in_them() {
    let mut store = Store::new();
    store.names = vec!["/staging/db/url".into()];
    let (mut stage, effects) = Stage::enter(mirror(), Parameters::new(Some("/staging/db/url".into()), None));
    settle(&mut stage, &store, effects);
    assert_eq!(on(&stage), "/staging/db/url");
    store.names.clear();
    tell(&mut stage.mirror, vec![event(8, "/staging/db/url", Did::Delete)]);
    stage.told();
    rest(&mut stage, &store);
    let drawn = stage.drawn((120, 40));
    assert!(drawn.contains("There is no parameter yet."), "{drawn}");
}

#[test]
fn a_level_that_is_doubted_while_it_is_on_the_way_is_not_read_twice() {
    let mut n = 0;
    let mut next = move || {
        n += 1;
        n
    };
    let (mut levels, store) = (levels::Levels::of(None), Store::new());
    levels.keep("/");
    let (ticket, request) = levels.calls(&mut next).remove(0);
    levels.doubt_all();
    assert_eq!(levels.take(ticket, Ok(store.answer(&request).unwrap()), &mut next), []);
    assert_eq!(levels.calls(&mut next), [], "all of it is there");
}

#[test]
fn what_expired_is_said() {
    let (mut stage, store) = open(None, None);
    let mut expired = event(8, "/prod/db/password", Did::Expiration);
    expired.by = "system".into();
    tell(&mut stage.mirror, vec![expired, event(9, "/prod/db/url", Did::Update)]);
    rest(&mut stage, &store);
    assert!(stage.drawn((120, 40)).contains("/prod/db/password expired, and was deleted"));
}

#[test]
fn the_past_says_so_and_changes_nothing() {
    let then = Millis(NOW.0 - 86_400_000);
    let (mut stage, store) = open(Some("/prod/db/url"), Some(then));
    press(&mut stage, &store, "");
    let drawn = stage.drawn((120, 40));
    assert!(drawn.contains("THE PAST"), "{drawn}");
    for msg in [Msg::New, Msg::Delete, Msg::MoveTo, Msg::Task(ParameterTask::Edit)] {
        let why = stage.with(|room, cx| room.why_not(&msg, cx));
        assert!(why.is_some_and(|why| why.contains("past")), "{msg:?}");
    }
    press(&mut stage, &store, "@<Enter>");
    assert_eq!(stage.room.at, None);
    assert!(!stage.drawn((120, 40)).contains("THE PAST"));
    assert_eq!(on(&stage), "/prod/db/url", "one stays where one was");
}

#[test]
fn an_instant_is_typed_and_one_that_is_none_is_said() {
    let (mut stage, store) = open(None, None);
    press(&mut stage, &store, "@soon<Enter>");
    assert!(stage.drawn((120, 40)).contains("is no point in time"));
    let effects = stage.press("<C-u>1d<Enter>");
    let (_, Request::BrowseParameters(level)) = only(&effects) else { panic!("{effects:?}") };
    assert_eq!(level.at.map(|at| at.0), Some(Millis(NOW.0 - 86_400_000)));
}

#[test]
fn a_name_is_found_by_some_letters_and_gone_to() {
    let (mut stage, store) = open(None, None);
    press(&mut stage, &store, "fhosts");
    assert!(stage.drawn((80, 24)).contains("/staging/hosts"));
    press(&mut stage, &store, "<Enter>");
    assert_eq!(on(&stage), "/staging/hosts");
}

#[test]
fn what_is_found_before_the_tree_has_heard_of_it_is_gone_to_and_what_is_gone_is_not_waited_for() {
    for made in ["/prod/db/user", "/new/of/today"] {
        let (mut stage, mut store) = open(Some("/prod/db/password"), None);
        store.names.push(made.into());
        store.names.sort();
        press(&mut stage, &store, &format!("f{made}"));
        press(&mut stage, &store, "<Enter>");
        assert_eq!(on(&stage), made);
    }
    let (mut stage, mut store) = open(Some("/prod/db/password"), None);
    press(&mut stage, &store, "f/staging/hosts");
    store.names.retain(|name| name != "/staging/hosts");
    press(&mut stage, &store, "<Enter>");
    assert_eq!(stage.room.wanted, None);
}

#[test]
fn a_filter_asks_the_server_and_esc_brings_the_tree_back() {
    let (mut stage, store) = open(None, None);
    press(&mut stage, &store, "/password<Enter>");
    let drawn = stage.drawn((120, 40));
    assert!(drawn.contains("/prod/db/password") && drawn.contains("/staging/db/password"), "{drawn}");
    assert!(!drawn.contains("url"));
    press(&mut stage, &store, "j<Esc>");
    rest(&mut stage, &store);
    assert_eq!(on(&stage), "/staging/db/password", "the tree opens at what was found");
}

#[test]
fn deleting_a_folder_says_what_goes_and_production_is_typed() {
    let (mut stage, store) = open(Some("/prod"), None);
    let effects = press(&mut stage, &store, "D");
    let [Effect::Ask(question)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(question.title, "Delete 3 parameters with all their versions?");
    assert_eq!(question.ladder, Ladder::Typed("prod".into()));
    assert!(question.card.contains(&"/prod/db/password".to_owned()));
    let (_, request) = only(&stage.say(question.yes.clone()));
    let names = ["/prod/db/password", "/prod/db/url", "/prod/feature-flags.json"].map(str::to_owned).to_vec();
    assert_eq!(request, Request::DeleteParameters(DeleteParameters { names }));
}

#[test]
fn one_parameter_that_is_nobodys_production_takes_a_y() {
    let (mut stage, store) = open(Some("/staging/hosts"), None);
    let effects = press(&mut stage, &store, "D");
    let [Effect::Ask(question)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(question.ladder, Ladder::Yes);
}

#[test]
fn a_new_parameter_is_written_where_the_cursor_is_and_nothing_is_lost() {
    let (mut stage, store) = open(Some("/staging/db/url"), None);
    press(&mut stage, &store, "aport<Tab><Tab>5432<Tab>of the database");
    let effects = stage.press("<C-s>");
    let (ticket, request) = only(&effects);
    let put = PutParameter {
        name: "/staging/db/port".into(),
        value: "5432".into(),
        description: Some("of the database".into()),
        r#type: Some("String".into()),
        data_type: Some("text".into()),
        ..PutParameter::default()
    };
    assert_eq!(request, Request::PutParameter(put));
    let code = "ParameterAlreadyExists".to_owned();
    stage.land(ticket, Err(CallError { code, message: "it exists".into() }));
    let drawn = stage.drawn((80, 24));
    assert!(drawn.contains("not put: it exists") && drawn.contains("5432"), "{drawn}");
    stage.press("<Esc>");
    assert!(stage.drawn((80, 24)).contains("Esc again forgets"), "one Esc loses nothing");
    stage.press("<C-s>");
    assert!(stage.room.sheet.is_some());
}

#[test]
fn a_name_that_cannot_be_is_said_on_its_field() {
    let (mut stage, store) = open(None, None);
    press(&mut stage, &store, "a<C-u>/aws/x<Tab><Tab>1");
    assert_eq!(calls(&stage.press("<C-s>")), []);
    assert!(stage.drawn((80, 24)).contains("reserved"));
}

#[test]
fn a_whole_name_may_be_typed_or_pasted_over_the_level_that_is_offered() {
    let (mut stage, store) = open(Some("/staging/db/url"), None);
    press(&mut stage, &store, "a/prod/x");
    assert_eq!(stage.room.sheet.as_ref().map(|sheet| sheet.name()), Some("/prod/x"));
    let (mut stage, store) = open(None, None);
    press(&mut stage, &store, "a");
    stage.paste("/prod/y");
    assert_eq!(stage.room.sheet.as_ref().map(|sheet| sheet.name()), Some("/prod/y"));
}

#[test]
fn a_secret_that_is_written_is_hidden_and_malformed_json_is_asked_about() {
    let (mut stage, store) = open(None, None);
    press(&mut stage, &store, "ax.json<Tab>ll<Tab>");
    stage.paste(&format!("{{\"password\": \"{SECRET}\","));
    let drawn = stage.drawn((120, 40));
    assert!(!drawn.contains(SECRET) && drawn.contains("malformed"), "{drawn}");
    assert!(!format!("{:?}", stage.room).contains(SECRET));
    assert_eq!(calls(&stage.press("<C-s>")), []);
    assert!(stage.drawn((120, 40)).contains("Ctrl-s again puts it as it is"));
    stage.press("<C-r>");
    assert!(stage.drawn((120, 40)).contains(SECRET));
    stage.room.left();
    assert!(!stage.drawn((120, 40)).contains(SECRET));
    assert_eq!(calls(&stage.press("<C-s>")).len(), 1);
}

#[test]
fn two_marked_are_compared_and_secrets_only_when_they_are_opened() {
    let (mut stage, store) = open(Some("/prod/db/password"), None);
    press(&mut stage, &store, "<Space>");
    stage.room.wanted = Some(("/staging/db/password".into(), 0));
    rest(&mut stage, &store);
    press(&mut stage, &store, "<Space>");
    // The folder has to be opened first.
    stage.room.marks =
        ["/prod/db/password", "/staging/db/password"].map(|name| Key::Parameter(name.to_owned())).into();
    press(&mut stage, &store, "C");
    assert!(stage.drawn((120, 40)).contains("sealed; = opens it"));
    press(&mut stage, &store, "=");
    assert!(stage.drawn((120, 40)).contains("They hold the same."));
    stage.room.left();
    assert!(stage.room.comparison.is_none());
}

#[test]
fn looking_closer_and_editing_open_the_parameter() {
    let (mut stage, store) = open(Some("/prod/db/url"), None);
    let place = |task| ParameterPlace { name: "/prod/db/url".into(), task, ..ParameterPlace::default() };
    assert_eq!(press(&mut stage, &store, "<Enter>"), [Effect::Open(Route::Parameter(place(None)))]);
    let editing = Route::Parameter(place(Some(ParameterTask::Edit)));
    assert_eq!(press(&mut stage, &store, "e"), [Effect::Open(editing)]);
}

#[test]
fn a_page_that_grew_loses_nothing_between_it_and_the_next() {
    use super::levels::Levels;
    use super::pages::Entry;
    use crate::effect::Reply;
    use pilothouse_api::parameters::{BrowseParametersResult, BrowsedParameter};
    let page = |from: u32, to: u32, next: Option<&str>| {
        let parameter = |n| BrowsedParameter { name: format!("/x/{n:03}"), ..BrowsedParameter::default() };
        let next_token = next.map(str::to_owned);
        Reply::BrowseParameters(BrowseParametersResult {
            parameters: (from..to).map(parameter).collect(),
            next_token,
            ..BrowseParametersResult::default()
        })
    };
    let mut n = 0;
    let mut next = move || {
        n += 1;
        n
    };
    let mut levels = Levels::of(None);
    levels.keep("/x");
    let take = |levels: &mut Levels, ticket, reply, next: &mut dyn FnMut() -> u32| {
        levels.take(ticket, Ok(reply), &mut || next())
    };
    let ticket = levels.calls(&mut next)[0].0;
    take(&mut levels, ticket, page(0, 3, Some("2")), &mut next);
    levels.want_more("/x");
    let ticket = levels.calls(&mut next)[0].0;
    take(&mut levels, ticket, page(3, 6, None), &mut next);
    levels.doubt("/x/001", true);
    let ticket = levels.calls(&mut next)[0].0;
    // One came in between: the page ends before where it ended, so it is read on.
    let more = take(&mut levels, ticket, page(0, 2, Some("1")), &mut next);
    assert_eq!(more.len(), 1);
    take(&mut levels, more[0].0, page(2, 5, Some("4")), &mut next);
    let names: Vec<String> = levels.get("/x").unwrap().entries().map(Entry::place).collect();
    assert_eq!(names, (0..6).map(|n| format!("/x/{n:03}")).collect::<Vec<_>>());
}

#[test]
fn a_hundred_thousand_on_one_level_cost_what_is_on_the_screen() {
    use crate::effect::Reply;
    use pilothouse_api::parameters::{BrowseParametersResult, BrowsedParameter};
    let (mut stage, effects) = Stage::enter(mirror(), Parameters::new(None, None));
    let mut queue = calls(&effects);
    let mut pages = 0;
    // Goes to the end again and again: a page comes for each time, never more than one ahead.
    for _ in 0..20 {
        for (ticket, request) in std::mem::take(&mut queue) {
            let Request::BrowseParameters(level) = request else { panic!("{request:?}") };
            let from: usize = level.next_token.map_or(0, |token| token.parse().unwrap());
            let parameter = |n| BrowsedParameter { name: format!("/{n:06}"), ..BrowsedParameter::default() };
            let page = BrowseParametersResult {
                parameters: (from..from + 200).map(parameter).collect(),
                next_token: (from + 200 < 100_000).then(|| (from + 200).to_string()),
                ..BrowseParametersResult::default()
            };
            pages += 1;
            queue.extend(calls(&stage.land(ticket, Ok(Reply::BrowseParameters(page)))));
        }
        assert!(queue.len() <= 1, "{queue:?}");
        stage.drawn((120, 40));
        queue.extend(calls(&stage.press("G")));
    }
    assert!(pages <= 20, "what is not gone to is not read: {pages}");
    assert!(stage.room.tree().len() <= 20 * 200 + 1);
}

#[test]
fn a_copy_is_tried_out_first_and_what_cannot_be_is_shown() {
    use crate::effect::Reply;
    use pilothouse_api::parameters::{ChangeKind, CopyParameters, ParameterChange, ParameterChanges};
    let (mut stage, store) = open(Some("/staging/db"), None);
    press(&mut stage, &store, "");
    let (ticket, request) = only(&stage.press("c<C-u>/dev/db<Enter>"));
    let copy = CopyParameters {
        from: "/staging/db".into(),
        to: "/dev/db".into(),
        recursive: Some(true),
        ..CopyParameters::default()
    };
    let trial = CopyParameters { dry_run: Some(true), ..copy.clone() };
    assert_eq!(request, Request::CopyParameters(trial));
    let change = |name: &str, change, message: Option<&str>| ParameterChange {
        name: name.into(),
        change,
        r#type: "String".into(),
        line: None,
        message: message.map(str::to_owned),
    };
    let told = |changes| Ok(Reply::CopyParameters(ParameterChanges { changes, written: 0 }));
    let refused = vec![change("/dev/db/url", ChangeKind::Refused, Some("it is there already"))];
    stage.land(ticket, told(refused));
    assert!(stage.drawn((80, 24)).contains("/dev/db/url  String  it is there already"));
    stage.press("<Esc>");
    let (ticket, _) = only(&stage.press("c<C-u>/dev/db<Enter>"));
    let effects = stage.land(ticket, told(vec![change("/dev/db/url", ChangeKind::Create, None)]));
    let [Effect::Ask(question)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((&question.ladder, question.card[0].as_str()), (&Ladder::Yes, "+ /dev/db/url  String"));
    let (_, request) = only(&stage.say(question.yes.clone()));
    assert_eq!(request, Request::CopyParameters(copy));
}

#[test]
fn an_export_goes_to_a_file_that_its_owner_alone_reads_and_is_in_no_debug() {
    use crate::effect::Reply;
    use pilothouse_api::parameters::{ExportParameters, ExportParametersResult};
    let (mut stage, store) = open(Some("/staging/db"), None);
    press(&mut stage, &store, "");
    stage.say(Msg::ExportTo(true));
    let (ticket, request) = only(&stage.press("<Enter>"));
    let export = ExportParameters {
        path: "/staging/db".into(),
        format: "yaml".into(),
        reveal: Some(true),
        ..ExportParameters::default()
    };
    assert_eq!(request, Request::ExportParameters(export));
    let written =
        ExportParametersResult { content: SECRET.into(), count: 2, ..ExportParametersResult::default() };
    let effects = stage.land(ticket, Ok(Reply::ExportParameters(written)));
    assert!(matches!(&effects[0], Effect::SaveSecret { text, .. } if text.reveal() == SECRET), "{effects:?}");
    assert!(!format!("{effects:?} {:?}", stage.room).contains(SECRET));
}

#[test]
fn every_size_in_both_themes() {
    let (mut stage, store) = open(Some("/prod/db/password"), None);
    tell(&mut stage.mirror, vec![event(9, "/prod/db/url", Did::Update)]);
    press(&mut stage, &store, "");
    rest(&mut stage, &store);
    let mut pictures = stage.everywhere("tree");
    press(&mut stage, &store, "fpass");
    pictures.extend(stage.everywhere("find").into_iter().filter(|(name, _)| name.contains("80x24")));
    let (mut past, store) = open(Some("/prod/db/url"), Some(Millis(NOW.0 - 86_400_000)));
    press(&mut past, &store, "");
    pictures.extend(past.everywhere("past").into_iter().filter(|(name, _)| !name.contains("200")));
    let (mut new, store) = open(Some("/staging/db/url"), None);
    press(&mut new, &store, "aport<Tab><Tab>5432");
    pictures.extend(new.everywhere("new"));
    for (name, picture) in pictures {
        assert!(!picture.contains(SECRET));
        insta::assert_snapshot!(name, picture);
    }
}
