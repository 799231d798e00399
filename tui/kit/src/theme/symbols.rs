//! The signs that stand beside words. One cell each; where a choice is free, not of ambiguous width.

use ratatui::symbols::border;

/// Signs, each one cell wide. A sign never stands for a meaning alone: a word or a place says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbols {
    /// A node that answers.
    pub online: &'static str,
    /// A node that stopped answering.
    pub lost: &'static str,
    /// A node that was never there, or is no more.
    pub inactive: &'static str,
    /// Under way.
    pub running: &'static str,
    /// Not begun.
    pub waiting: &'static str,
    /// Ended well.
    pub ok: &'static str,
    /// Failed.
    pub failed: &'static str,
    /// Stopped.
    pub cancelled: &'static str,
    /// Took too long.
    pub timed_out: &'static str,
    /// A marked row.
    pub mark: &'static str,
    /// The row under the cursor.
    pub cursor: &'static str,
    /// Sorted upwards.
    pub sort_up: &'static str,
    /// Sorted backwards.
    pub sort_down: &'static str,
    /// Something was cut off.
    pub ellipsis: &'static str,
    /// The done part of a bar.
    pub bar_full: &'static str,
    /// The rest of a bar.
    pub bar_empty: &'static str,
    /// A horizontal line.
    pub hline: &'static str,
    /// A vertical line.
    pub vline: &'static str,
    /// Eight heights, lowest first.
    pub spark: [&'static str; 8],
    /// From here to there.
    pub arrow: &'static str,
    /// An item of a list, or between two words.
    pub bullet: &'static str,
    /// Is not the same.
    pub differs: &'static str,
    /// There is more to the left.
    pub more_left: &'static str,
    /// There is more to the right.
    pub more_right: &'static str,
    /// A branch that can be opened.
    pub closed: &'static str,
    /// A branch that is open.
    pub open: &'static str,
    /// Corners and sides of boxes.
    pub border: border::Set<'static>,
}

/// For terminals that show Unicode.
pub(super) static UNICODE: Symbols = Symbols {
    online: "●",
    lost: "○",
    inactive: "◌",
    running: "↻",
    waiting: "◦",
    ok: "✓",
    failed: "✗",
    cancelled: "⊘",
    timed_out: "◷",
    mark: "◆",
    cursor: "▸",
    sort_up: "▴",
    sort_down: "▾",
    ellipsis: "…",
    bar_full: "█",
    bar_empty: "░",
    hline: "─",
    vline: "│",
    spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    arrow: "→",
    bullet: "·",
    differs: "≠",
    more_left: "‹",
    more_right: "›",
    closed: "▹",
    open: "▿",
    border: border::ROUNDED,
};

/// For those that do not.
pub(super) static ASCII: Symbols = Symbols {
    online: "@",
    lost: "o",
    inactive: "-",
    running: "~",
    waiting: ".",
    ok: "+",
    failed: "!",
    cancelled: "x",
    timed_out: "t",
    mark: "*",
    cursor: ">",
    sort_up: "^",
    sort_down: "v",
    ellipsis: "~",
    bar_full: "#",
    bar_empty: ".",
    hline: "-",
    vline: "|",
    spark: [".", ":", "-", "=", "+", "*", "%", "#"],
    arrow: ">",
    bullet: "-",
    differs: "#",
    more_left: "<",
    more_right: ">",
    closed: "+",
    open: "-",
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
};

impl Symbols {
    /// Every sign.
    #[must_use]
    pub fn all(&self) -> Vec<&'static str> {
        let border = self.border;
        let mut all = vec![
            self.online,
            self.lost,
            self.inactive,
            self.running,
            self.waiting,
            self.ok,
            self.failed,
            self.cancelled,
            self.timed_out,
            self.mark,
            self.cursor,
            self.sort_up,
            self.sort_down,
            self.ellipsis,
            self.bar_full,
            self.bar_empty,
            self.hline,
            self.vline,
            self.arrow,
            self.bullet,
            self.differs,
            self.more_left,
            self.more_right,
            self.closed,
            self.open,
            border.top_left,
            border.top_right,
            border.bottom_left,
            border.bottom_right,
            border.vertical_left,
            border.vertical_right,
            border.horizontal_top,
            border.horizontal_bottom,
        ];
        all.extend(self.spark);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_is_one_cell_and_ascii_is_ascii() {
        for sign in UNICODE.all().into_iter().chain(ASCII.all()) {
            assert_eq!(crate::safe::width(sign), 1, "{sign}");
            assert_eq!(crate::safe::visible(sign), sign);
        }
        assert!(ASCII.all().iter().all(|sign| sign.is_ascii()));
    }
}
