//! Pausing, throttling, stopping; the next run's targets.

use pilothouse_api::runs::{AbortCommand, UpdateCommand, UpdateCommandResult};

use super::*;

fn update(effects: &[Effect<Msg>]) -> (u32, UpdateCommand) {
    match effects {
        [Effect::Call(ticket, Request::UpdateCommand(request))] => (ticket.0, request.clone()),
        other => panic!("{other:?}"),
    }
}

/// The command with another pace.
fn told(stage: &mut Stage, change: impl Fn(&mut pilothouse_api::topics::CommandView)) {
    let counts = [(S::Success, 2), (S::InProgress, 1), (S::Pending, 9)];
    let mut command = fixtures::command(1, CommandState::InProgress, &counts);
    change(&mut command);
    tell_command(&mut stage.mirror, command, Vec::new(), 2);
    stage.told();
}

#[test]
fn p_pauses_and_goes_on_without_a_dialog_and_the_head_says_so() {
    let mut stage = live(12);
    let (ticket, request) = update(&stage.press("p"));
    let wanted = UpdateCommand {
        command_id: command_id(1).to_string(),
        paused: Some(true),
        ..UpdateCommand::default()
    };
    assert_eq!(request, wanted);
    let mut command = fixtures::command(1, CommandState::InProgress, &[(S::Pending, 1)]);
    command.paused = true;
    let reply = Reply::UpdateCommand(UpdateCommandResult { command });
    let said = stage.land(ticket, Ok(reply));
    let words = "paused: 1 node not sent, what runs runs on; p goes on";
    assert_eq!(said, [Effect::Toast(Level::Good, words.to_owned())]);
    told(&mut stage, |command| command.paused = true);
    assert!(stage.text().contains("PAUSED"));
    assert_eq!(update(&stage.press("p")).1.paused, Some(false));
}

#[test]
fn plus_and_minus_lead_to_round_numbers() {
    let mut stage = live(12);
    assert_eq!(update(&stage.press("+")).1.max_concurrency.as_deref(), Some("100"));
    assert_eq!(update(&stage.press("-")).1.max_concurrency.as_deref(), Some("20"));
    told(&mut stage, |command| command.max_concurrency = "100%".to_owned());
    let said = "100% at a time is the most that a step leads to";
    assert_eq!(stage.press("+"), [Effect::Toast(Level::Info, said.to_owned())]);
}

#[test]
fn limits_are_typed_and_more_errors_are_asked_about_first() {
    let mut stage = live(12);
    told(&mut stage, |command| command.max_errors = "5".to_owned());
    stage.press("L");
    assert_eq!(stage.room.limits.as_ref().unwrap().line.text(), "50 5");
    assert_eq!(stage.press("<C-u>fast<Enter>"), []);
    assert!(stage.text().contains("two are wanted"), "{}", stage.text());
    let (_, request) = update(&stage.press("<C-u>25% 3<Enter>"));
    assert_eq!((request.max_concurrency.as_deref(), request.max_errors.as_deref()), (Some("25%"), Some("3")));
    let [Effect::Ask(Question { title, card, ladder, yes })] = &stage.press("L<C-u>50 50%<Enter>")[..] else {
        panic!("it asks")
    };
    assert_eq!(title, "Allow 50% errors?");
    assert!(card.contains(&"errors allowed  50%, were 5".to_owned()), "{card:?}");
    assert_eq!(*ladder, Ladder::Typed("prod".to_owned()));
    assert_eq!(update(&stage.say(yes.clone())).1.max_errors.as_deref(), Some("50%"));
}

#[test]
fn esc_leaves_the_limits_as_they_are() {
    let mut stage = live(12);
    stage.press("L<Esc>");
    assert_eq!(stage.room.limits, None);
}

#[test]
fn the_menu_to_stop_tells_what_each_choice_hits() {
    let mut stage = live(14);
    stage.on(3);
    stage.mark(&[0, 4]);
    let said = stage.offered(Msg::Stop);
    let words: Vec<(&str, &str)> = said.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    assert_eq!(
        words,
        [
            ("abort", "3 nodes not sent: never begun; what runs runs on"),
            ("cancel everywhere", "7 nodes not over: never begun, or killed"),
            ("cancel on what is marked", "1 node not over"),
            ("withdraw worker-03", "queued: it never begins there"),
        ]
    );
    stage.on(0);
    let last = stage.offered(Msg::Stop).pop().unwrap();
    assert_eq!((last.0.as_str(), last.2), ("cancel on web-00", false), "it is over there");
}

