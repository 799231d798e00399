//! What a room asks for: data, never closures, so that a test compares it and the shell alone carries it out.

use std::path::PathBuf;

use pilothouse_api::Operation;
use pilothouse_api::approvals::APPROVAL_REQUIRED;
use pilothouse_api::operation::Access;
use pilothouse_api::{
    about, access, activations, approvals, arming, audit, commands, documents, fleet, nodes, tags,
};

use zeroize::Zeroizing;

use crate::route::Route;

/// A room's name for a call it made; unique within the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u32);

/// What a room asks for, in order.
pub type Effects<M> = Vec<Effect<M>>;

/// Something that only the shell can do.
#[expect(
    clippy::large_enum_variant,
    reason = "a handful per key press, moved once; a box would only be in the way of tests"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Effect<M> {
    /// Call an operation; [`Screen::landed`](crate::screen::Screen::landed) hears of it under the ticket.
    Call(Ticket, Request),
    /// Go to a place; back returns here.
    Open(Route),
    /// Go to a place that takes this one's place in the history.
    Replace(Route),
    /// Leave this place.
    Close,
    /// Ask before something that hurts.
    Ask(Question<M>),
    /// Let the user choose one of several.
    Pick {
        /// What is chosen.
        title: String,
        /// The choices.
        items: Vec<Choice<M>>,
    },
    /// Arm an environment for the user; once that is done, the room hears this.
    Arm {
        /// Which.
        environment: String,
        /// What is said then.
        then: M,
    },
    /// Put text on the clipboard.
    Copy(String),
    /// Write text to a file; a relative path is the current directory's. An existing file is never overwritten.
    Save {
        /// Where.
        path: PathBuf,
        /// What.
        text: String,
    },
    /// Put a secret on the clipboard.
    CopySecret(Secret),
    /// Write a secret to a file that only its owner reads, as with [`Save`](Self::Save).
    SaveSecret {
        /// Where.
        path: PathBuf,
        /// What.
        text: Secret,
    },
    /// Say something that goes away by itself.
    Toast(Level, String),
    /// Leave the cockpit; asks first when something is attached.
    Quit,
}

/// A secret on its way to the one place where it is wanted: zeroized when it is dropped, and not seen in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// How much a toast matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// By the way.
    Info,
    /// It worked.
    Good,
    /// Look at this.
    Warn,
    /// It did not work.
    Error,
}

/// A question before something that hurts.
#[derive(Clone, Debug, PartialEq)]
pub struct Question<M> {
    /// What is about to happen, as a question.
    pub title: String,
    /// The blast radius, line by line; may be empty.
    pub card: Vec<String>,
    /// How hard it is to say yes.
    pub ladder: Ladder,
    /// What the room hears when it is yes.
    pub yes: M,
}

/// How hard it is to say yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ladder {
    /// One node: `y`.
    Yes,
    /// Many: a card with buttons, the focus on No.
    Card,
    /// Above the threshold or in production: this must be typed.
    Typed(String),
}

impl Ladder {
    /// The step for doing something to so many nodes, of which some may be of a production environment.
    #[must_use]
    pub fn of(nodes: usize, production: Option<&str>, typed_from: usize) -> Self {
        match production {
            Some(environment) => Self::Typed(environment.to_owned()),
            None if nodes == 1 => Self::Yes,
            None if nodes >= typed_from => Self::Typed(nodes.to_string()),
            None => Self::Card,
        }
    }
}

/// One of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<M> {
    /// What it says.
    pub label: String,
    /// More about it, muted; may be empty.
    pub detail: String,
    /// Why it cannot be chosen now.
    pub disabled: Option<String>,
    /// What the room hears when it is chosen.
    pub msg: M,
}

impl<M> Choice<M> {
    /// A choice that can be made.
    pub fn new(label: impl Into<String>, msg: M) -> Self {
        Self { label: label.into(), detail: String::new(), disabled: None, msg }
    }
}

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
        let named =
            self.message.split_once(" be armed").and_then(|(before, _)| before.rsplit_once(" asks that "));
        named.map(|(_, environments)| environments.split(" and ").collect()).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, message: &str) -> CallError {
        CallError { code: code.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn a_refusal_says_what_is_missing() {
        let unarmed = refused(
            "AccessDeniedException",
            "user/anna is not authorized to perform: ssm:SendCommand on web-01 (node/mi-1): policy prod-careful \
             line 3 asks that prod be armed: production must be armed",
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
