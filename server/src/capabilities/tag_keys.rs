//! What every tag's key must be, whatever it is put on.

use pilothouse_api::Fault;

/// Refuses keys of AWS's own name space.
pub(crate) fn check_keys<'a>(mut keys: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    match keys.find(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        None => Ok(()),
        Some(key) => {
            Err(Fault::validation(format!("the tag key {key:?} begins with aws:, which is reserved")))
        }
    }
}
