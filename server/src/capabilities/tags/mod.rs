//! Tags on whatever can carry them: nodes, parameters and documents.
//!
//! In: AddTagsToResource, RemoveTagsFromResource, ListTagsForResource. Out: rows, and the doorbell for whoever watches what was
//! tagged. Tags say which environment a thing belongs to, so to change them is asked of the thing as it is and as it becomes.
//!
//! Never here: tags that a thing is made with (its own room's), what tags mean to policies.

mod change;
mod tagged;
