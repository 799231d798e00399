//! The only way to a SecureString: sealed when it is put, opened for whoever may.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_api::Fault;
use pilothouse_api::parameters::{DECRYPT, ENCRYPT};
use pilothouse_store::parameters::{Value, VersionRecord, sealed_name};
use zeroize::Zeroizing;

use super::rules::{KEY, no_key};
use crate::access::Resource;
use crate::cx::Cx;
use crate::secrets::{SecretsError, key_id_of};

/// A failure as the caller sees it. A named key that is not there is what the caller named, or named once.
fn fault(error: SecretsError) -> Fault {
    let missing = match &error {
        SecretsError::NoNamedKey { alias } => Some(alias.as_str()),
        SecretsError::UnknownKey { key_id, .. } => key_id.alias(),
        _ => None,
    };
    if let Some(alias) = missing {
        return no_key(alias);
    }
    tracing::error!(%error, "a SecureString cannot be sealed or opened");
    Fault::internal("the server could not seal or open a SecureString: see its log")
}

/// Whether the caller may put something under a key: its parameter is seen with it. The server's own is everybody's who may put
/// parameters at all, as AWS's is.
///
/// # Errors
/// `AccessDeniedException`.
pub(super) async fn may_seal(cx: &mut Cx<'_>, key: Option<&str>, seen: Resource) -> Result<(), Fault> {
    match key {
        Some(key) if key != KEY => cx.require_as(ENCRYPT, vec![seen.with("key", key)]).await,
        _ => Ok(()),
    }
}

/// The value of a version that is to be put: sealed, if it has a key.
pub(super) async fn seal(
    cx: &mut Cx<'_>,
    path: &str,
    version: i64,
    key: Option<&str>,
    value: &str,
) -> Result<Value, Fault> {
    let Some(key) = key else { return Ok(Value::Plain(value.to_owned())) };
    let name = sealed_name(cx.region(), path, version);
    let alias = Some(key).filter(|key| *key != KEY);
    let sealed = cx.ports.secrets.seal_under(alias, &name, value.as_bytes()).await.map_err(fault)?;
    let key_id = key_id_of(&name, &sealed).map_err(fault)?.as_str().to_owned();
    Ok(Value::Sealed { sealed, key_id })
}

/// Whether the caller may be told what these versions, if any of them is sealed, hold: `seen` are their parameters.
///
/// # Errors
/// `AccessDeniedException`.
pub(super) async fn may_open(
    cx: &mut Cx<'_>,
    versions: impl Iterator<Item = (&VersionRecord, Resource)>,
) -> Result<(), Fault> {
    let sealed: Vec<Resource> = versions
        .filter(|(version, _)| matches!(version.value, Value::Sealed { .. }))
        .map(|(version, seen)| seen_with_key(version, seen))
        .collect();
    if sealed.is_empty() { Ok(()) } else { cx.require_as(DECRYPT, sealed).await }
}

/// A version's value as it is told: in plain text, or, if it is sealed and not to be opened, what is stored, in Base64.
pub(super) async fn tell(cx: &mut Cx<'_>, it: &VersionRecord, opens: bool) -> Result<String, Fault> {
    match &it.value {
        Value::Plain(value) => Ok(value.clone()),
        Value::Sealed { sealed, .. } if !opens => Ok(STANDARD.encode(sealed)),
        Value::Sealed { sealed, .. } => {
            let name = sealed_name(&it.region, &it.path, it.version);
            let plain = cx.ports.secrets.open(&name, sealed).await.map_err(fault)?;
            let text = std::str::from_utf8(&plain).map(str::to_owned);
            text.map_err(|_| Fault::internal(format!("{name} holds no text")))
        }
    }
}

/// As policies see it when its value is to be opened.
pub(super) fn seen_with_key(version: &VersionRecord, seen: Resource) -> Resource {
    match &version.key_name {
        Some(key) => seen.with("key", key.as_str()),
        None => seen,
    }
}

/// Opens what was exported sealed, for whoever may open the parameter that it was sealed for: to put it elsewhere is to read it.
///
/// # Errors
/// `AccessDeniedException`; `ValidationException` when it was not sealed here.
pub(super) async fn open_elsewhere(
    cx: &mut Cx<'_>,
    item: &str,
    bytes: &[u8],
) -> Result<Zeroizing<String>, Fault> {
    let not_ours = || {
        let item: String = item.chars().take(256).collect();
        Fault::validation(format!("what is sealed as {item:?} was not sealed by this server in this region"))
    };
    let start = sealed_name(cx.region(), "/", 0);
    let start = start.trim_end_matches("/#0");
    let (path, _) = item.strip_prefix(start).and_then(|rest| rest.rsplit_once('#')).ok_or_else(not_ours)?;
    let path = super::name::check_path(path).map_err(|_| not_ours())?;
    let key_id = key_id_of(item, bytes).map_err(|_| not_ours())?;
    let (_, seen) = super::look(cx, &path).await?;
    cx.require_as(DECRYPT, vec![seen.with("key", key_id.alias().unwrap_or(KEY))]).await?;
    let plain = cx.ports.secrets.open(item, bytes).await.map_err(|error| match error {
        SecretsError::Keys(_) => fault(error),
        _ => not_ours(),
    })?;
    let text = std::str::from_utf8(&plain).map(|text| Zeroizing::new(text.to_owned()));
    text.map_err(|_| not_ours())
}
