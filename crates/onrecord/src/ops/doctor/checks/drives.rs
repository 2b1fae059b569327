//! Where recordings go: each account's OneDrive, its room, its folder, and the host that its files come from.

use msgraph::{Drive, Error as GraphError, QuotaState};

use super::super::Look;
use super::super::account::Seen;
use super::super::refusal::unreachable;
use super::super::site::Site;
use crate::model::finding::Trouble;
use crate::model::finding_code::Code;

pub(super) fn onedrive(seen: &Seen<'_>) -> Option<Look> {
    let email = &seen.account.email;
    Some(match seen.drive.as_ref()? {
        Ok(drive) => room(email, drive),
        Err(error @ (GraphError::NotFound { .. } | GraphError::Upstream { status: 400, .. })) => {
            Err(Trouble::error(
                Code::OnedriveMissing,
                format!("{email} has no OneDrive yet: {error}."),
                "Assign a licence with OneDrive, then sign in as the account and open OneDrive once, or let a SharePoint administrator run the command.",
            )
            .consequence("Teams has nowhere to keep the recordings of its classes.")
            .command(format!("Connect-SPOService\nRequest-SPOPersonalSite -UserEmails \"{email}\"")))
        }
        Err(error @ GraphError::Forbidden { .. }) => Err(Trouble::error(
            Code::OnedriveDenied,
            format!("The OneDrive of {email} cannot be read: {error}."),
            "Grant Files.Read.All with admin consent. If it is granted, look for a SharePoint access policy or a lock on the site.",
        )
        .consequence("Recording not found: nobody can watch or download its recordings.")),
        Err(error) => Err(unreachable(Code::OnedriveUnread, "OneDrive", error)),
    })
}

fn room(email: &str, drive: &Drive) -> Look {
    let quota = drive.quota.clone().unwrap_or_default();
    let fix = "A Microsoft 365 administrator gives the account more room (a larger licence, or the OneDrive storage limit of the account in the Microsoft 365 admin center, Users, Active users, OneDrive), empties its recycle bin, or adds a second service account on the page Manage, Microsoft Teams.";
    let share = match (quota.used, quota.total) {
        (Some(used), Some(total)) if total > 0 => format!(" ({} % used)", (used * 100 / total).clamp(0, 100)),
        _ => String::new(),
    };
    match quota.state {
        Some(QuotaState::Exceeded) => Err(Trouble::error(
            Code::StorageFull,
            format!("Storage full: the OneDrive of {email} is full{share}."),
            fix,
        )
        .consequence("New recordings cannot be kept there and may be lost.")),
        Some(QuotaState::Critical) => Err(Trouble::error(
            Code::StorageCritical,
            format!("The OneDrive of {email} has less than 1 % left{share}."),
            fix,
        )
        .consequence("The next recordings may not fit.")),
        Some(QuotaState::Nearing) => Err(Trouble::warning(
            Code::StorageNearing,
            format!("The OneDrive of {email} has less than 10 % left{share}."),
            fix,
        )),
        _ => Ok(format!("OneDrive{share}")),
    }
}

/// Files come from another host than Graph's; only fetching one shows whether it can be reached.
pub(super) fn sharepoint(seen: &Seen<'_>) -> Option<Look> {
    let host = seen.drive.as_ref()?.as_ref().ok()?.web_url.as_deref().and_then(host);
    let host = host.unwrap_or_else(|| "the tenant's …-my.sharepoint.com".to_owned());
    match seen.byte.as_ref()? {
        Ok(()) => Some(Ok("A recording can be fetched".to_owned())),
        Err(
            error @ (GraphError::Unreachable { .. } | GraphError::Timeout { .. } | GraphError::Transport { .. }),
        ) => Some(Err(Trouble::error(
            Code::SharepointUnreachable,
            format!("The files of {} cannot be fetched: {error}.", seen.account.email),
            format!("Let this machine reach https://{host} (firewall, proxy, name resolution), as it reaches graph.microsoft.com."),
        )
        .consequence("Download failed: recordings are listed, but nobody can watch or download them."))),
        // A single file that is gone or refused says nothing of the way to it.
        Err(_) => None,
    }
}

fn host(address: &str) -> Option<String> {
    url::Url::parse(address).ok()?.host_str().map(str::to_owned)
}

pub(super) fn folder(seen: &Seen<'_>) -> Option<Look> {
    let email = &seen.account.email;
    Some(match seen.folder.as_ref()? {
        Ok(Some(folder)) => {
            let name = folder.name.clone().unwrap_or_default();
            if name == "Recordings" {
                return Some(Ok("Folder Recordings".to_owned()));
            }
            Err(Trouble::info(
                Code::RecordingsFolderLocalized,
                format!("The recordings of {email} are in the folder {name}."),
                "Nobody need act: OnRecord finds it by its role. Programs that look for a folder Recordings do not.",
            ))
        }
        Ok(None) => Err(Trouble::info(
            Code::RecordingsFolderAbsent,
            format!("{email} has no folder Recordings yet."),
            "Nobody need act: Teams makes it with the first recording.",
        )),
        Err(error) => Err(unreachable(Code::OnedriveUnread, "OneDrive", error)),
    })
}

pub(super) fn extra(site: &Site) -> Option<Look> {
    let (drive, read) = site.open()?.extra_drive.as_ref()?;
    Some(match read {
        Ok(_) => Ok(format!("{drive} can be read")),
        Err(error) if error.is_retryable() => Err(unreachable(Code::OnedriveUnread, "The drive", error)),
        Err(error) => Err(Trouble::error(
            Code::ExtraDriveUnreadable,
            format!("The drive {drive} of TEAMS_ONEDRIVE_DRIVE_ID cannot be read: {error}."),
            "Set the id of an existing drive (it begins with b!), or remove the setting: the drives of the service accounts are read anyway.",
        )
        .harms(0)),
    })
}
