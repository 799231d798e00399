//! The typed document, read: what [`super::write`] writes in JSON and YAML.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::tree::{Member, Node, Spot};
use super::{Entry, Given, Misread};

/// What its member `format` says.
pub(super) const FORMAT: &str = "pilothouse-parameters/1";

pub(super) fn is_typed(spot: &Spot) -> bool {
    let Node::Map(members) = &spot.node else { return false };
    let says = |member: &Member| {
        member.name == "format" && matches!(&member.value.node, Node::Scalar(text) if text == FORMAT)
    };
    members.iter().any(says)
}

pub(super) fn read(spot: Spot) -> Result<Vec<Entry>, Misread> {
    let at = spot.at;
    let mut entries = None;
    for member in members(spot, "a document of parameters")? {
        match member.name.as_str() {
            "format" => {}
            // Where they were: where they go is said with the text, not in it.
            "path" => drop(member.value.text()?),
            "parameters" => {
                let Node::List(list) = member.value.node else {
                    return Err(member.value.expected("a list of parameters"));
                };
                entries = Some(list.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?);
            }
            other => return Err(unknown(other, &member, "format, path, parameters")),
        }
    }
    entries.ok_or_else(|| Misread::new(at, "expected a member parameters"))
}

fn members(spot: Spot, what: &str) -> Result<Vec<Member>, Misread> {
    let Node::Map(members) = spot.node else { return Err(spot.expected(what)) };
    let mut names: BTreeMap<&str, ()> = BTreeMap::new();
    for member in &members {
        if names.insert(&member.name, ()).is_some() {
            let what = format!("expected each member once, found {} twice", super::shown(&member.name));
            return Err(Misread::new(member.at, what));
        }
    }
    Ok(members)
}

fn unknown(name: &str, member: &Member, known: &str) -> Misread {
    Misread::new(member.at, format!("expected one of {known}, found {}", super::shown(name)))
}

/// Members of a parameter.
const KNOWN: &str =
    "name, type, value, sealed, description, tier, allowedPattern, dataType, keyId, policies, tags";

fn entry(spot: Spot) -> Result<Entry, Misread> {
    let at = spot.at;
    let mut entry = Entry::plain(String::new(), at, String::new(), None);
    let (mut name, mut value) = (None, None);
    for member in members(spot, "a parameter")? {
        let Member { name: said, value: it, .. } = &member;
        match said.as_str() {
            "name" => {
                entry.at = it.at;
                name = Some(member.value.text()?.trim_start_matches('/').to_owned());
            }
            "value" => value = Some(Given::Plain(Zeroizing::new(member.value.text()?))),
            "type" => entry.kind = Some(member.value.text()?),
            "description" => entry.description = Some(member.value.text()?),
            "tier" => entry.tier = Some(member.value.text()?),
            "allowedPattern" => entry.allowed_pattern = Some(member.value.text()?),
            "dataType" => entry.data_type = Some(member.value.text()?),
            "keyId" => entry.key_id = Some(member.value.text()?),
            "policies" => entry.policies = Some(member.value.text()?),
            "sealed" => value = Some(sealed(member.value)?),
            "tags" => {
                for tag in members(member.value, "a map of tags")? {
                    entry.tags.insert(tag.name, tag.value.text()?);
                }
            }
            other => return Err(unknown(other, &member, KNOWN)),
        }
    }
    entry.name = name.ok_or_else(|| Misread::new(at, "expected a member name"))?;
    entry.value = value.ok_or_else(|| Misread::new(at, "expected a member value or sealed"))?;
    Ok(entry)
}

fn sealed(spot: Spot) -> Result<Given, Misread> {
    let at = spot.at;
    let (mut item, mut bytes) = (None, None);
    for member in members(spot, "what is sealed")? {
        match member.name.as_str() {
            "item" => item = Some(member.value.text()?),
            // For people: the bytes say it, too.
            "key" => drop(member.value.text()?),
            "bytes" => {
                let at = member.value.at;
                let read = STANDARD.decode(member.value.text()?);
                bytes = Some(read.map_err(|_| Misread::new(at, "expected Base64"))?);
            }
            other => return Err(unknown(other, &member, "item, key, bytes")),
        }
    }
    match (item, bytes) {
        (Some(item), Some(bytes)) => Ok(Given::Sealed { item, bytes }),
        _ => Err(Misread::new(at, "expected the members item and bytes")),
    }
}
