//! Documents: what can be run, opened, installed or asked for the time, in versions.
//!
//! In: the operations on documents, by name or ARN. Out: contents, and what is known of them. Two kinds of documents are one here: those
//! of `assets/documents`, which are compiled in (owner Amazon), and those that people made (owner: the account). Other capabilities
//! get a document by running GetDocument. What is not there is judged by its name alone, before it is told that it is not there.
//!
//! One file per family; `content` is what a text of a type may be, `found` how a name leads to a version, `told` how it is told.
//! Never here: what the language means (`agent/document`), who runs it (`commands`), the bytes of attachments (`packages`).

mod attachments;
mod builtin;
mod calendar;
mod change;
mod content;
mod create;
mod delete;
mod filters;
mod found;
mod get;
mod list;
mod permission;
mod review;
mod told;
mod update;
mod uses;
mod validate;
mod versions;

#[cfg(test)]
mod stories;

use pilothouse_api::Fault;

/// NOT_REVIEWED.
const NOT_REVIEWED: &str = "NOT_REVIEWED";

fn invalid_version(message: impl Into<String>) -> Fault {
    Fault::caller("InvalidDocumentVersion", message)
}

fn invalid_operation(message: impl Into<String>) -> Fault {
    Fault::caller("InvalidDocumentOperation", message)
}

/// A content's name in hashes: SHA-256, hexadecimal.
fn hash(content: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content.as_bytes()))
}
