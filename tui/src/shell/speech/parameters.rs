//! Words with arguments of parameters: `:parameters /prod @2026-11-01`, `:parameter /prod/db/password`.

use pilothouse_api::protocol::Millis;

use crate::moments;
use crate::route::{ParameterPlace, Route};

/// The tree at a path, at an instant.
pub(super) fn tree(words: &str, now: Millis) -> Result<Route, String> {
    let (path, at) = words.split_once('@').map_or((words, None), |(path, at)| (path, Some(at)));
    let path = path.trim();
    if path.contains(char::is_whitespace) {
        return Err(format!("{path:?} is no path: `:parameters /staging/db @2026-11-01`"));
    }
    let at = at.map(|at| moments::read(at, now)).transpose().map_err(|error| error.to_string())?;
    Ok(Route::Parameters { path: (!path.is_empty()).then(|| path.to_owned()), at })
}

/// One parameter by its name.
pub(super) fn one(name: &str) -> Result<Route, String> {
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(String::from(
            "which parameter? :parameter NAME; f in :parameters finds one by some letters",
        ));
    }
    Ok(Route::Parameter(ParameterPlace::of(name)))
}
