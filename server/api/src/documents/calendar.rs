//! GetCalendarState.

use serde::{Deserialize, Serialize};

use crate::validate::Violations;

/// The most calendars that are asked at once.
const MOST: usize = 50;

/// Asks change calendars whether something may be changed at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCalendarState {
    /// Names or ARNs of documents of type ChangeCalendar.
    pub calendar_names: Vec<String>,
    /// ISO 8601; now, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_time: Option<String>,
}

impl GetCalendarState {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.count("calendarNames", &self.calendar_names, 1, MOST);
        for (i, name) in self.calendar_names.iter().enumerate() {
            v.length(&format!("calendarNames.{}.member", i + 1), name, 1, 2048);
        }
        if let Some(at) = &self.at_time {
            v.length("atTime", at, 1, 64);
        }
    }
}

/// What they say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCalendarStateResponse {
    /// OPEN when every calendar is open, else CLOSED.
    pub state: String,
    /// When they were asked for, ISO 8601.
    pub at_time: String,
    /// When that changes; absent if it is not known to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_transition_time: Option<String>,
}
