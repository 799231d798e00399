//! LabelParameterVersion and UnlabelParameterVersion.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::parameters::{
    LabelParameterVersion, LabelParameterVersionResult, UnlabelParameterVersion,
    UnlabelParameterVersionResult,
};
use pilothouse_api::topics::ParameterOperation;
use pilothouse_store::parameters::{self, ParameterRecord, VersionRecord};

use super::named_itself;
use crate::capabilities::parameter_events::note;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// The most labels of one version.
const LABELS: usize = 10;

/// Whether a label can be.
fn is_label(label: &str) -> bool {
    let lower = label.to_ascii_lowercase();
    let is_free = !lower.starts_with("aws") && !lower.starts_with("ssm");
    let spelled = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    is_free && spelled && !label.starts_with(|first: char| first.is_ascii_digit())
}

/// The version of a parameter, which must be there.
pub(super) async fn version(
    cx: &mut Cx<'_>,
    newest: VersionRecord,
    number: i64,
) -> Result<VersionRecord, Fault> {
    if number == newest.version {
        return Ok(newest);
    }
    let found = parameters::get_version(cx.tx, &newest.region, &newest.path, number);
    found.await.map_err(store_fault)?.ok_or_else(|| {
        let message = format!(
            "Systems Manager could not find version {number} of {}. Verify the version and try again.",
            newest.name
        );
        Fault::caller("ParameterVersionNotFound", message)
    })
}

impl Run for LabelParameterVersion {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<LabelParameterVersionResult, Fault> {
        let region = cx.region().to_owned();
        cx.tx.revision(&region).await.map_err(store_fault)?;
        let ParameterRecord { newest, tags } = named_itself(cx, &self.name).await?;
        let number = self.parameter_version.unwrap_or(newest.version);
        let it = version(cx, newest, number).await?;
        let path = &it.path;
        let asked: BTreeSet<String> = self.labels.into_iter().collect();
        let (labels, invalid_labels): (Vec<String>, Vec<String>) =
            asked.into_iter().partition(|label| is_label(label));
        let stand = parameters::labels(cx.tx, &region, path).await.map_err(store_fault)?;
        let mut there: BTreeSet<&String> =
            stand.iter().filter(|(_, on)| **on == number).map(|(label, _)| label).collect();
        there.extend(&labels);
        if there.len() > LABELS {
            return Err(Fault::caller(
                "ParameterVersionLabelLimitExceeded",
                "A parameter version can have maximum 10 labels. Move one or more labels to another version and try again.",
            ));
        }
        parameters::set_labels(cx.tx, &region, path, number, &labels).await.map_err(store_fault)?;
        if !labels.is_empty() {
            let detail = labels.join(", ");
            note(cx, ParameterOperation::LabelParameterVersion, &it, vec![tags], detail).await?;
        }
        Ok(LabelParameterVersionResult { invalid_labels, parameter_version: number })
    }
}

impl Run for UnlabelParameterVersion {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<UnlabelParameterVersionResult, Fault> {
        let region = cx.region().to_owned();
        cx.tx.revision(&region).await.map_err(store_fault)?;
        let ParameterRecord { newest, tags } = named_itself(cx, &self.name).await?;
        let it = version(cx, newest, self.parameter_version).await?;
        let stand = parameters::labels(cx.tx, &region, &it.path).await.map_err(store_fault)?;
        let asked: BTreeSet<String> = self.labels.into_iter().collect();
        let (removed_labels, invalid_labels): (Vec<String>, Vec<String>) =
            asked.into_iter().partition(|label| stand.get(label) == Some(&it.version));
        parameters::remove_labels(cx.tx, &region, &it.path, &removed_labels).await.map_err(store_fault)?;
        if !removed_labels.is_empty() {
            let detail = removed_labels.join(", ");
            note(cx, ParameterOperation::UnlabelParameterVersion, &it, vec![tags], detail).await?;
        }
        Ok(UnlabelParameterVersionResult { removed_labels, invalid_labels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_no_number_and_not_awss_own() {
        for good in ["prod", "v1.2-rc_3", "_x", "my-aws"] {
            assert!(is_label(good), "{good}");
        }
        for bad in ["1", "1prod", "aws", "AWS-x", "Ssm.x", "a b", "a:b", "ä", "a/b"] {
            assert!(!is_label(bad), "{bad}");
        }
    }
}
