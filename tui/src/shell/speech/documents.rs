//! Words with arguments of documents: `:documents owner:own`, `:document NAME`, `:new-document Automation`.

use crate::route::{DocumentSpot, Draft, Route};

/// The list, filtered by these words.
pub(super) fn list(words: &str) -> Route {
    Route::Documents { filter: Some(words.to_owned()).filter(|words| !words.is_empty()) }
}

/// One document by its name.
pub(super) fn one(name: &str) -> Result<Route, String> {
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(String::from("which document? :document NAME; :documents lists them"));
    }
    Ok(Route::Document(DocumentSpot::of(name)))
}

/// A new document of a type.
pub(super) fn new(kind: &str) -> Result<Route, String> {
    if kind.contains(char::is_whitespace) {
        return Err(format!("{kind:?} is no type: `:new-document Automation`"));
    }
    let kind = Some(kind.to_owned()).filter(|kind| !kind.is_empty());
    Ok(Route::Editor(Draft::New { kind, copy_of: None }))
}
