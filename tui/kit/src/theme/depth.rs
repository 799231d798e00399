//! How many colours a terminal shows, and the nearest that it has to a colour that it has not.

use ratatui::style::Color;

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// None: bold, underline and reverse alone.
    None,
    /// The terminal's own sixteen.
    Ansi16,
    /// Those, a cube and a grey ramp.
    Ansi256,
    /// Any.
    True,
}

impl Depth {
    /// Decides by the values of `NO_COLOR`, `COLORTERM` and `TERM`, each if it is set.
    #[must_use]
    pub fn detect(no_color: Option<&str>, colorterm: Option<&str>, term: Option<&str>) -> Self {
        let term = term.unwrap_or_default();
        if no_color.is_some_and(|value| !value.is_empty())
            || matches!(term, "" | "dumb")
            || term.starts_with("vt")
        {
            return Self::None;
        }
        if colorterm.is_some_and(|value| matches!(value, "truecolor" | "24bit")) || term.ends_with("-direct")
        {
            return Self::True;
        }
        if term.contains("256color") { Self::Ansi256 } else { Self::Ansi16 }
    }

    /// Whether the terminal shows this colour as it is.
    #[must_use]
    pub const fn shows(self, color: Color) -> bool {
        match color {
            Color::Rgb(..) => matches!(self, Self::True),
            Color::Indexed(at) if at >= 16 => matches!(self, Self::Ansi256 | Self::True),
            _ => !matches!(self, Self::None),
        }
    }

    /// The nearest colour that the terminal shows; `None` where there are no colours.
    #[must_use]
    pub fn nearest(self, color: Color) -> Option<Color> {
        if self.shows(color) {
            return Some(color);
        }
        match (self, color) {
            (Self::Ansi256, Color::Rgb(r, g, b)) => Some(Color::Indexed(nearest_indexed([r, g, b]))),
            (Self::Ansi16, Color::Rgb(r, g, b)) => Some(nearest_named([r, g, b])),
            (Self::Ansi16, Color::Indexed(at)) => Some(nearest_named(rgb_of(at))),
            _ => None,
        }
    }
}

/// The sixteen, by the names that theme files use, as xterm shows them.
pub(super) const NAMED: [(&str, Color, [u8; 3]); 16] = [
    ("black", Color::Black, [0, 0, 0]),
    ("red", Color::Red, [205, 0, 0]),
    ("green", Color::Green, [0, 205, 0]),
    ("yellow", Color::Yellow, [205, 205, 0]),
    ("blue", Color::Blue, [0, 0, 238]),
    ("magenta", Color::Magenta, [205, 0, 205]),
    ("cyan", Color::Cyan, [0, 205, 205]),
    ("white", Color::Gray, [229, 229, 229]),
    ("bright-black", Color::DarkGray, [127, 127, 127]),
    ("bright-red", Color::LightRed, [255, 0, 0]),
    ("bright-green", Color::LightGreen, [0, 255, 0]),
    ("bright-yellow", Color::LightYellow, [255, 255, 0]),
    ("bright-blue", Color::LightBlue, [92, 92, 255]),
    ("bright-magenta", Color::LightMagenta, [255, 0, 255]),
    ("bright-cyan", Color::LightCyan, [0, 255, 255]),
    ("bright-white", Color::White, [255, 255, 255]),
];

/// The levels of each axis of the cube of 256.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn rgb_of(indexed: u8) -> [u8; 3] {
    match indexed {
        0..16 => NAMED[usize::from(indexed)].2,
        16..232 => {
            let at = indexed - 16;
            [at / 36, at / 6 % 6, at % 6].map(|level| CUBE[usize::from(level)])
        }
        232.. => [8 + (indexed - 232) * 10; 3],
    }
}

fn nearest_named(rgb: [u8; 3]) -> Color {
    let nearest = NAMED.iter().min_by_key(|(_, _, known)| distance(rgb, *known));
    nearest.map_or(Color::Reset, |(_, color, _)| *color)
}

/// Never one of the first sixteen: those look different in every terminal.
fn nearest_indexed(rgb: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|&at| distance(rgb, rgb_of(at))).unwrap_or(16)
}

/// Distance as the eye has it, roughly: green counts most, and red more the redder both are.
fn distance(a: [u8; 3], b: [u8; 3]) -> i32 {
    let [r, g, b_] = [0, 1, 2].map(|at| i32::from(a[at]) - i32::from(b[at]));
    let red = (i32::from(a[0]) + i32::from(b[0])) / 2;
    (((512 + red) * r * r) >> 8) + 4 * g * g + (((767 - red) * b_ * b_) >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_how_many_colours_there_are() {
        let detect = |no, color, term| Depth::detect(no, color, Some(term));
        assert_eq!(detect(None, Some("truecolor"), "xterm-256color"), Depth::True);
        assert_eq!(detect(None, None, "tmux-256color"), Depth::Ansi256);
        assert_eq!(detect(None, None, "linux"), Depth::Ansi16);
        assert_eq!(detect(Some("1"), Some("truecolor"), "xterm-256color"), Depth::None);
        assert_eq!(detect(Some(""), None, "xterm"), Depth::Ansi16, "an empty NO_COLOR does not count");
        assert_eq!(Depth::detect(None, None, None), Depth::None);
        assert_eq!(detect(None, Some("truecolor"), "dumb"), Depth::None);
    }

    #[test]
    fn a_colour_degrades_step_by_step() {
        let orange = Color::Rgb(255, 135, 0);
        assert_eq!(Depth::True.nearest(orange), Some(orange));
        assert_eq!(Depth::Ansi256.nearest(orange), Some(Color::Indexed(208)));
        assert_eq!(Depth::Ansi16.nearest(Color::Rgb(250, 10, 5)), Some(Color::LightRed));
        assert_eq!(Depth::Ansi16.nearest(Color::Indexed(232)), Some(Color::Black));
        assert_eq!(Depth::Ansi16.nearest(Color::Red), Some(Color::Red));
        assert_eq!(Depth::None.nearest(Color::Red), None);
    }
}
