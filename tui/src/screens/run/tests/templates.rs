use pilothouse_api::runs::{
    DeleteRunTemplate, DeleteRunTemplateResult, ListRunTemplates, ListRunTemplatesResult, PutRunTemplate,
    PutRunTemplateResult, RunTemplate,
};
use pilothouse_api::timestamp::Timestamp;

use super::*;
use crate::screens::fixtures::NOW;

/// What the server keeps: a check of staging that was used, and a restart that names two nodes.
fn kept() -> Vec<RunTemplate> {
    let targets = vec![Target { key: "tag:env".to_owned(), values: vec!["staging".to_owned()] }];
    let check = SendCommand {
        document_name: "AWS-RunShellScript".to_owned(),
        parameters: parameters(&["df -h /", "uptime"]),
        targets,
        comment: Some("before a release".to_owned()),
        max_concurrency: Some("10%".to_owned()),
        ..SendCommand::default()
    };
    let restart = SendCommand {
        document_name: "AWS-RunShellScript".to_owned(),
        parameters: parameters(&["systemctl restart nginx"]),
        instance_ids: vec![id(1).to_string(), id(2).to_string()],
        ..SendCommand::default()
    };
    let template = |name: &str, request, used: bool| RunTemplate {
        name: name.to_owned(),
        request,
        created_by: "user/anna".to_owned(),
        last_used: used.then_some(Timestamp(NOW.plus_seconds(-3_600))),
        ..RunTemplate::default()
    };
    vec![template("check", check, true), template("restart-nginx", restart, false)]
}

fn list(stage: &mut Stage<Run>, ticket: u32) -> Effects<Msg> {
    stage.land(ticket, Ok(Reply::ListRunTemplates(ListRunTemplatesResult { templates: kept() })))
}

/// The call that asks for all of them, with its ticket.
fn lists(effects: &[Effect<Msg>]) -> u32 {
    match effects {
        [Effect::Call(Ticket(ticket), Request::ListRunTemplates(ListRunTemplates {}))] => *ticket,
        other => panic!("{other:?}"),
    }
}

fn chosen(effects: Effects<Msg>, label: &str) -> Msg {
    let [Effect::Pick { items, .. }] = &effects[..] else { panic!("{effects:?}") };
    items.iter().find(|item| item.label == label).unwrap_or_else(|| panic!("{items:?}")).msg.clone()
}

#[test]
fn a_template_is_chosen_and_fills_the_form_in_with_its_targets() {
    let mut stage = enter(RunSpec::default());
    let ticket = lists(&stage.press("<Esc>t"));
    let picked = list(&mut stage, ticket);
    let [Effect::Pick { items, .. }] = &picked[..] else { panic!("{picked:?}") };
    assert_eq!(items[0].detail, "df -h /, tag:env=staging, used 1 h ago");
    assert_eq!(items[1].detail, "systemctl restart nginx, 2 nodes, never used");
    let effects = stage.say(chosen(picked, "check"));
    assert!(matches!(effects[..], [Effect::Call(_, Request::ResolveTargets(_))]), "{effects:?}");
    assert_eq!(stage.room.form.script.text(), "df -h /\nuptime");
    assert_eq!(stage.room.form.concurrency.text(), "10%");
    assert_eq!((stage.room.form.targets.text(), stage.room.field), ("tag:env=staging", Field::Send));
    assert!(!stage.room.is_unsent(), "nothing of it was typed");
    assert_eq!(stage.with(|room, cx| room.title(cx)), "Run as check");
}

#[test]
fn what_is_sent_from_a_template_says_so_whatever_was_changed() {
    let (mut stage, effects) = Stage::enter(
        fleet(24),
        Run::new(RunSpec { template: Some("restart-nginx".into()), ..RunSpec::default() }),
    );
    let ticket = lists(&effects);
    let effects = list(&mut stage, ticket);
    let [Effect::Call(Ticket(ticket), Request::ResolveTargets(_))] = effects[..] else {
        panic!("{effects:?}")
    };
    answer(&mut stage, ticket, [1, 2].into_iter().map(node));
    stage.room.form.script.set("systemctl restart apache2");
    let question = asked(stage.press("r"));
    let effects = stage.say(question.yes);
    let [Effect::Call(_, Request::SendCommand(sent))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(sent.template.as_deref(), Some("restart-nginx"));
    assert_eq!(sent.parameters["commands"], ["systemctl restart apache2"]);
}

#[test]
fn what_was_typed_is_not_lost_without_a_question() {
    let mut stage = ready(&[1]);
    let ticket = lists(&stage.press("<Esc>t"));
    let picked = list(&mut stage, ticket);
    let question = asked(stage.say(chosen(picked, "check")));
    assert_eq!(question.title, "Take up check, and lose what was typed?");
    assert_eq!(stage.room.form.script.text(), "uptime");
    stage.say(question.yes);
    assert_eq!(stage.room.form.script.text(), "df -h /\nuptime");
}

#[test]
fn a_run_is_kept_with_its_targets_under_a_name_and_replaces_another_only_when_asked() {
    let mut stage = ready(&[1, 2]);
    let ticket = lists(&stage.press("<Esc>w"));
    list(&mut stage, ticket);
    assert_eq!(stage.press("bad name"), [], "letters belong to the name, not to the keys");
    assert!(matches!(stage.press("<Enter>")[..], [Effect::Toast(Level::Warn, _)]));
    insta::assert_snapshot!("naming", stage.drawn((80, 24)));
    let effects = stage.press("<C-u>uptime.two<Enter>");
    let [Effect::Call(Ticket(ticket), Request::PutRunTemplate(PutRunTemplate { name, request, .. }))] =
        &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((name.as_str(), request.instance_ids.len(), &request.template), ("uptime.two", 2, &None));
    let said = stage.land(*ticket, Ok(Reply::PutRunTemplate(PutRunTemplateResult::default())));
    assert_eq!(said, [Effect::Toast(Level::Good, "kept as the template uptime.two".to_owned())]);

    let ticket = lists(&stage.press("w"));
    list(&mut stage, ticket);
    let question = asked(stage.press("<C-u>check<Enter>"));
    assert_eq!(question.title, "Replace the template check?");
    assert!(matches!(stage.say(question.yes)[..], [Effect::Call(_, Request::PutRunTemplate(_))]));
}

#[test]
fn a_template_is_deleted_after_a_question() {
    let mut stage = enter(RunSpec::default());
    let ticket = lists(&stage.say(Msg::DeleteTemplate));
    let picked = list(&mut stage, ticket);
    let question = asked(stage.say(chosen(picked, "check")));
    assert_eq!((question.title.as_str(), question.ladder), ("Delete the template check?", Ladder::Yes));
    let effects = stage.say(question.yes);
    let wanted = DeleteRunTemplate { name: "check".to_owned() };
    let [Effect::Call(Ticket(ticket), Request::DeleteRunTemplate(asked))] = &effects[..] else { panic!() };
    assert_eq!(*asked, wanted);
    let said = stage.land(*ticket, Ok(Reply::DeleteRunTemplate(DeleteRunTemplateResult {})));
    assert_eq!(said, [Effect::Toast(Level::Good, "the template check is deleted".to_owned())]);
}
