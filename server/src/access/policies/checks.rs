//! Texts that are being checked. Whoever may look at anything may have a text checked, and the worst text takes a good part of a
//! second: so it is done beside the calls that are served, a few at a time for each person.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pilothouse_api::access::Finding;

use super::validate;

/// Texts of one person that are checked at a time: one that is being written, and one that is being saved.
const AT_ONCE: u32 = 2;

/// Who has texts checked, and how many. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Checks(Arc<Mutex<HashMap<String, u32>>>);

/// Why a text is not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotChecked {
    /// Texts of this person are being checked.
    #[error("{AT_ONCE} texts of yours are being checked already")]
    Busy,
    /// The check stopped in its midst.
    #[error("the check stopped in its midst")]
    Stopped,
}

impl Checks {
    /// What is wrong with a text of this person, as [`validate`] finds it.
    ///
    /// # Errors
    /// When too many texts of the person are being checked, or the check stops.
    pub async fn check(&self, person: &str, text: String) -> Result<Vec<Finding>, NotChecked> {
        let place = self.enter(person).ok_or(NotChecked::Busy)?;
        let work = tokio::task::spawn_blocking(move || {
            // Held to the end, whether or not anybody waits for it.
            let _place = place;
            validate(&text)
        });
        work.await.map_err(|_| NotChecked::Stopped)
    }

    fn enter(&self, person: &str) -> Option<Place> {
        let mut inside = self.inside();
        let count = inside.entry(person.to_owned()).or_default();
        if *count >= AT_ONCE {
            return None;
        }
        *count += 1;
        Some(Place { checks: self.clone(), person: person.to_owned() })
    }

    fn inside(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        // A panic while holding the lock leaves whole entries.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A text's place among those that are checked.
struct Place {
    checks: Checks,
    person: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.checks.inside();
        if let Some(count) = inside.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                inside.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_person_has_a_few_texts_checked_at_a_time_and_takes_nothing_from_others() {
        let checks = Checks::default();
        let places: Vec<Place> = (0..AT_ONCE).map(|_| checks.enter("user/ann").unwrap()).collect();
        assert_eq!(checks.check("user/ann", String::from("permit")).await, Err(NotChecked::Busy));
        let findings = checks.check("user/ben", String::from("permit")).await.unwrap();
        assert_eq!(findings, validate("permit"));
        drop(places);
        assert!(checks.check("user/ann", String::from("permit")).await.is_ok());
        assert!(checks.inside().is_empty());
    }
}
