//! Stories of who may do what: greyed keys, arming, requests.

use pilothouse_api::access::{Done, GetCallerAccessResult};
use pilothouse_api::arming::{Arm, ArmResult, Arming, Disarm};
use pilothouse_api::commands::SendCommand;

use super::*;
use crate::effect::CallError;
use crate::screens::fixtures::{approval, approval_id, arming};

impl Pilot {
    /// The calls that were ordered, with their names.
    fn calls(&self) -> Vec<(CallId, &Request)> {
        let call = |order| match order {
            &Order::Call(id, ref request) => Some((id, &**request)),
            _ => None,
        };
        self.orders.iter().filter_map(call).collect()
    }

    /// Answers the last call of that name.
    fn answer(&mut self, name: &str, result: Result<Reply, CallError>) {
        let call =
            self.calls().into_iter().rev().find(|(_, request)| request.name() == name).map(|(id, _)| id);
        let call = call.unwrap_or_else(|| panic!("{name} was not called"));
        self.happens(Event::Landed(call, Box::new(result)));
    }

    /// The server says who we are, and what we may never do.
    fn known_as(mut self, principal: &str, denied: &[(&str, &str)]) -> Self {
        let access = GetCallerAccessResult {
            principal: principal.to_owned(),
            denied: denied
                .iter()
                .map(|(permission, why)| ((*permission).to_owned(), (*why).to_owned()))
                .collect(),
            ..GetCallerAccessResult::default()
        };
        self.answer("GetCallerAccess", Ok(Reply::GetCallerAccess(access)));
        self
    }

    fn told_armings(&mut self, armings: Vec<Arming>) {
        let follow = self.follow(&Topic::Armings { after: 0 });
        let next = Topic::Armings { after: 1 };
        self.happens(Event::Feed(Feed::News { follow, news: News::Armings { armings }, next, more: false }));
    }

    fn told_approvals(&mut self, approvals: Vec<pilothouse_api::approvals::Approval>) {
        let follow = self.follow(&Topic::Approvals { after: 0 });
        let next = Topic::Approvals { after: 1 };
        self.happens(Event::Feed(Feed::News {
            follow,
            news: News::Approvals { approvals },
            next,
            more: false,
        }));
    }

    fn passes(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
        self.happens(Event::Tick);
    }

    fn title(&self) -> String {
        self.screen().lines().next().unwrap().to_owned()
    }
}

fn wide() -> Pilot {
    Pilot::at(NODES, Size::new(120, 40)).linked(12)
}

fn unarmed() -> CallError {
    CallError {
        code: pilothouse_api::arming::ARMING_REQUIRED.into(),
        message: "prod must be armed first: user/anna is not authorized to perform: ssm:SendCommand on 4 of 4 resources (web-00, web-04): policy \
                  prod-careful line 1 asks that prod be armed: production must be armed"
            .into(),
    }
}

#[test]
fn the_title_says_who_one_is_after_every_link_up() {
    let mut pilot = wide().known_as("user/anna", &[]);
    assert!(pilot.title().ends_with("user/anna @ ops-eu"), "{}", pilot.title());
    let asked = |pilot: &Pilot| pilot.calls().iter().filter(|(_, it)| it.name() == "GetCallerAccess").count();
    let before = asked(&pilot);
    let retry_in = std::time::Duration::from_secs(1);
    pilot.happens(Event::Feed(Feed::Lost { why: "reset".into(), retry_in }));
    pilot.happens(Event::Feed(Feed::Live { rtt: None }));
    assert_eq!(asked(&pilot), before + 1);
    pilot.happens(Event::Feed(Feed::Live { rtt: Some(retry_in) }));
    assert_eq!(asked(&pilot), before + 1, "a measured round trip is no new link");
    let pilot = pilot.known_as("user/ben", &[]);
    assert!(pilot.title().contains("user/ben"));
}

#[test]
fn rights_are_asked_for_anew_when_they_may_have_changed_and_refused_topics_are_tried_again() {
    let mut pilot = wide().known_as("user/anna", &[("pilothouse:ListApprovals", "no policy gives it")]);
    let refused = pilot.follow(&Topic::Approvals { after: 0 });
    pilot.happens(Event::Feed(Feed::Refused { follow: refused, why: "AccessDeniedException".into() }));
    assert_eq!(pilot.follow(&Topic::Approvals { after: 0 }), refused);
    pilot.told_armings(vec![]);
    let pilot = pilot.known_as("user/anna", &[]);
    assert_ne!(pilot.follow(&Topic::Approvals { after: 0 }), refused);
}

