//! The service accounts: each must be a licensed account of its own, with a mailbox that makes Teams meetings.

use msgraph::{Error as GraphError, MeetingProvider, User};

use super::super::Look;
use super::super::account::Seen;
use super::super::refusal::{entra_user, unreachable};
use super::super::site::Site;
use crate::model::finding::Trouble;
use crate::model::finding_code::Code;
use crate::ops::licence::{EXCHANGE, ONEDRIVE, Plan, TEAMS, has_plan};
use crate::ops::organizer::{MONTHLY_LIMIT, MONTHLY_WARNING};

pub(super) fn there_is_one(site: &Site) -> Option<Look> {
    site.open()?;
    if !site.accounts.is_empty() {
        return Some(Ok(format!("{} service accounts", site.accounts.len())));
    }
    Some(Err(Trouble::error(
        Code::NoServiceAccount,
        "There is no service account to organize meetings.",
        "Make a licensed account for this purpose (Teams, Exchange and OneDrive), never a person's own, and enter its address on the page Manage, Microsoft Teams, or set TEAMS_RECORDING_ADMIN_EMAIL.",
    )
    .consequence("No class can be scheduled in Teams.")))
}

pub(super) fn dedicated(seen: &Seen<'_>) -> Option<Look> {
    seen.is_persons.then(|| {
        Err(Trouble::warning(
            Code::AccountIsAPerson,
            format!("{} belongs to a person who teaches or learns.", seen.account.email),
            "Use a licensed account made for this purpose.",
        )
        .consequence("Whoever leaves takes the recordings along: they expire with the account."))
    })
}

pub(super) fn usable(seen: &Seen<'_>) -> Option<Look> {
    let email = &seen.account.email;
    Some(match seen.user.as_ref()? {
        Ok(user) => person(seen, user),
        Err(GraphError::NotFound { .. }) => Err(Trouble::error(
            Code::AccountNotFound,
            format!("There is no account {email} in the tenant."),
            "Correct the address, or make the account with licences for Teams, Exchange and OneDrive.",
        )
        .consequence("Its classes cannot be scheduled in Teams.")),
        Err(error @ GraphError::Forbidden { .. }) => Err(Trouble::error(
            Code::DirectoryDenied,
            format!("The directory does not let OnRecord read the account {email}: {error}."),
            "Grant User.Read.All with admin consent; a restricted administrative unit may also be in the way.",
        )),
        Err(error) => Err(unreachable(Code::AccountUnread, "The directory", error)),
    })
}

fn person(seen: &Seen<'_>, user: &User) -> Look {
    let email = &seen.account.email;
    if user.user_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("guest")) {
        return Err(Trouble::error(
            Code::AccountIsAGuest,
            format!("{email} is a guest of the tenant."),
            "Use an account of this tenant.",
        )
        .consequence("A guest cannot organize meetings here."));
    }
    if user.account_enabled != Some(false) {
        return Ok(user.display_name.clone().unwrap_or_else(|| email.clone()));
    }
    // A shared mailbox is an account that nobody signs in to, with a mailbox and without Teams.
    if matches!(seen.calendar, Some(Ok(_))) && !has_plan(user, TEAMS) {
        return Err(Trouble::error(
            Code::SharedMailbox,
            format!("{email} is a shared mailbox: sign-in is blocked, and it has no licence for Teams."),
            "Use a licensed user account instead. A shared mailbox has no OneDrive for recordings, and Teams does not find the meetings that it organizes.",
        )
        .consequence("Failed to enable auto-recording: its meetings cannot be looked up, and their recordings have no place to go.")
        .link(entra_user(&user.id)));
    }
    Err(Trouble::error(
        Code::AccountDisabled,
        format!("Sign-in is blocked for {email}."),
        "Unblock sign-in in the Microsoft 365 admin center, Users, Active users, or use another licensed account.",
    )
    .consequence("Recordings of meetings that it organizes may have no place to go.")
    .link(entra_user(&user.id)))
}

pub(super) fn same_object(seen: &Seen<'_>) -> Option<Look> {
    let id = seen.object_id()?;
    if seen.orphaned == 0 {
        return Some(Ok(format!("Object id {id}")));
    }
    Some(Err(Trouble::warning(
        Code::AccountRecreated,
        format!(
            "{} was made anew: {} classes to come are organized by an earlier account of this address.",
            seen.account.email, seen.orphaned
        ),
        format!("Restore the earlier account in Entra (Users, Deleted users), or cancel these classes and schedule them again. The account is now {id}."),
    )
    .consequence("Teams cannot be told to record them.")
    .harms(seen.orphaned)))
}

const ASSIGN: &str = "A Microsoft 365 administrator assigns a licence with Teams, Exchange Online and OneDrive to the account (Microsoft 365 admin center, Users, Active users, Licenses and apps).";

fn licensed<'a>(seen: &'a Seen<'_>) -> Option<&'a User> {
    let user = seen.user.as_ref()?.as_ref().ok()?;
    user.assigned_plans.iter().any(msgraph::AssignedPlan::is_usable).then_some(user)
}

