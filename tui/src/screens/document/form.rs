//! What is asked of somebody who shares, tags or reviews a document.

use pilothouse_api::documents::{
    DocumentReviewCommentSource, DocumentReviews, ModifyDocumentPermission, UpdateDocumentMetadata,
};
use pilothouse_api::tags::{AddTagsToResource, Tag};

use crate::effect::Request;
use crate::errand::Step;
use crate::sheet::{Sheet, Word};
use crate::tags;

/// What is shared, by its number in the choice.
pub(super) const SHARED: [(&str, &str); 3] =
    [("the default version", "$DEFAULT"), ("the newest version", "$LATEST"), ("all versions", "$ALL")];

/// What sharing comes to.
pub(super) const ONE_ACCOUNT: &str =
    "There is one account on this server: it is kept for clients, and gives nobody anything yet.";

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Whom it is shared with.
    Account,
    /// What of it is shared.
    Shared,
    /// A tag as `key=value`.
    Tag,
    /// What a reviewer says.
    Comment,
}

impl Word for Field {
    fn label(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Shared => "Version",
            Self::Tag => "Tag",
            Self::Comment => "Comment",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Account => "twelve digits; or all, which makes it public",
            Self::Shared => "arrows choose what of it they may use",
            Self::Tag => "key=value; what is there already gets the new value",
            Self::Comment => "for whoever wrote it, up to 1,024 characters; may be empty",
        }
    }

    fn placeholder(self) -> &'static str {
        match self {
            Self::Account => "such as 123456789012",
            Self::Tag => "such as env=prod",
            Self::Shared | Self::Comment => "",
        }
    }

    fn wrong(self, text: &str) -> Option<String> {
        let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Account if !digits && text != "all" => {
                Some("an account is twelve digits; all is everybody".to_owned())
            }
            Self::Tag => tags::read(text).err().map(|error| error.to_string()),
            Self::Comment if text.chars().count() > 1024 => Some("at most 1,024 characters".to_owned()),
            Self::Account | Self::Shared | Self::Comment => None,
        }
    }
}

/// What is being done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Share it.
    Share,
    /// Tag it.
    Tag,
    /// Take a version's review a step on.
    Review {
        /// AWS's word for the step.
        action: &'static str,
        /// The version.
        version: Option<String>,
    },
}

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// What is being done.
    pub kind: Kind,
    /// Its fields.
    pub sheet: Sheet<Field>,
}

impl Form {
    pub(super) fn share(name: &str) -> Self {
        let options = SHARED.map(|(said, _)| said);
        let sheet = Sheet::new(format!("Share {name}"), "Share it")
            .note(ONE_ACCOUNT)
            .line(Field::Account, "")
            .one(Field::Shared, &options, 0);
        Self { kind: Kind::Share, sheet }
    }

    pub(super) fn tag(name: &str, text: &str) -> Self {
        Self { kind: Kind::Tag, sheet: Sheet::new(format!("Tag {name}"), "Tag it").line(Field::Tag, text) }
    }

    pub(super) fn review(name: &str, action: &'static str, version: Option<String>) -> Self {
        let title = format!("{} {name}", review(action));
        let sheet = Sheet::new(title, "Do it").line(Field::Comment, "");
        Self { kind: Kind::Review { action, version }, sheet }
    }

    /// The change that it means; what makes it public is asked about first, so it is not here.
    pub(super) fn step(&self, name: &str) -> Step {
        match &self.kind {
            Kind::Share => share(name, self.sheet.text(Field::Account), self.shared()),
            Kind::Tag => {
                let (key, value) = tags::read(self.sheet.text(Field::Tag)).unwrap_or_default();
                let done = format!("{name} is tagged {key}={value}");
                let request = AddTagsToResource {
                    resource_type: "Document".to_owned(),
                    resource_id: name.to_owned(),
                    tags: vec![Tag { key, value }],
                };
                Step::new(Request::AddTagsToResource(request), done)
            }
            Kind::Review { action, version } => {
                let comment = self.sheet.said(Field::Comment).map(|text| DocumentReviewCommentSource {
                    r#type: Some("Comment".to_owned()),
                    content: Some(text),
                });
                let request = UpdateDocumentMetadata {
                    name: name.to_owned(),
                    document_version: Some(version.clone().unwrap_or_else(|| "$DEFAULT".to_owned())),
                    document_reviews: DocumentReviews {
                        action: (*action).to_owned(),
                        comment: comment.into_iter().collect(),
                    },
                };
                let done = format!("{name}: {}", review(action).to_lowercase());
                Step::new(Request::UpdateDocumentMetadata(request), done)
            }
        }
    }

    /// What of it shall be shared.
    pub(super) fn shared(&self) -> &'static str {
        SHARED.get(self.sheet.chosen(Field::Shared)).map_or("$DEFAULT", |(_, version)| version)
    }
}

/// A step of a review in words.
pub(super) const fn review(action: &str) -> &'static str {
    match action.as_bytes() {
        b"SendForReview" => "Send for review",
        b"Approve" => "Approve",
        b"Reject" => "Reject",
        _ => "Comment on",
    }
}

/// Sharing with an account.
pub(super) fn share(name: &str, account: &str, version: &str) -> Step {
    let done = if account == "all" {
        format!("{name} is public")
    } else {
        format!("{name} is shared with {account}")
    };
    let request = ModifyDocumentPermission {
        name: name.to_owned(),
        permission_type: "Share".to_owned(),
        account_ids_to_add: vec![account.to_owned()],
        shared_document_version: Some(version.to_owned()),
        ..ModifyDocumentPermission::default()
    };
    Step::new(Request::ModifyDocumentPermission(request), done)
}

/// Not sharing with an account any more.
pub(super) fn unshare(name: &str, account: &str) -> Step {
    let request = ModifyDocumentPermission {
        name: name.to_owned(),
        permission_type: "Share".to_owned(),
        account_ids_to_remove: vec![account.to_owned()],
        ..ModifyDocumentPermission::default()
    };
    let done = format!("{name} is not shared with {account} any more; a shares it again");
    Step::new(Request::ModifyDocumentPermission(request), done)
}
