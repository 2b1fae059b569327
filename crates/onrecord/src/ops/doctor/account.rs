//! What is seen of one service account: its directory entry, mailbox, drive, and what Teams lets the app do for it.
//! Everything is asked here and nothing is judged.

use futures::future::join_all;
use msgraph::{Calendar, Client, DeltaFrom, Drive, DriveItem, Error as GraphError, User};

use super::site::{Open, Site};
use crate::app::App;
use crate::model::integration::{ServiceAccount, SyncKind};
use crate::ops::Result;
use crate::store::{evidence, integrations, probes};

/// Accounts looked at at once.
const AT_ONCE: usize = 4;

/// People who are asked for when an account is refused: the policy may cover them instead.
const OTHERS: i64 = 5;

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

/// What somebody answered; `None` where it was not asked.
pub(super) type Asked<T> = Option<std::result::Result<T, GraphError>>;

/// What our rows know of an account that Graph should confirm.
#[derive(Debug, Default)]
struct Leads {
    recorded: Option<(String, String)>,
    chat: Option<String>,
}

/// What was seen of one account.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) site: &'a Site,
    pub(super) open: &'a Open,
    pub(super) account: &'a ServiceAccount,
    /// It belongs to somebody who teaches or learns.
    pub(super) is_persons: bool,
    pub(super) user: Asked<User>,
    pub(super) calendar: Asked<Calendar>,
    pub(super) drive: Asked<Drive>,
    pub(super) folder: Asked<Option<DriveItem>>,
    /// One byte of the newest recording.
    pub(super) byte: Asked<()>,
    pub(super) policy: Asked<()>,
    /// Whom the access policy covers instead.
    pub(super) covered_instead: Option<String>,
    pub(super) recordings: Asked<()>,
    pub(super) transcripts: Asked<()>,
    /// Whether the newest recorded class has attendance.
    pub(super) attendance: Asked<bool>,
    pub(super) chat: Asked<()>,
    /// Meetings to come that another account of this address organizes.
    pub(super) orphaned: i64,
}

impl<'a> Seen<'a> {
    fn new(site: &'a Site, open: &'a Open, account: &'a ServiceAccount) -> Self {
        Self {
            site,
            open,
            account,
            is_persons: false,
            user: None,
            calendar: None,
            drive: None,
            folder: None,
            byte: None,
            policy: None,
            covered_instead: None,
            recordings: None,
            transcripts: None,
            attendance: None,
            chat: None,
            orphaned: 0,
        }
    }

    /// The account's object id, if the directory told it.
    pub(super) fn object_id(&self) -> Option<&str> {
        self.user.as_ref()?.as_ref().ok().map(|user| user.id.as_str())
    }

    fn is_on(&self, kind: SyncKind) -> bool {
        !self.site.integration.kinds_off.contains(&kind)
    }
}

/// Looks at every account.
pub(super) async fn look<'a>(app: &App, site: &'a Site, open: &'a Open) -> Result<Vec<Seen<'a>>> {
    let emails: Vec<_> = site.accounts.iter().map(|account| account.email.clone()).collect();
    let persons = probes::enrolled_among(&app.store, &emails).await?;
    let mut all = Vec::with_capacity(site.accounts.len());
    for some in site.accounts.chunks(AT_ONCE) {
        let looks = some.iter().map(|account| one(app, site, open, account));
        for seen in join_all(looks).await {
            all.push(seen?);
        }
    }
    for seen in &mut all {
        seen.is_persons = persons.contains(&seen.account.email);
    }
    ask_for_others(app, &open.client, &mut all).await?;
    for seen in &all {
        keep(app, seen).await?;
    }
    Ok(all)
}

async fn one<'a>(app: &App, site: &'a Site, open: &'a Open, account: &'a ServiceAccount) -> Result<Seen<'a>> {
    let (client, mut seen) = (&open.client, Seen::new(site, open, account));
    if !open.may("User.Read.All") {
        return Ok(seen);
    }
    seen.user = Some(client.user(&account.email).await);
    let Some(id) = seen.object_id().map(str::to_owned) else {
        return Ok(seen);
    };
    let leads = Leads {
        recorded: evidence::last_recorded(&app.store, account.id, site.now).await?,
        chat: evidence::last_chat(&app.store, account.id, site.now).await?,
    };
    seen.orphaned = evidence::organized_by_another(&app.store, (account.id, &id), site.now).await?;
    // Exchange may let the app in without a permission in its token.
    seen.calendar = Some(client.calendar(&id).await);
    look_at_drive(app, &mut seen, &id).await?;
    look_at_teams(&mut seen, &id, leads).await;
    Ok(seen)
}

