//! Times and sides as they are written on a command line.

use pilothouse_api::parameters::DiffSide;
use pilothouse_api::protocol::Millis;
use pilothouse_api::timestamp::Timestamp;

use crate::moments;
use crate::verbs::VerbError;

/// A time in the past: a date, with or without a time, or so long ago.
pub(super) fn read(text: Option<&str>, now: Millis) -> Result<Option<Timestamp>, VerbError> {
    let read = |text| moments::read(text, now).map_err(|error| VerbError::Usage(error.to_string()));
    Ok(text.map(read).transpose()?.map(Timestamp))
}

/// One side of a comparison: `/path`, `/path@TIME` or `/name:VERSION`.
pub(super) fn side(text: &str, now: Millis) -> Result<DiffSide, VerbError> {
    let side = |path: &str| DiffSide { path: path.to_owned(), ..DiffSide::default() };
    if let Some((path, at)) = text.split_once('@') {
        return Ok(DiffSide { at: read(Some(at), now)?, ..side(path) });
    }
    match text.split_once(':') {
        None => Ok(side(text)),
        Some((name, version)) => {
            let number = version
                .parse()
                .map_err(|_| VerbError::Usage(format!("{version} is no number of a version of {name}")))?;
            Ok(DiffSide { version: Some(number), ..side(name) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_790_000_000_000);

    #[test]
    fn a_side_is_a_path_at_a_time_or_a_version() {
        let at = side("/app@2023-11-14T22:13:20Z", NOW).unwrap();
        assert_eq!((at.path.as_str(), at.at.unwrap().0), ("/app", Millis(1_700_000_000_000)));
        let version = side("/app/x:3", NOW).unwrap();
        assert_eq!((version.path.as_str(), version.version), ("/app/x", Some(3)));
        assert_eq!(side("/app", NOW).unwrap(), DiffSide { path: "/app".into(), ..DiffSide::default() });
        for bad in ["/app@soon", "/app:live"] {
            assert!(side(bad, NOW).is_err(), "{bad}");
        }
    }
}
