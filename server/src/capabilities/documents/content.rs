//! What a content of a type may be, and what is known from reading it.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::Fault;
use pilothouse_api::documents::{DocumentParameter, Finding};
use pilothouse_api::packages::{ANY, Manifest, ManifestError};
use pilothouse_document::{Document, DocumentError, Format, MAX_DOCUMENT, SchemaVersion, convert};
use pilothouse_store::documents::Reference;
use serde_json::Value;

pub(super) const JSON: &str = "JSON";
pub(super) const YAML: &str = "YAML";
pub(super) const TEXT: &str = "TEXT";

pub(super) const PACKAGE: &str = "Package";
pub(super) const CALENDAR: &str = "ChangeCalendar";

/// The types that are kept, with the schemas that each may follow.
const KINDS: &[(&str, &[SchemaVersion])] = &[
    ("Command", &[SchemaVersion::V1_2, SchemaVersion::V2_0, SchemaVersion::V2_2]),
    ("Policy", &[SchemaVersion::V2_0, SchemaVersion::V2_2]),
    ("Automation", &[SchemaVersion::V0_3]),
    ("Session", &[SchemaVersion::V1_0]),
    (PACKAGE, &[]),
    (CALENDAR, &[]),
];

/// What is known of a content.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) schema_version: String,
    pub(super) description: String,
    pub(super) platforms: Vec<String>,
    pub(super) parameters: Vec<DocumentParameter>,
    pub(super) refers_to: Vec<Reference>,
}

/// Why a content is none of its type.
#[derive(Debug)]
pub(super) enum Unfit {
    /// It is of another schema than its type has.
    Schema(Finding),
    /// Anything else.
    Content(Finding),
}

impl Unfit {
    pub(super) fn at(line: usize, column: usize, message: impl Into<String>) -> Self {
        Self::Content(Finding { line, column, message: message.into() })
    }

    /// What is wrong, told beside its place: so the place is not in the message, too.
    pub(super) fn finding(self) -> Finding {
        let (Self::Schema(finding) | Self::Content(finding)) = self;
        let place = format!("line {}, column {}: ", finding.line, finding.column);
        match finding.message.strip_prefix(&place) {
            Some(message) => Finding { message: message.to_owned(), ..finding },
            None => finding,
        }
    }
}

impl From<DocumentError> for Unfit {
    fn from(error: DocumentError) -> Self {
        let message = error.to_string();
        match error {
            DocumentError::Shape { at, line, column, .. } if at == "schemaVersion" => {
                Self::Schema(Finding { line, column, message })
            }
            DocumentError::Shape { line, column, .. } | DocumentError::Syntax { line, column, .. } => {
                Self::at(line, column, message)
            }
            DocumentError::TooLong(_) | DocumentError::Unwritable { .. } => Self::at(1, 1, message),
        }
    }
}

impl From<Unfit> for Fault {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Schema(finding) => Self::caller("InvalidDocumentSchemaVersion", finding.message),
            Unfit::Content(finding) => Self::caller("InvalidDocumentContent", finding.message),
        }
    }
}

/// Refuses a content that is too long for any type.
pub(super) fn fits(content: &str) -> Result<(), Fault> {
    if content.len() <= MAX_DOCUMENT {
        return Ok(());
    }
    let message = format!("the content has {} bytes, over the limit of {MAX_DOCUMENT}", content.len());
    Err(Fault::caller("MaxDocumentSizeExceeded", message))
}

/// Refuses a type that is AWS's alone.
pub(super) fn is_kept(kind: &str) -> Result<(), Fault> {
    if KINDS.iter().any(|(name, _)| *name == kind) {
        return Ok(());
    }
    let kinds = KINDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    Err(Fault::validation(format!("this server keeps no documents of type {kind}: only of {kinds}")))
}

/// Reads a content.
///
/// # Errors
/// What is wrong, and where.
pub(super) fn read(kind: &str, format: &str, content: &str) -> Result<Read, Unfit> {
    match (kind, language(format)) {
        (CALENDAR, None) => super::calendar::check(content).map(|()| Read::default()),
        (CALENDAR, Some(_)) => {
            Err(Unfit::at(1, 1, "a ChangeCalendar is iCalendar text: give DocumentFormat TEXT"))
        }
        (_, None) => Err(Unfit::at(1, 1, format!("a document of type {kind} is JSON or YAML, not TEXT"))),
        (PACKAGE, Some(format)) => package(&convert(content, format, Format::Json)?),
        (_, Some(format)) => steps(kind, &Document::parse(content, format)?),
    }
}

/// The format of the language; nothing for what is text of its own.
pub(super) fn language(format: &str) -> Option<Format> {
    match format {
        JSON => Some(Format::Json),
        YAML => Some(Format::Yaml),
        _ => None,
    }
}

fn steps(kind: &str, document: &Document) -> Result<Read, Unfit> {
    let schemas = KINDS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, schemas)| *schemas);
    if !schemas.contains(&document.schema_version) {
        let may = schemas.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        let message =
            format!("a document of type {kind} follows schema {may}, not {}", document.schema_version);
        return Err(Unfit::Schema(Finding { line: 1, column: 1, message }));
    }
    let parameters: BTreeSet<String> = document
        .ssm_references(&BTreeMap::new())
        .iter()
        .map(|reference| super::uses::path_of(&reference.name))
        .collect();
    Ok(Read {
        schema_version: document.schema_version.to_string(),
        description: document.description.clone(),
        platforms: document.platform_types().iter().map(|platform| platform.as_str().to_owned()).collect(),
        parameters: parameters_of(document),
        refers_to: parameters.into_iter().map(Reference::Parameter).collect(),
    })
}

fn parameters_of(document: &Document) -> Vec<DocumentParameter> {
    let each = document.parameters.iter().map(|parameter| DocumentParameter {
        name: parameter.name.clone(),
        r#type: parameter.kind.to_string(),
        description: Some(parameter.description.clone()).filter(|text| !text.is_empty()),
        default_value: parameter.default.as_ref().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }),
    });
    each.collect()
}

/// A package's manifest, as far as it can be told without its files.
fn package(json: &str) -> Result<Read, Unfit> {
    let manifest = Manifest::parse(json).map_err(|error| match &error {
        ManifestError::Schema(_) => Unfit::Schema(Finding { line: 1, column: 1, message: error.to_string() }),
        ManifestError::Shape { line, column, .. } => Unfit::at(*line, *column, error.to_string()),
        ManifestError::Rule(_) => Unfit::at(1, 1, error.to_string()),
    })?;
    let mut platforms = BTreeSet::new();
    for platform in manifest.platforms() {
        match platform {
            ANY => platforms.extend(["Linux", "MacOS", "Windows"]),
            "windows" => platforms.extend(["Windows"]),
            "macos" => platforms.extend(["MacOS"]),
            _ => platforms.extend(["Linux"]),
        }
    }
    Ok(Read {
        schema_version: String::from("2.0"),
        platforms: platforms.into_iter().map(str::to_owned).collect(),
        ..Read::default()
    })
}

/// A content in another format.
///
/// # Errors
/// `ValidationException` when there is no way from one to the other.
pub(super) fn converted(content: String, from: &str, to: &str) -> Result<String, Fault> {
    if from == to || (to == TEXT && language(from).is_some()) {
        return Ok(content);
    }
    match (language(from), language(to)) {
        (Some(from), Some(to)) => convert(&content, from, to)
            .map_err(|error| Fault::internal(format!("the document cannot be converted: {error}"))),
        _ => Err(Fault::validation(format!("a document in {from} cannot be read as {to}"))),
    }
}
