//! Filters: what they may say, and what is looked for then.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::parameters::{ParameterStringFilter, ParametersFilter};
use pilothouse_store::parameters::{Name, Seek, TagValues, Within};

use super::{data_type, name};

/// Keys that GetParametersByPath takes.
pub(super) const BY_PATH: &[&str] = &["Type", "KeyId", "Label"];
/// Keys that DescribeParameters takes, beside tags.
pub(super) const DESCRIBED: &[&str] = &["Path", "Name", "Type", "KeyId", "Tier", "DataType", "tag:"];

const TYPES: &[&str] = &["String", "StringList", "SecureString"];
const TIERS: &[&str] = &["Standard", "Advanced", "Intelligent-Tiering"];

/// What the filters look for; `keys` are those that may be used.
///
/// # Errors
/// `InvalidFilterKey`, `InvalidFilterOption`, `InvalidFilterValue`.
pub(super) fn read(filters: &[ParameterStringFilter], keys: &[&str]) -> Result<Seek, Fault> {
    let (mut wanted, mut seen) = (Seek::default(), BTreeSet::new());
    for filter in filters {
        let key = filter.key.as_str();
        let is_tag = key.starts_with("tag:");
        if !keys.contains(&if is_tag { "tag:" } else { key }) {
            let message = format!(
                "The following filter key is not valid: {key}. Valid filter keys include: [{}].",
                keys.join(", ")
            );
            return Err(Fault::caller("InvalidFilterKey", message));
        }
        if !seen.insert(key) {
            let message = format!(
                "The following filter is duplicated in the request: {key}. A request can contain only one occurrence of a \
                 specific filter."
            );
            return Err(Fault::caller("InvalidFilterKey", message));
        }
        if filter.values.is_empty() && !is_tag {
            let message = format!("The following filter values are missing : null for filter key {key}.");
            return Err(Fault::caller("InvalidFilterValue", message));
        }
        add(&mut wanted, filter)?;
    }
    Ok(wanted)
}

fn add(wanted: &mut Seek, filter: &ParameterStringFilter) -> Result<(), Fault> {
    let values = filter.values.clone();
    match filter.key.as_str() {
        "Path" => wanted.within = within(filter)?,
        "Name" => {
            let option = option(filter, &["Equals", "BeginsWith", "Contains"])?;
            wanted.names = values.into_iter().map(|value| named(option, &value)).collect();
        }
        "KeyId" if begins(filter)? => wanted.key_begins = values,
        "KeyId" => wanted.keys = values,
        "Type" => wanted.kinds = one_of(filter, TYPES)?,
        "Tier" => wanted.tiers = one_of(filter, TIERS)?,
        "Label" => {
            option(filter, &["Equals"])?;
            wanted.labels = values;
        }
        "DataType" if begins(filter)? => wanted.data_types = beginning(&values, &data_type::names()),
        "DataType" => wanted.data_types = values,
        key => {
            let values = if begins(filter)? { TagValues::Begin(values) } else { TagValues::Are(values) };
            wanted.tags.push((key.strip_prefix("tag:").unwrap_or(key).to_owned(), values));
        }
    }
    Ok(())
}

/// Whether the values are beginnings.
fn begins(filter: &ParameterStringFilter) -> Result<bool, Fault> {
    Ok(option(filter, &["Equals", "BeginsWith"])? == "BeginsWith")
}

/// Those of `all` that begin with one of `values`; if there are none, the values, which nothing is.
fn beginning(values: &[String], all: &[&str]) -> Vec<String> {
    let meant = all.iter().filter(|it| values.iter().any(|value| it.starts_with(value.as_str())));
    let found: Vec<String> = meant.map(|it| (*it).to_owned()).collect();
    if found.is_empty() { values.to_vec() } else { found }
}

