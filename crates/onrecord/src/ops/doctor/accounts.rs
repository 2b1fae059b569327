//! The service accounts: each must be a licensed account of its own, with mailbox, Teams and OneDrive, for which the
//! app may act in Teams.

use std::collections::HashMap;

use futures::future::join_all;
use msgraph::{Client, Drive, Error as GraphError, MeetingProvider, QuotaState, User};

use super::connection::Access;
use super::refusal::{entra, grant_access_policy, unreachable};
use super::{Look, Notes};
use crate::app::App;
use crate::model::finding::Trouble;
use crate::model::integration::{ServiceAccount, SyncKind};
use crate::model::permission::granted;
use crate::ops::Result;
use crate::store::{integrations, probes};

/// Accounts examined at once.
const AT_ONCE: usize = 4;

/// Names of the Recordings folder besides the English one.
const FOLDER_NAMES: [&str; 8] = [
    "Aufzeichnungen",
    "Enregistrements",
    "Grabaciones",
    "Gravações",
    "Registrazioni",
    "Opnamen",
    "Nagrania",
    "Inspelningar",
];

/// A link that leads to no meeting: asking for it shows whether the app may ask at all.
const NOBODYS_LINK: &str = "https://teams.microsoft.com/l/meetup-join/doctor";

/// What was seen of one account.
#[derive(Debug, Default)]
struct Seen {
    looks: Vec<(&'static str, Look)>,
    object_id: Option<String>,
    drive: Option<Drive>,
}

pub(super) async fn examine(
    notes: &mut Notes<'_>,
    access: &Access,
    accounts: &[ServiceAccount],
) -> Result<()> {
    if accounts.is_empty() {
        notes.note("accounts", "integration", Err(nobody()));
        return Ok(());
    }
    notes.note("accounts", "integration", Ok(format!("{} service accounts", accounts.len())));
    let emails: Vec<_> = accounts.iter().map(|account| account.email.clone()).collect();
    let persons = probes::enrolled_among(&notes.app.store, &emails).await?;
    let client_id = notes.integration.client_id.clone();
    let off = notes.integration.kinds_off.clone();
    let exam = Exam { client: &access.client, roles: &access.roles, client_id: &client_id, off: &off };
    let mut seen = Vec::with_capacity(accounts.len());
    for some in accounts.chunks(AT_ONCE) {
        let looks: Vec<_> = some.iter().map(|account| exam.look(account)).collect();
        seen.extend(join_all(looks).await);
    }
    for (account, seen) in accounts.iter().zip(seen) {
        keep(notes.app, account, &seen).await?;
        if persons.contains(&account.email) {
            notes.note_account("dedicated", account, Err(persons_own(account)));
        }
        for (probe, look) in seen.looks {
            notes.note_account(probe, account, look);
        }
    }
    Ok(())
}

fn nobody() -> Box<Trouble> {
    Trouble::error(
        "no_service_account",
        "There is no service account to organize meetings.",
        "Make a licensed account for this purpose (Teams, Exchange and OneDrive), never a person's own, and enter its address on the page Manage, Microsoft Teams, or set TEAMS_RECORDING_ADMIN_EMAIL.",
    )
    .consequence("No class can be scheduled in Teams.")
}

fn persons_own(account: &ServiceAccount) -> Box<Trouble> {
    Trouble::warning(
        "account_is_a_person",
        format!("{} belongs to a person who teaches or learns.", account.email),
        "Use a licensed account made for this purpose.",
    )
    .consequence("Whoever leaves takes the recordings along: they expire with the account.")
}

/// Keeps what was learnt, so that scheduling need not ask again.
async fn keep(app: &App, account: &ServiceAccount, seen: &Seen) -> Result<()> {
    let Some(object_id) = &seen.object_id else {
        return Ok(());
    };
    let tx = app.store.write().await?;
    if account.entra_object_id.as_ref() != Some(object_id) {
        integrations::set_account_object_id(&tx, account.id, object_id).await?;
    }
    if let Some(drive) = &seen.drive {
        let quota = drive.quota.clone().unwrap_or_default();
        let read = ServiceAccount {
            drive_id: Some(drive.id.clone()),
            drive_state: quota.state.as_ref().map(|state| state.as_str().to_owned()),
            drive_total_bytes: quota.total,
            drive_used_bytes: quota.used,
            drive_read_at: Some(app.clock.now()),
            ..account.clone()
        };
        integrations::set_account_drive(&tx, &read).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What every look at an account needs.
#[derive(Debug, Clone, Copy)]
struct Exam<'a> {
    client: &'a Client,
    roles: &'a [String],
    client_id: &'a str,
    off: &'a [SyncKind],
}

impl Exam<'_> {
    fn may(&self, permission: &str) -> bool {
        granted(self.roles, permission)
    }

    async fn look(&self, account: &ServiceAccount) -> Seen {
        let mut seen = Seen::default();
        if !self.may("User.Read.All") {
            return seen;
        }
        let user = match self.client.user(&account.email).await {
            Ok(user) => user,
            Err(error) => {
                seen.looks.push(("account", Err(Self::not_found(account, &error))));
                return seen;
            }
        };
        seen.looks.push(("account", usable(account, &user)));
        let id = user.id.clone();
        seen.object_id = Some(id.clone());
        let mailbox = self.mailbox(account, &id).await;
        let drive = self.drive(account, &id).await;
        let policy = self.access_policy(account, &id).await;
        let has_mailbox = matches!(mailbox, Some(Ok(_)));
        let has_drive = matches!(drive, Some(Ok(_)));
        for (probe, look) in licences(account, &user, has_mailbox, has_drive) {
            seen.looks.push((probe, look));
        }
        seen.looks.extend(mailbox.map(|look| ("mailbox", look)));
        match drive {
            Some(Ok(drive)) => {
                seen.looks.push(("onedrive", room(account, &drive)));
                seen.drive = Some(drive);
                seen.looks.push(("recordings_folder", self.folder(account, &id).await));
            }
            Some(Err(trouble)) => seen.looks.push(("onedrive", Err(trouble))),
            None => {}
        }
        let policy_is_there = matches!(policy, Some(Ok(_)));
        seen.looks.extend(policy.map(|look| ("access_policy", look)));
        if policy_is_there {
            seen.looks.extend(self.transcripts(account, &id).await.map(|look| ("transcripts", look)));
        }
        seen
    }

    fn not_found(account: &ServiceAccount, error: &GraphError) -> Box<Trouble> {
        match error {
            GraphError::NotFound { .. } => Trouble::error(
                "account_not_found",
                format!("There is no account {} in the tenant.", account.email),
                "Correct the address, or make the account with licences for Teams, Exchange and OneDrive.",
            )
            .consequence("Its classes cannot be scheduled in Teams."),
            GraphError::Forbidden { .. } => Trouble::error(
                "directory_denied",
                format!("The directory does not let OnRecord read the account {}: {error}.", account.email),
                "Grant User.Read.All with admin consent; a restricted administrative unit may also be in the way.",
            ),
            other => unreachable("account_unread", "The directory", other),
        }
    }

    /// The calendar shows whether there is a mailbox, whether Exchange lets the app in, and whether it makes Teams
    /// meetings. `None` where the permission is missing, which is its own finding.
    async fn mailbox(&self, account: &ServiceAccount, id: &str) -> Option<Look> {
        if !self.may("Calendars.ReadWrite") {
            return None;
        }
        let email = &account.email;
        Some(match self.client.calendar(id).await {
            Ok(calendar) if calendar.allowed_online_meeting_providers.contains(&MeetingProvider::TeamsForBusiness) => {
                Ok("Mailbox, makes Teams meetings".to_owned())
            }
            Ok(_) => Err(Trouble::error(
                "teams_provider_missing",
                format!("The calendar of {email} does not make Teams meetings."),
                "Assign a licence with Teams. In the Teams admin center, Meeting policies, allow scheduling private meetings and the Outlook add-in for this account.",
            )
            .consequence("Its classes get an event without a Teams meeting.")),
            Err(GraphError::NotFound { .. }) => Err(Trouble::error(
                "mailbox_missing",
                format!("{email} has no mailbox in Exchange Online."),
                "Assign a licence with Exchange Online. A new mailbox takes some minutes.",
            )
            .consequence("Its classes cannot be scheduled.")),
            Err(error @ GraphError::Forbidden { .. }) => Err(Trouble::error(
                "mailbox_denied",
                format!("Exchange does not let OnRecord into the calendar of {email}: {error}."),
                "The app is restricted to other mailboxes. An Exchange administrator adds this account to the group of the application access policy, or to the scope of the app's role assignment. It may take an hour.",
            )
            .consequence("Its classes cannot be scheduled.")
            .command(format!(
                "Connect-ExchangeOnline\nTest-ApplicationAccessPolicy -AppId \"{}\" -Identity \"{email}\"",
                self.client_id
            ))),
            Err(error) => Err(unreachable("mailbox_unread", "Exchange", &error)),
        })
    }

    /// Only a 403 speaks against the policy: the link asked for leads nowhere.
    async fn access_policy(&self, account: &ServiceAccount, id: &str) -> Option<Look> {
        if !self.may("OnlineMeetings.ReadWrite.All") {
            return None;
        }
        Some(match self.client.find_online_meeting(id, NOBODYS_LINK).await {
            Err(GraphError::Forbidden { .. }) => Err(Trouble::error(
                "access_policy_missing",
                format!("Teams does not let OnRecord act for {}: the application access policy is missing.", account.email),
                "A Teams administrator runs this in PowerShell. It takes effect within 30 minutes. A policy granted to the account itself hides the global one.",
            )
            .consequence("Failed to enable auto-recording: OnRecord can make the meeting, but not switch recording on.")
            .command(grant_access_policy(self.client_id, id))),
            Err(error) if error.is_retryable() => Err(unreachable("teams_unread", "Teams", &error)),
            _ => Ok("Application access policy granted".to_owned()),
        })
    }

    async fn drive(
        &self,
        account: &ServiceAccount,
        id: &str,
    ) -> Option<std::result::Result<Drive, Box<Trouble>>> {
        if !self.may("Files.Read.All") {
            return None;
        }
        let email = &account.email;
        Some(match self.client.user_drive(id).await {
            Ok(drive) => Ok(drive),
            Err(error @ (GraphError::NotFound { .. } | GraphError::Upstream { status: 400, .. })) => {
                Err(Trouble::error(
                    "onedrive_missing",
                    format!("{email} has no OneDrive yet: {error}."),
                    "Assign a licence with OneDrive, then sign in as the account and open OneDrive once, or let a SharePoint administrator run the command.",
                )
                .consequence("Teams has nowhere to keep the recordings of its classes.")
                .command(format!("Connect-SPOService\nRequest-SPOPersonalSite -UserEmails \"{email}\"")))
            }
            Err(error @ GraphError::Forbidden { .. }) => Err(Trouble::error(
                "onedrive_denied",
                format!("The OneDrive of {email} cannot be read: {error}."),
                "Grant Files.Read.All with admin consent. If it is granted, look for a SharePoint access policy or a lock on the site.",
            )
            .consequence("Recording not found: nobody can watch or download its recordings.")),
            Err(error) => Err(unreachable("onedrive_unread", "OneDrive", &error)),
        })
    }

    async fn folder(&self, account: &ServiceAccount, id: &str) -> Look {
        match self.client.recordings_folder(id, &FOLDER_NAMES).await {
            Ok(Some(folder)) => Ok(format!("Folder {}", folder.name.unwrap_or_default())),
            Ok(None) => Err(Trouble::info(
                "recordings_folder_absent",
                format!("{} has no folder Recordings yet.", account.email),
                "Nobody need act: Teams makes it with the first recording.",
            )),
            Err(error) => Err(unreachable("onedrive_unread", "OneDrive", &error)),
        }
    }

    /// The tenant can switch transcripts off for all apps; only asking for one shows it.
    async fn transcripts(&self, account: &ServiceAccount, id: &str) -> Option<Look> {
        if self.off.contains(&SyncKind::Transcripts) || !self.may("OnlineMeetingTranscript.Read.All") {
            return None;
        }
        match self.client.transcripts(id, "doctor").await {
            Err(error) if error.has_code("GraphAccessToTranscriptsDisabled") => Some(Err(Trouble::error(
                "transcripts_disabled",
                "The tenant does not let apps read transcripts.",
                "A Teams administrator allows access to transcripts by Graph in the Teams admin center, Meetings, Meeting settings; or switch transcripts off on the page Manage, Microsoft Teams.",
            )
            .consequence(format!("There are no transcripts and no captions for the classes of {}.", account.email)))),
            _ => None,
        }
    }
}

fn usable(account: &ServiceAccount, user: &User) -> Look {
    let email = &account.email;
    if user.user_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("guest")) {
        return Err(Trouble::error(
            "account_is_a_guest",
            format!("{email} is a guest of the tenant."),
            "Use an account of this tenant.",
        )
        .consequence("A guest cannot organize meetings here."));
    }
    if user.account_enabled == Some(false) {
        return Err(Trouble::error(
            "account_disabled",
            format!("Sign-in is blocked for {email}, as it is for shared mailboxes."),
            "Use a licensed user account. If it is one, unblock sign-in in the Microsoft 365 admin center, Users, Active users.",
        )
        .consequence("Recordings of meetings that it organizes may have no place to go.")
        .link(entra(&user.id).replace(
            "Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview/appId",
            "Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~/overview/userId",
        )));
    }
    Ok(user.display_name.clone().unwrap_or_else(|| email.clone()))
}