#[test]
fn what_is_refused_while_it_is_looked_at_is_shown_no_longer() {
    let mut pilot = wide().known_as("user/anna", &[]);
    assert!(pilot.screen().contains("web-00") && pilot.screen().contains(" online"));
    let why = "user/anna is not authorized to perform: ssm:DescribeInstanceInformation: no policy permits it";
    let follow = pilot.follow(&Topic::nodes());
    pilot.happens(Event::Feed(Feed::Refused { follow, why: why.into() }));
    let screen = pilot.screen();
    assert!(!screen.contains("web-00") && !screen.contains(" online"), "{screen}");
    assert!(screen.contains("The server does not tell of its nodes"), "{screen}");
    assert_eq!(screen.matches("no policy permits it").count(), 1, "{screen}");
}

#[test]
fn what_one_may_never_do_says_why_and_is_grey_in_the_help() {
    let why = "no policy gives ssm:SendCommand";
    let mut pilot = wide().known_as("user/anna", &[("ssm:SendCommand", why)]);
    assert!(pilot.screen().lines().last().unwrap().contains("r run"), "it stays in its place, muted");
    pilot.press("r");
    assert_eq!(pilot.here(), NODES);
    assert!(pilot.screen().contains(why), "{}", pilot.screen());
    pilot.press("<Esc>?run");
    assert!(pilot.screen().contains(why), "{}", pilot.screen());
    pilot.press("<Esc>x");
    assert!(pilot.screen().contains(why), "the action menu says it too: {}", pilot.screen());
    pilot.press("<Esc>:run @prod -- id<Enter>");
    assert!(matches!(pilot.here(), Route::Run(_)), "one may still look at the form");
}

#[test]
fn an_environment_is_armed_with_a_reason_and_the_frame_counts_down() {
    let mut pilot = wide().known_as("user/anna", &[]);
    pilot.press("A");
    assert!(pilot.screen().contains("Arm which environment?"), "{}", pilot.screen());
    pilot.press("<Enter>OPS-7<Enter>");
    let arm = Arm { environment: "prod".into(), seconds: 600, reason: "OPS-7".into() };
    assert_eq!(pilot.calls().last().map(|(_, request)| *request), Some(&Request::Arm(arm)));
    assert!(!pilot.title().contains("ARMED"), "not before the server says so");
    // The server's clock is five seconds behind ours.
    let since = pilot.now.plus_seconds(-5);
    let armed = Arming { since, until: since.plus_seconds(600), ..arming("prod", "user/anna", 0) };
    pilot.answer("Arm", Ok(Reply::Arm(ArmResult { arming: armed })));
    assert!(pilot.title().contains("ARMED prod 10:00"), "{}", pilot.title());
    pilot.passes(19);
    assert!(pilot.title().contains("ARMED prod 9:41"), "{}", pilot.title());
    assert!(pilot.shell.shows_ages());
    let ends = NOW.plus_seconds(600);
    pilot.passes(12);
    assert_eq!(
        pilot.shell.next_expiry().map(|at| at.min(ends)),
        Some(ends),
        "it is drawn when it ends, by our clock"
    );
    pilot.passes(600 - 19 - 12);
    assert!(!pilot.title().contains("ARMED"), "{}", pilot.title());
    assert!(pilot.screen().contains("prod is armed no more"), "{}", pilot.screen());
}

#[test]
fn a_second_press_disarms_after_a_question() {
    let mut pilot = wide().known_as("user/anna", &[]);
    pilot.told_armings(vec![arming("prod", "user/anna", 300)]);
    pilot.press("A");
    assert!(pilot.screen().contains("Disarm prod?"), "{}", pilot.screen());
    pilot.press("y");
    let disarm = Request::Disarm(Disarm { environment: "prod".into() });
    assert_eq!(pilot.calls().last().map(|(_, request)| *request), Some(&disarm));
    pilot.answer("Disarm", Ok(Reply::Disarm(Done {})));
    assert!(!pilot.title().contains("ARMED") && pilot.screen().contains("prod is disarmed"));
}

#[test]
fn what_somebody_else_has_armed_is_said_and_arms_nothing_here() {
    let mut pilot = wide().known_as("user/anna", &[]);
    pilot.told_armings(vec![arming("prod", "user/ben", 250)]);
    assert!(pilot.title().contains("prod armed by user/ben 4:10"), "{}", pilot.title());
    assert!(!pilot.title().contains("ARMED"));
    pilot.press("gA");
    assert!(pilot.screen().contains("OPS-7: roll out"), "{}", pilot.screen());
}

