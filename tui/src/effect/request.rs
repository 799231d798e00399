//! Operations that can be called from here, what they answer, and why a call fails.

use pilothouse_api::Operation;
use pilothouse_api::approvals::APPROVAL_REQUIRED;
use pilothouse_api::arming::ARMING_REQUIRED;
use pilothouse_api::operation::Access;
use pilothouse_api::{
    about, access, activations, approvals, arming, audit, commands, documents, fleet, folding, nodes,
    parameters, runs, tags,
};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// AWS's code, or `Unreachable` when the server was not reached.
    pub code: String,
    /// For people.
    pub message: String,
}

impl CallError {
    /// The code of a call that did not reach the server.
    pub const UNREACHABLE: &'static str = "Unreachable";

    /// The environments that must be armed before it is carried out, if that is all that is missing.
    #[must_use]
    pub fn unarmed(&self) -> Vec<&str> {
        if self.code == ARMING_REQUIRED { arming::missing(&self.message) } else { Vec::new() }
    }

    /// The request for approval that it became, if somebody else's approval is all that is missing.
    #[must_use]
    pub fn approval(&self) -> Option<&str> {
        if self.code != APPROVAL_REQUIRED {
            return None;
        }
        let is_id = |word: &&str| {
            let digits = word.strip_prefix("apr-").unwrap_or_default();
            digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        self.message.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').find(is_id)
    }

    /// Whether the server never answered.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        self.code == Self::UNREACHABLE
    }
}