/// The option of a filter: the first of those that there are, if it has none.
fn option<'a>(filter: &'a ParameterStringFilter, options: &[&'static str]) -> Result<&'a str, Fault> {
    let first = options.first().copied().unwrap_or_default();
    let option = filter.option.as_deref().unwrap_or(first);
    if options.contains(&option) {
        return Ok(option);
    }
    let mut options = options.to_vec();
    options.sort_unstable();
    Err(Fault::caller(
        "InvalidFilterOption",
        format!(
            "The following filter option is not valid: {option}. Valid options include: [{}].",
            options.join(", ")
        ),
    ))
}

fn one_of(filter: &ParameterStringFilter, allowed: &[&str]) -> Result<Vec<String>, Fault> {
    let begins = begins(filter)?;
    match filter.values.iter().find(|value| !allowed.contains(&value.as_str())) {
        None if begins => Ok(beginning(&filter.values, allowed)),
        None => Ok(filter.values.clone()),
        Some(value) => Err(Fault::caller(
            "InvalidFilterValue",
            format!(
                "The following filter value is not valid: {value}. Valid values include: [{}].",
                allowed.join(", ")
            ),
        )),
    }
}

fn within(filter: &ParameterStringFilter) -> Result<Vec<Within>, Fault> {
    let is_deep = option(filter, &["OneLevel", "Recursive"])? == "Recursive";
    let paths = filter.values.iter().map(|value| {
        if name::is_reserved(value) {
            return Err(Fault::validation(
                "Filters for common parameters can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). When using global \
                 parameters, please specify within a global namespace.",
            ));
        }
        let path = name::check_path(value)?;
        Ok(if is_deep { Within::Below(path) } else { Within::Level(path) })
    });
    paths.collect()
}

/// `x` and `/x` are one name; a part may be anywhere in it.
fn named(option: &str, value: &str) -> Name {
    let path = || format!("/{}", value.strip_prefix('/').unwrap_or(value));
    match option {
        "BeginsWith" => Name::Begins(path()),
        "Contains" => Name::Holds(value.to_owned()),
        _ => Name::Is(path()),
    }
}

/// What the older filters look for: names by their beginning.
pub(super) fn read_old(filters: Vec<ParametersFilter>) -> Seek {
    let mut wanted = Seek::default();
    for ParametersFilter { key, values } in filters {
        match key.as_str() {
            "Type" => wanted.kinds = values,
            "KeyId" => wanted.keys = values,
            _ => wanted.names = values.iter().map(|value| named("BeginsWith", value)).collect(),
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(key: &str, option: Option<&str>, values: &[&str], keys: &[&str]) -> String {
        let values = values.iter().map(|it| (*it).to_owned()).collect();
        let filter = ParameterStringFilter { key: key.into(), option: option.map(Into::into), values };
        read(&[filter], keys).map_or_else(|fault| fault.code.into_owned(), |_| String::new())
    }

    #[test]
    fn filters_say_only_what_can_be_answered() {
        assert_eq!(code("Name", Some("Contains"), &["x"], DESCRIBED), "");
        assert_eq!(code("tag:env", None, &[], DESCRIBED), "");
        assert_eq!(code("Label", None, &["x"], DESCRIBED), "InvalidFilterKey");
        assert_eq!(code("Name", None, &["x"], BY_PATH), "InvalidFilterKey");
        assert_eq!(code("tag:env", None, &["x"], BY_PATH), "InvalidFilterKey");
        assert_eq!(code("Path", Some("Equals"), &["/x"], DESCRIBED), "InvalidFilterOption");
        assert_eq!(code("Path", None, &["/AWS/service"], DESCRIBED), "ValidationException");
        assert_eq!(code("Type", Some("Contains"), &["String"], DESCRIBED), "InvalidFilterOption");
        assert_eq!(code("Type", Some("BeginsWith"), &["String"], DESCRIBED), "");
        assert_eq!(code("Label", Some("BeginsWith"), &["x"], BY_PATH), "InvalidFilterOption");
        assert_eq!(code("Type", None, &["Text"], DESCRIBED), "InvalidFilterValue");
        assert_eq!(code("Name", None, &[], DESCRIBED), "InvalidFilterValue");
        assert_eq!(code("Path", None, &["x"], DESCRIBED), "ValidationException");
    }

    #[test]
    fn a_beginning_stands_for_all_that_begin_so() {
        let filter = |key: &str, value: &str| ParameterStringFilter {
            key: key.into(),
            option: Some("BeginsWith".into()),
            values: vec![value.into()],
        };
        assert_eq!(read(&[filter("Type", "String")], BY_PATH).unwrap().kinds, ["String", "StringList"]);
        let types = read(&[filter("DataType", "json")], DESCRIBED).unwrap().data_types;
        assert_eq!(types, ["json", "jsonc"]);
        let none = read(&[filter("DataType", "x")], DESCRIBED).unwrap().data_types;
        assert_eq!(none, ["x"], "a filter that nothing fits does not let everything through");
    }

    #[test]
    fn a_key_is_used_once() {
        let filter =
            ParameterStringFilter { key: "Type".into(), values: vec!["String".into()], option: None };
        assert_eq!(read(&[filter.clone(), filter], DESCRIBED).unwrap_err().code, "InvalidFilterKey");
    }
}
