//! Service settings: what holds for all of a region.
//!
//! In: GetServiceSetting, UpdateServiceSetting, ResetServiceSetting, by id or ARN. Out: what a setting is, whether it is as it came,
//! and who set it. A setting is here only if something obeys it: what could be set and would change nothing is not found, and the
//! refusal says why.
//!
//! Never here: obeying. Who obeys a setting reads it where it matters (the tier of parameters in the room of parameters).

mod change;
mod known;
#[cfg(test)]
mod stories;
