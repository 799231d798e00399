//! ImportParameters: a text becomes parameters, all of it or nothing.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::Operation as _;
use pilothouse_api::parameters::{
    ChangeKind, DECRYPT, GetParameter, ImportParameters, ParameterChange, ParameterChanges, PutParameter,
};
use pilothouse_api::tags::Tag;
use pilothouse_store::parameters::{self, ParameterRecord, Value, VersionRecord};
use zeroize::Zeroizing;

use super::attempt::{Wanted, attempt};
use super::exchange::{self, Entry, Format, Given};
use super::gather::below;
use super::{name, policies, resource, sealing};
use crate::capabilities::resources;
use crate::cx::{Cx, Sifter, store_fault};
use crate::door::{Guard, Run};

impl Run for ImportParameters {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ParameterChanges, Fault> {
        let content = Zeroizing::new(self.content);
        let base = name::check_path(&self.path)?;
        // Who may put nothing at all learns nothing of the text, either.
        cx.sifter(cx.permission).await?;
        let entries = exchange::read(&content, Format::of(&self.format))?;
        let is_try = self.dry_run == Some(true);
        let region = cx.region().to_owned();
        cx.tx.revision(&region).await.map_err(store_fault)?;
        let paths: Vec<String> = entries.iter().map(|entry| below(&base, &entry.name)).collect();
        let there = there(cx, &paths).await?;
        if !is_try {
            require(cx, &entries, &paths, &there).await?;
        }
        let mut plan = Plan {
            overwrites: self.overwrite == Some(true),
            secure: self.secure_names,
            base,
            key_id: self.key_id,
            reader: cx.sifter(GetParameter::PERMISSION).await.ok(),
            opener: cx.sifter(DECRYPT).await.ok(),
        };
        let mut wanted = Vec::with_capacity(entries.len());
        for (entry, path) in entries.into_iter().zip(paths) {
            let is = there.get(&path);
            wanted.push(plan.entry(cx, entry, path, is).await?);
        }
        attempt(cx, wanted, is_try).await
    }
}

async fn there(cx: &mut Cx<'_>, paths: &[String]) -> Result<BTreeMap<String, ParameterRecord>, Fault> {
    let region = cx.region().to_owned();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let found = parameters::get_many(cx.tx, &region, &paths).await.map_err(store_fault)?;
    Ok(found.into_iter().map(|it| (it.newest.path.clone(), it)).collect())
}

/// Asks for all at once, so that a refusal names all that are refused.
async fn require(
    cx: &mut Cx<'_>,
    entries: &[Entry],
    paths: &[String],
    there: &BTreeMap<String, ParameterRecord>,
) -> Result<(), Fault> {
    let seen = entries.iter().zip(paths).map(|(entry, path)| match there.get(path) {
        Some(it) => resource(it),
        None => resources::parameter(path, entry.tags.clone()),
    });
    let seen = seen.collect();
    cx.require(seen).await
}

/// How entries become changes.
struct Plan {
    base: String,
    overwrites: bool,
    secure: Vec<String>,
    key_id: Option<String>,
    reader: Option<Sifter>,
    opener: Option<Sifter>,
}

