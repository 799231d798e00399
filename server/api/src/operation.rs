//! What an operation is: the request itself, with its name, permission and reply.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::Fault;
use crate::validate::Violations;

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It only looks.
    Read,
    /// It changes something, or makes a node do something.
    Write,
}

/// An operation: the request is the operation.
pub trait Operation: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it answers.
    type Reply: Serialize + DeserializeOwned + Send + 'static;
    /// Its name, such as `SendCommand`.
    const NAME: &'static str;
    /// `X-Amz-Target`, such as `AmazonSSM.SendCommand` or `Pilothouse.ResolveTargets`.
    const TARGET: &'static str;
    /// The permission it needs, such as `ssm:SendCommand`.
    const PERMISSION: &'static str;
    /// Whether it changes anything.
    const ACCESS: Access;
    /// Members of the request that are secrets, by name wherever they stand: masked in the audit trail and for approvers.
    const SECRETS: &'static [&'static str] = &[];

    /// Checks the model's constraints; rules that need the store are the server's.
    fn validate(&self, _violations: &mut Violations) {}
}

/// One operation's declaration as data: for help, palette, audit and the authorization test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationInfo {
    /// Its name.
    pub name: &'static str,
    /// Its `X-Amz-Target`.
    pub target: &'static str,
    /// The permission it needs.
    pub permission: &'static str,
    /// Whether it changes anything.
    pub access: Access,
}

/// The permission of an operation: its own name after the service's prefix, or that of the operation whose work it does.
macro_rules! permission {
    ($prefix:literal $name:literal) => {
        concat!($prefix, ":", $name)
    };
    ($prefix:literal $name:literal $other:literal) => {
        $other
    };
}

macro_rules! operations {
    ($($service:literal $permission:literal {
        $($access:ident $room:ident :: $request:ident => $reply:path, $name:literal $(as $other:literal)?
            $(hides $secret:literal)?;)*
    })*) => {
        $($(
            impl Operation for $room::$request {
                type Reply = $reply;
                const NAME: &'static str = $name;
                const TARGET: &'static str = concat!($service, ".", $name);
                const PERMISSION: &'static str = permission!($permission $name $($other)?);
                const ACCESS: Access = Access::$access;
                const SECRETS: &'static [&'static str] = &[$($secret)?];

                fn validate(&self, violations: &mut Violations) {
                    self.check(violations);
                }
            }
        )*)*

        /// Every operation that an operator can call, in the order of the capabilities.
        pub const OPERATIONS: &[OperationInfo] = &[$($(
            OperationInfo {
                name: $name,
                target: concat!($service, ".", $name),
                permission: permission!($permission $name $($other)?),
                access: Access::$access,
            },
        )*)*];

        /// Calls a macro once with every operation's request type: how the server's door mounts them all, so that an
        /// operation without an implementation does not compile.
        #[macro_export]
        macro_rules! for_each_operation {
            ($callback:ident) => { $callback! { $($( $crate::$room::$request, )*)* } };
        }
    };
}

use crate::{
    about, access, activations, approvals, arming, audit, commands, documents, fleet, folding, groups, nodes,
    packages, parameters, runs, settings, sts, tags,
};

