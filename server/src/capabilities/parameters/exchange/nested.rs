//! Maps of maps: names of levels and, at last, values; a list of texts is a StringList.

use super::tree::{Node, Spot};
use super::{Entry, Misread, Place};

pub(super) fn read(spot: Spot) -> Result<Vec<Entry>, Misread> {
    if !matches!(spot.node, Node::Map(_)) {
        return Err(spot.expected("a map of names"));
    }
    let mut entries = Vec::new();
    walk(String::new(), spot.at, spot, &mut entries)?;
    Ok(entries)
}

fn walk(name: String, at: Place, spot: Spot, entries: &mut Vec<Entry>) -> Result<(), Misread> {
    match spot.node {
        Node::Map(members) => {
            for member in members {
                let below = if name.is_empty() { member.name } else { format!("{name}/{}", member.name) };
                walk(below.trim_start_matches('/').to_owned(), member.at, member.value, entries)?;
            }
        }
        Node::Scalar(value) => entries.push(Entry::plain(name, at, value, None)),
        Node::List(list) => {
            let mut texts = Vec::with_capacity(list.len());
            for entry in list {
                let place = entry.at;
                let text = entry.text()?;
                if text.contains(',') {
                    return Err(Misread::new(
                        place,
                        "expected a text without commas, which part the texts of a StringList",
                    ));
                }
                texts.push(text);
            }
            entries.push(Entry::plain(name, at, texts.join(","), Some("StringList".to_owned())));
        }
        Node::Nothing => return Err(spot.expected("a value or a map")),
    }
    Ok(())
}