pub(super) fn licence(seen: &Seen<'_>) -> Option<Look> {
    let user = seen.user.as_ref()?.as_ref().ok()?;
    if licensed(seen).is_none() {
        let message = format!("{} has no licence in force.", seen.account.email);
        return Some(Err(Trouble::error(Code::LicenceMissing, message, ASSIGN)
            .consequence("Teams neither schedules nor records for it.")
            .link(entra_user(&user.id))));
    }
    [TEAMS, ONEDRIVE, EXCHANGE]
        .iter()
        .all(|plan| has_plan(user, plan))
        .then(|| Ok("Teams, Exchange Online and OneDrive".to_owned()))
}

/// Whether the service of a plan was seen at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Practice {
    Works,
    Unseen,
}

impl Practice {
    fn of<T>(asked: Option<&Result<T, GraphError>>) -> Self {
        if matches!(asked, Some(Ok(_))) { Self::Works } else { Self::Unseen }
    }
}

/// A plan that is missing; only a warning where the service works all the same.
fn plan(seen: &Seen<'_>, (name, ids): (&str, Plan), code: Code, practice: Practice) -> Option<Look> {
    let user = licensed(seen)?;
    if has_plan(user, ids) {
        return None;
    }
    let message = format!("{} has no licence for {name} that OnRecord knows.", seen.account.email);
    let trouble = if practice == Practice::Works {
        Trouble::warning(code, message, "It works all the same. If it stops, look at the account's licences.")
    } else {
        Trouble::error(code, message, ASSIGN).link(entra_user(&user.id))
    };
    Some(Err(trouble))
}

pub(super) fn teams_licence(seen: &Seen<'_>) -> Option<Look> {
    plan(seen, ("Teams", TEAMS), Code::LicenceTeamsMissing, Practice::Unseen)
}

pub(super) fn onedrive_licence(seen: &Seen<'_>) -> Option<Look> {
    plan(seen, ("OneDrive", ONEDRIVE), Code::LicenceOnedriveMissing, Practice::of(seen.drive.as_ref()))
}

pub(super) fn exchange_licence(seen: &Seen<'_>) -> Option<Look> {
    plan(
        seen,
        ("Exchange Online", EXCHANGE),
        Code::LicenceExchangeMissing,
        Practice::of(seen.calendar.as_ref()),
    )
}

pub(super) fn meeting_limit(seen: &Seen<'_>) -> Option<Look> {
    let made = seen.site.rows.meetings.get(&seen.account.id).copied().unwrap_or_default();
    let email = &seen.account.email;
    let fix = "Add another licensed account on the page Manage, Microsoft Teams (one a line), or to TEAMS_RECORDING_ADMIN_EMAIL: new classes go to the account with the fewest meetings.";
    Some(if made >= MONTHLY_LIMIT {
        Err(Trouble::error(
            Code::MeetingLimitReached,
            format!("{email} organizes {made} meetings this month; Microsoft allows {MONTHLY_LIMIT}."),
            fix,
        )
        .consequence("It takes no more classes until the month is over."))
    } else if made >= MONTHLY_WARNING {
        Err(Trouble::warning(
            Code::MeetingLimitNear,
            format!(
                "{email} organizes {made} of the {MONTHLY_LIMIT} meetings that Microsoft allows in a month."
            ),
            fix,
        ))
    } else {
        Ok(format!("{made} of {MONTHLY_LIMIT} meetings this month"))
    })
}

/// The calendar shows whether there is a mailbox, whether Exchange lets the app in, and whether it makes Teams
/// meetings. Without the permission a refusal is no news.
pub(super) fn mailbox(seen: &Seen<'_>) -> Option<Look> {
    let email = &seen.account.email;
    let may = seen.open.may("Calendars.ReadWrite");
    Some(match seen.calendar.as_ref()? {
        Ok(calendar) if calendar.allowed_online_meeting_providers.contains(&MeetingProvider::TeamsForBusiness) => {
            Ok("Mailbox, makes Teams meetings".to_owned())
        }
        Ok(_) => Err(Trouble::error(
            Code::TeamsProviderMissing,
            format!("The calendar of {email} does not make Teams meetings."),
            "Assign a licence with Teams. In the Teams admin center, Meeting policies, allow scheduling private meetings and the Outlook add-in for this account.",
        )
        .consequence("Its classes get an event without a Teams meeting.")),
        Err(GraphError::NotFound { .. }) => Err(Trouble::error(
            Code::MailboxMissing,
            format!("{email} has no mailbox in Exchange Online."),
            "Assign a licence with Exchange Online. A new mailbox takes some minutes.",
        )
        .consequence("Its classes cannot be scheduled.")),
        Err(GraphError::Forbidden { .. }) if !may => return None,
        Err(error @ GraphError::Forbidden { .. }) => Err(Trouble::error(
            Code::MailboxDenied,
            format!("Exchange does not let OnRecord into the calendar of {email}: {error}."),
            "The app is restricted to other mailboxes. An Exchange administrator adds this account to the group of the application access policy, or to the scope of the app's role assignment. It may take more than an hour.",
        )
        .consequence("Its classes cannot be scheduled.")
        .command(format!(
            "Connect-ExchangeOnline\nTest-ApplicationAccessPolicy -AppId \"{}\" -Identity \"{email}\"",
            seen.site.integration.client_id
        ))),
        Err(error) => Err(unreachable(Code::MailboxUnread, "Exchange", error)),
    })
}
