//! The screen as it stands or shall stand, packed for comparing.

use std::collections::HashMap;

use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::Size;

use super::pen::{self, Pen};

/// Up to this many bytes of a character are kept in the slot itself.
const INLINE: usize = 8;
/// Says that the rest is a number in the grid's list of long characters: no text begins with this byte.
const LONG: u64 = 0xff << 56;
const BLANK: u64 = (b' ' as u64) << 56;
/// Covered by the wide character before it.
const HIDDEN: u64 = 0;
/// Behind the pen: whether the character is wide, whether terminals may differ on its width, and whether it is none at all.
const WIDE: u64 = 1 << pen::BITS;
const DOUBTFUL: u64 = 1 << (pen::BITS + 1);
const UNKNOWN: u64 = 1 << (pen::BITS + 2);
/// From so many long characters on, those that are not on the screen any more are forgotten.
const MANY: usize = 512;

/// What stands in one cell, and with which pen; sixteen bytes, so that a whole screen is compared in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// The bytes of a character from above, or the number of a long one.
    glyph: u64,
    look: u64,
}

impl Slot {
    const EMPTY: Self = Self { glyph: BLANK, look: 0 };

    const fn blank(pen: Pen) -> Self {
        Self { glyph: BLANK, look: pen.seen_on_blank().bits() }
    }

    pub(super) const fn pen(self) -> Pen {
        Pen::from_bits(self.look)
    }

    pub(super) const fn width(self) -> usize {
        if self.look & WIDE == 0 { 1 } else { 2 }
    }

    /// Whether all terminals give it the same width.
    pub(super) const fn is_agreed_on(self) -> bool {
        self.look & DOUBTFUL == 0
    }

    pub(super) const fn is_blank(self) -> bool {
        self.glyph == BLANK
    }

    pub(super) const fn is_hidden(self) -> bool {
        self.glyph == HIDDEN
    }

    pub(super) const fn is_ascii(self) -> bool {
        self.glyph >> 63 == 0 && self.glyph << 8 == 0 && !self.is_hidden()
    }

    /// Its number in the list of long characters, if it is one.
    fn number(self) -> Option<usize> {
        (self.glyph & LONG == LONG).then(|| usize::try_from(self.glyph & !LONG).unwrap_or(usize::MAX))
    }

    const fn set_number(&mut self, number: usize) {
        self.glyph = LONG | number as u64;
    }
}

/// A screen of slots.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    size: Size,
    slots: Vec<Slot>,
    /// Characters that do not fit into a slot, and their numbers.
    long: Vec<Box<str>>,
    numbers: HashMap<Box<str>, usize>,
}

impl Grid {
    pub(super) fn new(size: Size) -> Self {
        let cells = usize::from(size.width) * usize::from(size.height);
        Self { size, slots: vec![Slot::EMPTY; cells], long: Vec::new(), numbers: HashMap::new() }
    }

    pub(super) const fn size(&self) -> Size {
        self.size
    }

    pub(super) fn width(&self) -> usize {
        usize::from(self.size.width)
    }

    pub(super) const fn height(&self) -> u16 {
        self.size.height
    }

    pub(super) fn at(&self, x: usize, y: u16) -> Slot {
        self.slots[usize::from(y) * self.width() + x]
    }

    pub(super) fn row(&self, y: usize) -> &[Slot] {
        &self.slots[y * self.width()..(y + 1) * self.width()]
    }

    /// Moves rows to another place; what they leave behind is blank.
    pub(super) fn shift(&mut self, from: std::ops::Range<usize>, to: usize, cleared: std::ops::Range<usize>) {
        let width = self.width();
        self.slots.copy_within(from.start * width..from.end * width, to * width);
        self.slots[cleared.start * width..cleared.end * width].fill(Slot::EMPTY);
    }

    pub(super) fn copy_row(&mut self, other: &Self, y: u16) {
        let (from, to) = (usize::from(y) * self.width(), (usize::from(y) + 1) * self.width());
        self.slots[from..to].copy_from_slice(&other.slots[from..to]);
    }

