//! What people keep for their commands: groups and templates; and the history of commands, searched.

use pilothouse_api::commands::{CommandState, SendCommand, Target};
use pilothouse_protocol::Millis;
use pilothouse_store::commands::{self, CommandRecord};
use pilothouse_store::groups::{self, GroupRecord};
use pilothouse_store::history::{self, HistoryQuery, SentTo};
use pilothouse_store::invocations::{self, InvocationRecord};
use pilothouse_store::templates::{self, TemplateRecord};

use crate::fixtures::{ELSEWHERE, HOSTILE, REGION, command, command_id, instance, invocation};
use crate::place::{Place, stories};

stories! {
    a_group_is_written_over_in_its_region_and_goes
    a_template_is_written_over_and_remembers_its_use
    commands_are_found_by_parts_of_what_they_are
}

async fn a_group_is_written_over_in_its_region_and_goes(place: Place) {
    let group = |region: &str, by: &str, at| GroupRecord {
        region: region.to_owned(),
        name: "web".to_owned(),
        description: HOSTILE.to_owned(),
        targets: vec![Target { key: "tag:a".to_owned(), values: vec![HOSTILE.to_owned()] }],
        created_by: by.to_owned(),
        modified_at: Millis(at),
    };
    for it in [group(REGION, "root", 1), group(ELSEWHERE, "root", 2), group(REGION, "user/ann", 3)] {
        place.write(async |tx| groups::put(tx, &it).await).await;
    }
    let tx = &mut place.read().await;
    let now = group(REGION, "root", 3);
    assert_eq!(groups::get(tx, REGION, "web").await.unwrap().as_ref(), Some(&now), "who made it stays");
    assert_eq!(groups::all(tx, REGION).await.unwrap(), [now]);
    assert_eq!(groups::count(tx, REGION).await.unwrap(), 1);
    let delete = async || place.write(async |tx| groups::delete(tx, REGION, "web").await).await;
    assert!(delete().await && !delete().await);
    assert_eq!(groups::all(&mut place.read().await, ELSEWHERE).await.unwrap().len(), 1);
}

async fn a_template_is_written_over_and_remembers_its_use(place: Place) {
    let template = |script: &str, at| TemplateRecord {
        region: REGION.to_owned(),
        name: "deploy".to_owned(),
        description: String::new(),
        request: SendCommand {
            document_name: "AWS-RunShellScript".to_owned(),
            parameters: [("commands".to_owned(), vec![script.to_owned()])].into(),
            ..SendCommand::default()
        },
        created_by: "root".to_owned(),
        modified_at: Millis(at),
        last_used: None,
    };
    place.write(async |tx| templates::put(tx, &template(HOSTILE, 1)).await).await;
    place.write(async |tx| templates::used(tx, REGION, "deploy", Millis(5)).await).await;
    place.write(async |tx| templates::used(tx, REGION, "nothing", Millis(6)).await).await;
    place.write(async |tx| templates::put(tx, &template("two", 7)).await).await;
    let tx = &mut place.read().await;
    let now = TemplateRecord { last_used: Some(Millis(5)), ..template("two", 7) };
    assert_eq!(templates::get(tx, REGION, "deploy").await.unwrap().as_ref(), Some(&now));
    assert_eq!(
        (templates::all(tx, REGION).await.unwrap(), templates::count(tx, REGION).await.unwrap()),
        (vec![now], 1)
    );
    assert!(place.write(async |tx| templates::delete(tx, REGION, "deploy").await).await);
}

async fn commands_are_found_by_parts_of_what_they_are(place: Place) {
    let plain = |number| CommandRecord { comment: format!("number {number}"), ..command(number) };
    let second = CommandRecord {
        parameters: [("commands".to_owned(), vec!["echo \"100%_Done\"\\n".to_owned()])].into(),
        requested_by: "user/Ann".to_owned(),
        ..plain(2)
    };
    let third = CommandRecord {
        state: CommandState::Failed,
        targets: vec![Target { key: "tag:ro\"le".to_owned(), values: vec!["web".to_owned()] }],
        ..plain(3)
    };
    for it in [plain(1), second, third] {
        place.write(async |tx| commands::insert(tx, &it).await).await;
    }
    let named = InvocationRecord { node_name: "Web-07".to_owned(), ..invocation(1, 7) };
    place.write(async |tx| invocations::insert_many(tx, &[named]).await).await;
    let find = async |query: HistoryQuery| -> Vec<u32> {
        let query = HistoryQuery { limit: 10, ..query };
        let found = history::find(&mut place.read().await, REGION, &query).await.unwrap();
        let number =
            |it: &CommandRecord| (1..=3).find(|number| command_id(*number) == it.command_id).unwrap();
        found.iter().map(number).collect()
    };
    let any = HistoryQuery::default;
    let some = |text: &str| Some(text.to_owned());
    let tag = Some(SentTo::Tag("ro\"le".to_owned()));
    let named = Some(SentTo::NodeNamed("web-0".to_owned()));
    let failed = Some(vec![CommandState::Failed]);
    let before = Some((Millis(1_003), command_id(3)));
    let cases: [(HistoryQuery, &[u32]); 12] = [
        (any(), &[3, 2, 1]),
        (HistoryQuery { who: some("ANN"), ..any() }, &[2]),
        (HistoryQuery { document: some("runshell"), ..any() }, &[3, 2, 1]),
        (HistoryQuery { text: some("NUMBER 1"), ..any() }, &[1]),
        (HistoryQuery { text: some("\"100%_done\"\\N"), ..any() }, &[2]),
        (HistoryQuery { text: some("100%xdone"), ..any() }, &[]),
        (HistoryQuery { text: some(command_id(3).as_str()), ..any() }, &[3]),
        (HistoryQuery { states: failed, ..any() }, &[3]),
        (HistoryQuery { sent_to: Some(SentTo::Node(instance(7))), ..any() }, &[1]),
        (HistoryQuery { sent_to: named, ..any() }, &[1]),
        (HistoryQuery { sent_to: tag, ..any() }, &[3]),
        (HistoryQuery { before, who: some("root"), ..any() }, &[1]),
    ];
    for (query, numbers) in cases {
        let asked = format!("{query:?}");
        assert_eq!(find(query).await, numbers, "{asked}");
    }
}