impl Plan {
    async fn entry(
        &mut self,
        cx: &mut Cx<'_>,
        entry: Entry,
        path: String,
        is: Option<&ParameterRecord>,
    ) -> Result<Wanted, Fault> {
        let line = i64::try_from(entry.at.line).ok();
        let kind = self.kind(&entry, &path, is);
        let change = if is.is_some() { ChangeKind::Update } else { ChangeKind::Create };
        let shown = is.map_or_else(|| path.clone(), |it| it.newest.name.clone());
        let change = ParameterChange { name: shown, change, r#type: kind.clone(), line, message: None };
        let mut wanted = Wanted { put: None, change, at: Some(entry.at), refused: None };
        let value = match opened(cx, &entry.value).await {
            Ok(value) => value,
            Err(fault) => return Ok(Wanted { refused: Some(fault), ..wanted }),
        };
        if let Some(it) = is {
            let has = policies::text_of(cx, &it.newest).await?;
            if it.tags != entry.tags && !entry.tags.is_empty() {
                wanted.change.message = Some(String::from("its tags stay as they are"));
            }
            let asks = entry.policies.as_deref().is_some_and(|asked| Some(asked) != has.as_deref());
            if !asks && self.is_so(cx, &entry, &kind, it, &value).await? {
                wanted.change.change = ChangeKind::Same;
                return Ok(wanted);
            }
            if !self.overwrites {
                wanted.refused = Some(Fault::caller(
                    "ParameterAlreadyExists",
                    "The parameter already exists. To give it a new version, set the overwrite option",
                ));
                return Ok(wanted);
            }
        }
        wanted.put = Some(self.put(entry, path, kind, is, &value));
        Ok(wanted)
    }

    /// What the text says, else what it is, else what was asked for.
    fn kind(&self, entry: &Entry, path: &str, is: Option<&ParameterRecord>) -> String {
        let is_secure = || {
            let mut names = self.secure.iter();
            names.any(|it| it == "*" || *it == entry.name || it == path || below(&self.base, it) == path)
        };
        match (&entry.kind, is) {
            (Some(kind), _) => kind.clone(),
            (None, Some(it)) => it.newest.kind.clone(),
            (None, None) if matches!(entry.value, Given::Sealed { .. }) || is_secure() => {
                "SecureString".into()
            }
            (None, None) => "String".into(),
        }
    }

    /// Whether it is so already, as far as the caller may learn that: whoever may not read it puts it again.
    async fn is_so(
        &mut self,
        cx: &mut Cx<'_>,
        entry: &Entry,
        kind: &str,
        it: &ParameterRecord,
        value: &Zeroizing<String>,
    ) -> Result<bool, Fault> {
        let (newest, seen) = (&it.newest, resource(it));
        let is_sealed = matches!(newest.value, Value::Sealed { .. });
        let with_key = sealing::seen_with_key(newest, seen.clone());
        let reads = self.reader.as_mut().is_some_and(|reader| reader.shows(&seen))
            && (!is_sealed || self.opener.as_mut().is_some_and(|opener| opener.shows(&with_key)));
        if !reads || !says_what_is(entry, kind, newest) {
            return Ok(false);
        }
        let is = Zeroizing::new(sealing::tell(cx, newest, true).await?);
        Ok(is == *value)
    }

    fn put(
        &self,
        entry: Entry,
        path: String,
        kind: String,
        is: Option<&ParameterRecord>,
        value: &Zeroizing<String>,
    ) -> PutParameter {
        let key_id = entry.key_id.or_else(|| self.key_id.clone()).filter(|_| kind == "SecureString");
        let tags = entry.tags.into_iter().map(|(key, value)| Tag { key, value });
        PutParameter {
            name: path,
            value: value.to_string(),
            description: entry.description,
            r#type: Some(kind),
            key_id,
            overwrite: is.map(|_| true),
            allowed_pattern: entry.allowed_pattern,
            tags: if is.is_some() { Vec::new() } else { tags.collect() },
            tier: entry.tier,
            policies: entry.policies,
            data_type: entry.data_type,
        }
    }
}

/// Whether a text says nothing of a parameter, but for its value, that is not so.
fn says_what_is(entry: &Entry, kind: &str, it: &VersionRecord) -> bool {
    let same = |said: Option<&String>, is: Option<&String>| {
        said.is_none_or(|said| Some(said) == is || is.is_none() && said.is_empty())
    };
    kind == it.kind
        && same(entry.description.as_ref(), it.description.as_ref())
        && same(entry.allowed_pattern.as_ref(), it.allowed_pattern.as_ref())
        && same(entry.data_type.as_ref(), Some(&it.data_type))
        && same(entry.key_id.as_ref(), it.key_name.as_ref())
        && same(entry.tier.as_ref(), Some(&it.tier))
}

/// The value in plain text. What is sealed is opened for whoever may open the parameter that it was sealed for.
async fn opened(cx: &mut Cx<'_>, given: &Given) -> Result<Zeroizing<String>, Fault> {
    match given {
        Given::Plain(value) => Ok(value.clone()),
        Given::Sealed { item, bytes } => sealing::open_elsewhere(cx, item, bytes).await,
    }
}
