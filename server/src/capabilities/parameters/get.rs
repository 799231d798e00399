//! GetParameter and GetParameters.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::parameters::{
    GetParameter, GetParameterResult, GetParameters, GetParametersResult, Parameter,
};
use pilothouse_store::parameters::{self, ParameterRecord, VersionRecord};

use super::name::{Reference, Selector};
use super::{arn, look, no_such, not_found, resource, sealing};
use crate::access::Resource;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// A version as it is told.
pub(super) async fn told(
    cx: &mut Cx<'_>,
    it: VersionRecord,
    selector: Option<String>,
    opens: bool,
) -> Result<Parameter, Fault> {
    Ok(Parameter {
        value: sealing::tell(cx, &it, opens).await?,
        arn: arn(cx, &it.path),
        name: it.name,
        r#type: it.kind,
        version: it.version,
        selector,
        last_modified_date: it.modified_at.into(),
        data_type: it.data_type,
    })
}

/// The version of a parameter that a selector means.
///
/// # Errors
/// `ParameterVersionNotFound`.
async fn select(
    cx: &mut Cx<'_>,
    it: ParameterRecord,
    selector: Option<&Selector>,
) -> Result<VersionRecord, Fault> {
    let newest = it.newest;
    let missing = |what: String| {
        let message = format!("Systems Manager could not find {what} and try again.");
        Fault::caller("ParameterVersionNotFound", message)
    };
    let number = match selector {
        None => return Ok(newest),
        Some(Selector::Version(number)) => *number,
        Some(Selector::Label(label)) => {
            let labels =
                parameters::labels(cx.tx, &newest.region, &newest.path).await.map_err(store_fault)?;
            let found = labels.get(label).copied();
            found.ok_or_else(|| missing(format!("label {label} of {}. Verify the label", newest.name)))?
        }
    };
    if number == newest.version {
        return Ok(newest);
    }
    let found = parameters::get_version(cx.tx, &newest.region, &newest.path, number);
    found
        .await
        .map_err(store_fault)?
        .ok_or_else(|| missing(format!("version {number} of {}. Verify the version", newest.name)))
}

impl Run for GetParameter {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetParameterResult, Fault> {
        let reference = Reference::read(cx, &self.name).ok_or_else(|| no_such(&self.name))?;
        let (found, seen) = look(cx, &reference.path).await?;
        cx.require(vec![seen.clone()]).await?;
        let found = found.ok_or_else(|| not_found(&self.name))?;
        let version = select(cx, found, reference.selector.as_ref()).await?;
        let opens = self.with_decryption == Some(true);
        if opens {
            sealing::may_open(cx, std::iter::once((&version, seen))).await?;
        }
        Ok(GetParameterResult { parameter: told(cx, version, reference.suffix, opens).await? })
    }
}

/// A parameter that was asked for, and how.
struct Wanted {
    found: ParameterRecord,
    reference: Reference,
    asked: String,
}

/// What is there of what was asked for, how policies see all of it, and what is not there.
async fn sort_out(
    cx: &mut Cx<'_>,
    names: Vec<String>,
) -> Result<(Vec<Wanted>, Vec<Resource>, Vec<String>), Fault> {
    let (mut wanted, mut seen, mut invalid) = (Vec::new(), Vec::new(), Vec::new());
    for asked in names.into_iter().collect::<BTreeSet<_>>() {
        let Some(reference) = Reference::read(cx, &asked) else {
            invalid.push(asked);
            continue;
        };
        let (found, resource) = look(cx, &reference.path).await?;
        seen.push(resource);
        match found {
            Some(found) => wanted.push(Wanted { found, reference, asked }),
            None => invalid.push(asked),
        }
    }
    Ok((wanted, seen, invalid))
}

impl Run for GetParameters {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetParametersResult, Fault> {
        let (wanted, seen, mut invalid_parameters) = sort_out(cx, self.names).await?;
        cx.require(seen).await?;
        let mut versions = Vec::new();
        for Wanted { found, reference, asked } in wanted {
            let seen = resource(&found);
            match select(cx, found, reference.selector.as_ref()).await {
                Ok(version) => versions.push((version, seen, reference.suffix)),
                Err(fault) if fault.code == "ParameterVersionNotFound" => invalid_parameters.push(asked),
                Err(fault) => return Err(fault),
            }
        }
        let opens = self.with_decryption == Some(true);
        if opens {
            sealing::may_open(cx, versions.iter().map(|(version, seen, _)| (version, seen.clone()))).await?;
        }
        let mut parameters = Vec::with_capacity(versions.len());
        for (version, _, suffix) in versions {
            parameters.push(told(cx, version, suffix, opens).await?);
        }
        parameters.sort_by(|a, b| (&a.name, a.version).cmp(&(&b.name, b.version)));
        invalid_parameters.sort();
        Ok(GetParametersResult { parameters, invalid_parameters })
    }
}
