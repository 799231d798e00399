//! Reading a theme file: palette, roles, ancestor. Errors name the theme, the line and what stands there.
//!
//! ```toml
//! inherits = "dark"
//! [palette]
//! leaf = ["#9ece6a", 149, "green"]    # the first that the terminal shows; else the nearest to the first
//! [roles]
//! "state.ok" = "leaf"                 # a colour, and words such as bold
//! selection = { bg = "blue", bold = true }
//! ```

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Role;
use super::depth::{Depth, NAMED};

/// Why a theme cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("theme {theme}, line {line}: {problem}")]
pub struct ThemeError {
    /// The theme's name.
    pub theme: String,
    /// Line of its file, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// So many ancestors are followed; a longer chain is a circle or a mistake.
const ANCESTORS: usize = 8;

/// How a role looks, with its colours still by name.
#[derive(Clone, Debug, Default)]
struct Look {
    fg: Option<String>,
    bg: Option<String>,
    add: Modifier,
    sub: Modifier,
    line: usize,
}

/// A theme file with its ancestors laid under it.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    palette: BTreeMap<String, Vec<Color>>,
    looks: BTreeMap<String, (String, Look)>,
}

impl Sheet {
    /// Reads a theme and its ancestors, which `find` gives by name.
    pub(super) fn read(
        name: &str,
        text: &str,
        find: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ThemeError> {
        let mut sheet = Self::default();
        let mut next = Some((name.to_owned(), text.to_owned()));
        for _ in 0..ANCESTORS {
            let Some((name, text)) = next else { return Ok(sheet) };
            next = sheet.lay_under(&Page { theme: &name, text: &text }, find)?;
        }
        let problem = format!("more than {ANCESTORS} themes inherit from one another");
        Err(ThemeError { theme: name.to_owned(), line: 1, problem })
    }

    /// Takes from a file what nobody above it has said, and returns its ancestor.
    fn lay_under(
        &mut self,
        page: &Page<'_>,
        find: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<(String, String)>, ThemeError> {
        let table = DeTable::parse(page.text).map_err(|error| {
            page.error(error.span().map_or(0, |span| span.start), error.message().to_owned())
        })?;
        let mut ancestor = None;
        for (key, value) in table.get_ref() {
            match key.get_ref().as_ref() {
                "inherits" => ancestor = Some(page.ancestor(value, find)?),
                "palette" => {
                    for (name, colors) in page.table(value)? {
                        let colors = page.colors(colors)?;
                        self.palette.entry(name.get_ref().to_string()).or_insert(colors);
                    }
                }
                "roles" => {
                    for (name, look) in page.table(value)? {
                        if !Role::is_name(name.get_ref()) {
                            return Err(page
                                .error(name.span().start, format!("there is no role {:?}", name.get_ref())));
                        }
                        let look = (page.theme.to_owned(), page.look(look)?);
                        self.looks.entry(name.get_ref().to_string()).or_insert(look);
                    }
                }
                other => {
                    let problem = format!("unknown key {other:?}; known are inherits, palette and roles");
                    return Err(page.error(key.span().start, problem));
                }
            }
        }
        Ok(ancestor)
    }

    /// The style of a role on a terminal of that many colours.
    pub(super) fn style(&self, role: Role, depth: Depth) -> Result<Style, ThemeError> {
        let Some((theme, look)) = role.lineage().find_map(|name| self.looks.get(name)) else {
            return Ok(Style::default());
        };
        let color = |name: &Option<String>| match name {
            None => Ok(None),
            Some(name) => self.color(name, depth).ok_or_else(|| ThemeError {
                theme: theme.clone(),
                line: look.line,
                problem: format!("neither the palette nor the terminal has a colour {name:?}"),
            }),
        };
        let style = Style { fg: color(&look.fg)?, bg: color(&look.bg)?, ..Style::default() };
        Ok(style.add_modifier(look.add).remove_modifier(look.sub))
    }

    /// `None`: there is no such colour. `Some(None)`: there is, but not on this terminal.
    fn color(&self, name: &str, depth: Depth) -> Option<Option<Color>> {
        let own;
        let colors = match self.palette.get(name) {
            Some(colors) => colors,
            None => {
                own = vec![named(name)?];
                &own
            }
        };
        let shown = colors.iter().copied().find(|&color| depth.shows(color));
        Some(shown.or_else(|| colors.first().and_then(|&color| depth.nearest(color))))
    }
}

/// A file being read.
struct Page<'a> {
    theme: &'a str,
    text: &'a str,
}

impl Page<'_> {
    fn error(&self, at: usize, problem: String) -> ThemeError {
        ThemeError { theme: self.theme.to_owned(), line: self.line(at), problem }
    }

    fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1
    }

    fn ancestor(
        &self,
        value: &Spanned<DeValue<'_>>,
        find: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(String, String), ThemeError> {
        let at = value.span().start;
        let name = value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.error(at, "inherits is the name of a theme".to_owned()))?;
        let text = find(name)
            .ok_or_else(|| self.error(at, format!("there is no theme {name:?} to inherit from")))?;
        Ok((name.to_owned(), text))
    }

    fn table<'v, 'i>(&self, value: &'v Spanned<DeValue<'i>>) -> Result<&'v DeTable<'i>, ThemeError> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.error(value.span().start, "a table is wanted here".to_owned()))
    }

    /// A colour, or several of which the first that the terminal shows is taken.
    fn colors(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<Color>, ThemeError> {
        match value.get_ref().as_array() {
            Some(array) if array.is_empty() => {
                Err(self.error(value.span().start, "no colour stands here".to_owned()))
            }
            Some(array) => array.iter().map(|value| self.color(value)).collect(),
            None => Ok(vec![self.color(value)?]),
        }
    }

    fn color(&self, value: &Spanned<DeValue<'_>>) -> Result<Color, ThemeError> {
        let wrong = |said: &str| {
            let problem = format!(
                "{said:?} is no colour; write \"#rrggbb\", a number up to 255, or one such as \"bright-red\""
            );
            self.error(value.span().start, problem)
        };
        match value.get_ref() {
            DeValue::Integer(number) => {
                let index = number.as_str().parse().map_err(|_| wrong(number.as_str()))?;
                Ok(Color::Indexed(index))
            }
            DeValue::String(text) => named(text).ok_or_else(|| wrong(text)),
            other => Err(wrong(other.type_str())),
        }
    }

    /// `"green bold"`, or `{ fg = "green", bold = true }`.
    fn look(&self, value: &Spanned<DeValue<'_>>) -> Result<Look, ThemeError> {
        let at = value.span().start;
        let mut look = Look { line: self.line(at), ..Look::default() };
        match value.get_ref() {
            DeValue::String(words) => {
                for word in words.split_whitespace() {
                    match modifier(word) {
                        Some(modifier) => look.add |= modifier,
                        None if look.fg.is_none() => look.fg = Some(word.to_owned()),
                        None => {
                            return Err(self.error(
                                at,
                                format!("{word:?} is a second colour; write {{ fg = .., bg = .. }}"),
                            ));
                        }
                    }
                }
            }
            DeValue::Table(table) => {
                for (key, value) in table {
                    self.member(&mut look, key, value)?;
                }
            }
            other => {
                return Err(self.error(at, format!("a style is text or a table, not {}", other.type_str())));
            }
        }
        Ok(look)
    }

    fn member(
        &self,
        look: &mut Look,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), ThemeError> {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("fg", DeValue::String(name)) => look.fg = Some(name.to_string()),
            ("bg", DeValue::String(name)) => look.bg = Some(name.to_string()),
            (word, DeValue::Boolean(on)) if let Some(modifier) = modifier(word) => {
                if *on {
                    look.add |= modifier;
                } else {
                    look.sub |= modifier;
                }
            }
            (word, _) => {
                let problem = format!(
                    "{word:?} does not belong here; fg and bg are names of colours, {} are true or false",
                    MODIFIERS.map(|(name, _)| name).join(", ")
                );
                return Err(self.error(key.span().start, problem));
            }
        }
        Ok(())
    }
}

/// The words beside colours.
const MODIFIERS: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
    ("strike", Modifier::CROSSED_OUT),
];

fn modifier(word: &str) -> Option<Modifier> {
    MODIFIERS.iter().find(|(name, _)| *name == word).map(|(_, modifier)| *modifier)
}

/// `#rrggbb`, one of the sixteen, or `default`.
fn named(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Some(hex) = text.strip_prefix('#') {
        let rgb = (hex.len() == 6).then(|| u32::from_str_radix(hex, 16).ok())??;
        let [_, r, g, b] = rgb.to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    NAMED.iter().find(|(name, ..)| *name == text).map(|(_, color, _)| *color)
}