operations! {
    "AmazonSSM" "ssm" {
        Write activations::CreateActivation => activations::CreateActivationResult, "CreateActivation";
        Read activations::DescribeActivations => activations::DescribeActivationsResult, "DescribeActivations";
        Write activations::DeleteActivation => activations::DeleteActivationResult, "DeleteActivation";
        Read nodes::DescribeInstanceInformation => nodes::DescribeInstanceInformationResult, "DescribeInstanceInformation";
        Read nodes::DescribeInstanceProperties => nodes::DescribeInstancePropertiesResult, "DescribeInstanceProperties";
        Write nodes::DeregisterManagedInstance => nodes::DeregisterManagedInstanceResult, "DeregisterManagedInstance";
        Read nodes::GetConnectionStatus => nodes::GetConnectionStatusResponse, "GetConnectionStatus";
        Write tags::AddTagsToResource => tags::AddTagsToResourceResult, "AddTagsToResource";
        Write tags::RemoveTagsFromResource => tags::RemoveTagsFromResourceResult, "RemoveTagsFromResource";
        Read tags::ListTagsForResource => tags::ListTagsForResourceResult, "ListTagsForResource";
        Read documents::ListDocuments => documents::ListDocumentsResult, "ListDocuments";
        Read documents::DescribeDocument => documents::DescribeDocumentResult, "DescribeDocument";
        Read documents::GetDocument => documents::GetDocumentResult, "GetDocument";
        Write documents::CreateDocument => documents::CreateDocumentResult, "CreateDocument";
        Write documents::UpdateDocument => documents::UpdateDocumentResult, "UpdateDocument";
        Write documents::DeleteDocument => documents::DeleteDocumentResult, "DeleteDocument";
        Read documents::ListDocumentVersions => documents::ListDocumentVersionsResult, "ListDocumentVersions";
        Write documents::UpdateDocumentDefaultVersion => documents::UpdateDocumentDefaultVersionResult, "UpdateDocumentDefaultVersion";
        Read documents::DescribeDocumentPermission => documents::DescribeDocumentPermissionResponse, "DescribeDocumentPermission";
        Write documents::ModifyDocumentPermission => documents::ModifyDocumentPermissionResponse, "ModifyDocumentPermission";
        Write documents::UpdateDocumentMetadata => documents::UpdateDocumentMetadataResponse, "UpdateDocumentMetadata";
        Read documents::ListDocumentMetadataHistory => documents::ListDocumentMetadataHistoryResponse, "ListDocumentMetadataHistory";
        Read documents::GetCalendarState => documents::GetCalendarStateResponse, "GetCalendarState";
        Write commands::SendCommand => commands::SendCommandResult, "SendCommand";
        Read commands::ListCommands => commands::ListCommandsResult, "ListCommands";
        Read commands::ListCommandInvocations => commands::ListCommandInvocationsResult, "ListCommandInvocations";
        Read commands::GetCommandInvocation => commands::GetCommandInvocationResult, "GetCommandInvocation";
        Write commands::CancelCommand => commands::CancelCommandResult, "CancelCommand";
        Write parameters::PutParameter => parameters::PutParameterResult, "PutParameter" hides "Value";
        Read parameters::GetParameter => parameters::GetParameterResult, "GetParameter";
        Read parameters::GetParameters => parameters::GetParametersResult, "GetParameters";
        Read parameters::GetParametersByPath => parameters::GetParametersByPathResult, "GetParametersByPath";
        Read parameters::GetParameterHistory => parameters::GetParameterHistoryResult, "GetParameterHistory";
        Read parameters::DescribeParameters => parameters::DescribeParametersResult, "DescribeParameters";
        Write parameters::DeleteParameter => parameters::DeleteParameterResult, "DeleteParameter";
        Write parameters::DeleteParameters => parameters::DeleteParametersResult, "DeleteParameters";
        Write parameters::LabelParameterVersion => parameters::LabelParameterVersionResult, "LabelParameterVersion";
        Write parameters::UnlabelParameterVersion => parameters::UnlabelParameterVersionResult, "UnlabelParameterVersion";
        Read settings::GetServiceSetting => settings::GetServiceSettingResult, "GetServiceSetting";
        Write settings::UpdateServiceSetting => settings::UpdateServiceSettingResult, "UpdateServiceSetting";
        Write settings::ResetServiceSetting => settings::ResetServiceSettingResult, "ResetServiceSetting";
    }
    "Pilothouse" "pilothouse" {
        Read fleet::ResolveTargets => fleet::ResolveTargetsResult, "ResolveTargets";
        Write fleet::SendCommandToNodes => commands::SendCommandResult, "SendCommandToNodes" as "ssm:SendCommand";
        Write runs::UpdateCommand => runs::UpdateCommandResult, "UpdateCommand" as "ssm:SendCommand";
        Write runs::AbortCommand => runs::AbortCommandResult, "AbortCommand" as "ssm:CancelCommand";
        Read runs::FindCommands => runs::FindCommandsResult, "FindCommands" as "ssm:ListCommands";
        Write runs::PutRunTemplate => runs::PutRunTemplateResult, "PutRunTemplate";
        Read runs::ListRunTemplates => runs::ListRunTemplatesResult, "ListRunTemplates";
        Write runs::DeleteRunTemplate => runs::DeleteRunTemplateResult, "DeleteRunTemplate";
        Write groups::PutResourceGroup => groups::PutResourceGroupResult, "PutResourceGroup";
        Read groups::ListResourceGroups => groups::ListResourceGroupsResult, "ListResourceGroups";
        Write groups::DeleteResourceGroup => groups::DeleteResourceGroupResult, "DeleteResourceGroup";
        Write packages::PutBlobPiece => packages::PutBlobPieceResult, "PutBlobPiece" as "ssm:CreateDocument" hides "Bytes";
        Read commands::ReadOutput => commands::ReadOutputResult, "ReadOutput" as "ssm:GetCommandInvocation";
        Read commands::SearchOutput => commands::SearchOutputResult, "SearchOutput" as "ssm:GetCommandInvocation";
        Read folding::ListGroupMembers => folding::InstanceIdPage, "ListGroupMembers" as "ssm:GetCommandInvocation";
        Read folding::ListBucket => folding::InstanceIdPage, "ListBucket" as "ssm:GetCommandInvocation";
        Read folding::DiffOutput => folding::DiffOutputResult, "DiffOutput" as "ssm:GetCommandInvocation";
        Read fleet::Follow => fleet::FollowResult, "Follow";
        Read documents::ValidateDocument => documents::ValidateDocumentResult, "ValidateDocument" as "ssm:CreateDocument";
        Read documents::ListParameterUses => documents::ListParameterUsesResult, "ListParameterUses" as "ssm:ListDocuments";
        Read about::DescribeServer => about::DescribeServerResult, "DescribeServer";
        Write access::CreateUser => access::CreateUserResult, "CreateUser";
        Write access::DeleteUser => access::Done, "DeleteUser";
        Read access::ListUsers => access::ListUsersResult, "ListUsers";
        Write access::ImportSshPublicKey => access::ImportSshPublicKeyResult, "ImportSshPublicKey";
        Write access::DeleteSshPublicKey => access::Done, "DeleteSshPublicKey";
        Write access::CreateAccessKey => access::CreateAccessKeyResult, "CreateAccessKey";
        Write access::RotateAccessKey => access::CreateAccessKeyResult, "RotateAccessKey";
        Write access::UpdateAccessKey => access::Done, "UpdateAccessKey";
        Write access::DeleteAccessKey => access::Done, "DeleteAccessKey";
        Write access::CreateGroup => access::CreateGroupResult, "CreateGroup";
        Write access::DeleteGroup => access::Done, "DeleteGroup";
        Read access::ListGroups => access::ListGroupsResult, "ListGroups";
        Write access::AddUserToGroup => access::Done, "AddUserToGroup";
        Write access::RemoveUserFromGroup => access::Done, "RemoveUserFromGroup";
        Write access::CreateRole => access::CreateRoleResult, "CreateRole";
        Write access::DeleteRole => access::Done, "DeleteRole";
        Read access::ListRoles => access::ListRolesResult, "ListRoles";
        Write access::PutPolicy => access::PutPolicyResult, "PutPolicy";
        Read access::ValidatePolicy => access::ValidatePolicyResult, "ValidatePolicy";
        Read access::ListPolicies => access::ListPoliciesResult, "ListPolicies";
        Write access::DeletePolicy => access::Done, "DeletePolicy";
        Write access::AttachPolicy => access::Done, "AttachPolicy";
        Write access::DetachPolicy => access::Done, "DetachPolicy";
        Read access::SimulateAccess => access::SimulateAccessResult, "SimulateAccess";
        Read access::GetCallerAccess => access::GetCallerAccessResult, "GetCallerAccess";
        Write arming::Arm => arming::ArmResult, "Arm";
        Write arming::Disarm => access::Done, "Disarm";
        Read arming::ListArmings => arming::ListArmingsResult, "ListArmings";
        Read approvals::ListApprovals => approvals::ListApprovalsResult, "ListApprovals";
        Read approvals::GetApproval => approvals::ApprovalResult, "GetApproval";
        Write approvals::DecideApproval => approvals::ApprovalResult, "DecideApproval";
        Write approvals::WithdrawApproval => approvals::ApprovalResult, "WithdrawApproval";
        Read parameters::BrowseParameters => parameters::BrowseParametersResult, "BrowseParameters" as "ssm:DescribeParameters";
        Read parameters::FindParameters => parameters::FindParametersResult, "FindParameters" as "ssm:DescribeParameters";
        Read parameters::GetParameterBlame => parameters::GetParameterBlameResult, "GetParameterBlame" as "ssm:GetParameterHistory";
        Read parameters::DiffParameters => parameters::DiffParametersResult, "DiffParameters" as "ssm:GetParameter";
        Read parameters::ExportParameters => parameters::ExportParametersResult, "ExportParameters" as "ssm:GetParameter";
        Write parameters::ImportParameters => parameters::ParameterChanges, "ImportParameters" as "ssm:PutParameter" hides "Content";
        Write parameters::CopyParameters => parameters::ParameterChanges, "CopyParameters" as "ssm:PutParameter";
        Write parameters::RollBackParameter => parameters::PutParameterResult, "RollBackParameter" as "ssm:PutParameter";
        Read audit::ListAuditRecords => audit::ListAuditRecordsResult, "ListAuditRecords";
        Read audit::GetAuditRecord => audit::GetAuditRecordResult, "GetAuditRecord";
    }
    "AWSSecurityTokenServiceV20110615" "sts" {
        Read sts::GetCallerIdentity => sts::GetCallerIdentityResult, "GetCallerIdentity";
        Write sts::AssumeRole => sts::AssumeRoleResult, "AssumeRole";
    }
    "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" "cloudtrail" {
        Read audit::LookupEvents => audit::LookupEventsResult, "LookupEvents";
    }
}

