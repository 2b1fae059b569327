//! What the parts of one sync share: the way to Microsoft, what is off, how long to look, and the one way in which
//! a kind's reading ends.

use chrono::{DateTime, Duration, Utc};

use super::super::Result;
use super::judge;
use crate::app::App;
use crate::model::conference::{Conference, Meeting};
use crate::model::id::IntegrationId;
use crate::model::integration::SyncKind;
use crate::model::looking;
use crate::model::occasion::Occasions;
use crate::model::sync::{KindReport, KindState, NO_LONGER_OFFERED, SyncCause, SyncState};
use crate::model::verdict::{CLOCK_SKEW, Call, Patience};
use crate::ops::integration;
use crate::store::{self, Tx};

/// What one sync goes by.
pub(super) struct Context<'a> {
    pub(super) app: &'a App,
    pub(super) graph: msgraph::Client,
    pub(super) integration: IntegrationId,
    pub(super) off: Vec<SyncKind>,
    pub(super) extra_drive: Option<String>,
    pub(super) cause: SyncCause,
    pub(super) patience: Patience,
    /// Days that the tenant lets a new recording live; 0 if for ever.
    pub(super) expiry_days: i64,
}

/// Rows made, changed and left as they were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) unchanged: u64,
}

impl Tally {
    pub(super) fn total(self) -> u64 {
        self.created + self.updated + self.unchanged
    }

    pub(super) fn is_news(self) -> bool {
        self.created + self.updated > 0
    }
}

/// A meeting as Graph names it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) organizer: String,
    pub(super) online_meeting: String,
    pub(super) thread: Option<String>,
    pub(super) occasions: Occasions,
}

/// How a kind was read.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) kind: SyncKind,
    pub(super) last: Option<&'a SyncState>,
    pub(super) tally: Tally,
    pub(super) position: Option<String>,
}

/// How long OnRecord waits and looks, by the settings.
pub(crate) fn patience(app: &App) -> Patience {
    let sync = &app.config.sync;
    Patience {
        waiting: Duration::hours(i64::from(sync.waiting_hours.get())),
        looking: Duration::hours(i64::from(sync.looking_hours.get())),
    }
}

impl<'a> Context<'a> {
    /// Everything a sync of one integration needs. `Err` if Microsoft cannot be asked at all.
    pub(super) async fn of_integration(app: &'a App, id: IntegrationId, cause: SyncCause) -> Result<Self> {
        let reading = store::sync::reading(&app.store, id).await?;
        let (off, extra_drive) = reading.map_or((Vec::new(), None), |r| (r.kinds_off, r.extra_drive_id));
        let graph = integration::client(app, id).await?;
        let extra_drive = extra_drive.filter(|drive| !drive.is_empty());
        let expiry_days = store::expiry::days_of(&app.store, id).await?;
        let patience = patience(app);
        Ok(Self { app, graph, integration: id, off, extra_drive, cause, patience, expiry_days })
    }

    /// Everything a sync of one conference needs.
    pub(super) async fn of_conference(
        app: &'a App,
        conference: &Conference,
        cause: SyncCause,
    ) -> Result<Self> {
        let mut context = Self::of_integration(app, conference.integration_id, cause).await?;
        context.off.extend(store::sync::kinds_off_of_course(&app.store, conference.id).await?);
        Ok(context)
    }

