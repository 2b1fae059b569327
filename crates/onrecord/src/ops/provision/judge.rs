//! What an answer of Microsoft means for a class: the `failed_…` reason, and the answer in short for staff.

use std::time::Duration;

use msgraph::Error;

use crate::model::conference::AutoRecordingStatus as Status;

/// Which service was asked; each spells its refusals differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Users.
    Directory,
    /// The mailbox of the organizer.
    Calendar,
    /// Teams.
    Meetings,
}

impl Asked {
    /// The permission without which it refuses.
    fn permission(self) -> &'static str {
        match self {
            Self::Directory => "User.Read.All",
            Self::Calendar => "Calendars.ReadWrite",
            Self::Meetings => "OnlineMeetings.ReadWrite.All",
        }
    }
}

/// Why a step did not succeed.
#[derive(Debug)]
pub(crate) enum Stuck {
    /// Nothing is wrong yet: Teams needs a moment. If it lasts, this status says what is wrong.
    Waiting(Status, String),
    /// A conclusion; trying again may still help.
    Failed {
        /// The reason.
        status: Status,
        /// Microsoft's answer in short.
        detail: String,
        /// How long Microsoft asked to wait.
        retry_after: Option<Duration>,
    },
    /// OnRecord itself could not go on.
    Broken(crate::ops::Error),
}

impl From<crate::ops::Error> for Stuck {
    fn from(error: crate::ops::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<crate::store::Error> for Stuck {
    fn from(error: crate::store::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl Stuck {
    /// A conclusion of our own.
    pub(crate) fn failed(status: Status, detail: impl Into<String>) -> Self {
        Self::Failed { status, detail: detail.into(), retry_after: None }
    }
}

/// Longest detail kept, in characters.
const LONGEST_DETAIL: usize = 500;

/// Judges an error of Microsoft. The roles of the token at hand tell a missing permission from a missing policy; no
/// request is made for that.
pub(crate) async fn judge(client: &msgraph::Client, asked: Asked, error: Error) -> Stuck {
    let mut roles = None;
    if let Error::Forbidden { .. } = &error {
        roles = client.token_claims().await.map(|claims| claims.roles).ok();
        // What is granted meanwhile shows only in a new token.
        client.forget_token().await;
    }
    let status = status_of(asked, &error, roles.as_deref());
    let detail: String = error.to_string().chars().take(LONGEST_DETAIL).collect();
    Stuck::Failed { status, detail, retry_after: error.retry_after() }
}

fn status_of(asked: Asked, error: &Error, roles: Option<&[String]>) -> Status {
    match error {
        Error::Throttled { .. } | Error::Upstream { status: 429 | 509, .. } => Status::FailedThrottled,
        Error::Unauthorized { .. } => Status::FailedPermission,
        Error::Token { .. } if !error.is_retryable() => Status::FailedPermission,
        Error::Forbidden { message, .. } => forbidden(asked, message, roles),
        Error::NotFound { .. } if error.has_code("MailboxNotEnabledForRESTAPI") => Status::FailedLicense,
        Error::NotFound { .. } => Status::FailedNotFound,
        error if error.is_retryable() => Status::FailedNetwork,
        _ => Status::FailedUnknown,
    }
}

fn forbidden(asked: Asked, message: &str, roles: Option<&[String]>) -> Status {
    let has_role = roles.map(|roles| roles.iter().any(|role| role == asked.permission()));
    if asked != Asked::Meetings || has_role == Some(false) {
        return Status::FailedPermission;
    }
    let message = message.to_ascii_lowercase();
    let names_policy =
        ["application access policy", "not allowed to perform operations on the user", "3003:"];
    if has_role == Some(true) || names_policy.iter().any(|words| message.contains(words)) {
        return Status::FailedAccessPolicy;
    }
    Status::FailedPermission
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbids(message: &str) -> Error {
        Error::Forbidden {
            code: "Forbidden".into(),
            inner_code: None,
            message: message.into(),
            ids: Box::default(),
        }
    }

    #[test]
    fn a_missing_role_is_a_permission_and_a_present_one_means_the_policy() {
        let roles = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let without = roles(&["Calendars.ReadWrite"]);
        let with = roles(&["OnlineMeetings.ReadWrite.All"]);
        let error = forbids("No application access policy found for this app");
        assert_eq!(status_of(Asked::Meetings, &error, Some(&without)), Status::FailedPermission);
        assert_eq!(status_of(Asked::Meetings, &error, Some(&with)), Status::FailedAccessPolicy);
        assert_eq!(status_of(Asked::Meetings, &error, None), Status::FailedAccessPolicy);
        assert_eq!(status_of(Asked::Meetings, &forbids("no"), None), Status::FailedPermission);
        assert_eq!(status_of(Asked::Calendar, &error, Some(&with)), Status::FailedPermission);
    }

    #[test]
    fn each_cause_has_its_reason() {
        let not_found =
            |code: &str| Error::NotFound { code: code.into(), message: String::new(), ids: Box::default() };
        let upstream = |status| Error::Upstream {
            status,
            code: String::new(),
            message: String::new(),
            retry_after: None,
            ids: Box::default(),
        };
        let throttled = Error::Throttled { retry_after: Duration::from_secs(9), ids: Box::default() };
        for (error, status) in [
            (not_found("mailboxNotEnabledForRESTAPI"), Status::FailedLicense),
            (not_found("NotFound"), Status::FailedNotFound),
            (throttled, Status::FailedThrottled),
            (upstream(503), Status::FailedNetwork),
            (Error::Timeout { ids: Box::default() }, Status::FailedNetwork),
            (upstream(507), Status::FailedUnknown),
            (upstream(400), Status::FailedUnknown),
        ] {
            assert_eq!(status_of(Asked::Calendar, &error, None), status, "{error:?}");
        }
    }
}
