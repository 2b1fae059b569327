//! What Teams lets the app do: act for an account, read recordings, transcripts, attendance and chats; and meetings that
//! Teams does not know, or not by the id we have.

use msgraph::Error as GraphError;

use super::super::Look;
use super::super::account::Seen;
use super::super::refusal::{grant_access_policy, unreachable};
use super::super::site::Site;
use crate::model::finding::Trouble;
use crate::model::finding_code::Code;

/// Only a 403 speaks against the policy: the link asked for leads nowhere.
pub(super) fn access_policy(seen: &Seen<'_>) -> Option<Look> {
    let (email, id) = (&seen.account.email, seen.object_id()?);
    let client = &seen.site.integration.client_id;
    let consequence =
        "Failed to enable auto-recording: OnRecord can make the meeting, but not switch recording on.";
    Some(match seen.policy.as_ref()? {
        Err(GraphError::Forbidden { .. }) => Err(match &seen.covered_instead {
            Some(other) => Trouble::error(
                Code::AccessPolicyOtherUser,
                format!("Teams lets OnRecord act for {other}, but not for {email}: the application access policy is granted to another user."),
                "A Teams administrator grants the policy to this account as well. It takes effect within 30 minutes.",
            ),
            None => Trouble::error(
                Code::AccessPolicyMissing,
                format!("Teams does not let OnRecord act for {email}: the application access policy is missing."),
                "A Teams administrator runs this in PowerShell. It takes effect within 30 minutes. A policy granted to the account itself hides the global one.",
            ),
        }
        .consequence(consequence)
        .command(grant_access_policy(client, id))),
        Err(error) if error.is_retryable() => Err(unreachable(Code::TeamsUnread, "Teams", error)),
        _ => Ok("Application access policy granted".to_owned()),
    })
}

pub(super) fn recordings(seen: &Seen<'_>) -> Option<Look> {
    let email = &seen.account.email;
    Some(match seen.recordings.as_ref()? {
        Ok(()) => Ok("Recordings can be listed".to_owned()),
        Err(error @ GraphError::Forbidden { .. }) => Err(Trouble::error(
            Code::RecordingsDenied,
            format!("Teams does not let OnRecord list the recordings of {email}: {error}."),
            "If OnlineMeetingRecording.Read.All was granted a moment ago, wait an hour. Else a Teams administrator looks whether the application access policy names this app, and grants it again.",
        )
        .consequence("Recording not found: files cannot be matched to their class with certainty.")
        .command(grant_access_policy(&seen.site.integration.client_id, seen.object_id()?))),
        Err(GraphError::Upstream { status: 402, .. }) => Err(Trouble::error(
            Code::PaymentRequired,
            "Microsoft asks for payment before it lists recordings.",
            "These calls cost nothing since 25 August 2025, except perhaps in national clouds. Ask Microsoft's support with the tenant id, or link the app to an Azure subscription for metered APIs.",
        )
        .consequence("Recording not found: files cannot be matched to their class with certainty.")),
        Err(error) if error.is_retryable() => Err(unreachable(Code::TeamsUnread, "Teams", error)),
        Err(_) => return None,
    })
}

/// The tenant can switch transcripts off for all apps; only asking for one shows it.
pub(super) fn transcripts(seen: &Seen<'_>) -> Option<Look> {
    let error = match seen.transcripts.as_ref()? {
        // There is no meeting of this name; that Teams says so is an answer.
        Ok(()) | Err(GraphError::NotFound { .. } | GraphError::Upstream { status: 400, .. }) => {
            return Some(Ok("Transcripts can be listed".to_owned()));
        }
        Err(error) => error,
    };
    if !error.has_code("GraphAccessToTranscriptsDisabled") {
        return None;
    }
    Some(Err(Trouble::error(
        Code::TranscriptsDisabled,
        "The tenant does not let apps read transcripts.",
        "A Teams administrator looks at the meeting configuration (the command shows it) and allows access to transcripts by Graph with Set-CsTeamsMeetingConfiguration; or switch transcripts off on the page Manage, Microsoft Teams.",
    )
    .consequence(format!("There are no transcripts and no captions for the classes of {}.", seen.account.email))
    .command("Connect-MicrosoftTeams\nGet-CsTeamsMeetingConfiguration | Format-List *Transcript*")))
}