#[test]
fn one_queued_node_is_withdrawn_with_a_single_yes() {
    let mut stage = live(14);
    let [Effect::Ask(Question { title, card, ladder, yes })] = &stage.say(Msg::Cancel(vec![id(13)]))[..]
    else {
        panic!("it asks")
    };
    assert_eq!((title.as_str(), ladder), ("Withdraw it from db-13?", &Ladder::Yes));
    assert_eq!(card, &["df -h /", "1 pending: never sent", "1 node in staging"]);
    let [Effect::Call(_, Request::CancelCommand(CancelCommand { instance_ids, .. }))] =
        &stage.say(yes.clone())[..]
    else {
        panic!("it asks the server")
    };
    assert_eq!(instance_ids, &[id(13).to_string()]);
}

#[test]
fn abort_gives_up_what_was_not_sent_and_nothing_else() {
    let mut stage = live(14);
    let [Effect::Ask(Question { title, card, yes, .. })] = &stage.say(Msg::Abort)[..] else {
        panic!("it asks")
    };
    assert_eq!(title, "Give up the 3 nodes to which it was not sent?");
    assert_eq!(card[1], "3 pending: never sent");
    let request = AbortCommand { command_id: command_id(1).to_string() };
    let effects = stage.say(yes.clone());
    assert_eq!(effects, [Effect::Call(Ticket(1), Request::AbortCommand(request))]);
    told(&mut stage, |command| command.aborted = true);
    assert!(stage.text().contains("ABORTED"));
    assert_eq!(stage.why_not(&Msg::Abort).as_deref(), Some("it was aborted already"));
    assert_eq!(stage.why_not(&Msg::Pause).as_deref(), Some("it was aborted: nothing more is sent"));
}

#[test]
fn stopping_asks_first_and_says_whom_it_hits() {
    let mut stage = live(14);
    let [Effect::Ask(Question { title, card, ladder, yes })] = &stage.say(Msg::Cancel(vec![]))[..] else {
        panic!("it asks")
    };
    assert_eq!(title, "Stop it on 7 nodes?");
    assert_eq!(
        card,
        &[
            "df -h /",
            "3 pending: never sent",
            "3 running: the processes are killed; what they did stays done",
            "1 delayed: stopped as soon as the node answers",
            "1 node in dev",
            "3 nodes in prod",
            "3 nodes in staging"
        ]
    );
    assert_eq!((ladder, yes), (&Ladder::Typed("prod".to_owned()), &Msg::Cancelled(vec![])));
}

