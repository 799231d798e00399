//! FreeFolds: memory of what nobody follows any more is freed, also when nobody asks for anything.

use pilothouse_api::Fault;

use crate::cx::Cx;
use crate::door::{Guard, Run};
use crate::internal::{Expired, FreeFolds};

impl Run for FreeFolds {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Expired, Fault> {
        Ok(Expired { changed: cx.ports.folds.sweep(cx.now) })
    }
}
