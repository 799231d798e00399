//! PutParameter.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::parameters::{PutParameter, PutParameterResult};
use pilothouse_api::settings::DEFAULT_PARAMETER_TIER;
use pilothouse_api::topics::ParameterOperation;
use pilothouse_store::parameters::{self, Origin, ParameterRecord, VersionRecord};
use pilothouse_store::{settings, tags};
use zeroize::Zeroizing;

use super::policy::{self, Policy};
use super::rules::{ADVANCED, ADVANCED_PARAMETERS, Needs, STANDARD, STANDARD_PARAMETERS};
use super::{data_type, look, name, policies, rules, sealing};
use crate::access::Resource;
use crate::capabilities::parameter_events::{author, note};
use crate::capabilities::resources;
use crate::capabilities::tag_keys::check_keys;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// The most versions that are kept of one parameter.
pub(super) const VERSIONS: i64 = 100;
/// The most characters that a version keeps of what a client says it is.
const ORIGIN: usize = 256;
/// The most tags of one parameter.
const TAGS: usize = 50;

impl Run for PutParameter {
    const GUARD: Guard = Guard::Resources;

    async fn run(mut self, cx: &mut Cx<'_>) -> Result<PutParameterResult, Fault> {
        let value = Zeroizing::new(std::mem::take(&mut self.value));
        let path = name::check(cx, &self.name)?;
        let policies = check_request(&self)?;
        // Whoever else changes something here waits, so that no version is made twice.
        let region = cx.region().to_owned();
        cx.tx.revision(&region).await.map_err(store_fault)?;
        let (found, seen) = look(cx, &path).await?;
        let asked_tags: BTreeMap<String, String> =
            self.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        let seen = if found.is_some() { seen } else { resources::parameter(&path, asked_tags.clone()) };
        cx.require(vec![seen.clone()]).await?;
        let newest = found.map(|found| found.newest);
        may_take_the_name(newest.is_some(), self.overwrite == Some(true))?;
        let former = newest.as_ref().map(|it| (it.version, it.tier.clone()));
        let has_policies = policies.as_ref().is_some_and(|policies| !policies.is_empty());
        let beside = Beside { value: &value, has_policies, seen: seen.clone() };
        let next = next(cx, self, &path, newest, beside).await?;
        let was = former.as_ref().map(|(_, tier)| tier.as_str());
        policies::give(cx, &next, former.as_ref().map(|(version, _)| *version), policies.as_deref()).await?;
        parameters::put(cx.tx, &next, was).await.map_err(store_fault)?;
        let operation =
            if former.is_some() { ParameterOperation::Update } else { ParameterOperation::Create };
        if former.is_none() {
            let asked_tags: Vec<_> = asked_tags.into_iter().collect();
            tags::set(cx.tx, &region, parameters::KIND, &path, &asked_tags).await.map_err(store_fault)?;
            cx.created(seen.clone());
        }
        note(cx, operation, &next, vec![seen.tags.clone()], String::new()).await?;
        let it = ParameterRecord { newest: next, tags: seen.tags };
        parameters::became(cx.tx, &it);
        Ok(PutParameterResult { version: it.newest.version, tier: it.newest.tier })
    }
}

fn may_take_the_name(is_taken: bool, overwrites: bool) -> Result<(), Fault> {
    if is_taken && !overwrites {
        return Err(Fault::caller(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
        ));
    }
    Ok(())
}

/// What can be told of the request alone; the policies that it asks for.
fn check_request(put: &PutParameter) -> Result<Option<Vec<Policy>>, Fault> {
    if put.overwrite == Some(true) && !put.tags.is_empty() {
        return Err(Fault::validation(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite \
             flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
        ));
    }
    check_keys(put.tags.iter().map(|tag| tag.key.as_str()))?;
    if put.tags.len() > TAGS {
        let message = format!("{} tags are over the limit of {TAGS} tags on one resource", put.tags.len());
        return Err(Fault::caller("TooManyTagsError", message));
    }
    put.policies.as_deref().map(policy::read).transpose()
}

/// What stands beside a request.
struct Beside<'a> {
    /// The value, taken out of it.
    value: &'a str,
    /// Whether it asks for any.
    has_policies: bool,
    /// The parameter as policies see it.
    seen: Resource,
}

