//! `{{ssm:…}}`: what a document's references to parameters stand for, as far as the caller may read them.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::parameters::GetParameters;
use pilothouse_document::{Resolved, SsmReference, SsmValue, split_list};

use crate::cx::Cx;
use crate::door::run_as_itself;

/// The most references of one document with its values.
const MAX_REFERENCES: usize = 100;

/// What references stand for now. Each is read by GetParameters, by that operation's own permission; a secret is never given, as
/// it would stand in the command and in the node's files.
///
/// # Errors
/// `InvalidParameters` that names the reference which cannot be resolved, or what GetParameters says.
pub(super) async fn resolve(cx: &mut Cx<'_>, references: BTreeSet<SsmReference>) -> Result<Resolved, Fault> {
    if references.len() > MAX_REFERENCES {
        let count = references.len();
        let message = format!("{count} references to parameters are over the limit of {MAX_REFERENCES}");
        return Err(Fault::caller("InvalidParameters", message));
    }
    let mut resolved = Resolved::new();
    for reference in references {
        let value = value(cx, &reference).await?;
        resolved.insert(reference, value);
    }
    Ok(resolved)
}

async fn value(cx: &mut Cx<'_>, reference: &SsmReference) -> Result<SsmValue, Fault> {
    let refused = |why: &str| {
        Fault::caller("InvalidParameters", format!("{{{{ssm:{reference}}}}} cannot be resolved: {why}"))
    };
    let get = GetParameters { names: vec![reference.to_string()], with_decryption: None };
    let Some(mut found) = run_as_itself(cx, get).await?.parameters.pop() else {
        return Err(refused("there is no such parameter, or no such version of it"));
    };
    match found.r#type.as_str() {
        "String" => Ok(SsmValue::Text(std::mem::take(&mut found.value))),
        "StringList" => Ok(SsmValue::List(split_list(&found.value))),
        _ => Err(refused(
            "it is a SecureString, which is not put into commands: let the script on the node read it, by a right of its own",
        )),
    }
}
