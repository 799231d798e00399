//! Several PutParameters as one: all of them, or none; or only a try, which tells of each what would become of it.

use pilothouse_api::parameters::{ChangeKind, ParameterChange, ParameterChanges, PutParameter};
use pilothouse_api::{Fault, Operation as _, Violations};

use super::exchange::Place;
use crate::cx::{Cx, store_fault};
use crate::door::Run;

/// One of them.
pub(super) struct Wanted {
    /// What is put; nothing when it is so already.
    pub(super) put: Option<PutParameter>,
    /// What is told of it; `change` is what becomes of it if it is not refused.
    pub(super) change: ParameterChange,
    /// Where it stands in a text.
    pub(super) at: Option<Place>,
    /// Why it is refused before it is tried.
    pub(super) refused: Option<Fault>,
}

/// Puts them in their order, and undoes all of it when it is only tried.
///
/// # Errors
/// The first refusal, with the name and the line, when it is not only tried. The caller's transaction is then to be given up.
pub(super) async fn attempt(
    cx: &mut Cx<'_>,
    wanted: Vec<Wanted>,
    is_try: bool,
) -> Result<ParameterChanges, Fault> {
    let region = cx.region().to_owned();
    // Taken before the mark: what is undone does not give it back.
    cx.tx.revision(&region).await.map_err(store_fault)?;
    if is_try {
        cx.tx.mark().await.map_err(store_fault)?;
    }
    let mut done = ParameterChanges::default();
    for it in wanted {
        let Wanted { put, mut change, at, refused } = it;
        let refused = refused.or_else(|| put.as_ref().and_then(broken));
        let outcome = match (refused, put) {
            (Some(fault), _) => Err(fault),
            (None, None) => Ok(()),
            (None, Some(put)) if is_try => tried(cx, put, &mut change).await?,
            (None, Some(put)) => Box::pin(put.run(cx)).await.map(drop),
        };
        match outcome {
            Ok(()) => done.written += i64::from(!is_try && change.change != ChangeKind::Same),
            Err(fault) if is_try => {
                change.change = ChangeKind::Refused;
                change.message = Some(format!("{}: {}", fault.code, fault.message));
            }
            Err(fault) => return Err(named(fault, &change.name, at)),
        }
        done.changes.push(change);
    }
    if is_try {
        cx.tx.undo().await.map_err(store_fault)?;
        // Nothing happened: nobody is told.
        cx.after.clear();
        cx.rung.clear();
        cx.asked.created.clear();
    }
    Ok(done)
}

/// What the door would say of it, if somebody called it: constraints of the model.
fn broken(put: &PutParameter) -> Option<Fault> {
    let mut violations = Violations::discreet();
    put.validate(&mut violations);
    violations.into_result().err()
}

/// Tries one; what it wrote stays for those that follow, unless it is refused.
async fn tried(
    cx: &mut Cx<'_>,
    put: PutParameter,
    change: &mut ParameterChange,
) -> Result<Result<(), Fault>, Fault> {
    cx.tx.mark().await.map_err(store_fault)?;
    let outcome = Box::pin(put.run(cx)).await.map(drop);
    if outcome.is_ok() {
        cx.tx.keep().await.map_err(store_fault)?;
    } else {
        cx.tx.undo().await.map_err(store_fault)?;
    }
    // A try is nothing that somebody would have to approve.
    if let Some(why) = cx.asked.wants_approval.take() {
        change.message = Some(format!("wants an approval: {why}"));
    }
    Ok(outcome)
}

/// The fault with what it is about. What a value holds is in none of them.
fn named(fault: Fault, name: &str, at: Option<Place>) -> Fault {
    let at = at.map(|at| format!("{at}: ")).unwrap_or_default();
    Fault {
        message: format!("{at}{name}: {}; nothing was changed", fault.message.trim_end_matches('.')),
        ..fault
    }
}
