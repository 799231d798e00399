use std::collections::BTreeMap;

use pilothouse_api::access::{Decision, GetCallerAccessResult, SimulateAccessResult, Simulated};
use pilothouse_api::approvals::APPROVAL_REQUIRED;
use pilothouse_api::commands::{
    Command, CommandState, ListCommands, ListCommandsResult, SendCommand, SendCommandResult, Target,
};
use pilothouse_api::fleet::{ResolveTargets, ResolveTargetsResult, SendCommandToNodes};
use pilothouse_api::protocol::{InstanceId, InvocationState};
use pilothouse_api::topics::NodeView;

use super::*;
use crate::effect::{Effect, Ladder, Level, Question, Request};
use crate::mirror::Mirror;
use crate::screens::fixtures::{arming, command, command_id, fleet, id, node, tell_armings, tell_commands};
use crate::screens::stage::Stage;

fn by_nodes(nodes: &[usize]) -> RunSpec {
    RunSpec { nodes: nodes.iter().map(|n| id(*n)).collect(), ..RunSpec::default() }
}

fn enter(spec: RunSpec) -> Stage<Run> {
    Stage::enter(fleet(24), Run::new(spec)).0
}

/// Answers the question of this ticket with the fleet's nodes that it names.
fn answer(stage: &mut Stage<Run>, ticket: u32, nodes: impl Iterator<Item = NodeView>) -> Effects<Msg> {
    let nodes = nodes.collect();
    stage.land(ticket, Ok(Reply::ResolveTargets(ResolveTargetsResult { nodes, unknown: Vec::new() })))
}

/// A run on these nodes, with a script, that was resolved.
fn ready(nodes: &[usize]) -> Stage<Run> {
    let mut stage = enter(by_nodes(nodes));
    answer(&mut stage, 1, nodes.iter().map(|n| node(*n)));
    stage.press("uptime");
    stage
}

fn asked(effects: Effects<Msg>) -> Question<Msg> {
    match effects.into_iter().next() {
        Some(Effect::Ask(question)) => question,
        other => panic!("{other:?}"),
    }
}

fn resolve(ticket: u32, key: &str, value: &str) -> Effect<Msg> {
    let targets = vec![Target { key: key.to_owned(), values: vec![value.to_owned()] }];
    Effect::Call(
        Ticket(ticket),
        Request::ResolveTargets(ResolveTargets { targets, instance_ids: Vec::new() }),
    )
}

fn parameters(script: &[&str]) -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([("commands".to_owned(), script.iter().map(|&line| line.to_owned()).collect())])
}

#[test]
fn marks_come_in_as_chosen_nodes_and_the_script_has_the_keys() {
    let (stage, effects) = Stage::enter(fleet(24), Run::new(by_nodes(&[2, 1])));
    let instance_ids = vec![id(1).to_string(), id(2).to_string()];
    assert_eq!(
        effects,
        [Effect::Call(
            Ticket(1),
            Request::ResolveTargets(ResolveTargets { targets: Vec::new(), instance_ids })
        )]
    );
    assert_eq!((stage.room.field, stage.room.typing), (Field::Script, true));
}

#[test]
fn who_is_meant_is_asked_while_it_is_typed_and_the_latest_wins() {
    let mut stage = enter(RunSpec::default());
    assert_eq!(stage.press("tag:env"), [], "names that nobody has are nobody, not everybody");
    assert_eq!(stage.room.crew.nodes(), []);
    assert_eq!(stage.press("=s"), [resolve(1, "tag:env", "s")]);
    assert_eq!(stage.press("taging"), [], "one question at a time");
    assert_eq!(answer(&mut stage, 1, std::iter::empty()), [resolve(2, "tag:env", "staging")]);
    assert!(stage.room.crew.is_outdated());
    assert_eq!(answer(&mut stage, 2, [1, 4].into_iter().map(node)), []);
    assert!(stage.drawn((80, 24)).contains("2 nodes ● 2 online"));
}

