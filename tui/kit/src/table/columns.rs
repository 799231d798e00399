//! Columns, and where they stand.

use ratatui::layout::Rect;

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// So many cells.
    Fixed(u16),
    /// At least `min` cells; what is left over is shared by weight.
    Flex {
        /// In cells.
        min: u16,
        /// Its share, against the other weights.
        weight: u16,
    },
}

/// Where the text stands in its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Words.
    #[default]
    Left,
    /// Numbers.
    Right,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column<'a> {
    /// What stands over it.
    pub title: &'a str,
    /// How wide it is.
    pub width: Width,
    /// Where its text stands.
    pub align: Align,
    /// Whether it stays when the others are scrolled sideways.
    pub pinned: bool,
}

/// Cells before the first column: the mark, and a blank.
pub(super) const GUTTER: u16 = 2;
/// From this width on there is place for two blanks between columns.
const WIDE: u16 = 100;

/// A column that is in sight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) column: usize,
    pub(super) x: u16,
    pub(super) cells: u16,
}

impl Width {
    const fn least(self) -> u16 {
        match self {
            Self::Fixed(cells) => cells,
            Self::Flex { min, .. } => min,
        }
    }

    const fn weight(self) -> u16 {
        match self {
            Self::Fixed(_) => 0,
            Self::Flex { weight, .. } => weight,
        }
    }
}

/// Where the columns stand, of which so many that are not pinned are scrolled out. The last cell belongs to the scrollbar.
pub(super) fn places(columns: &[Column<'_>], scrolled_out: usize, area: Rect) -> Vec<Place> {
    let pinned = columns.iter().filter(|column| column.pinned).count();
    let scrolled = scrolled_out.min((columns.len() - pinned).saturating_sub(1));
    let mut hidden = 0;
    let shown = columns.iter().enumerate().filter(|(_, column)| {
        hidden += usize::from(!column.pinned);
        column.pinned || hidden > scrolled
    });
    let mut places: Vec<Place> =
        shown.map(|(at, column)| Place { column: at, x: 0, cells: column.width.least() }).collect();
    let (room, gap) = room(area.width);
    share(columns, &mut places, room, gap);
    let (mut x, end) = (area.x.saturating_add(GUTTER), area.right().saturating_sub(1));
    for place in &mut places {
        place.x = x.min(end);
        place.cells = place.cells.min(end - place.x);
        x = x.saturating_add(place.cells + gap);
    }
    places.retain(|place| place.cells > 0);
    places
}

/// The cells that columns have in an area of this width, and those between two of them.
const fn room(width: u16) -> (u16, u16) {
    (width.saturating_sub(GUTTER + 1), if width < WIDE { 1 } else { 2 })
}

/// Whether columns of these widths can stand side by side in an area of this width without one being cut.
#[must_use]
pub fn fits(widths: impl Iterator<Item = Width>, area: u16) -> bool {
    let (room, gap) = room(area);
    let needed: u32 = widths.map(|width| u32::from(width.least()) + u32::from(gap)).sum();
    needed <= u32::from(room) + u32::from(gap)
}

/// Gives what is left over to the columns that take it, by weight.
fn share(columns: &[Column<'_>], places: &mut [Place], room: u16, gap: u16) {
    let gaps = u16::try_from(places.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let least: u32 =
        places.iter().map(|place| u32::from(place.cells)).sum::<u32>() + u32::from(gaps) * u32::from(gap);
    let mut left = u32::from(room).saturating_sub(least);
    let mut weights: u32 = places.iter().map(|place| u32::from(columns[place.column].width.weight())).sum();
    for place in places {
        let weight = u32::from(columns[place.column].width.weight());
        if weight > 0 {
            let more = left * weight / weights;
            place.cells = place.cells.saturating_add(u16::try_from(more).unwrap_or(u16::MAX));
            left -= more;
            weights -= weight;
        }
    }
}
