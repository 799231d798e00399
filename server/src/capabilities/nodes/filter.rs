//! Filters of node listings: keys ANDed, values ORed.

use pilothouse_api::Fault;
use pilothouse_api::nodes::INFORMATION_KEYS;
use pilothouse_store::nodes::{self, NodeRecord};

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    BeginWith,
    LessThan,
    GreaterThan,
}

impl Operator {
    /// The operator of this name, which the model has validated; Equal if there is none.
    pub(super) fn read(name: Option<&str>) -> Self {
        match name {
            Some("NotEqual") => Self::NotEqual,
            Some("BeginWith") => Self::BeginWith,
            Some("LessThan") => Self::LessThan,
            Some("GreaterThan") => Self::GreaterThan,
            _ => Self::Equal,
        }
    }
}

/// One condition on a node.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Condition {
    key: String,
    values: Vec<String>,
    operator: Operator,
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// `InvalidFilterKey` when the key is none; `InvalidInstanceInformationFilterValue` when a value can never be.
    pub(super) fn read(key: &str, values: Vec<String>, operator: Operator) -> Result<Self, Fault> {
        let known = INFORMATION_KEYS.contains(&key)
            || matches!(key, "tag-key" | "DocumentName")
            || key.starts_with("tag:");
        if !known {
            let keys = INFORMATION_KEYS.join(", ");
            return Err(Fault::caller(
                "InvalidFilterKey",
                format!("{key:?} is no filter: use {keys}, tag-key or tag:<key>"),
            ));
        }
        let possible = possible(key);
        if let Some(value) =
            values.iter().find(|value| !possible.is_empty() && !possible.contains(&value.as_str()))
        {
            return Err(Fault::caller(
                "InvalidInstanceInformationFilterValue",
                format!("{value:?} is no value of {key}: use {}", possible.join(", ")),
            ));
        }
        Ok(Self { key: key.to_owned(), values, operator })
    }

    /// The ids that are asked for by name.
    pub(super) fn explicit_ids(&self) -> &[String] {
        if self.key == "InstanceIds" && self.operator == Operator::Equal { &self.values } else { &[] }
    }

    /// Whether it holds for a node.
    pub(super) fn holds(&self, node: &NodeRecord) -> bool {
        if self.key == "tag-key" {
            return self.values.iter().any(|key| node.tags.contains_key(key))
                == (self.operator != Operator::NotEqual);
        }
        let Some(value) = self.value(node) else { return self.operator == Operator::NotEqual };
        let any = |holds: &dyn Fn(&str) -> bool| self.values.iter().any(|wanted| holds(wanted));
        match self.operator {
            Operator::Equal => any(&|wanted| wanted == value),
            Operator::NotEqual => !any(&|wanted| wanted == value),
            Operator::BeginWith => any(&|wanted| value.starts_with(wanted)),
            Operator::LessThan => any(&|wanted| order(&value, wanted).is_lt()),
            Operator::GreaterThan => any(&|wanted| order(&value, wanted).is_gt()),
        }
    }

    fn value(&self, node: &NodeRecord) -> Option<String> {
        match self.key.as_str() {
            "InstanceIds" => Some(node.instance_id.to_string()),
            "AgentVersion" => Some(node.facts.agent_version.clone()),
            "PingStatus" => Some(node.ping.to_string()),
            "PlatformTypes" => node.facts.platform.map(|platform| platform.to_string()),
            "ActivationIds" => Some(node.activation_id.clone()),
            "IamRole" => Some(node.iam_role.clone()),
            "ResourceType" => Some(String::from(nodes::KIND)),
            key => key.strip_prefix("tag:").and_then(|tag| node.tags.get(tag).cloned()),
        }
    }
}

/// Every value that a key can have; none when it can have any.
fn possible(key: &str) -> &'static [&'static str] {
    match key {
        "PingStatus" => &["Online", "ConnectionLost", "Inactive"],
        "PlatformTypes" => &["Windows", "Linux", "MacOS"],
        "ResourceType" => {
            &["EC2Instance", "ManagedInstance", "AWS::EC2::Instance", "AWS::SSM::ManagedInstance"]
        }
        _ => &[],
    }
}

/// Versions by their numbers, other texts by their letters.
fn order(left: &str, right: &str) -> std::cmp::Ordering {
    let numbers =
        |text: &str| text.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    match (numbers(left), numbers(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(order("3.10.0", "3.9.0").is_gt());
        assert!(order("web-10", "web-9").is_lt());
    }

    #[test]
    fn a_value_that_can_never_be_is_told() {
        let fault = Condition::read("PingStatus", vec!["Sleeping".into()], Operator::Equal).unwrap_err();
        assert_eq!(fault.code, "InvalidInstanceInformationFilterValue");
    }

    #[test]
    fn a_key_that_is_none_is_told_with_those_that_are() {
        let fault = Condition::read("Colour", vec!["red".into()], Operator::Equal).unwrap_err();
        assert_eq!(fault.code, "InvalidFilterKey");
        assert!(fault.message.contains("PingStatus"), "{fault}");
    }
}