    /// From which cell on a row is blank, and looks as if erased.
    pub(super) fn blank_end(&self, y: u16) -> usize {
        let row = self.row(usize::from(y));
        row.iter().rposition(|slot| *slot != Slot::EMPTY).map_or(0, |last| last + 1)
    }

    /// Puts a cell into its place; says whether it looks different from before.
    pub(super) fn put(&mut self, x: u16, y: u16, cell: &Cell) -> bool {
        if x >= self.size.width || y >= self.size.height {
            return false;
        }
        let at = usize::from(y) * self.width() + usize::from(x);
        let slot = self.pack(cell);
        let changed = self.slots[at] != slot;
        self.slots[at] = slot;
        // ratatui speaks neither of the cells that a wide character covers, nor of one that is no longer covered.
        let row_end = (usize::from(y) + 1) * self.width();
        let end = (at + slot.width()).min(row_end);
        if end < row_end && self.slots[end].is_hidden() {
            self.slots[end] = Slot::blank(self.slots[end].pen());
        }
        for hidden in &mut self.slots[at + 1..end] {
            *hidden = Slot { glyph: HIDDEN, look: slot.pen().bits() };
        }
        changed
    }

    fn pack(&mut self, cell: &Cell) -> Slot {
        let symbol = cell.symbol();
        let pen = Pen::of(cell);
        if symbol == " " {
            return Slot::blank(pen);
        }
        let mut slot = Slot { glyph: HIDDEN, look: pen.bits() };
        let mut bytes = [0; INLINE];
        match bytes.get_mut(..symbol.len()) {
            Some(glyph) => {
                glyph.copy_from_slice(symbol.as_bytes());
                slot.glyph = u64::from_be_bytes(bytes);
            }
            None => slot.set_number(self.number(symbol)),
        }
        if symbol.len() > 1 {
            slot.look |= if symbol.cell_width() > 1 { WIDE } else { 0 };
            // Of one letter terminals agree; of signs, and of what is put together, they do not.
            let letter = symbol.len() <= 3 && symbol.chars().nth(1).is_none();
            slot.look |= if letter { 0 } else { DOUBTFUL };
        }
        slot
    }

    fn number(&mut self, symbol: &str) -> usize {
        if let Some(number) = self.numbers.get(symbol) {
            return *number;
        }
        let number = self.long.len();
        self.long.push(symbol.into());
        self.numbers.insert(symbol.into(), number);
        number
    }

    /// How many long characters are remembered.
    #[cfg(test)]
    pub(super) fn long(&self) -> usize {
        self.long.len()
    }

    /// Forgets long characters that are not on the screen any more, if there are many. `shown` has slots of this grid.
    pub(super) fn forget(&mut self, shown: &mut Self) {
        if self.long.len() < MANY.max(self.slots.len()) {
            return;
        }
        let old = std::mem::take(&mut self.long);
        self.numbers.clear();
        let mut renumbered: HashMap<usize, usize> = HashMap::new();
        for at in 0..self.slots.len() {
            let Some(number) = self.slots[at].number() else { continue };
            let new = *renumbered.entry(number).or_insert_with(|| {
                let symbol = old.get(number).map_or("", |symbol| symbol);
                self.long.push(symbol.into());
                self.numbers.insert(symbol.into(), self.long.len() - 1);
                self.long.len() - 1
            });
            self.slots[at].set_number(new);
        }
        for slot in &mut shown.slots {
            if let Some(number) = slot.number() {
                match renumbered.get(&number) {
                    Some(new) => slot.set_number(*new),
                    None => slot.look |= UNKNOWN,
                }
            }
        }
    }

    /// Writes the character that a slot of this grid holds.
    pub(super) fn write_glyph(&self, slot: Slot, out: &mut Vec<u8>) {
        match slot.number() {
            Some(number) => out.extend_from_slice(self.long.get(number).map_or(" ", |long| long).as_bytes()),
            None => {
                let bytes = slot.glyph.to_be_bytes();
                let len = INLINE - slot.glyph.trailing_zeros() as usize / 8;
                out.extend_from_slice(&bytes[..len]);
            }
        }
    }
}