#[test]
fn the_more_it_hits_the_harder_it_is_to_say_yes() {
    let mut stage = live(40);
    let mut ladder = |marks: &[usize]| match &stage.say(Msg::Cancel(marks.iter().map(|n| id(*n)).collect()))[..]
    {
        [Effect::Ask(Question { ladder, .. })] => ladder.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(ladder(&[4]), Ladder::Yes);
    assert_eq!(ladder(&[4, 10, 0]), Ladder::Card, "a run that is over does not count");
    assert_eq!(ladder(&[4, 6]), Ladder::Typed("prod".to_owned()));
    let without_prod: Vec<usize> = (12..30).filter(|n| n % 3 != 0).collect();
    assert_eq!(ladder(&without_prod), Ladder::Typed("12".to_owned()));
}

#[test]
fn only_what_was_marked_is_stopped_and_the_server_is_asked_in_portions() {
    let mut stage = live(130);
    let nodes: Vec<_> = (20..95).map(id).collect();
    let [Effect::Ask(Question { yes, .. })] = &stage.say(Msg::Cancel(nodes))[..] else { panic!("it asks") };
    let effects = stage.say(yes.clone());
    let asked: Vec<usize> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Call(_, Request::CancelCommand(CancelCommand { instance_ids, .. })) => instance_ids.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(asked, [50, 25]);
    let good =
        stage.with(|room, cx| room.landed(Ticket(1), Ok(Reply::CancelCommand(CancelCommandResult {})), cx));
    assert_eq!(good, [Effect::Toast(Level::Good, "asked to stop on 50 nodes".to_owned())]);
    let error = CallError { code: "Unreachable".to_owned(), message: "no answer".to_owned() };
    let bad = stage.with(|room, cx| room.landed(Ticket(2), Err(error), cx));
    assert_eq!(bad, [Effect::Toast(Level::Error, "not stopped on 25 nodes: no answer".to_owned())]);
}

#[test]
fn what_is_over_cannot_be_stopped() {
    let mut stage = over(&[S::Success, S::Failed], CommandState::Incomplete);
    assert_eq!(stage.say(Msg::Stop), [Effect::Toast(Level::Info, "it is over everywhere".to_owned())]);
    let mut stage = live(12);
    let said = stage.say(Msg::Cancel(vec![id(0), id(1)]));
    assert_eq!(said, [Effect::Toast(Level::Info, "it is over there".to_owned())]);
}

#[test]
fn any_part_of_the_runs_becomes_the_target_of_another_run() {
    let mut stage = live(12);
    stage.on(4);
    stage.mark(&[1, 4]);
    let told = stage.offered(Msg::Again);
    let told: Vec<(&str, &str, bool)> = told.iter().map(|it| (it.0.as_str(), it.1.as_str(), !it.2)).collect();
    assert_eq!(
        told,
        [
            ("web-04", "1 node", false),
            ("what is marked", "2 nodes", false),
            ("everything that did not succeed", "3 nodes", false),
            ("failed", "2 nodes", false),
            ("timed out", "1 node", false),
            ("not started", "2 nodes", false),
            ("stopped while it ran", "0 nodes", true),
            ("refused: platform or access", "0 nodes", true),
            ("processes survived there", "0 nodes", true),
            ("under way", "3 nodes", false),
            ("succeeded", "4 nodes", false),
            ("everyone", "the same targets, looked up anew", false),
        ]
    );
    let mut run_on = |again, nodes: Vec<usize>| {
        let nodes = nodes.into_iter().map(id).collect();
        let spec = RunSpec { nodes, from: Some(command_id(1)), ..RunSpec::default() };
        assert_eq!(stage.say(Msg::RunOn(again)), [Effect::Open(Route::Run(spec))]);
    };
    run_on(Again::Marked, vec![1, 4]);
    run_on(Again::One(id(7)), vec![7]);
    run_on(Again::Bucket(Bucket::Failed), vec![2, 9]);
    run_on(Again::Everyone, vec![]);
}

#[test]
fn the_nodes_of_a_group_are_asked_for_page_by_page_and_become_the_target() {
    let mut stage = live(12);
    fold(&mut stage);
    let said = stage.offered(Msg::Again);
    assert_eq!((said[0].0.as_str(), said[0].1.as_str()), ("those that say what cache-02 says", "2 nodes"));
    let again = Again::Group { id: format!("{:016x}", 2), normal: Normal::default() };
    let asked = |effects: &[Effect<Msg>]| match effects {
        [Effect::Call(ticket, Request::ListBucket(ListBucket { bucket, next_token, .. }))] => {
            assert!(matches!(bucket, Part::Group { id, .. } if id.ends_with("02")), "{bucket:?}");
            (ticket.0, next_token.clone())
        }
        other => panic!("{other:?}"),
    };
    let (first, token) = asked(&stage.say(Msg::RunOn(again)));
    assert_eq!(token, None);
    let page = |nodes: &[usize], next: Option<&str>| {
        Ok(Reply::ListBucket(InstanceIdPage {
            instance_ids: nodes.iter().map(|n| id(*n).to_string()).collect(),
            next_token: next.map(str::to_owned),
        }))
    };
    let (second, token) = asked(&stage.land(first, page(&[2], Some("more"))));
    assert_eq!(token.as_deref(), Some("more"));
    let spec = RunSpec { nodes: vec![id(2), id(9)], from: Some(command_id(1)), ..RunSpec::default() };
    assert_eq!(stage.land(second, page(&[9], None)), [Effect::Open(Route::Run(spec))]);
    assert_eq!(stage.land(second, page(&[9], None)), [], "an answer is heard once");
}

#[test]
fn esc_gives_up_waiting_for_a_groups_nodes() {
    let mut stage = live(12);
    fold(&mut stage);
    let again = Again::Group { id: format!("{:016x}", 2), normal: Normal::default() };
    stage.say(Msg::RunOn(again));
    assert!(stage.text().contains("its nodes are asked for"));
    stage.press("<Esc>");
    let late =
        Ok(Reply::ListBucket(InstanceIdPage { instance_ids: vec![id(2).to_string()], next_token: None }));
    assert_eq!(stage.land(1, late), [], "nobody is taken away by what was given up");
}
