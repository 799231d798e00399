//! A parameter and all that is below it, as far as the caller may see it: what is exported, compared and copied.

use pilothouse_api::Fault;
use pilothouse_store::parameters::ParameterRecord;
use pilothouse_store::parameters::past::Was;

use super::exchange::MOST;
use super::scan;
use super::then::{Then, seen};
use crate::cx::Cx;

/// What was found.
#[derive(Default)]
pub(super) struct Gathered {
    /// In order of path.
    pub(super) known: Vec<ParameterRecord>,
    /// Names of those whose version of that time is not kept any more.
    pub(super) lost: Vec<String>,
}

/// The parameter of this path, and if `is_deep` what is below it; of these what the caller may see by `permission`. They are noted
/// in the audit trail as what was read.
///
/// # Errors
/// `AccessDeniedException`; `ValidationException` when there are too many.
pub(super) async fn gather(
    cx: &mut Cx<'_>,
    path: &str,
    then: Then,
    is_deep: bool,
    permission: &str,
) -> Result<Gathered, Fault> {
    let mut sifter = cx.sifter(permission).await?;
    let mut found = if path == "/" { Vec::new() } else { then.paths(cx, &[path]).await? };
    found.retain(|it| sifter.shows(&seen(it)));
    let mut after = String::new();
    let mut is_last = !is_deep;
    while !is_last {
        let rows = then.below(cx, path, &after, scan::FETCH).await?;
        is_last = rows.len() < scan::FETCH;
        if let Some(last) = rows.last() {
            last.path().clone_into(&mut after);
        }
        found.extend(rows.into_iter().filter(|it| sifter.shows(&seen(it))));
        if found.len() > MOST {
            let message = format!("more than {MOST} parameters are below {path}: take a path further down");
            return Err(Fault::validation(message));
        }
    }
    // They were sifted already; this way it is known who read what.
    cx.require_as(permission, found.iter().map(seen).collect()).await?;
    let mut gathered = Gathered::default();
    for it in found {
        match it {
            Was::Known(it) => gathered.known.push(*it),
            Was::Lost { name, .. } => gathered.lost.push(name),
        }
    }
    Ok(gathered)
}

/// What stands behind `base` in a path below it, without a slash before it.
pub(super) fn behind<'a>(path: &'a str, base: &str) -> &'a str {
    path.strip_prefix(base).unwrap_or(path).trim_start_matches('/')
}

/// The path of a name below a base.
pub(super) fn below(base: &str, name: &str) -> String {
    let base = base.trim_end_matches('/');
    if name.is_empty() { base.to_owned() } else { format!("{base}/{name}") }
}