pub(super) fn attendance(seen: &Seen<'_>) -> Option<Look> {
    let message = match seen.attendance.as_ref()? {
        Ok(true) => return Some(Ok("The newest recorded class has attendance".to_owned())),
        Ok(false) => "The newest recorded class has no attendance report: the Teams meeting policy seems to switch them off.".to_owned(),
        Err(error @ GraphError::Forbidden { .. }) => format!("Teams gives no attendance reports: {error}."),
        Err(_) => return None,
    };
    let id = seen.object_id()?;
    Some(Err(Trouble::warning(
        Code::AttendanceDisabled,
        message,
        "A Teams administrator allows attendance reports (AllowEngagementReport) in the meeting policy of this account; or switch attendance off on the page Manage, Microsoft Teams.",
    )
    .consequence("There is no attendance, and a class that was not held cannot be told from one that was not recorded.")
    .command(format!(
        "Connect-MicrosoftTeams\n(Get-CsOnlineUser -Identity \"{id}\").TeamsMeetingPolicy\nGet-CsTeamsMeetingPolicy | Format-Table Identity, AllowEngagementReport"
    ))))
}

pub(super) fn chat(seen: &Seen<'_>) -> Option<Look> {
    let error = match seen.chat.as_ref()? {
        Ok(()) | Err(GraphError::NotFound { .. }) => return Some(Ok("Chats can be read".to_owned())),
        Err(error @ GraphError::Forbidden { .. }) => error,
        Err(_) => return None,
    };
    Some(Err(Trouble::error(
        Code::ChatForbidden,
        format!("Microsoft does not let OnRecord read chats, although Chat.Read.All is granted: {error}."),
        "Reading chats without a signed-in user may need Microsoft's approval as a protected API: request it for this app (the message names it), or switch chat and files off on the page Manage, Microsoft Teams.",
    )
    .consequence("There is no chat, and shared files are not found. Recordings are not affected.")
    .harms(0)
    .link("https://learn.microsoft.com/graph/teams-protected-apis")))
}

pub(super) fn object_ids(site: &Site) -> Option<Look> {
    site.open()?;
    let (people, meetings) = site.rows.addresses_for_ids;
    if people + meetings == 0 {
        return Some(Ok("People and organizers are known by object id".to_owned()));
    }
    Some(Err(Trouble::warning(
        Code::ObjectIdMalformed,
        format!("{people} people and {meetings} classes to come have an address (UPN) where Microsoft wants an object id."),
        "Import them again with the object id (36 characters with four hyphens) in the column entra_object_id, or leave it empty: OnRecord looks it up. `Get-MgUser -UserId person@school.example | Select-Object Id` shows it.",
    )
    .consequence("Teams finds neither their meetings nor their attendance.")
    .harms(meetings)))
}

pub(super) fn expired_meetings(site: &Site) -> Option<Look> {
    site.open()?;
    let forgotten = site.rows.forgotten_meetings;
    if forgotten == 0 {
        return Some(Ok("Every class was read before Teams forgot it".to_owned()));
    }
    Some(Err(Trouble::warning(
        Code::MeetingsExpired,
        format!("{forgotten} classes ended more than 60 days ago and were never read to the end: Teams has forgotten their meetings."),
        "Recordings that are still in OneDrive can be assigned in the inbox; transcripts, attendance and chat of these classes are no longer offered by Microsoft. Let `onrecord serve` run, or cron run `onrecord sync --all`, so that it does not happen again.",
    )
    .harms(forgotten)))
}
