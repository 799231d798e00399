//! How fast a command goes on: paused, more or fewer at a time, how many errors are allowed.
//!
//! In: the command's rates, keys, what is typed into the line of limits. Out: requests. What only slows down or can be taken
//! back is done at once; more errors than were allowed are asked about first.
//! Never here: stopping it.

use pilothouse_api::protocol::InvocationState;
use pilothouse_api::runs::UpdateCommand;
use pilothouse_api::topics::CommandView;
use pilothouse_kit::input::{Line, LineEvent};

use super::keys::Msg;
use super::state::{Command, Deed};
use crate::effect::{Effect, Effects, Ladder, Level, Question, Request, Ticket};
use crate::look;
use crate::screen::{Cx, Input};
use crate::words;

/// How many at a time, and how many errors are allowed, as the server takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A number or a percentage.
    pub concurrency: String,
    /// A number or a percentage.
    pub errors: String,
}

/// The limits, while they are typed.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitsLine {
    /// What is typed: both, with a blank between.
    pub line: Line,
    /// What is wrong with it.
    pub wrong: Option<String>,
}

/// Steps of the concurrency in each power of ten.
const STEPS: [u32; 3] = [1, 2, 5];
/// The most nodes at a time that a step leads to.
const MOST: u32 = 50_000;

impl Command {
    pub(super) fn hear_of_rates(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(command) = self.detail(cx).and_then(|detail| detail.command.as_ref()) else {
            return Vec::new();
        };
        match msg {
            Msg::Pause => vec![self.pause(command)],
            Msg::Faster(more) => self.step(command, more),
            Msg::Limits => {
                let now = format!("{} {}", command.max_concurrency, command.max_errors);
                self.limits = Some(LimitsLine { line: Line::new(&now), wrong: None });
                Vec::new()
            }
            Msg::Typed(input) => self.take_limits(&input, command, cx),
            Msg::Limited(limits) => vec![self.limit(limits)],
            _ => Vec::new(),
        }
    }

    fn pause(&mut self, command: &CommandView) -> Effect<Msg> {
        let unsent = command.counts.get(&InvocationState::Pending).copied().unwrap_or_default();
        let nodes = words::count(unsent.into(), "node");
        let said = if command.paused {
            format!("goes on: {nodes} to come")
        } else {
            format!("paused: {nodes} not sent, what runs runs on; p goes on")
        };
        self.ask_server(UpdateCommand { paused: Some(!command.paused), ..UpdateCommand::default() }, said)
    }

    /// The next step up or down from what it is, or from what was asked for last.
    fn step(&mut self, command: &CommandView, more: bool) -> Effects<Msg> {
        let now = &command.max_concurrency;
        let Some(then) = stepped(now, more) else {
            let end = if more { "most" } else { "least" };
            return vec![Effect::Toast(
                Level::Info,
                format!("{now} at a time is the {end} that a step leads to"),
            )];
        };
        let said = format!("{now} {} {then} at a time", if more { "to" } else { "down to" });
        let request = UpdateCommand { max_concurrency: Some(then), ..UpdateCommand::default() };
        vec![self.ask_server(request, said)]
    }

    fn take_limits(&mut self, input: &Input, command: &CommandView, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(typed) = &mut self.limits else { return Vec::new() };
        match input.type_into(&mut typed.line) {
            LineEvent::Submit => match read(typed.line.text()) {
                Ok(limits) => {
                    self.limits = None;
                    self.ask_about(limits, command, cx)
                }
                Err(wrong) => {
                    typed.wrong = Some(wrong);
                    Vec::new()
                }
            },
            LineEvent::Cancel => {
                self.limits = None;
                Vec::new()
            }
            LineEvent::Changed => {
                typed.wrong = None;
                Vec::new()
            }
            LineEvent::Moved | LineEvent::Ignored => Vec::new(),
        }
    }

    /// More errors may take down more nodes: that is asked first. All else is done.
    fn ask_about(&mut self, limits: Limits, command: &CommandView, cx: &Cx<'_>) -> Effects<Msg> {
        let targets = command.target_count;
        let grows = absolute(&limits.errors, targets) > absolute(&command.max_errors, targets);
        if !grows {
            return vec![self.limit(limits)];
        }
        let unsent = command.counts.get(&InvocationState::Pending).copied().unwrap_or_default();
        let production = self.environments.keys().find(|env| look::is_prod(env)).map(String::as_str);
        let card = vec![
            words::first_line(command),
            format!("errors allowed  {}, were {}", limits.errors, command.max_errors),
            format!("errors so far   {}", command.errors),
            format!("still to come   {}", words::count(unsent.into(), "node")),
        ];
        vec![Effect::Ask(Question {
            title: format!("Allow {}?", errors(&limits.errors)),
            card,
            ladder: Ladder::of(unsent.max(1) as usize, production, cx.typed_from),
            yes: Msg::Limited(limits),
        })]
    }

