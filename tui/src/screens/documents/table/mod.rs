//! Documents as rows of a list.
//!
//! In: what the server listed, by position. Out: what a list asks of its rows, columns, and the cells of a row.
//! Never here: the cursor, what is shown: those are the list's.

use std::cmp::Ordering;

use pilothouse_api::documents::DocumentIdentifier;
use pilothouse_kit::table::{Align, Cell, Column, Width};
use pilothouse_kit::theme::Role;

use super::library::Library;
use crate::manuscript;
use crate::screen::Cx;
use crate::screens::rows::{Fields, Rows, natural};
use crate::times;

/// The first column, by which the list is sorted at first.
pub const NAME: usize = 0;
/// When the version was made.
const MADE: usize = 6;

const fn column(title: &'static str, width: Width) -> Column<'static> {
    Column { title, width, align: Align::Left, pinned: false }
}

/// The columns, the most important first.
pub const COLUMNS: [Column<'static>; 8] = [
    Column { pinned: true, ..column("document", Width::Flex { min: 26, weight: 4 }) },
    column("type", Width::Fixed(15)),
    column("owner", Width::Fixed(12)),
    column("default", Width::Flex { min: 8, weight: 1 }),
    column("platforms", Width::Flex { min: 11, weight: 1 }),
    column("schema", Width::Fixed(7)),
    column("made", Width::Fixed(11)),
    column("tags", Width::Flex { min: 10, weight: 3 }),
];

/// Whether it came with the server.
#[must_use]
pub fn is_built_in(owner: &str) -> bool {
    manuscript::is_built_in(owner)
}

/// Whether it is of the account that the server belongs to.
#[must_use]
pub fn is_own(owner: &str, cx: &Cx<'_>) -> bool {
    manuscript::is_own(owner, cx)
}

/// `own`, `built-in`, or the account.
#[must_use]
pub fn owner(owner: &str, cx: &Cx<'_>) -> String {
    manuscript::owner(owner, cx)
}

/// The rows.
#[derive(Clone, Copy)]
pub struct Shelf<'a> {
    library: &'a Library,
    /// The account that documents are owned by here, once the server said so.
    account: &'a str,
}

impl<'a> Shelf<'a> {
    /// The rows of what is known.
    #[must_use]
    pub fn of(library: &'a Library, cx: &Cx<'a>) -> Self {
        let account = cx.mirror.caller.server().map_or("", |server| server.account_id.as_str());
        Self { library, account }
    }

    fn at(&self, at: usize) -> Option<&'a DocumentIdentifier> {
        self.library.documents.get(at)
    }
}

fn platforms(document: &DocumentIdentifier) -> String {
    document.platform_types.join(" ")
}

fn version(document: &DocumentIdentifier) -> String {
    match &document.version_name {
        Some(name) => format!("{} {name}", document.document_version),
        None => document.document_version.clone(),
    }
}

fn tags(document: &DocumentIdentifier) -> String {
    let tags = document.tags.iter().map(|tag| format!("{}={}", tag.key, tag.value));
    tags.collect::<Vec<_>>().join(" ")
}

/// The cells of a document, in the order of [`COLUMNS`].
#[must_use]
pub fn cells<'a>(document: &'a DocumentIdentifier, cx: &Cx<'_>) -> Vec<Cell<'a>> {
    let own = is_own(&document.owner, cx);
    let name = if own { Role::Text } else { Role::TextMuted };
    vec![
        Cell::of(if own { Role::TextStrong } else { name }, document.name.as_str()),
        Cell::new(document.document_type.as_str()),
        Cell::of(name, owner(&document.owner, cx)),
        Cell::new(version(document)),
        Cell::of(Role::TextMuted, platforms(document)),
        Cell::of(Role::TextMuted, document.schema_version.as_str()),
        Cell::of(Role::TextMuted, times::instant(document.created_date.0, cx)),
        Cell::of(Role::TextMuted, tags(document)),
    ]
}

/// What the filter may ask of a document.
struct Texts<'a> {
    document: Option<&'a DocumentIdentifier>,
    account: &'a str,
}

impl Texts<'_> {
    fn owner(&self, owner: &str, look: &mut dyn FnMut(&str) -> bool) -> bool {
        let word = if is_built_in(owner) {
            "built-in"
        } else if self.account.is_empty() || owner == self.account {
            "own"
        } else {
            "shared"
        };
        look(word) || look(owner)
    }
}

impl Rows for Shelf<'_> {
    type Key = String;

    fn generation(&self) -> u64 {
        self.library.generation
    }

    fn len(&self) -> usize {
        self.library.documents.len()
    }

    fn key(&self, at: usize) -> String {
        self.at(at).map_or_else(String::new, |document| document.name.clone())
    }

    fn position(&self, key: &String) -> Option<usize> {
        self.library.position(key)
    }

    fn fields(&self, at: usize) -> impl Fields {
        Texts { document: self.at(at), account: self.account }
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (Some(a), Some(b)) = (self.at(a), self.at(b)) else { return Ordering::Equal };
        let text = |document: &DocumentIdentifier| match column {
            1 => document.document_type.clone(),
            2 => document.owner.clone(),
            3 => document.document_version.clone(),
            4 => platforms(document),
            5 => document.schema_version.clone(),
            7 => tags(document),
            _ => String::new(),
        };
        let order = match column {
            NAME => Ordering::Equal,
            MADE => b.created_date.0.cmp(&a.created_date.0),
            _ => natural(&text(a), &text(b)),
        };
        order.then_with(|| natural(&a.name, &b.name))
    }

    fn sorts(&self) -> Vec<(usize, String)> {
        COLUMNS.iter().enumerate().map(|(at, column)| (at, column.title.to_owned())).collect()
    }
}

impl Fields for Texts<'_> {
    fn any(&self, look: &mut dyn FnMut(&str) -> bool) -> bool {
        let Some(document) = self.document else { return false };
        look(&document.name)
            || look(&document.document_type)
            || document.display_name.as_deref().is_some_and(&mut *look)
            || document.version_name.as_deref().is_some_and(&mut *look)
            || document.tags.iter().any(|tag| look(&tag.key) || look(&tag.value))
    }

    fn name(&self) -> &str {
        self.document.map_or("", |document| &document.name)
    }

    fn column(&self, name: &str, look: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
        let document = self.document?;
        Some(match name {
            "document" | "name" => look(&document.name),
            "type" => look(&document.document_type),
            "owner" => self.owner(&document.owner, look),
            "platform" | "platforms" | "os" => document.platform_types.iter().any(|it| look(it)),
            "schema" => look(&document.schema_version),
            "default" | "version" => look(&version(document)),
            "format" => look(&document.document_format),
            "review" => document.review_status.as_deref().is_some_and(look),
            _ => return None,
        })
    }

    fn tag(&self, key: &str) -> Option<&str> {
        let tag = self.document?.tags.iter().find(|tag| tag.key == key)?;
        Some(&tag.value)
    }

    fn environment(&self) -> Option<&str> {
        self.tag("env")
    }
}
