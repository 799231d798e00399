//! `[outputs]`: how much of what nodes print is kept, and for how long.

use pilothouse_store::outputs::Quotas;
use serde::Deserialize;

use super::SettingsError;

/// How much output is kept. Where one of these bites, a hole that says so stands in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputSettings {
    /// Bytes of one run, as it wrote them; 0 is any number.
    pub per_run: u64,
    /// Bytes of all runs of a command, on the disk; 0 is any number.
    pub per_command: u64,
    /// Bytes of everything, on the disk; 0 is any number. The oldest goes first.
    pub total: u64,
    /// Days after the last output of a command that is over, after which its output goes; 0 keeps it for ever.
    pub keep_days: u32,
}

impl Default for OutputSettings {
    fn default() -> Self {
        Self { per_run: 4 << 30, per_command: 0, total: 0, keep_days: 365 }
    }
}

impl OutputSettings {
    /// Whether they can be meant.
    pub(super) fn check(self) -> Result<(), SettingsError> {
        let sizes = [
            ("outputs.per_run", self.per_run),
            ("outputs.per_command", self.per_command),
            ("outputs.total", self.total),
        ];
        for (key, size) in sizes {
            if size > 0 && size < 1024 {
                let must = "0 (any number) or at least 1024 bytes";
                return Err(SettingsError::Range { key, value: size.to_string(), must });
            }
        }
        if self.keep_days <= 36_500 {
            return Ok(());
        }
        let (value, must) = (self.keep_days.to_string(), "0 (for ever) to 36500 (100 years)");
        Err(SettingsError::Range { key: "outputs.keep_days", value, must })
    }

    /// As the output store takes them.
    pub(crate) const fn quotas(self) -> Quotas {
        Quotas { per_run: self.per_run, per_command: self.per_command, total: self.total }
    }
}