/// A plan is known by its name or its id; new ones appear, so what works in practice goes before what is listed.
const PLANS: [(&str, &str, &[&str]); 3] = [
    ("Teams", "licence_teams_missing", &["teamspaceapi", "57ff2da0-773e-42df-b2af-ffb7a2317929"]),
    (
        "OneDrive",
        "licence_onedrive_missing",
        &[
            "sharepoint",
            "5dbe027f-2339-4123-9542-606e4d348a72",
            "c7699d2e-19aa-44de-8edf-1736da088ca1",
            "63038b2c-28d0-45f6-bc36-33062963b498",
            "0a4983bb-d3e5-4a09-95d8-b2d0127b3df5",
            "13696edf-5a08-49f6-8134-03083ed8ba30",
        ],
    ),
    (
        "Exchange Online",
        "licence_exchange_missing",
        &["exchange", "9aaf7827-d63c-4b61-89c3-182f06f82e5c", "efb87545-963c-4e0d-99df-69c6916d9eb0"],
    ),
];

fn licences(account: &ServiceAccount, user: &User, mailbox: bool, drive: bool) -> Vec<(&'static str, Look)> {
    let email = &account.email;
    let fix = "A Microsoft 365 administrator assigns a licence with Teams, Exchange Online and OneDrive to the account (Microsoft 365 admin center, Users, Active users, Licenses and apps).";
    if user.assigned_plans.iter().all(|plan| !plan.is_usable()) {
        let trouble = Trouble::error("licence_missing", format!("{email} has no licence in force."), fix)
            .consequence("Teams neither schedules nor records for it.");
        return vec![("licence", Err(trouble))];
    }
    let proofs = HashMap::from([("OneDrive", drive), ("Exchange Online", mailbox)]);
    let missing: Vec<_> = PLANS.iter().filter(|(_, _, words)| !has_plan(user, words)).collect();
    if missing.is_empty() {
        return vec![("licence", Ok("Teams, Exchange Online and OneDrive".to_owned()))];
    }
    let look = |(name, code, _): &&(&'static str, &'static str, &[&str])| {
        let message = format!("{email} has no licence for {name} that OnRecord knows.");
        let works = proofs.get(name).copied().unwrap_or_default();
        let trouble = if works {
            Trouble::warning(
                code,
                message,
                "It works all the same. If it stops, look at the account's licences.",
            )
        } else {
            Trouble::error(code, message, fix)
        };
        let probe = match *name {
            "Teams" => "licence_teams",
            "OneDrive" => "licence_onedrive",
            _ => "licence_exchange",
        };
        (probe, Err(trouble))
    };
    missing.iter().map(look).collect()
}

