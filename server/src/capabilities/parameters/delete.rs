//! DeleteParameter and DeleteParameters.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::parameters::{
    DeleteParameter, DeleteParameterResult, DeleteParameters, DeleteParametersResult,
};
use pilothouse_api::topics::ParameterOperation;
use pilothouse_store::parameters::{self, ParameterRecord};

use super::name::Reference;
use super::{look, named_itself};
use crate::capabilities::parameter_events::{author, note};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Removes a parameter, and tells it.
pub(super) async fn remove(cx: &mut Cx<'_>, found: ParameterRecord) -> Result<(), Fault> {
    let by = author(cx);
    parameters::end(cx.tx, &found.newest, cx.now, &by).await.map_err(store_fault)?;
    note(cx, ParameterOperation::Delete, &found.newest, vec![found.tags], String::new()).await
}

impl Run for DeleteParameter {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DeleteParameterResult, Fault> {
        let region = cx.region().to_owned();
        cx.tx.revision(&region).await.map_err(store_fault)?;
        let found = named_itself(cx, &self.name).await?;
        remove(cx, found).await?;
        Ok(DeleteParameterResult {})
    }
}

impl Run for DeleteParameters {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DeleteParametersResult, Fault> {
        let region = cx.region().to_owned();
        cx.tx.revision(&region).await.map_err(store_fault)?;
        let (mut there, mut resources, mut result) =
            (Vec::new(), Vec::new(), DeleteParametersResult::default());
        let mut paths = BTreeSet::new();
        for name in self.names.into_iter().collect::<BTreeSet<_>>() {
            let is_itself = |reference: &Reference| reference.selector.is_none() && !name.starts_with("arn:");
            let reference = Reference::read(cx, &name).filter(is_itself);
            // Who names one twice, as `x` and as `/x`, deletes it once.
            let Some(reference) = reference.filter(|reference| paths.insert(reference.path.clone())) else {
                result.invalid_parameters.push(name);
                continue;
            };
            let (found, seen) = look(cx, &reference.path).await?;
            resources.push(seen);
            match found {
                Some(found) => there.push((name, found)),
                None => result.invalid_parameters.push(name),
            }
        }
        cx.require(resources).await?;
        for (name, found) in there {
            remove(cx, found).await?;
            result.deleted_parameters.push(name);
        }
        Ok(result)
    }
}
