//! The table of checks. Each is a small function of what was seen: it asks nothing, and says what is in order or what
//! is wrong with its fix. A new check is such a function and one line here.

#![expect(
    clippy::unnecessary_wraps,
    reason = "a check that always has something to say has the form of all others"
)]

mod accounts;
mod drives;
mod machine;
mod news;
mod permissions;
mod policies;
mod sign_in;
mod teams;

use super::Look;
use super::account::Seen;
use super::site::Site;

pub(super) use permissions::permissions;

/// A look at the whole. `None` where there is nothing to look at.
pub(super) struct SiteCheck {
    /// What is looked at, as a fixed word.
    pub(super) probe: &'static str,
    /// What it is about.
    pub(super) subject: &'static str,
    pub(super) look: fn(&Site) -> Option<Look>,
}

/// A look at one account; its classes are the ones that trouble harms.
pub(super) struct AccountCheck {
    /// What is looked at, as a fixed word.
    pub(super) probe: &'static str,
    pub(super) look: fn(&Seen<'_>) -> Option<Look>,
}

const fn site(probe: &'static str, subject: &'static str, look: fn(&Site) -> Option<Look>) -> SiteCheck {
    SiteCheck { probe, subject, look }
}

const fn account(probe: &'static str, look: fn(&Seen<'_>) -> Option<Look>) -> AccountCheck {
    AccountCheck { probe, look }
}

/// What is looked at before the accounts, in this order.
pub(super) const OF_THE_SITE: &[SiteCheck] = &[
    site("database", "database", machine::database),
    site("archive", "archive", machine::archive),
    site("archive_copies", "archive", machine::copies),
    site("backup", "database", machine::backup),
    site("worker", "worker", machine::worker),
    site("mail", "mail", machine::mail),
    site("connection", "integration", sign_in::connection),
    site("certificate", "integration", sign_in::certificate),
    site("token", "integration", sign_in::token),
    site("tenant", "integration", sign_in::tenant),
    site("clock", "integration", sign_in::clock),
    site("credential", "integration", sign_in::credential),
    site("consent", "integration", permissions::consent),
    site("permission", "Mail.Send", permissions::mail),
    site("graph", "integration", sign_in::graph),
    site("throttling", "integration", sign_in::throttling),
    site("extra_drive", "integration", drives::extra),
    site("notifications", "integration", news::address),
    site("notification_url", "integration", news::reached),
    site("subscriptions", "integration", news::subscriptions),
    site("accounts", "integration", accounts::there_is_one),
    site("object_ids", "integration", teams::object_ids),
    site("expired_meetings", "integration", teams::expired_meetings),
    site("policy_recording", "integration", policies::recording),
    site("policy_instructors", "integration", policies::instructors),
    site("policy_attendance", "integration", policies::attendance),
    site("policy_expiry", "integration", policies::expiry),
];

/// What is looked at for each account, in this order.
pub(super) const OF_AN_ACCOUNT: &[AccountCheck] = &[
    account("dedicated", accounts::dedicated),
    account("account", accounts::usable),
    account("object_id", accounts::same_object),
    account("licence", accounts::licence),
    account("licence_teams", accounts::teams_licence),
    account("licence_onedrive", accounts::onedrive_licence),
    account("licence_exchange", accounts::exchange_licence),
    account("meeting_limit", accounts::meeting_limit),
    account("mailbox", accounts::mailbox),
    account("onedrive", drives::onedrive),
    account("sharepoint", drives::sharepoint),
    account("recordings_folder", drives::folder),
    account("access_policy", teams::access_policy),
    account("recordings", teams::recordings),
    account("transcripts", teams::transcripts),
    account("attendance", teams::attendance),
    account("chat", teams::chat),
];
