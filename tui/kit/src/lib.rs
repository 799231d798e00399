//! tui/kit
