//! With what is printed: colours and modifiers, and the shortest way from one pen to another.

use std::io::Write;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// Modifiers with the codes that switch them on and off.
const MODIFIERS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// What shows on a blank.
const ON_BLANK: Modifier = Modifier::UNDERLINED
    .union(Modifier::REVERSED)
    .union(Modifier::CROSSED_OUT)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK);

/// How the terminal draws what is printed next, packed: nine bits of modifiers, then twice twenty-five of colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen(u64);

/// How many bits a pen has.
pub(super) const BITS: u32 = 9 + 2 * COLOR;
const COLOR: u32 = 25;
const COLOR_MASK: u64 = (1 << COLOR) - 1;
const MODIFIER_MASK: u64 = (1 << 9) - 1;
/// Marks a colour of which all three parts are said, and one of the 256.
const RGB: u64 = 1 << 24;
const INDEXED: u64 = 1 << 8;

/// The terminal's own is 0; the sixteen follow, in the order of their codes.
const fn packed(color: Color) -> u64 {
    match color {
        Color::Reset => 0,
        Color::Black => 1,
        Color::Red => 2,
        Color::Green => 3,
        Color::Yellow => 4,
        Color::Blue => 5,
        Color::Magenta => 6,
        Color::Cyan => 7,
        Color::Gray => 8,
        Color::DarkGray => 9,
        Color::LightRed => 10,
        Color::LightGreen => 11,
        Color::LightYellow => 12,
        Color::LightBlue => 13,
        Color::LightMagenta => 14,
        Color::LightCyan => 15,
        Color::White => 16,
        Color::Indexed(index) => INDEXED | index as u64,
        Color::Rgb(r, g, b) => RGB | u32::from_be_bytes([0, r, g, b]) as u64,
    }
}

impl Pen {
    pub(super) const DEFAULT: Self = Self(0);

    const fn new(fg: u64, bg: u64, modifier: Modifier) -> Self {
        Self(modifier.bits() as u64 & MODIFIER_MASK | fg << 9 | bg << (9 + COLOR))
    }

    pub(super) const fn of(cell: &Cell) -> Self {
        Self::new(packed(cell.fg), packed(cell.bg), cell.modifier)
    }

    /// As the lowest [`BITS`] bits.
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits & ((1 << BITS) - 1))
    }

    const fn fg(self) -> u64 {
        self.0 >> 9 & COLOR_MASK
    }

    const fn bg(self) -> u64 {
        self.0 >> (9 + COLOR) & COLOR_MASK
    }

    const fn modifier(self) -> Modifier {
        Modifier::from_bits_truncate((self.0 & MODIFIER_MASK) as u16)
    }

    /// Whether a blank shows more of it than its ground.
    pub(super) const fn shows_on_blank(self) -> bool {
        self.modifier().intersects(ON_BLANK)
    }

    /// What of it is seen on a blank.
    pub(super) const fn seen_on_blank(self) -> Self {
        if self.shows_on_blank() { self } else { Self::new(0, self.bg(), Modifier::empty()) }
    }

    /// The nearest pen with which a blank looks as with `wanted`; itself if that will do.
    pub(super) fn for_blank(self, wanted: Self) -> Self {
        if self.seen_on_blank() == wanted {
            self
        } else if wanted.shows_on_blank() || wanted == Self::DEFAULT {
            wanted
        } else {
            Self::new(self.fg(), wanted.bg(), self.modifier() - ON_BLANK)
        }
    }

    /// Writes what makes it of another; `None` is any.
    pub(super) fn write(self, out: &mut Vec<u8>, from: Option<Self>) {
        let begin = out.len();
        self.codes(out, Self::DEFAULT, true);
        let Some(from) = from else { return };
        let middle = out.len();
        self.codes(out, from, false);
        if out.len() - middle < middle - begin {
            out.drain(begin..middle);
        } else {
            out.truncate(middle);
        }
    }

    fn codes(self, out: &mut Vec<u8>, from: Self, reset: bool) {
        out.extend_from_slice(b"\x1b[");
        let mut codes = Codes { out, any: false };
        if reset && self != Self::DEFAULT {
            codes.put(0);
        }
        codes.modifiers(from.modifier(), self.modifier());
        if self.fg() != from.fg() {
            codes.color(self.fg(), 30);
        }
        if self.bg() != from.bg() {
            codes.color(self.bg(), 40);
        }
        out.push(b'm');
    }
}

/// The parameters of one sequence.
struct Codes<'a> {
    out: &'a mut Vec<u8>,
    any: bool,
}

impl Codes<'_> {
    fn put(&mut self, code: u8) {
        let separator = if std::mem::replace(&mut self.any, true) { ";" } else { "" };
        // Writing to a Vec cannot fail.
        let _ = write!(self.out, "{separator}{code}");
    }

    fn modifiers(&mut self, from: Modifier, to: Modifier) {
        let mut standing = from;
        for (modifier, _, off) in MODIFIERS {
            if standing.contains(modifier) && !to.contains(modifier) {
                self.put(off);
                // One code switches off both of a pair.
                let pair = MODIFIERS.iter().filter(|(_, _, same)| *same == off);
                pair.for_each(|(other, ..)| standing.remove(*other));
            }
        }
        for (modifier, on, _) in MODIFIERS {
            if to.contains(modifier) && !standing.contains(modifier) {
                self.put(on);
            }
        }
    }

    /// `base` is 30 for the foreground, 40 for the background.
    fn color(&mut self, color: u64, base: u8) {
        let [.., r, g, b] = color.to_be_bytes();
        match color {
            0 => self.put(base + 9),
            1..=8 => self.put(base + b - 1),
            9..=16 => self.put(base + 60 + b - 9),
            _ if color & RGB == 0 => [base + 8, 5, b].into_iter().for_each(|code| self.put(code)),
            _ => [base + 8, 2, r, g, b].into_iter().for_each(|code| self.put(code)),
        }
    }
}