/// Calls a macro with every operation that rooms can call: variant, request, reply. `remote` derives the calls from it.
macro_rules! for_each_request {
    ($callback:ident) => {
        $callback! {
            /// Runs a document on nodes.
            SendCommand(commands::SendCommand => commands::SendCommandResult);
            /// Runs a document on any number of explicit nodes.
            SendCommandToNodes(fleet::SendCommandToNodes => commands::SendCommandResult);
            /// Asks to stop a command.
            CancelCommand(commands::CancelCommand => commands::CancelCommandResult);
            /// Changes how fast a command goes on, or whether it does.
            UpdateCommand(runs::UpdateCommand => runs::UpdateCommandResult);
            /// Gives up what was not sent of a command.
            AbortCommand(runs::AbortCommand => runs::AbortCommandResult);
            /// Reads a part of a run's output.
            ReadOutput(commands::ReadOutput => commands::ReadOutputResult);
            /// Looks into the history.
            FindCommands(runs::FindCommands => runs::FindCommandsResult);
            /// Keeps a run as a template.
            PutRunTemplate(runs::PutRunTemplate => runs::PutRunTemplateResult);
            /// Lists templates of runs.
            ListRunTemplates(runs::ListRunTemplates => runs::ListRunTemplatesResult);
            /// Deletes a template of runs.
            DeleteRunTemplate(runs::DeleteRunTemplate => runs::DeleteRunTemplateResult);
            /// Lists the nodes of a part of a command's runs.
            ListBucket(folding::ListBucket => folding::InstanceIdPage);
            /// Compares what two nodes of a command say.
            DiffOutput(folding::DiffOutput => folding::DiffOutputResult);
            /// Shows which nodes targets mean.
            ResolveTargets(fleet::ResolveTargets => fleet::ResolveTargetsResult);
            /// Adds or overwrites tags.
            AddTagsToResource(tags::AddTagsToResource => tags::AddTagsToResourceResult);
            /// Removes tags.
            RemoveTagsFromResource(tags::RemoveTagsFromResource => tags::RemoveTagsFromResourceResult);
            /// Lists commands, such as those of one node.
            ListCommands(commands::ListCommands => commands::ListCommandsResult);
            /// Lists runs, such as those on one node.
            ListCommandInvocations(commands::ListCommandInvocations => commands::ListCommandInvocationsResult);
            /// Reads one step of one run.
            GetCommandInvocation(commands::GetCommandInvocation => commands::GetCommandInvocationResult);
            /// Reads a document.
            GetDocument(documents::GetDocument => documents::GetDocumentResult);
            /// Lists documents.
            ListDocuments(documents::ListDocuments => documents::ListDocumentsResult);
            /// Makes a document.
            CreateDocument(documents::CreateDocument => documents::CreateDocumentResult);
            /// Makes a new version of a document.
            UpdateDocument(documents::UpdateDocument => documents::UpdateDocumentResult);
            /// Deletes a document, or one of its versions.
            DeleteDocument(documents::DeleteDocument => documents::DeleteDocumentResult);
            /// Describes a document.
            DescribeDocument(documents::DescribeDocument => documents::DescribeDocumentResult);
            /// Lists the versions of a document.
            ListDocumentVersions(documents::ListDocumentVersions => documents::ListDocumentVersionsResult);
            /// Says which version is meant where none is named.
            UpdateDocumentDefaultVersion(documents::UpdateDocumentDefaultVersion => documents::UpdateDocumentDefaultVersionResult);
            /// Tells with whom a document is shared.
            DescribeDocumentPermission(documents::DescribeDocumentPermission => documents::DescribeDocumentPermissionResponse);
            /// Shares a document, or does not any more.
            ModifyDocumentPermission(documents::ModifyDocumentPermission => documents::ModifyDocumentPermissionResponse);
            /// Takes the review of a version a step on.
            UpdateDocumentMetadata(documents::UpdateDocumentMetadata => documents::UpdateDocumentMetadataResponse);
            /// Lists the steps of a version's reviews.
            ListDocumentMetadataHistory(documents::ListDocumentMetadataHistory => documents::ListDocumentMetadataHistoryResponse);
            /// Asks calendars whether anything may be changed.
            GetCalendarState(documents::GetCalendarState => documents::GetCalendarStateResponse);
            /// Says what is wrong with the text of a document.
            ValidateDocument(documents::ValidateDocument => documents::ValidateDocumentResult);
            /// Makes the right to register a node.
            CreateActivation(activations::CreateActivation => activations::CreateActivationResult);
            /// Removes a node.
            DeregisterManagedInstance(nodes::DeregisterManagedInstance => nodes::DeregisterManagedInstanceResult);
            /// Asks the server about itself.
            DescribeServer(about::DescribeServer => about::DescribeServerResult);
            /// Makes a user.
            CreateUser(access::CreateUser => access::CreateUserResult);
            /// Deletes a user.
            DeleteUser(access::DeleteUser => access::Done);
            /// Lists users.
            ListUsers(access::ListUsers => access::ListUsersResult);
            /// Registers an SSH public key.
            ImportSshPublicKey(access::ImportSshPublicKey => access::ImportSshPublicKeyResult);
            /// Removes an SSH public key.
            DeleteSshPublicKey(access::DeleteSshPublicKey => access::Done);
            /// Makes an access key.
            CreateAccessKey(access::CreateAccessKey => access::CreateAccessKeyResult);
            /// Makes a new access key in the place of an old one.
            RotateAccessKey(access::RotateAccessKey => access::CreateAccessKeyResult);
            /// Turns an access key on or off.
            UpdateAccessKey(access::UpdateAccessKey => access::Done);
            /// Deletes an access key.
            DeleteAccessKey(access::DeleteAccessKey => access::Done);
            /// Makes a group.
            CreateGroup(access::CreateGroup => access::CreateGroupResult);
            /// Deletes a group.
            DeleteGroup(access::DeleteGroup => access::Done);
            /// Lists groups.
            ListGroups(access::ListGroups => access::ListGroupsResult);
            /// Puts a user into a group.
            AddUserToGroup(access::AddUserToGroup => access::Done);
            /// Takes a user out of a group.
            RemoveUserFromGroup(access::RemoveUserFromGroup => access::Done);
            /// Makes a role.
            CreateRole(access::CreateRole => access::CreateRoleResult);
            /// Deletes a role.
            DeleteRole(access::DeleteRole => access::Done);
            /// Lists roles.
            ListRoles(access::ListRoles => access::ListRolesResult);
            /// Saves a policy.
            PutPolicy(access::PutPolicy => access::PutPolicyResult);
            /// Looks at a policy as if it were to be saved.
            ValidatePolicy(access::ValidatePolicy => access::ValidatePolicyResult);
            /// Lists policies.
            ListPolicies(access::ListPolicies => access::ListPoliciesResult);
            /// Deletes a policy.
            DeletePolicy(access::DeletePolicy => access::Done);
            /// Gives a policy to a principal.
            AttachPolicy(access::AttachPolicy => access::Done);
            /// Takes a policy from a principal.
            DetachPolicy(access::DetachPolicy => access::Done);
            /// Asks what would be decided, and why.
            SimulateAccess(access::SimulateAccess => access::SimulateAccessResult);
            /// Asks who we are, and what we can never do.
            GetCallerAccess(access::GetCallerAccess => access::GetCallerAccessResult);
            /// Arms an environment.
            Arm(arming::Arm => arming::ArmResult);
            /// Ends an arming.
            Disarm(arming::Disarm => access::Done);
            /// Lists who has armed what.
            ListArmings(arming::ListArmings => arming::ListArmingsResult);
            /// Lists requests for approval.
            ListApprovals(approvals::ListApprovals => approvals::ListApprovalsResult);
            /// Reads one request with all its targets.
            GetApproval(approvals::GetApproval => approvals::ApprovalResult);
            /// Approves or rejects a request.
            DecideApproval(approvals::DecideApproval => approvals::ApprovalResult);
            /// Takes an own request back.
            WithdrawApproval(approvals::WithdrawApproval => approvals::ApprovalResult);
            /// Pages backwards through the audit trail.
            ListAuditRecords(audit::ListAuditRecords => audit::ListAuditRecordsResult);
            /// Reads one record whole.
            GetAuditRecord(audit::GetAuditRecord => audit::GetAuditRecordResult);
            /// Lists the tags of something.
            ListTagsForResource(tags::ListTagsForResource => tags::ListTagsForResourceResult);
            /// Reads a parameter.
            GetParameter(parameters::GetParameter => parameters::GetParameterResult);
            /// Makes a parameter, or a new version of one.
            PutParameter(parameters::PutParameter => parameters::PutParameterResult);
            /// Lists parameters without their values.
            DescribeParameters(parameters::DescribeParameters => parameters::DescribeParametersResult);
            /// Deletes parameters.
            DeleteParameters(parameters::DeleteParameters => parameters::DeleteParametersResult);
            /// Puts labels on a version.
            LabelParameterVersion(parameters::LabelParameterVersion => parameters::LabelParameterVersionResult);
            /// Takes labels from a version.
            UnlabelParameterVersion(parameters::UnlabelParameterVersion => parameters::UnlabelParameterVersionResult);
            /// Looks at a level of the tree of parameters.
            BrowseParameters(parameters::BrowseParameters => parameters::BrowseParametersResult);
            /// Finds parameters by some letters.
            FindParameters(parameters::FindParameters => parameters::FindParametersResult);
            /// Asks who wrote a parameter, and who read it.
            GetParameterBlame(parameters::GetParameterBlame => parameters::GetParameterBlameResult);
            /// Makes an old version of a parameter the newest.
            RollBackParameter(parameters::RollBackParameter => parameters::PutParameterResult);
            /// Compares parameters, or paths, now or then.
            DiffParameters(parameters::DiffParameters => parameters::DiffParametersResult);
            /// Writes parameters as a text.
            ExportParameters(parameters::ExportParameters => parameters::ExportParametersResult);
            /// Puts what a text says.
            ImportParameters(parameters::ImportParameters => parameters::ParameterChanges);
            /// Puts parameters elsewhere.
            CopyParameters(parameters::CopyParameters => parameters::ParameterChanges);
            /// Lists documents that refer to a parameter.
            ListParameterUses(documents::ListParameterUses => documents::ListParameterUsesResult);
            /// Finds recorded calls, as CloudTrail does.
            LookupEvents(audit::LookupEvents => audit::LookupEventsResult);
        }
    };
}
pub(crate) use for_each_request;