    fn limit(&mut self, limits: Limits) -> Effect<Msg> {
        let said = format!("{} at a time, {} allowed", limits.concurrency, errors(&limits.errors));
        let request = UpdateCommand {
            max_concurrency: Some(limits.concurrency),
            max_errors: Some(limits.errors),
            ..UpdateCommand::default()
        };
        self.ask_server(request, said)
    }

    fn ask_server(&mut self, request: UpdateCommand, said: String) -> Effect<Msg> {
        let request = UpdateCommand { command_id: self.id.to_string(), ..request };
        let ticket = self.ticket();
        self.deeds.insert(ticket, Deed::Update(said));
        Effect::Call(Ticket(ticket), Request::UpdateCommand(request))
    }

    /// What is typed into the line of limits.
    pub(super) fn typed_limits(&self, input: &Input) -> Option<Msg> {
        use crossterm::event::KeyCode;
        self.limits.as_ref()?;
        match input {
            Input::Key(key) if key.code == KeyCode::Esc => None,
            _ => Some(Msg::Typed(input.clone())),
        }
    }
}

/// `no error`, `1 error`, `10% errors`.
fn errors(limit: &str) -> String {
    match limit {
        "0" | "0%" => "no error".to_owned(),
        "1" => "1 error".to_owned(),
        other => format!("{other} errors"),
    }
}

/// What a limit means for so many targets.
fn absolute(limit: &str, targets: u32) -> u64 {
    match limit.strip_suffix('%') {
        Some(percent) => percent.parse::<u64>().map_or(0, |percent| u64::from(targets) * percent / 100),
        None => limit.parse().unwrap_or_default(),
    }
}

/// Two limits with a blank between.
fn read(text: &str) -> Result<Limits, String> {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let [concurrency, errors] = words[..] else {
        return Err("two are wanted: how many at a time, how many errors".to_owned());
    };
    for (word, least, what) in [(concurrency, 1, "at a time"), (errors, 0, "errors allowed")] {
        let (number, most) = match word.strip_suffix('%') {
            Some(number) => (number, 100),
            None => (word, u64::from(u32::MAX)),
        };
        let is_limit = number.parse::<u64>().is_ok_and(|number| (least..=most).contains(&number));
        if !is_limit {
            return Err(format!("{word:?} is no number and no percentage for what is {what}"));
        }
    }
    Ok(Limits { concurrency: concurrency.to_owned(), errors: errors.to_owned() })
}

/// The next number of 1, 2, 5, 10, 20, 50, … up or down; percentages up to 100.
fn stepped(now: &str, more: bool) -> Option<String> {
    let (number, most, sign) = match now.strip_suffix('%') {
        Some(number) => (number, 100, "%"),
        None => (now, MOST, ""),
    };
    let number: u32 = number.parse().ok()?;
    let steps = (0..5).flat_map(|power| STEPS.map(|step| step * 10_u32.pow(power)));
    let mut steps = steps.filter(|step| *step <= most);
    let next = if more { steps.find(|step| *step > number) } else { steps.rfind(|step| *step < number) };
    next.map(|next| format!("{next}{sign}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_leads_to_the_next_round_number_and_keeps_the_percent() {
        let steps = |now: &str| (stepped(now, true), stepped(now, false));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(steps("50"), (some("100"), some("20")));
        assert_eq!(steps("7"), (some("10"), some("5")));
        assert_eq!(steps("10%"), (some("20%"), some("5%")));
        assert_eq!(steps("100%"), (None, some("50%")));
        assert_eq!(steps("1"), (some("2"), None));
        assert_eq!(stepped("49999", true), some("50000"));
        assert_eq!(stepped("50000", true), None);
    }

    #[test]
    fn limits_are_two_numbers_or_percentages() {
        let limits = |c: &str, e: &str| Ok(Limits { concurrency: c.to_owned(), errors: e.to_owned() });
        assert_eq!(read(" 50  10%"), limits("50", "10%"));
        assert_eq!(read("25%,0"), limits("25%", "0"));
        assert!(read("50").unwrap_err().contains("two are wanted"));
        assert!(read("0 1").unwrap_err().contains("at a time"));
        assert!(read("50 101%").unwrap_err().contains("errors allowed"));
        assert!(read("fast none").is_err());
    }

    #[test]
    fn a_percentage_of_errors_is_compared_by_what_it_means() {
        assert_eq!((absolute("10%", 200), absolute("20", 200), absolute("x", 5)), (20, 20, 0));
    }
}
