//! Old output goes, and what is too much: by age, and then the oldest until the rest fits.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_protocol::{CommandId, Lost, Millis};
use pilothouse_store::commands::{self, Standing};
use pilothouse_store::outputs::KeptOutput;

use super::output_fault;
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::internal::{Expired, LookForOldOutput, OldOutput, SweepOutput};

/// The most commands whose output one activation removes.
const AT_ONCE: usize = 1_000;

impl Run for LookForOldOutput {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<OldOutput>, Fault> {
        let kept = cx.ports.outputs.kept().await.map_err(output_fault)?;
        let total: u64 = kept.iter().map(|it| it.bytes).sum();
        let mut whole: Vec<KeptOutput> = kept.into_iter().filter(|it| !it.swept).collect();
        whole.sort_by_key(|it| it.last);
        let before = Millis(if self.keep_ms == 0 { i64::MIN } else { cx.now.0 - self.keep_ms });
        // Some room beyond the quota, so that it does not bite at once again.
        let too_much = if self.total == 0 { 0 } else { total.saturating_sub(self.total / 10 * 9) };
        let too_much = if total > self.total { too_much } else { 0 };
        if whole.first().is_none_or(|oldest| oldest.last >= before) && too_much == 0 {
            return Ok(Vec::new());
        }
        let ids: Vec<CommandId> = whole.iter().map(|it| it.command.clone()).collect();
        let standing = commands::standing(cx.tx, &ids).await.map_err(store_fault)?;
        Ok(choose(whole, &standing, before, too_much))
    }
}

/// Whose output goes: what is older than an instant, then the oldest until as many bytes as are too much are gone. Never that of
/// a command whose runs may still write.
fn choose(
    whole: Vec<KeptOutput>,
    standing: &BTreeMap<CommandId, Standing>,
    before: Millis,
    mut too_much: u64,
) -> Vec<OldOutput> {
    let mut old = Vec::new();
    for it in whole.into_iter().take(AT_ONCE) {
        let known = standing.get(&it.command);
        let why = match () {
            () if known.is_some_and(|known| !known.state.is_terminal()) => continue,
            () if it.last < before => Lost::Age,
            () if too_much > 0 => Lost::TotalQuota,
            () => break,
        };
        too_much = too_much.saturating_sub(it.bytes);
        let region = known.map_or_else(String::new, |known| known.region.clone());
        old.push(OldOutput { region, command_id: it.command, why });
    }
    old
}

impl Run for SweepOutput {
    const GUARD: Guard = Guard::Kind;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Expired, Fault> {
        let region = cx.region().to_owned();
        if let Some(command) = commands::get(cx.tx, &region, &self.command_id).await.map_err(store_fault)? {
            cx.require(vec![resources::command(&command)]).await?;
        }
        cx.ports.outputs.sweep(&self.command_id, self.why).await.map_err(output_fault)?;
        Ok(Expired { changed: 1 })
    }
}

#[cfg(test)]
mod tests {
    use pilothouse_api::commands::CommandState;

    use super::*;

    fn id(number: usize) -> CommandId {
        format!("{number:08x}-0000-4000-8000-000000000000").parse().unwrap()
    }

    fn kept(number: usize) -> KeptOutput {
        let last = Millis(i64::try_from(number).unwrap() * 100);
        KeptOutput { command: id(number), bytes: 10, last, swept: false }
    }

    #[test]
    fn what_is_old_goes_then_the_oldest_of_the_rest_and_never_what_runs() {
        let standing = |number, state| (id(number), Standing { region: "r".into(), state });
        let standing = [
            standing(1, CommandState::Success),
            standing(2, CommandState::InProgress),
            standing(3, CommandState::Failed),
            standing(5, CommandState::Success),
        ];
        let old = choose((1..=5).map(kept).collect(), &standing.into(), Millis(150), 25);
        let named: Vec<_> = old.into_iter().map(|it| (it.command_id, it.region, it.why)).collect();
        assert_eq!(
            named,
            [
                (id(1), "r".into(), Lost::Age),
                (id(3), "r".into(), Lost::TotalQuota),
                (id(4), String::new(), Lost::TotalQuota),
            ]
        );
    }
}
