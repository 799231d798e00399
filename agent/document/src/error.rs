//! What can be wrong with a document.

/// Bytes in a document. Source: "Systems Manager quotas".
pub const MAX_DOCUMENT: usize = 64 * 1024;

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Longer than [`MAX_DOCUMENT`].
    #[error("the document has {0} bytes, over the limit of {MAX_DOCUMENT}")]
    TooLong(usize),
    /// Not JSON or YAML.
    #[error("line {line}, column {column}: {what}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What the reader said.
        what: String,
    },
    /// A member is not what the schema wants.
    #[error("line {line}, column {column}: {at}: expected {expected}, found {found}")]
    Shape {
        /// Path of the member, such as `mainSteps[0].action`.
        at: String,
        /// Line, from 1; of what holds the member where it is missing.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What the schema wants.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The tree cannot be written.
    #[error("the document cannot be written: {what}")]
    Unwritable {
        /// Why.
        what: String,
    },
}