/// The version that comes after `newest`; what the request leaves out stays as it was.
async fn next(
    cx: &mut Cx<'_>,
    put: PutParameter,
    path: &str,
    newest: Option<VersionRecord>,
    beside: Beside<'_>,
) -> Result<VersionRecord, Fault> {
    let Beside { value, has_policies, seen } = beside;
    let kept = newest.as_ref();
    let kind = kind(put.r#type, kept)?;
    let key_name = key(cx, &kind, put.key_id.as_deref(), kept, seen).await?;
    let data_type = or_kept(put.data_type, kept.map(|it| &it.data_type));
    let data_type = data_type.unwrap_or_else(|| data_type::TEXT.to_owned());
    let allowed_pattern = or_kept(put.allowed_pattern, kept.and_then(|it| it.allowed_pattern.as_ref()));
    let description = or_kept(put.description, kept.and_then(|it| it.description.as_ref()));
    rules::check_value(&kind, value, &data_type, allowed_pattern.as_deref())?;
    let needs = Needs { bytes: value.len(), data_type: &data_type, has_policies };
    let tier = tier(cx, put.tier.as_deref(), kept, &needs).await?;
    let version = kept.map_or(1, |it| it.version + 1);
    if version > VERSIONS {
        make_room(cx, path).await?;
    }
    let value = sealing::seal(cx, path, version, key_name.as_deref(), value).await?;
    Ok(VersionRecord {
        region: cx.region().to_owned(),
        path: path.to_owned(),
        name: newest.map_or_else(|| put.name.trim().to_owned(), |it| it.name),
        version,
        kind,
        value,
        key_name,
        description,
        allowed_pattern,
        tier: tier.to_owned(),
        data_type,
        modified_at: cx.now,
        modified_by: author(cx),
        origin: origin(cx),
    })
}

/// The key that the caller may put the next version under; nothing when it is not sealed.
async fn key(
    cx: &mut Cx<'_>,
    kind: &str,
    asked: Option<&str>,
    kept: Option<&VersionRecord>,
    seen: Resource,
) -> Result<Option<String>, Fault> {
    let arn = format!("arn:aws:kms:{}:{}:", cx.region(), cx.account_id);
    let key = rules::check_key(kind, asked, kept.and_then(|it| it.key_name.as_deref()), &arn)?;
    sealing::may_seal(cx, key.as_deref(), seen).await?;
    Ok(key)
}

/// Where the caller is, as far as a version keeps it.
fn origin(cx: &Cx<'_>) -> Origin {
    let storable = |text: &str| text.chars().filter(|c| *c != '\0').take(ORIGIN).collect();
    Origin {
        source: storable(&cx.call.source),
        user_agent: storable(&cx.call.user_agent),
        access_key_id: cx.call.caller.operator().map(|it| it.access_key_id.clone()).unwrap_or_default(),
    }
}

/// What is asked for, else what was; an empty text takes it away.
fn or_kept(asked: Option<String>, kept: Option<&String>) -> Option<String> {
    asked.or_else(|| kept.cloned()).filter(|text| !text.is_empty())
}

fn kind(asked: Option<String>, newest: Option<&VersionRecord>) -> Result<String, Fault> {
    match (asked, newest) {
        (None, None) => Err(Fault::validation("A parameter type is required when you create a parameter.")),
        (Some(asked), None) => Ok(asked),
        (Some(asked), Some(newest)) if asked != newest.kind => Err(Fault::caller(
            "HierarchyTypeMismatchException",
            "Parameter Store does not support changing a parameter type in a hierarchy. For example, you can't change a \
             parameter from a String type to a SecureString type. You must create a new, unique parameter.",
        )),
        (_, Some(newest)) => Ok(newest.kind.clone()),
    }
}

/// The tier of the next version, if there is room in it.
async fn tier(
    cx: &mut Cx<'_>,
    asked: Option<&str>,
    newest: Option<&VersionRecord>,
    needs: &Needs<'_>,
) -> Result<&'static str, Fault> {
    let region = cx.region().to_owned();
    let preset = match asked {
        Some(_) => None,
        None => settings::get(cx.tx, &region, DEFAULT_PARAMETER_TIER).await.map_err(store_fault)?,
    };
    let preset = preset.map_or_else(|| STANDARD.to_owned(), |it| it.value);
    let was = newest.map(|it| it.tier.as_str());
    // Who has a tier does not go down into the standard one, and so needs no room in it.
    let standard = match was {
        None => parameters::count(cx.tx, &region, STANDARD).await.map_err(store_fault)?,
        Some(_) => 0,
    };
    let tier = rules::tier(asked, &preset, was, needs, standard)?;
    if was == Some(tier) {
        return Ok(tier);
    }
    let (are, most) = if tier == ADVANCED {
        (parameters::count(cx.tx, &region, ADVANCED).await.map_err(store_fault)?, ADVANCED_PARAMETERS)
    } else {
        (standard, STANDARD_PARAMETERS)
    };
    if are < most {
        return Ok(tier);
    }
    Err(Fault::caller(
        "ParameterLimitExceeded",
        format!("there are {are} parameters of the tier {tier} in this region, and {most} is the limit"),
    ))
}

/// Drops the oldest version when there are as many as are kept, unless a label stands on it.
async fn make_room(cx: &mut Cx<'_>, path: &str) -> Result<(), Fault> {
    let region = cx.region().to_owned();
    let kept = parameters::kept(cx.tx, &region, path).await.map_err(store_fault)?;
    let Some((_, oldest)) = kept.filter(|(count, _)| *count >= VERSIONS) else { return Ok(()) };
    let labels = parameters::labels(cx.tx, &region, path).await.map_err(store_fault)?;
    if labels.values().any(|version| *version == oldest) {
        return Err(Fault::caller(
            "ParameterMaxVersionLimitExceeded",
            format!(
                "You attempted to create a new version of {path} by calling the PutParameter API with the overwrite flag. Version \
                 {oldest}, the oldest version, can't be deleted because it has a label associated with it. Move the label to \
                 another version of the parameter, and try again."
            ),
        ));
    }
    parameters::drop_version(cx.tx, &region, path, oldest).await.map_err(store_fault)
}
