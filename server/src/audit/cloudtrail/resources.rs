//! What a call touched, as CloudTrail names it and as it is looked for.

use pilothouse_store::audit::Touched as TouchedRow;

use super::storable;
use crate::access::Kind;
use crate::audit::record::{CallRecord, ResourceRef};

/// Its name among all of AWS's, or what would be it.
pub(super) fn arn(it: &ResourceRef, account: &str, region: &str) -> String {
    let ResourceRef { kind, id, .. } = it;
    let id = id.trim_start_matches('/');
    match kind {
        Kind::Account => format!("arn:aws:iam::{account}:root"),
        Kind::Node => format!("arn:aws:ssm:{region}:{account}:managed-instance/{id}"),
        Kind::Document => format!("arn:aws:ssm:{region}:{account}:document/{id}"),
        Kind::Activation => format!("arn:aws:ssm:{region}:{account}:activation/{id}"),
        Kind::Command => format!("arn:aws:ssm:{region}:{account}:command/{id}"),
        Kind::Parameter => format!("arn:aws:ssm:{region}:{account}:parameter/{id}"),
        Kind::Session => format!("arn:aws:ssm:{region}:{account}:session/{id}"),
        Kind::PatchBaseline => format!("arn:aws:ssm:{region}:{account}:patchbaseline/{id}"),
        Kind::MaintenanceWindow => format!("arn:aws:ssm:{region}:{account}:maintenancewindow/{id}"),
        Kind::Association => format!("arn:aws:ssm:{region}:{account}:association/{id}"),
        Kind::Automation => format!("arn:aws:ssm:{region}:{account}:automation-execution/{id}"),
        Kind::User | Kind::Group | Kind::Role | Kind::Policy => {
            format!("arn:aws:iam::{account}:{}/{id}", kind.word())
        }
        Kind::Trail => format!("arn:aws:cloudtrail:{region}:{account}:trail/{id}"),
        Kind::ResourceGroup => format!("arn:aws:resource-groups:{region}:{account}:group/{id}"),
        Kind::Environment | Kind::Approval | Kind::RunTemplate => {
            format!("arn:aws:pilothouse:{region}:{account}:{}/{id}", kind.word())
        }
    }
}

/// Its line in the index of lookups.
pub(super) fn touched(it: &ResourceRef) -> TouchedRow {
    let resource = match it.kind {
        Kind::Account => String::from("account"),
        kind => format!("{}/{}", kind.word(), it.id.trim_start_matches('/')),
    };
    TouchedRow {
        resource: storable(&resource),
        r#type: it.kind.aws_type().to_owned(),
        name: storable(&it.id),
    }
}

/// What a filter of places looks through; `index` holds the lines of what was touched.
pub(super) fn sought_where(call: &CallRecord, index: &[TouchedRow]) -> String {
    let mut lines = String::new();
    for (it, line) in call.touched.first().iter().zip(index) {
        lines.push_str(&line.resource);
        lines.push('\n');
        if it.name != it.id {
            lines.push_str(&it.name);
            lines.push('\n');
        }
    }
    for environment in call.touched.environments() {
        lines.push_str(environment);
        lines.push('\n');
    }
    storable(&lines.to_lowercase())
}
