//! Which settings there are, and what they can be.

use pilothouse_api::Fault;
use pilothouse_api::parameters::TIERS;
use pilothouse_api::settings::DEFAULT_PARAMETER_TIER;

/// A setting that something obeys.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Its id.
    pub(super) id: &'static str,
    /// What it is as it comes.
    pub(super) preset: &'static str,
    /// What it can be.
    pub(super) values: &'static [&'static str],
}

const KNOWN: &[Known] = &[Known { id: DEFAULT_PARAMETER_TIER, preset: "Standard", values: TIERS }];

/// AWS's settings that nothing here obeys, and what is so instead.
const ABSENT: &[(&str, &str)] = &[
    (
        "/ssm/parameter-store/high-throughput-enabled",
        "how many requests a principal may send is a setting of the server, [limits]",
    ),
    ("/ssm/managed-instance/activation-tier", "the number of managed nodes has no tiers here"),
    (
        "/ssm/managed-instance/default-ec2-instance-management-role",
        "nodes are registered by activations, not by a role of EC2",
    ),
    ("/ssm/automation/customer-script-log-destination", "output is kept by the server itself"),
    ("/ssm/automation/customer-script-log-group-name", "output is kept by the server itself"),
    (
        "/ssm/documents/console/public-sharing-permission",
        "documents are shared with nobody outside of this server",
    ),
];

/// The setting of an id or an ARN, whose account and region must be these.
///
/// # Errors
/// `ServiceSettingNotFound`.
pub(super) fn find(named: &str, arn_prefix: &str) -> Result<&'static Known, Fault> {
    let id = named.strip_prefix(arn_prefix).unwrap_or(named);
    if let Some(known) = KNOWN.iter().find(|known| known.id == id) {
        return Ok(known);
    }
    let why = ABSENT.iter().find(|(absent, _)| *absent == id);
    let why = why.map_or_else(String::new, |(_, why)| format!(": {why}"));
    let shown: String = named.chars().take(256).collect();
    let there: Vec<&str> = KNOWN.iter().map(|known| known.id).collect();
    Err(Fault::caller(
        "ServiceSettingNotFound",
        format!("this server has no service setting {shown}{why}. There is {}", there.join(", ")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "arn:aws:ssm:eu-test-1:000000000000:servicesetting";

    #[test]
    fn a_setting_is_named_by_its_id_or_its_arn_here() {
        for named in [DEFAULT_PARAMETER_TIER.to_owned(), format!("{PREFIX}{DEFAULT_PARAMETER_TIER}")] {
            assert_eq!(find(&named, PREFIX).unwrap().preset, "Standard");
        }
        let elsewhere = format!("arn:aws:ssm:elsewhere:000000000000:servicesetting{DEFAULT_PARAMETER_TIER}");
        for named in [elsewhere.as_str(), "/ssm/none", "ssm/parameter-store/default-parameter-tier"] {
            assert_eq!(find(named, PREFIX).unwrap_err().code, "ServiceSettingNotFound", "{named}");
        }
    }

    #[test]
    fn what_nothing_obeys_is_not_found_and_it_is_said_why() {
        for (id, why) in ABSENT {
            let fault = find(id, PREFIX).unwrap_err();
            assert!(fault.message.contains(why), "{}", fault.message);
        }
    }
}
