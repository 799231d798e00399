//! Parameter Store: values by name, in versions, with labels.
//!
//! In: PutParameter, GetParameter and its sisters, labels, deletion. Out: values; those of SecureStrings sealed, or in plain text to
//! whoever may also [`DECRYPT`](pilothouse_api::parameters::DECRYPT). `x` and `/x` are one parameter, judged and kept by its path.
//! What is not there is judged by its path alone, before it is told that it is not there.
//!
//! One file per family; `name`, `rules` and `data_type` are what a name and a value may be, `sealing` the only way to a SecureString.
//! Never here: a value in a message, a plain SecureString at rest, tags after the first version (the room of tags).

mod attempt;
mod blame;
mod browse;
mod copy;
mod data_type;
mod delete;
mod describe;
mod diff;
mod exchange;
mod export;
mod filters;
mod find;
mod gather;
mod get;
mod history;
mod import;
mod labels;
mod name;
mod path;
mod policies;
mod policy;
mod put;
mod readers;
mod roll_back;
mod rules;
mod scan;
mod sealing;
mod sweep;
mod then;

#[cfg(test)]
mod event_stories;
#[cfg(test)]
mod exchange_stories;
#[cfg(test)]
mod history_stories;
#[cfg(test)]
mod key_stories;
#[cfg(test)]
mod policy_stories;
#[cfg(test)]
mod stories;

use pilothouse_api::Fault;
use pilothouse_store::parameters::{self, ParameterRecord};

use crate::access::Resource;
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};

/// The name among all of AWS's.
fn arn(cx: &Cx<'_>, path: &str) -> String {
    format!("arn:aws:ssm:{}:{}:parameter{path}", cx.region(), cx.account_id)
}

fn not_found(name: &str) -> Fault {
    let shown: String = name.chars().take(256).collect();
    Fault::caller("ParameterNotFound", format!("Parameter {shown} not found."))
}

/// The answer to a name that no parameter can have.
fn no_such(name: &str) -> Fault {
    if name.trim().contains(char::is_whitespace) { name::unspellable() } else { not_found(name) }
}

/// As policies see it.
fn resource(it: &ParameterRecord) -> Resource {
    resources::parameter(&it.newest.path, it.tags.clone())
}

/// What is at a path, and how policies see it, or what would be there.
async fn look(cx: &mut Cx<'_>, path: &str) -> Result<(Option<ParameterRecord>, Resource), Fault> {
    let region = cx.region().to_owned();
    let found = parameters::get(cx.tx, &region, path).await.map_err(store_fault)?;
    let seen = found.as_ref().map_or_else(|| resources::parameter(path, Default::default()), resource);
    Ok((found, seen))
}

/// As [`named`], by a name that is no ARN.
///
/// # Errors
/// `ValidationException`; else as [`named`].
async fn named_itself(cx: &mut Cx<'_>, name: &str) -> Result<ParameterRecord, Fault> {
    if name.trim_start().starts_with("arn:") {
        return Err(name::unspellable());
    }
    named(cx, name).await
}

/// The parameter that is named without selector, on which the caller may do what it called.
///
/// # Errors
/// `AccessDeniedException`, `ParameterNotFound`.
async fn named(cx: &mut Cx<'_>, name: &str) -> Result<ParameterRecord, Fault> {
    let reference = name::Reference::read(cx, name).filter(|reference| reference.selector.is_none());
    let reference = reference.ok_or_else(|| no_such(name))?;
    let (found, seen) = look(cx, &reference.path).await?;
    cx.require(vec![seen]).await?;
    found.ok_or_else(|| not_found(name))
}
