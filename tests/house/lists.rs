//! Lists of offenders, which may only shrink: each line is a name, the size that it may not pass, and the reason. Sizes are
//! lines, or modules of a circle.

use std::collections::BTreeMap;
use std::fs;

use crate::rooms::root;

/// What is longer than `soft` and not on the list, longer than the list grants, or longer than `hard`; and lines of the list
/// that are no longer needed.
pub fn offences(list: &str, sizes: &BTreeMap<String, usize>, soft: usize, hard: usize) -> Vec<String> {
    let granted = read(list);
    let mut offences = Vec::new();
    for (name, size) in sizes.iter().filter(|(_, size)| **size > soft) {
        match granted.get(name) {
            _ if *size > hard => {
                offences.push(format!("{name} has size {size}, and {hard} is the end: cut it"));
            }
            None => offences.push(format!("{name} has size {size}: cut it to {soft}")),
            Some(most) if size > most => {
                offences.push(format!("{name} grew from {most} to {size}: cut it to {soft}"));
            }
            Some(_) => {}
        }
    }
    for name in granted.keys() {
        match sizes.get(name) {
            Some(size) if *size > soft => {}
            _ => offences.push(format!("{name} is no offender any more: strike it off tests/house/{list}")),
        }
    }
    offences
}

fn read(list: &str) -> BTreeMap<String, usize> {
    let path = root().join("tests/house").join(list);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut granted = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.splitn(3, ' ');
        let (name, most) = (words.next().unwrap_or_default(), words.next().and_then(|it| it.parse().ok()));
        let reason = words.next().unwrap_or_default();
        let most = most
            .filter(|_| !reason.is_empty())
            .unwrap_or_else(|| panic!("{list}: {line:?} is not NAME SIZE REASON"));
        granted.insert(name.to_owned(), most);
    }
    granted
}