async fn look_at_drive(app: &App, seen: &mut Seen<'_>, id: &str) -> Result<()> {
    let client = &seen.open.client;
    if !seen.open.may("Files.Read.All") {
        return Ok(());
    }
    let drive = client.user_drive(id).await;
    if let Ok(drive) = &drive {
        seen.folder = Some(client.recordings_folder(id, &FOLDER_NAMES).await);
        if let Some(item) = evidence::last_file(&app.store, &drive.id).await? {
            let opened = client.drive_download(&drive.id, &item).open(0, Some(1)).await;
            seen.byte = Some(opened.map(|_| ()));
        }
    }
    seen.drive = Some(drive);
    Ok(())
}

async fn look_at_teams(seen: &mut Seen<'_>, id: &str, leads: Leads) {
    let (client, may) = (&seen.open.client, |name: &str| seen.open.may(name));
    if may("OnlineMeetings.ReadWrite.All") {
        seen.policy = Some(client.find_online_meeting(id, NOBODYS_LINK).await.map(|_| ()));
    }
    if matches!(seen.policy, Some(Err(GraphError::Forbidden { .. }))) {
        return;
    }
    if may("OnlineMeetingRecording.Read.All") {
        let since = DeltaFrom::Time(seen.site.now - chrono::TimeDelta::days(1));
        seen.recordings = Some(client.recordings_delta(id, since).await.map(|_| ()));
    }
    if may("OnlineMeetingTranscript.Read.All") && seen.is_on(SyncKind::Transcripts) {
        // No such meeting: only a refusal says something.
        seen.transcripts = Some(client.transcripts(id, "doctor").await.map(|_| ()));
    }
    if let Some((organizer, meeting)) = leads.recorded
        && may("OnlineMeetingArtifact.Read.All")
        && seen.is_on(SyncKind::Attendance)
    {
        let reports = client.attendance_reports(&organizer, &meeting).await;
        seen.attendance = Some(reports.map(|reports| !reports.is_empty()));
    }
    if let Some(thread) = leads.chat
        && may("Chat.Read.All")
        && (seen.is_on(SyncKind::Chat) || seen.is_on(SyncKind::Files))
    {
        seen.chat = Some(client.chat_messages(&thread, Some(seen.site.now)).await.map(|_| ()));
    }
}

/// Where an account is refused, somebody else may be covered: then the policy is there, but granted to the wrong user.
async fn ask_for_others(app: &App, client: &Client, all: &mut [Seen<'_>]) -> Result<()> {
    let is_refused = |seen: &Seen<'_>| matches!(seen.policy, Some(Err(GraphError::Forbidden { .. })));
    if !all.iter().any(is_refused) {
        return Ok(());
    }
    let covered = all.iter().find(|seen| matches!(seen.policy, Some(Ok(()))));
    let mut instead = covered.map(|seen| seen.account.email.clone());
    if instead.is_none() {
        for (id, email) in evidence::teachers(&app.store, OTHERS).await? {
            if client.find_online_meeting(&id, NOBODYS_LINK).await.is_ok() {
                instead = Some(email);
                break;
            }
        }
    }
    for seen in all.iter_mut().filter(|seen| is_refused(seen)) {
        seen.covered_instead.clone_from(&instead);
    }
    Ok(())
}

/// Keeps what was learnt, so that scheduling need not ask again.
async fn keep(app: &App, seen: &Seen<'_>) -> Result<()> {
    let (Some(object_id), account) = (seen.object_id(), seen.account) else {
        return Ok(());
    };
    let tx = app.store.write().await?;
    if account.entra_object_id.as_deref() != Some(object_id) {
        integrations::set_account_object_id(&tx, account.id, object_id).await?;
    }
    if let Some(Ok(drive)) = &seen.drive {
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
