//! Places of documents: `document/NAME/versions?version=3`, `document/NAME/edit`, `new-document?from=NAME`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BadLocator, Route, escape, unescape, with_options};

/// What of a document is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DocumentTab {
    /// Its text.
    #[default]
    Content,
    /// What it was and is.
    Versions,
    /// What it takes.
    Parameters,
    /// What comes with it.
    Files,
    /// With whom it is shared.
    Permissions,
    /// Its tags.
    Tags,
    /// What was said of it.
    Reviews,
}

impl DocumentTab {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Content,
        Self::Versions,
        Self::Parameters,
        Self::Files,
        Self::Permissions,
        Self::Tags,
        Self::Reviews,
    ];

    /// Its name in a locator.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Versions => "versions",
            Self::Parameters => "parameters",
            Self::Files => "files",
            Self::Permissions => "permissions",
            Self::Tags => "tags",
            Self::Reviews => "reviews",
        }
    }
}

/// A document, and what of it is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentSpot {
    /// Its name or ARN.
    pub name: String,
    /// Which version; the default one, if absent.
    pub version: Option<String>,
    /// What of it.
    pub tab: DocumentTab,
}

impl DocumentSpot {
    /// The default version of a document.
    #[must_use]
    pub fn of(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// What is written in the editor of documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Draft {
    /// A new version of a document, beginning with the text of one; the newest, if absent.
    Version {
        /// The document.
        name: String,
        /// Whose text it begins with.
        from: Option<String>,
    },
    /// A new document.
    New {
        /// Of which type; asked for, if it is neither given nor copied.
        kind: Option<String>,
        /// The document and the version (the default one, if absent) whose text it begins with.
        copy_of: Option<(String, Option<String>)>,
    },
}

/// `NAME`, `NAME/versions`, `NAME/edit`, each with `?version=3`.
pub(super) fn document(rest: &str) -> Result<Route, BadLocator> {
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    let version = options_of("a document", options, &["version"])?.pop().flatten();
    let (name, part) = path.rsplit_once('/').unwrap_or((path, ""));
    let tab = DocumentTab::ALL.into_iter().find(|tab| tab.name() == part);
    if part == "edit" {
        return Ok(Route::Editor(Draft::Version { name: unescape(name), from: version }));
    }
    // An ARN has a slash of its own.
    let name = unescape(if tab.is_some() || part.is_empty() { name } else { path });
    Ok(Route::Document(DocumentSpot { name, version, tab: tab.unwrap_or_default() }))
}

/// `type=Automation`, or `from=NAME` with `version=3`.
pub(super) fn new_document(options: &str) -> Result<Route, BadLocator> {
    let found = options_of("a new document", options, &["type", "from", "version"])?;
    let [kind, from, version] = <[Option<String>; 3]>::try_from(found).unwrap_or_default();
    Ok(Route::Editor(Draft::New { kind, copy_of: from.map(|from| (from, version)) }))
}

/// The values of options, in the order of their names.
fn options_of(
    place: &'static str,
    options: &str,
    names: &[&'static str],
) -> Result<Vec<Option<String>>, BadLocator> {
    let mut found = vec![None; names.len()];
    for option in options.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let Some(at) = names.iter().position(|known| *known == name) else {
            return Err(BadLocator::UnknownDocumentOption(place, option.chars().take(80).collect()));
        };
        found[at] = Some(unescape(value)).filter(|value| !value.is_empty());
    }
    Ok(found)
}

impl DocumentSpot {
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What follows the last slash of an ARN could be taken for a tab.
        let part = if self.tab == DocumentTab::Content && !self.name.contains('/') {
            String::new()
        } else {
            format!("/{}", self.tab.name())
        };
        let options: Vec<String> =
            self.version.iter().map(|version| format!("version={}", escape(version))).collect();
        with_options(f, &format!("document/{}{part}", escape(&self.name)), &options)
    }
}

impl Draft {
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |name: &str, value: &Option<String>| {
            value.as_deref().map(|value| format!("{name}={}", escape(value)))
        };
        match self {
            Self::Version { name, from } => {
                let options: Vec<String> = named("version", from).into_iter().collect();
                with_options(f, &format!("document/{}/edit", escape(name)), &options)
            }
            Self::New { kind, copy_of } => {
                let (from, version) = match copy_of {
                    Some((name, version)) => (Some(name.clone()), version.clone()),
                    None => (None, None),
                };
                let options = [named("type", kind), named("from", &from), named("version", &version)];
                with_options(f, "new-document", &options.into_iter().flatten().collect::<Vec<_>>())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_documents_are_read_as_they_are_written() {
        let arn = "arn:aws:ssm:us-east-1:123456789012:document/versions";
        let spot = |name: &str, version: Option<&str>, tab| {
            Route::Document(DocumentSpot { name: name.to_owned(), version: version.map(str::to_owned), tab })
        };
        let copy_of = Some(("AWS-RunShellScript".to_owned(), Some("1".to_owned())));
        let places = [
            (spot("deploy", None, DocumentTab::Content), "pilothouse:document/deploy"),
            (spot("deploy", Some("3"), DocumentTab::Content), "pilothouse:document/deploy?version=3"),
            (
                spot("deploy", Some("$LATEST"), DocumentTab::Tags),
                "pilothouse:document/deploy/tags?version=%24LATEST",
            ),
            (
                spot(arn, None, DocumentTab::Content),
                "pilothouse:document/arn:aws:ssm:us-east-1:123456789012:document/versions/content",
            ),
            (
                Route::Editor(Draft::Version { name: "deploy".to_owned(), from: None }),
                "pilothouse:document/deploy/edit",
            ),
            (Route::Editor(Draft::New { kind: None, copy_of: None }), "pilothouse:new-document"),
            (
                Route::Editor(Draft::New { kind: Some("Session".to_owned()), copy_of: None }),
                "pilothouse:new-document?type=Session",
            ),
            (
                Route::Editor(Draft::New { kind: None, copy_of }),
                "pilothouse:new-document?from=AWS-RunShellScript&version=1",
            ),
            (Route::Documents { filter: None }, "pilothouse:documents"),
            (
                Route::Documents { filter: Some("owner:own type=Command".to_owned()) },
                "pilothouse:documents/owner:own%20type%3DCommand",
            ),
        ];
        for (route, text) in places {
            assert_eq!(route.to_string(), text);
            assert_eq!(text.parse::<Route>().unwrap(), route);
        }
    }

    #[test]
    fn an_option_that_no_document_has_is_named() {
        let said = "document/deploy?colour=red".parse::<Route>().unwrap_err().to_string();
        assert!(said.contains("colour"), "{said}");
    }
}