#[test]
fn by_tags_the_command_says_what_was_meant() {
    let mut stage = enter(RunSpec::default());
    stage.paste("tag:env=staging");
    answer(&mut stage, 1, [1, 7].into_iter().map(node));
    stage.press("<Tab>df -h<Enter>df -i<Tab>10%<Tab>2<Tab>90s<Tab>10m<Tab>/srv<Tab>OPS-1<Tab>");
    let question = asked(stage.press("<Enter>"));
    assert_eq!((question.title.as_str(), &question.ladder), ("Run on 2 nodes?", &Ladder::Card));
    let mut parameters = parameters(&["df -h", "df -i"]);
    parameters.insert("workingDirectory".to_owned(), vec!["/srv".to_owned()]);
    parameters.insert("executionTimeout".to_owned(), vec!["600".to_owned()]);
    let sent = SendCommand {
        targets: vec![Target { key: "tag:env".to_owned(), values: vec!["staging".to_owned()] }],
        document_name: "AWS-RunShellScript".to_owned(),
        parameters,
        comment: Some("OPS-1".to_owned()),
        max_concurrency: Some("10%".to_owned()),
        max_errors: Some("2".to_owned()),
        timeout_seconds: Some(90),
        ..SendCommand::default()
    };
    assert_eq!(stage.say(question.yes), [Effect::Call(Ticket(2), Request::SendCommand(sent))]);
    assert_eq!(stage.say(Msg::Confirmed), [], "once");
    let command = Command { command_id: command_id(7).to_string(), ..Command::default() };
    assert_eq!(
        stage.land(2, Ok(Reply::SendCommand(SendCommandResult { command }))),
        [Effect::Replace(Route::command(command_id(7)))]
    );
}

#[test]
fn one_node_outside_production_needs_a_yes_and_production_its_name() {
    let mut one = ready(&[1]);
    let question = asked(one.press("<Esc>r"));
    assert_eq!((question.title.as_str(), question.ladder), ("Run on db-01?", Ladder::Yes));
    let question = asked(ready(&[0]).press("<Esc>r"));
    assert_eq!(
        question.ladder,
        Ladder::Typed("prod".to_owned()),
        "a single node of production is production"
    );
}

#[test]
fn many_nodes_need_their_number_typed() {
    let outside: Vec<usize> = (0..24).filter(|n| n % 3 != 0 && n % 5 != 4).collect();
    let question = asked(ready(&outside).press("<Esc>r"));
    assert_eq!((outside.len() > 10, question.ladder), (true, Ladder::Typed(outside.len().to_string())));
}

#[test]
fn more_than_fifty_nodes_are_sent_by_the_operation_that_takes_them() {
    let nodes: Vec<usize> = (0..80).filter(|n| n % 5 != 4).collect();
    let mut stage = Stage::enter(fleet(80), Run::new(by_nodes(&nodes))).0;
    answer(&mut stage, 1, nodes.iter().map(|n| node(*n)));
    stage.press("id<Esc>r");
    let effects = stage.say(Msg::Confirmed);
    let [Effect::Call(_, Request::SendCommandToNodes(SendCommandToNodes { command, nodes: ids }))] =
        effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    assert_eq!((ids.len(), command.instance_ids.len(), command.targets.len()), (64, 0, 0));
}