/// Permissions that are no operation's own: operations ask for them beside their own. They belong to no group but that of their
/// prefix, so that who may look at everything is not told what is sealed.
pub const FURTHER_PERMISSIONS: &[&str] = &[parameters::DECRYPT, parameters::ENCRYPT];

/// Reads a request in AWS's JSON. A missing required member is told as AWS tells it; so is a member of the wrong type.
///
/// # Errors
/// `ValidationException` for a missing member, `SerializationException` for anything that is not the request's JSON.
pub fn decode<O: Operation>(body: &[u8]) -> Result<O, Fault> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        let said = error.to_string();
        match said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
            Some(member) => Fault::validation(format!(
                "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                lower_first(member)
            )),
            None => Fault::caller("SerializationException", format!("the request body is not what {} takes: {said}", O::NAME)),
        }
    })
}

fn lower_first(member: &str) -> String {
    let mut chars = member.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_member_is_told_as_aws_tells_it() {
        let fault = decode::<commands::SendCommand>(b"{}").unwrap_err();
        assert_eq!(
            fault.message,
            "1 validation error detected: Value null at 'documentName' failed to satisfy constraint: Member must not be null"
        );
    }

    #[test]
    fn a_body_that_is_not_json_is_a_serialization_exception() {
        assert_eq!(
            decode::<commands::ListCommands>(b"{\"MaxResults\":").unwrap_err().code,
            "SerializationException"
        );
    }

    #[test]
    fn names_and_targets_are_unique() {
        let targets: std::collections::BTreeSet<_> = OPERATIONS.iter().map(|o| o.target).collect();
        assert_eq!(targets.len(), OPERATIONS.len());
    }
}
