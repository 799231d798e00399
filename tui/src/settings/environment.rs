//! What the title bar says of where we are, in a word and in a colour, and what becomes of runs when one leaves.

use pilothouse_kit::safe;
use pilothouse_kit::theme::Role;

use crate::effect::Ladder;
use crate::look;

/// Where we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    word: String,
    role: Role,
    place: String,
    hosted: bool,
}

impl Environment {
    /// A server somewhere: its environment's word, and where it is.
    #[must_use]
    pub fn named(word: &str, place: &str) -> Self {
        let word = safe::visible(word).to_uppercase();
        Self { role: look::env(&word), word, place: safe::visible(place).into_owned(), hosted: false }
    }

    /// Local mode.
    #[must_use]
    pub fn local() -> Self {
        Self {
            word: String::from("LOCAL"),
            role: Role::EnvDev,
            place: String::from("this machine"),
            hosted: true,
        }
    }

    /// The demo.
    #[must_use]
    pub fn demo() -> Self {
        Self {
            word: String::from("DEMO"),
            role: Role::EnvOther,
            place: String::from("simulated nodes"),
            hosted: true,
        }
    }

    /// The word.
    #[must_use]
    pub fn word(&self) -> &str {
        &self.word
    }

    /// The colour.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// More about it; may be empty.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether the server runs in this cockpit, for its user alone.
    #[must_use]
    pub fn is_hosted(&self) -> bool {
        self.hosted
    }

    /// How hard it is to say yes here: where the title bar says production, it must be typed, whatever the nodes' tags say.
    #[must_use]
    pub fn at_least(&self, ladder: Ladder) -> Ladder {
        match ladder {
            Ladder::Yes | Ladder::Card if self.role == Role::EnvProd => {
                Ladder::Typed(self.word.to_lowercase())
            }
            as_it_is => as_it_is,
        }
    }

    /// What becomes of runs that are under way when one leaves.
    #[must_use]
    pub fn what_quitting_leaves(&self) -> &'static str {
        if self.hosted {
            "Scripts on this machine run on to their end; the next start shows how."
        } else {
            "They go on without you; the history shows how they end."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_production_server_is_production_also_where_no_tag_says_so() {
        let prod = Environment::named("prod", "ops");
        assert_eq!(prod.at_least(Ladder::Yes), Ladder::Typed("prod".into()));
        assert_eq!(prod.at_least(Ladder::Typed("12".into())), Ladder::Typed("12".into()));
        assert_eq!(Environment::local().at_least(Ladder::Card), Ladder::Card);
    }

    #[test]
    fn production_is_seen_as_such() {
        assert_eq!(Environment::named("prod", "ops").role(), Role::EnvProd);
        assert_eq!(Environment::named("Staging", "").word(), "STAGING");
        assert_ne!(Environment::local().role(), Role::EnvProd);
    }
}