#[test]
fn the_card_says_what_is_touched_what_is_silent_what_cannot_and_what_else_runs() {
    let mut mirror = fleet(24);
    let busy = command(0, CommandState::InProgress, &[(InvocationState::InProgress, 8)]);
    let over = command(3, CommandState::Success, &[(InvocationState::Success, 8)]);
    tell_commands(&mut mirror, vec![busy, over], 1);
    let nodes = [0, 1, 3, 4, 9];
    let mut stage = Stage::enter(mirror, Run::new(by_nodes(&nodes))).0;
    answer(&mut stage, 1, nodes.iter().map(|n| node(*n)));
    stage.press("# why<Enter>systemctl restart app<Enter>sleep 1");
    let question = asked(stage.press("<Esc>r"));
    assert_eq!(question.title, "Run on 3 nodes?");
    assert_eq!(
        question.card,
        [
            "script        systemctl restart app  (+2 lines)",
            "environments  prod 3, staging 2",
            "not there     1 node does not answer now: sent when back within 1h",
            "no shell      2 Windows nodes are left out",
            "at a time     50",
            "errors        the first one stops what is not yet sent",
            "also running  uptime, by root, on 3 of them",
        ]
    );
    let effects = stage.say(question.yes);
    let [Effect::Call(_, Request::SendCommand(sent))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(sent.instance_ids, [1, 0, 3].map(|n| id(n).to_string()));
}

#[test]
fn what_is_wrong_is_said_beside_its_field_before_anything_is_asked() {
    let mut stage = enter(by_nodes(&[1]));
    answer(&mut stage, 1, std::iter::once(node(1)));
    assert_eq!(stage.press("<Esc>r"), [Effect::Toast(Level::Warn, "script: say what to run".to_owned())]);
    assert_eq!(
        (stage.room.field, stage.room.typing),
        (Field::Script, true),
        "the keys are where the mistake is"
    );
    stage.press("id<Tab>0<Tab><Tab>10");
    assert_eq!(
        stage.press("<Esc>r"),
        [Effect::Toast(Level::Warn, "at a time: a number from 1 on, or a percentage".to_owned())]
    );
    insta::assert_snapshot!("wrong", stage.drawn((80, 24)));
}

#[test]
fn nobody_is_meant_by_tags_that_no_node_has() {
    let mut stage = enter(RunSpec::default());
    stage.paste("tag:env=x");
    answer(&mut stage, 1, std::iter::empty());
    assert_eq!(
        stage.press("<Tab>id<Esc>r"),
        [Effect::Toast(Level::Warn, "no node is meant by these targets".to_owned())]
    );
    let mut stage = ready(&[4, 9]);
    let windows = "scripts for a shell do not run on Windows, and these are all Windows nodes";
    assert_eq!(stage.press("<Esc>r"), [Effect::Toast(Level::Warn, windows.to_owned())]);
}

#[test]
fn a_name_that_nobody_has_is_told_and_nothing_is_sent() {
    let mut stage = enter(RunSpec::default());
    stage.paste("db-01,web-99");
    answer(&mut stage, 1, std::iter::once(node(1)));
    stage.press("<Tab>id");
    let effects = stage.press("<Esc>r");
    assert!(
        matches!(effects.as_slice(), [Effect::Toast(Level::Warn, why)] if why.contains("web-99")),
        "{effects:?}"
    );
}

#[test]
fn all_online_leaves_out_what_does_not_answer() {
    let mut stage = enter(RunSpec::default());
    stage.press("all");
    assert_eq!(answer(&mut stage, 1, (0..24).map(node)), []);
    stage.press(" online");
    answer(&mut stage, 2, (0..24).map(node));
    assert_eq!(stage.room.crew.nodes().len(), 21);
}

#[test]
fn chosen_nodes_are_not_typed_over_by_a_slip_and_come_back() {
    let mut stage = ready(&[1, 2]);
    stage.press("<Backtab>web<BS>");
    assert_eq!(stage.room.chosen, [id(1), id(2)]);
    stage.press("<C-u>tag:env=dev");
    assert_eq!((stage.room.chosen.len(), stage.room.form.targets.text()), (0, "tag:env=dev"));
    stage.press("<Esc>c");
    assert_eq!((stage.room.chosen.len(), stage.room.form.targets.text()), (2, "tag:env=dev"));
}

#[test]
fn running_again_on_the_failed_takes_over_script_comment_and_limits() {
    let mut earlier = command(1, CommandState::Failed, &[(InvocationState::Failed, 2)]);
    earlier.max_concurrency = "25%".to_owned();
    earlier.timeout_seconds = 600;
    earlier.parameters.insert("executionTimeout".to_owned(), vec!["7200".to_owned()]);
    let mut mirror = fleet(24);
    tell_commands(&mut mirror, vec![earlier], 1);
    let spec = RunSpec { nodes: vec![id(2), id(5)], from: Some(command_id(1)), ..RunSpec::default() };
    let (stage, effects) = Stage::enter(mirror, Run::new(spec));
    let form = &stage.room.form;
    assert_eq!(form.script.text(), "df -h /");
    let lines = [&form.comment, &form.concurrency, &form.errors, &form.delivery, &form.execution];
    assert_eq!(lines.map(|line| line.text()), ["ticket OPS-1", "25%", "", "10m", "2h"]);
    assert_eq!((stage.room.chosen.len(), stage.room.field, effects.len()), (2, Field::Send, 1));
    assert!(!stage.room.is_unsent(), "nothing was typed");
}

#[test]
fn an_earlier_command_that_is_not_at_hand_is_asked_for() {
    let spec = RunSpec { from: Some(command_id(9)), ..RunSpec::default() };
    let (mut stage, effects) = Stage::enter(fleet(3), Run::new(spec));
    let request = ListCommands { command_id: Some(command_id(9).to_string()), ..ListCommands::default() };
    assert_eq!(effects, [Effect::Call(Ticket(1), Request::ListCommands(request))]);
    let earlier = Command {
        document_name: "AWS-RunShellScript".to_owned(),
        parameters: parameters(&["a", "b"]),
        targets: vec![Target { key: "tag:env".to_owned(), values: vec!["dev".to_owned()] }],
        max_concurrency: "50".to_owned(),
        max_errors: "0".to_owned(),
        timeout_seconds: 3600,
        ..Command::default()
    };
    let page = ListCommandsResult { commands: vec![earlier.clone()], next_token: None };
    assert_eq!(stage.land(1, Ok(Reply::ListCommands(page))), [resolve(2, "tag:env", "dev")]);
    assert_eq!(
        (stage.room.form.script.text().as_str(), stage.room.form.targets.text()),
        ("a\nb", "tag:env=dev")
    );
}

#[test]
fn when_the_server_was_not_reached_it_is_not_claimed_that_nothing_was_sent() {
    let mut stage = ready(&[1]);
    stage.press("<Esc>r");
    stage.say(Msg::Confirmed);
    let error =
        CallError { code: CallError::UNREACHABLE.to_owned(), message: "connection refused".to_owned() };
    assert_eq!(stage.land(2, Err(error)), []);
    let picture = stage.drawn((240, 40));
    assert!(picture.contains("not known whether the server has it"), "{picture}");
    assert_eq!(stage.room.form.script.text(), "uptime", "what was typed stays");
}

#[test]
fn a_script_that_was_not_sent_is_unsaved_and_stands_in_the_locator() {
    let mut stage = ready(&[1]);
    assert!(stage.room.unsaved().is_some());
    assert!(
        stage.room.step_back() && !stage.room.step_back(),
        "first out of the field, then out of the room"
    );
    assert_eq!(
        stage.room.route(),
        Route::Run(RunSpec { script: Some("uptime".to_owned()), ..by_nodes(&[1]) })
    );
    stage.say(Msg::Confirmed);
    let command = Command { command_id: command_id(7).to_string(), ..Command::default() };
    stage.land(2, Ok(Reply::SendCommand(SendCommandResult { command })));
    assert_eq!(stage.room.unsaved(), None);
}

#[test]
fn pasted_text_goes_into_the_field_with_its_lines() {
    let mut stage = enter(by_nodes(&[1]));
    stage.paste("set -eu\r\nuptime\n");
    assert_eq!(stage.room.form.script.text(), "set -eu\nuptime\n");
    assert_eq!(
        stage.paste(&"x".repeat(70_000)),
        [Effect::Toast(Level::Warn, "a script has at most 64 KiB".to_owned())]
    );
}

#[test]
fn a_run_in_every_size() {
    let nodes: Vec<usize> = (0..14).collect();
    let mut stage = ready(&nodes);
    stage.press("<Enter>df -h /");
    for (name, picture) in stage.everywhere("run") {
        insta::assert_snapshot!(name, picture);
    }
    stage.press("<Backtab>");
    insta::assert_snapshot!("targets", stage.drawn((80, 24)));
}

#[test]
fn an_empty_run_says_what_to_type() {
    let (mut stage, _) = Stage::enter(Mirror::default(), Run::new(RunSpec::default()));
    insta::assert_snapshot!("blank", stage.drawn((80, 24)));
}

#[test]
fn nothing_panics_in_any_size_and_on_any_field() {
    let mut stage = ready(&[0, 1, 3, 4]);
    insta::assert_snapshot!("tiny", stage.drawn((20, 5)));
    for field in Field::OF_SCRIPT {
        stage.room.field = field;
        for width in (1..130).step_by(3) {
            for height in 1..36 {
                stage.drawn((width, height));
            }
        }
    }
}

#[test]
fn ten_thousand_chosen_nodes_cost_nothing_per_frame() {
    let nodes: Vec<usize> = (0..10_000).collect();
    let mut stage = Stage::enter(fleet(10_000), Run::new(by_nodes(&nodes))).0;
    answer(&mut stage, 1, nodes.iter().map(|n| node(*n)));
    let begun = std::time::Instant::now();
    (0..20).for_each(|_| drop(stage.drawn((120, 40))));
    assert!(begun.elapsed() < std::time::Duration::from_secs(4), "{:?}", begun.elapsed());
    let _: &[InstanceId] = &stage.room.chosen;
}

#[test]
fn every_key_of_the_table_can_be_read_and_none_hides_another() {
    let keys = Run::keys();
    assert_eq!((keys.broken(), keys.conflicts()), (&[][..], vec![]));
}

/// A run on these nodes of a caller whom the server knows, with what it would say of each.
fn judged(nodes: &[usize], verdicts: &[Decision]) -> Stage<Run> {
    let mut mirror = fleet(24);
    let access =
        GetCallerAccessResult { principal: "user/anna".to_owned(), ..GetCallerAccessResult::default() };
    mirror.known_as(access);
    let mut stage = Stage::enter(mirror, Run::new(by_nodes(nodes))).0;
    let effects = answer(&mut stage, 1, nodes.iter().map(|n| node(*n)));
    let [Effect::Call(ticket, Request::SimulateAccess(asked))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((asked.action.as_str(), asked.resources.len()), ("ssm:SendCommand", nodes.len()));
    let results = asked.resources.iter().zip(verdicts).map(|(resource, decision)| Simulated {
        resource: resource.clone(),
        decision: *decision,
        because: Vec::new(),
        explanation: format!("policy staging-only says {decision:?}"),
    });
    let answer = SimulateAccessResult { principal: "user/anna".to_owned(), results: results.collect() };
    assert_eq!(stage.land(ticket.0, Ok(Reply::SimulateAccess(answer))), []);
    stage.press("uptime<Esc>");
    stage
}

#[test]
fn who_may_is_shown_before_and_those_that_may_not_can_be_left_out() {
    use Decision::{Allowed, NotPermitted};
    let mut stage = judged(&[1, 7, 10], &[Allowed, Allowed, NotPermitted]);
    let drawn = stage.drawn((120, 40));
    assert!(drawn.contains("1 not permitted") && drawn.contains("May"), "{drawn}");
    let question = asked(stage.press("r"));
    assert_eq!(question.title, "Go on with the 2 nodes that are allowed?");
    stage.say(question.yes);
    assert_eq!(stage.room.chosen, [id(10), id(1)], "worker-07, the last by name, is left out");
}

#[test]
fn a_run_that_nobody_may_says_why_and_is_not_sent() {
    let mut stage = judged(&[1, 7], &[Decision::Forbidden; 2]);
    let why = "policy staging-only says Forbidden".to_owned();
    assert_eq!(stage.press("r"), [Effect::Toast(Level::Warn, why)]);
}

#[test]
fn what_must_be_armed_is_armed_first_and_asked_about_again_then() {
    let mut stage = judged(&[0, 6], &[Decision::NeedsArming; 2]);
    assert!(stage.drawn((80, 24)).contains("prod must be armed"));
    assert_eq!(stage.press("r"), [Effect::Arm { environment: "prod".to_owned(), then: Msg::Armed }]);
    tell_armings(&mut stage.mirror, vec![arming("prod", "user/anna", 600)]);
    let effects = stage.say(Msg::Armed);
    let [Effect::Call(ticket, Request::SimulateAccess(_))] = &effects[..] else { panic!("{effects:?}") };
    let allowed = |resource: &str| Simulated {
        resource: resource.to_owned(),
        decision: Decision::Allowed,
        because: Vec::new(),
        explanation: "permitted".to_owned(),
    };
    let results = vec![allowed("node/a"), allowed("node/b")];
    let answer = SimulateAccessResult { principal: "user/anna".to_owned(), results };
    let question = asked(stage.land(ticket.0, Ok(Reply::SimulateAccess(answer))));
    assert_eq!(question.title, "Run on 2 nodes?");
}

#[test]
fn sent_before_it_is_known_who_may_it_asks_as_soon_as_it_is() {
    let mut mirror = fleet(24);
    let access =
        GetCallerAccessResult { principal: "user/anna".to_owned(), ..GetCallerAccessResult::default() };
    mirror.known_as(access);
    let mut stage = Stage::enter(mirror, Run::new(by_nodes(&[1]))).0;
    let effects = answer(&mut stage, 1, [node(1)].into_iter());
    let [Effect::Call(ticket, Request::SimulateAccess(_))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(stage.press("uptime<Esc>r"), []);
    let error = CallError { code: CallError::UNREACHABLE.to_owned(), message: "reset".to_owned() };
    let question = asked(stage.land(ticket.0, Err(error)));
    assert_eq!(question.title, "Run on db-01?", "without an answer the server decides when it is sent");
}

#[test]
fn sent_before_the_nodes_are_known_it_asks_as_soon_as_they_are_unless_one_went_on() {
    for (more, asks) in [("", true), ("<Tab>", false)] {
        let mut stage = enter(by_nodes(&[1]));
        stage.press("uptime");
        let effects = stage.press("<Esc>r");
        assert!(matches!(&effects[..], [Effect::Toast(Level::Warn, why)] if why.contains("looked up")));
        stage.press(more);
        let effects = answer(&mut stage, 1, std::iter::once(node(1)));
        assert_eq!(effects.iter().any(|effect| matches!(effect, Effect::Ask(_))), asks, "{more}");
    }
}

#[test]
fn what_needs_an_approval_says_so_in_the_question() {
    let mut stage = judged(&[1, 7], &[Decision::NeedsApproval; 2]);
    let question = asked(stage.press("r"));
    assert_eq!(question.title, "Ask for approval to run on 2 nodes?");
    assert!(question.card.contains(&"approval      it waits until somebody else approves it".to_owned()));
}

#[test]
fn a_refusal_is_shown_whole_and_the_rest_can_go_on() {
    let mut stage = ready(&[1, 7, 10]);
    stage.press("<Esc>");
    stage.say(Msg::Confirmed);
    let message = format!(
        "user/anna is not authorized to perform: ssm:SendCommand on 1 of 3 resources (cache-10 (node/{})): no policy permits it",
        id(10)
    );
    let error = CallError { code: "AccessDeniedException".to_owned(), message: message.clone() };
    let question = asked(stage.land(2, Err(error)));
    assert_eq!(stage.room.trouble, Some(message));
    assert_eq!(question.yes, Msg::Only(vec![id(1), id(7)]));
    assert!(stage.room.is_unsent(), "what was typed is still there");
}

#[test]
fn what_waits_for_approval_stays_in_the_form_and_offers_nothing_else() {
    let mut stage = ready(&[1, 7, 10]);
    stage.press("<Esc>");
    stage.say(Msg::Confirmed);
    let message = format!(
        "ssm:SendCommand on node/{} needs an approval. Request apr-0123456789ab waits for it",
        id(10)
    );
    let error = CallError { code: APPROVAL_REQUIRED.to_owned(), message };
    assert_eq!(stage.land(2, Err(error)), []);
    assert!(stage.room.is_unsent());
}

#[test]
fn a_refusal_that_does_not_name_all_offers_nothing() {
    let mut stage = ready(&[1, 7, 10]);
    stage.say(Msg::Confirmed);
    let message = format!("not on 2 of 3 resources (node/{}, 1 more): no", id(10));
    let error = CallError { code: "AccessDeniedException".to_owned(), message };
    assert_eq!(stage.land(2, Err(error)), []);
}

#[test]
fn rights_in_every_size() {
    use Decision::{Allowed, NeedsApproval, NeedsArming, NotPermitted};
    let mut stage =
        judged(&[0, 1, 2, 6, 7], &[NeedsArming, Allowed, NotPermitted, NeedsArming, NeedsApproval]);
    for (name, picture) in stage.everywhere("rights") {
        insta::assert_snapshot!(name, picture);
    }
}

mod documents;
mod templates;