macro_rules! define {
    ($($(#[$doc:meta])* $name:ident($request:path => $reply:path);)*) => {
        /// An operation to call.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Request { $($(#[$doc])* $name($request)),* }

        /// What an operation answered.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Reply { $($(#[$doc])* $name($reply)),* }

        impl Request {
            /// The operation's name.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),* }
            }

            /// Whether it changes anything.
            #[must_use]
            pub fn is_write(&self) -> bool {
                match self { $(Self::$name(_) => <$request as Operation>::ACCESS == Access::Write),* }
            }
        }
    };
}
for_each_request!(define);

impl Request {
    /// Whether it changes what is known of documents; for them there is no topic.
    #[must_use]
    pub fn changes_documents(&self) -> bool {
        match self {
            Self::AddTagsToResource(it) => it.resource_type == "Document",
            Self::RemoveTagsFromResource(it) => it.resource_type == "Document",
            _ => self.is_write() && self.name().contains("Document"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, message: &str) -> CallError {
        CallError { code: code.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn a_refusal_says_what_is_missing() {
        let unarmed = refused(
            ARMING_REQUIRED,
            &arming::required(
                ["prod"],
                "policy prod-careful line 3 asks that prod be armed: it is production",
            ),
        );
        assert_eq!((unarmed.unarmed(), unarmed.approval()), (vec!["prod"], None));
        let waits =
            refused(APPROVAL_REQUIRED, "ssm:SendCommand waits for approval as apr-0123456789ab: two people");
        assert_eq!((waits.unarmed(), waits.approval()), (vec![], Some("apr-0123456789ab")));
        assert_eq!(refused("AccessDeniedException", "no policy permits it").unarmed(), Vec::<&str>::new());
    }

    #[test]
    fn what_changes_something_is_told_from_what_looks() {
        assert!(Request::Arm(arming::Arm::default()).is_write());
        assert!(!Request::ListArmings(arming::ListArmings {}).is_write());
    }
}
