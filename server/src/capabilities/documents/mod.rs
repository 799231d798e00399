//! Documents: what can be run. This release knows the built-in ones, owner Amazon.
//!
//! In: ListDocuments, DescribeDocument, GetDocument. Out: the documents of `assets/documents`, which are compiled in, parsed
//! and hashed once. Other capabilities get a document by running GetDocument.
//!
//! Never here: what a document means (`agent/document`), who runs it (`commands`).

mod builtin;
mod get;
mod list;