#[test]
fn a_refusal_for_want_of_an_arming_offers_it_and_sends_again() {
    let mut pilot = wide().known_as("user/anna", &[]);
    let room = pilot.shell.tabs.current().here().id;
    let send = Request::SendCommand(SendCommand {
        document_name: "AWS-RunShellScript".into(),
        ..SendCommand::default()
    });
    pilot.shell.call_for(room, Ticket(7), send.clone());
    pilot.frame();
    pilot.answer("SendCommand", Err(unarmed()));
    assert!(pilot.screen().contains("prod is not armed. Arm it, and send again?"), "{}", pilot.screen());
    pilot.press("yOPS-7<Enter>");
    let sent = |pilot: &Pilot| pilot.calls().iter().filter(|(_, request)| **request == send).count();
    assert_eq!(sent(&pilot), 1, "not before it is armed");
    pilot.answer("Arm", Ok(Reply::Arm(ArmResult { arming: arming("prod", "user/anna", 600) })));
    assert_eq!(sent(&pilot), 2);
}

#[test]
fn a_refusal_that_is_left_unarmed_reaches_the_room() {
    let mut pilot = wide().known_as("user/anna", &[]);
    let room = pilot.shell.tabs.current().here().id;
    for keys in ["<Esc>", "y<Esc>"] {
        pilot.shell.call_for(room, Ticket(7), Request::SendCommand(SendCommand::default()));
        pilot.frame();
        pilot.answer("SendCommand", Err(unarmed()));
        pilot.press(keys);
        assert!(pilot.shell.layers.is_empty());
        assert!(pilot.screen().contains("is not authorized to perform"), "{}", pilot.screen());
        pilot.press("gd");
    }
}

#[test]
fn what_waits_for_approval_leads_to_its_request() {
    let mut pilot = wide().known_as("user/anna", &[]);
    let room = pilot.shell.tabs.current().here().id;
    pilot.shell.call_for(room, Ticket(7), Request::SendCommand(SendCommand::default()));
    pilot.frame();
    let message = format!("it waits for approval as {}: more than 3 nodes of prod", approval_id(1));
    let error = CallError { code: pilothouse_api::approvals::APPROVAL_REQUIRED.into(), message };
    pilot.answer("SendCommand", Err(error));
    pilot.press("y");
    assert_eq!(pilot.here(), Route::Approval(approval_id(1)));
}

#[test]
fn credentials_that_end_soon_say_so() {
    let mut pilot = wide();
    let access = GetCallerAccessResult {
        principal: "role/operator".into(),
        expires_at: Some(NOW.plus_seconds(250).into()),
        ..GetCallerAccessResult::default()
    };
    pilot.answer("GetCallerAccess", Ok(Reply::GetCallerAccess(access)));
    assert!(pilot.screen().contains("credentials end in 4:10"), "{}", pilot.screen());
}

#[test]
fn local_mode_needs_no_arming() {
    let mut pilot = wide().known_as("root", &[]);
    pilot.shell.environment = Environment::local();
    pilot.press("A");
    assert!(pilot.shell.layers.is_empty() && pilot.screen().contains("nothing needs to be armed here"));
}

#[test]
fn a_request_that_one_may_decide_rings_and_is_counted_in_the_title() {
    let mut pilot = wide().known_as("user/anna", &[]);
    pilot.told_approvals(vec![]);
    let bells = |pilot: &Pilot| pilot.orders.iter().filter(|order| **order == Order::Bell).count();
    assert_eq!(bells(&pilot), 0);
    pilot.told_approvals(vec![approval(1)]);
    assert_eq!(bells(&pilot), 1);
    assert!(pilot.title().contains("1 to decide"), "{}", pilot.title());
    pilot.press("gi");
    assert_eq!(pilot.here(), Route::Inbox);
}

#[test]
fn the_frame_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let name = |what: &str| format!("{what}_{width}x{height}");
        let mut pilot = Pilot::at(NODES, Size::new(width, height)).linked(24).known_as("user/anna", &[]);
        pilot.told_approvals(vec![]);
        pilot.press("A");
        insta::assert_snapshot!(name("arm_which"), pilot.screen());
        pilot.press("<Enter>OPS-7");
        insta::assert_snapshot!(name("arm_why"), pilot.screen());
        pilot.press("<Esc>");
        pilot.told_approvals(vec![approval(1), approval(2)]);
        pilot.told_armings(vec![arming("prod", "user/anna", 581), arming("staging", "user/ben", 250)]);
        insta::assert_snapshot!(name("armed"), pilot.screen());
    }
}
