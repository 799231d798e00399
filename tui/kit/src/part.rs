//! Parts of an area: where it is too small for one, that is empty, and never outside.

use ratatui::layout::Rect;

/// All but a blank column on each side, where there is room for them.
#[must_use]
pub fn inset(area: Rect) -> Rect {
    if area.width < 3 {
        return area;
    }
    Rect { x: area.x + 1, width: area.width - 2, ..area }
}

/// All but the first `lines`.
#[must_use]
pub fn down(area: Rect, lines: u16) -> Rect {
    let lines = lines.min(area.height);
    Rect { y: area.y + lines, height: area.height - lines, ..area }
}

/// All but the first `cells` of each line.
#[must_use]
pub fn right_of(area: Rect, cells: u16) -> Rect {
    let cells = cells.min(area.width);
    Rect { x: area.x + cells, width: area.width - cells, ..area }
}

/// The `n`th line; empty if there is none.
#[must_use]
pub fn row(area: Rect, n: u16) -> Rect {
    if n >= area.height {
        return Rect { height: 0, ..area };
    }
    Rect { y: area.y + n, height: 1, ..area }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_empty_and_not_outside() {
        let area = Rect::new(2, 3, 4, 2);
        assert_eq!(
            (inset(area), inset(Rect::new(2, 3, 2, 2))),
            (Rect::new(3, 3, 2, 2), Rect::new(2, 3, 2, 2))
        );
        assert_eq!((down(area, 1), down(area, 9)), (Rect::new(2, 4, 4, 1), Rect::new(2, 5, 4, 0)));
        assert_eq!((right_of(area, 3), right_of(area, 9)), (Rect::new(5, 3, 1, 2), Rect::new(6, 3, 0, 2)));
        assert_eq!((row(area, 1), row(area, 2)), (Rect::new(2, 4, 4, 1), Rect::new(2, 3, 4, 0)));
    }
}
