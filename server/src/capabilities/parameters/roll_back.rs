//! RollBackParameter: a new version with what stood in an old one. What is sealed does not leave the server.

use pilothouse_api::Fault;
use pilothouse_api::parameters::{PutParameter, PutParameterResult, RollBackParameter};

use super::labels::version;
use super::{named, sealing};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for RollBackParameter {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<PutParameterResult, Fault> {
        let region = cx.region().to_owned();
        cx.tx.revision(&region).await.map_err(store_fault)?;
        let newest = named(cx, &self.name).await?.newest;
        let old = version(cx, newest, self.version).await?;
        let value = sealing::tell(cx, &old, true).await?;
        // What the old one had none of is taken away, not kept.
        let put = PutParameter {
            name: old.name,
            value,
            description: Some(old.description.unwrap_or_default()),
            key_id: old.key_name,
            overwrite: Some(true),
            allowed_pattern: Some(old.allowed_pattern.unwrap_or_default()),
            data_type: Some(old.data_type),
            ..PutParameter::default()
        };
        put.run(cx).await
    }
}
