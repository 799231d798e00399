//! The topic of groups: all of them, whenever they change.

use pilothouse_api::Fault;
use pilothouse_api::fleet::FollowResult;
use pilothouse_api::topics::{News, Topic};

use super::{AT_ONCE, up_to_date, visible_command};
use crate::cx::Cx;
use crate::door::{Guard, Run};
use crate::folding::{Caught, Key};
use crate::internal::FollowGroups;

impl Run for FollowGroups {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<FollowResult, Fault> {
        let Self { command_id, normal } = self;
        let command = visible_command(cx, command_id.as_str()).await?;
        let Caught { mut fold, more } = up_to_date(cx, &command, normal, AT_ONCE).await?;
        let (told, is_behind) = fold.tell(&*cx.ports.outputs, &command_id).await;
        let more = more || is_behind;
        let complete = command.state.is_terminal() && !more && fold.is_complete();
        if complete {
            fold.settle(&told);
        }
        let over = complete.then(|| fold.size());
        cx.ports.folds.note(&Key { command_id: command_id.clone(), normal }, over, cx.now);
        // While more follows each telling must move the cursor, also one that tells nothing new.
        let after = told.fingerprint(more.then(|| fold.progress()));
        let news = News::Groups {
            groups: told.groups,
            nodes: told.nodes,
            running: told.running,
            more_groups: told.more_groups,
            complete,
        };
        Ok(FollowResult { news, next: Topic::Groups { command_id, normal, after }, more })
    }
}
