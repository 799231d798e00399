//! Arming an environment: for how long, and why.

use crossterm::event::{KeyCode, KeyEvent};
use pilothouse_api::arming::Arm;
use pilothouse_kit::input::{Line, LineEvent};

use super::Outcome;
use crate::shell::keys::{Action, Say};
use crate::spans;

/// Times to choose from.
pub const TIMES: [&str; 4] = ["5m", "10m", "30m", "60m"];
/// The one to begin with.
const FIRST: usize = 1;
/// Characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 3..=256;

/// What is typed.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmForm {
    /// What is armed.
    pub environment: String,
    /// For how long, as [`spans::seconds`] reads it.
    pub time: Line,
    /// Why.
    pub reason: Line,
    /// Whether the reason has the keys; else the time has.
    pub on_reason: bool,
}

impl ArmForm {
    /// A form for an environment, for a time when that was said already. The reason is what is typed first.
    #[must_use]
    pub fn new(environment: String, seconds: Option<i64>) -> Self {
        let time = seconds.map_or_else(|| TIMES[FIRST].to_owned(), |seconds| format!("{seconds}s"));
        Self { environment, time: Line::new(time), reason: Line::default(), on_reason: true }
    }

    /// What is wrong with it.
    ///
    /// # Errors
    /// In words for people.
    pub fn arm(&self) -> Result<Arm, String> {
        let seconds = spans::seconds(self.time.text()).map_err(|error| error.to_string())?;
        let reason = self.reason.text().trim().to_owned();
        if !REASON.contains(&reason.chars().count()) {
            return Err(String::from("say why, in 3 to 256 characters: everyone sees it"));
        }
        Ok(Arm { environment: self.environment.clone(), seconds, reason })
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.field().paste(text);
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down => self.on_reason = !self.on_reason,
            KeyCode::Left if !self.on_reason => self.choose(false),
            KeyCode::Right if !self.on_reason => self.choose(true),
            _ => match self.field().key(key) {
                LineEvent::Submit if !self.on_reason => self.on_reason = true,
                LineEvent::Submit => return self.submit(),
                LineEvent::Cancel => return Outcome::Chose(Say::Shell(Action::LeaveUnarmed), None),
                LineEvent::Changed | LineEvent::Moved | LineEvent::Ignored => {}
            },
        }
        Outcome::Stay
    }

    fn field(&mut self) -> &mut Line {
        if self.on_reason { &mut self.reason } else { &mut self.time }
    }

    /// The next longer or shorter time; from one that was typed, the first.
    fn choose(&mut self, longer: bool) {
        let at = TIMES.iter().position(|time| *time == self.time.text().trim());
        let next = match (at, longer) {
            (Some(at), true) => (at + 1).min(TIMES.len() - 1),
            (Some(at), false) => at.saturating_sub(1),
            (None, _) => FIRST,
        };
        self.time.set(TIMES[next]);
    }

    fn submit(&self) -> Outcome {
        match self.arm() {
            Ok(arm) => Outcome::Chose(Say::Shell(Action::ArmNow(arm)), None),
            Err(why) => Outcome::Refused(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(form: &mut ArmForm, code: KeyCode) -> Outcome {
        form.key(KeyEvent::from(code))
    }

    #[test]
    fn nothing_is_armed_without_a_reason() {
        let mut form = ArmForm::new("prod".into(), None);
        assert!(matches!(press(&mut form, KeyCode::Enter), Outcome::Refused(why) if why.contains("why")));
        form.paste("OPS-7");
        let arm = Arm { environment: "prod".into(), seconds: 600, reason: "OPS-7".into() };
        assert_eq!(press(&mut form, KeyCode::Enter), Outcome::Chose(Say::Shell(Action::ArmNow(arm)), None));
    }

    #[test]
    fn a_time_is_chosen_or_typed() {
        let mut form = ArmForm::new("prod".into(), None);
        press(&mut form, KeyCode::Tab);
        press(&mut form, KeyCode::Right);
        assert_eq!(form.time.text(), "30m");
        form.time.clear();
        form.paste("soon");
        press(&mut form, KeyCode::Enter);
        form.paste("OPS-7");
        assert!(matches!(press(&mut form, KeyCode::Enter), Outcome::Refused(why) if why.contains("soon")));
        assert!(ArmForm::new("prod".into(), Some(90)).arm().unwrap_err().contains("why"));
    }

    #[test]
    fn leaving_it_lets_go_of_what_waited_for_it() {
        let mut form = ArmForm::new("prod".into(), None);
        let said = press(&mut form, KeyCode::Esc);
        assert_eq!(said, Outcome::Chose(Say::Shell(Action::LeaveUnarmed), None));
    }
}