    pub(super) fn is_off(&self, kind: SyncKind) -> bool {
        self.off.contains(&kind)
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    pub(super) fn is_forced(&self) -> bool {
        self.cause == SyncCause::Force
    }

    /// Ends a kind's reading: its state goes into the transaction of its rows, which is committed.
    pub(super) async fn conclude(
        &self,
        tx: Tx,
        meeting: &Meeting,
        reading: Reading<'_>,
    ) -> Result<KindReport> {
        let now = self.now();
        let call = judge::call(&tx, meeting, now).await?;
        let state = kind_state(&reading, meeting, call, self.patience, now);
        let first = reading.last.is_none_or(|last| last.state == KindState::Failed);
        let unchanged_since = if first || reading.tally.is_news() {
            None
        } else {
            reading.last.and_then(|last| last.unchanged_since).or(Some(now))
        };
        let is_empty = reading.tally.total() == 0 && reading.kind != SyncKind::Recordings;
        let note = (is_empty && is_forgotten(meeting, now)).then(|| NO_LONGER_OFFERED.to_owned());
        let stored = SyncState {
            kind: reading.kind,
            state,
            error: None,
            note: note.clone(),
            position: reading.position,
            items: reading.tally.total() as i64,
            read_at: now,
            unchanged_since,
        };
        store::sync::put_state(&tx, meeting.id, &stored).await?;
        tx.commit().await?;
        let Tally { created, updated, unchanged } = reading.tally;
        Ok(KindReport { created, updated, unchanged, note, ..KindReport::new(state) })
    }

    /// Writes that Microsoft no longer offers a kind; what was read before stays.
    pub(super) async fn note_forgotten(
        &self,
        meeting: &Meeting,
        kind: SyncKind,
        last: Option<&SyncState>,
    ) -> Result<KindReport> {
        let items = last.map_or(0, |last| last.items);
        let now = self.now();
        let stored = SyncState {
            kind,
            state: KindState::Ok,
            error: None,
            note: Some(NO_LONGER_OFFERED.to_owned()),
            position: last.and_then(|last| last.position.clone()),
            items,
            read_at: now,
            unchanged_since: last.and_then(|last| last.unchanged_since).or(Some(now)),
        };
        let tx = self.app.store.write().await?;
        store::sync::put_state(&tx, meeting.id, &stored).await?;
        tx.commit().await?;
        Ok(KindReport::no_longer_offered(items as u64))
    }

    /// Writes that a kind could not be read; what was read before stays.
    pub(super) async fn note_failure(
        &self,
        meeting: &Meeting,
        kind: SyncKind,
        last: Option<&SyncState>,
        sentence: &str,
    ) -> Result<()> {
        let failed = SyncState {
            kind,
            state: KindState::Failed,
            error: Some(sentence.to_owned()),
            note: None,
            position: last.and_then(|last| last.position.clone()),
            items: last.map_or(0, |last| last.items),
            read_at: self.now(),
            unchanged_since: None,
        };
        let tx = self.app.store.write().await?;
        store::sync::put_state(&tx, meeting.id, &failed).await?;
        Ok(tx.commit().await?)
    }
}

/// Teams forgets a meeting about this long after its last use; not being found is no failure from then on.
pub(super) const FORGOTTEN: Duration = Duration::days(60);

/// Whether Teams has forgotten a meeting by now: only the file of its recording is still to be had.
pub(super) fn is_forgotten(meeting: &Meeting, now: DateTime<Utc>) -> bool {
    now > meeting.ends_at + FORGOTTEN
}

/// When the class was over, if it is.
pub(super) fn over_at(meeting: &Meeting, call: Option<Call>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match call.and_then(|call| call.ended_at) {
        Some(ended) if ended <= now + CLOCK_SKEW => Some(ended),
        _ => (meeting.ends_at <= now).then_some(meeting.ends_at),
    }
}

/// The honest state of a kind that could be read: `waiting` until the class is over and Microsoft has had its time.
fn kind_state(
    reading: &Reading<'_>,
    meeting: &Meeting,
    call: Option<Call>,
    patience: Patience,
    now: DateTime<Utc>,
) -> KindState {
    let Some(over_at) = over_at(meeting, call, now) else {
        return KindState::Waiting;
    };
    let patience = match reading.kind {
        SyncKind::Recordings => patience.looking,
        SyncKind::Transcripts => looking::TRANSCRIPT_PATIENCE,
        SyncKind::Attendance => patience.waiting,
        SyncKind::Chat | SyncKind::Files => Duration::zero(),
    };
    if reading.tally.total() > 0 || now >= over_at + patience { KindState::Ok } else { KindState::Waiting }
}