fn has_plan(user: &User, words: &[&str]) -> bool {
    let is = |text: &Option<String>| {
        text.as_deref().is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text)))
    };
    user.assigned_plans
        .iter()
        .any(|plan| plan.is_usable() && (is(&plan.service) || is(&plan.service_plan_id)))
}

fn room(account: &ServiceAccount, drive: &Drive) -> Look {
    let email = &account.email;
    let quota = drive.quota.clone().unwrap_or_default();
    let fix = "A Microsoft 365 administrator gives the account more room (SharePoint admin center, More features, User profiles, or a larger licence), or adds a second service account on the page Manage, Microsoft Teams.";
    let share = match (quota.used, quota.total) {
        (Some(used), Some(total)) if total > 0 => format!(" ({} % used)", (used * 100 / total).clamp(0, 100)),
        _ => String::new(),
    };
    match quota.state {
        Some(QuotaState::Exceeded) => Err(Trouble::error(
            "storage_full",
            format!("Storage full: the OneDrive of {email} is full{share}."),
            fix,
        )
        .consequence("New recordings cannot be kept there and may be lost.")),
        Some(QuotaState::Critical) => Err(Trouble::error(
            "storage_critical",
            format!("The OneDrive of {email} has less than 1 % left{share}."),
            fix,
        )
        .consequence("The next recordings may not fit.")),
        Some(QuotaState::Nearing) => Err(Trouble::warning(
            "storage_nearing",
            format!("The OneDrive of {email} has less than 10 % left{share}."),
            fix,
        )),
        _ => Ok(format!("OneDrive{share}")),
    }
}
