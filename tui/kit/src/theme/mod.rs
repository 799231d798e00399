//! How everything looks: a style for each [`Role`], read from a theme file, and the signs beside words.
//!
//! In: theme files (`themes/*.toml`, the user's own), how many colours the terminal shows. Out: styles by role, symbols.
//! Colours degrade to what the terminal has; without colours the built-in file `plain` decides, with bold, underline and
//! reverse alone. Never here: who draws what, and never a role for one widget.

mod depth;
mod role;
mod sheet;
mod symbols;

use std::sync::Arc;

use ratatui::style::{Modifier, Style};

pub use self::depth::Depth;
pub use self::role::Role;
pub use self::sheet::ThemeError;
pub use self::symbols::Symbols;

use self::sheet::Sheet;

/// The built-in themes' files. `plain` is what every theme becomes where there are no colours.
const FILES: [(&str, &str); 5] = [
    ("terminal", include_str!("../../../../themes/terminal.toml")),
    ("dark", include_str!("../../../../themes/dark.toml")),
    ("light", include_str!("../../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../../themes/high-contrast.toml")),
    ("plain", include_str!("../../../../themes/plain.toml")),
];
const PLAIN: &str = "plain";

/// A style for each role, and symbols. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: Arc<Styles>,
    symbols: &'static Symbols,
}

#[derive(Debug)]
struct Styles {
    name: String,
    depth: Depth,
    by_role: Vec<Style>,
}

impl Theme {
    /// A built-in theme on a terminal of that many colours; `None` if there is none of that name.
    #[must_use]
    pub fn builtin(name: &str, depth: Depth) -> Option<Self> {
        let text = Self::builtin_text(name)?;
        Self::parse(name, text, depth, &|_| None).ok()
    }

    /// Names of the built-in themes; the first is the default.
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        &["terminal", "dark", "light", "high-contrast"]
    }

    /// The file of a built-in theme: a pattern for one's own.
    #[must_use]
    pub fn builtin_text(name: &str) -> Option<&'static str> {
        FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// Reads a theme file. It may inherit from one that `find` gives by name, or from a built-in one; `find` is asked
    /// first, except by a theme for its own name, so that a user's `dark` can build on the built-in `dark`.
    ///
    /// # Errors
    /// [`ThemeError`] names theme and line of what is wrong: not TOML, an unknown role, colour, word or ancestor.
    pub fn parse(
        name: &str,
        toml: &str,
        depth: Depth,
        find: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ThemeError> {
        let builtin = |wanted: &str| Self::builtin_text(wanted).map(str::to_owned);
        let ancestor = |wanted: &str| {
            if wanted == name { builtin(wanted) } else { find(wanted).or_else(|| builtin(wanted)) }
        };
        let mut sheet = Sheet::read(name, toml, &ancestor)?;
        let mut by_role = Self::styles(&sheet, depth)?;
        if depth == Depth::None {
            sheet = Sheet::read(PLAIN, FILES[FILES.len() - 1].1, &|_| None)?;
            by_role = Self::styles(&sheet, depth)?;
        }
        Ok(Self {
            styles: Arc::new(Styles { name: name.to_owned(), depth, by_role }),
            symbols: &symbols::UNICODE,
        })
    }

    fn styles(sheet: &Sheet, depth: Depth) -> Result<Vec<Style>, ThemeError> {
        Role::ALL.iter().map(|&role| sheet.style(role, depth)).collect()
    }

    /// How something of that meaning looks. Meant to be laid over what is below it.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.styles.by_role.get(role as usize).copied().unwrap_or_default()
    }

    /// How it looks on the row under the cursor. Where the selection is a matter of its ground alone, meanings keep their
    /// colours on it; where it is reversed, has a colour for text, or colours are few, the row looks all the same.
    #[must_use]
    pub fn selected(&self, role: Role) -> Style {
        let (text, own, selection) = (self.style(Role::Text), self.style(role), self.style(Role::Selection));
        let reversed = selection.add_modifier.contains(Modifier::REVERSED);
        if reversed || selection.fg.is_some() || self.styles.depth <= Depth::Ansi16 {
            let kept = own.add_modifier & (Modifier::BOLD | Modifier::UNDERLINED);
            return text.patch(selection).add_modifier(kept);
        }
        text.patch(own).patch(selection)
    }

    /// The theme's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.styles.name
    }

    /// The signs beside words.
    #[must_use]
    pub fn symbols(&self) -> &'static Symbols {
        self.symbols
    }

    /// The same theme with signs of ASCII alone, or of Unicode.
    #[must_use]
    pub fn with_ascii(mut self, ascii: bool) -> Self {
        self.symbols = if ascii { &symbols::ASCII } else { &symbols::UNICODE };
        self
    }
}

#[cfg(test)]
mod demo;
#[cfg(test)]
mod tests;
