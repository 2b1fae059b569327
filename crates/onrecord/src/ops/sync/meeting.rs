//! One meeting's reading: its name at Microsoft, then each kind in the order in which they help each other, then the
//! verdict and the next look.

use std::collections::HashMap;

use chrono::Duration;

use super::super::{Error, Result, say};
use super::context::{Context, Named, Reading, Tally, is_forgotten, over_at};
use super::judge::{self, Occasion};
use super::{attendance, chat, delta, drive, files, leavers, options, recordings, transcripts, trouble};
use crate::model::artifact::ArtifactKind;
use crate::model::conference::{Meeting, Verdict};
use crate::model::integration::SyncKind;
use crate::model::looking::SECOND_READING;
use crate::model::occasion::Occasions;
use crate::model::people::normal_email;
use crate::model::sync::{KindReport, KindState, SyncCause, SyncReport, SyncState};
use crate::store;

/// Why drives could not be read, by organizer.
pub(super) type Troubles = HashMap<String, Trouble>;

/// Why something could not be read, in a sentence, and how long Microsoft asked to wait.
#[derive(Debug, Clone, Default)]
pub(super) struct Trouble {
    sentence: String,
    wait: Option<Duration>,
}

impl Trouble {
    fn of(kind: SyncKind, error: &Error) -> Self {
        let wait = match error {
            Error::Graph(graph) => graph.retry_after().and_then(|wait| Duration::from_std(wait).ok()),
            _ => None,
        };
        Self { sentence: trouble::sentence(kind, error), wait }
    }
}

/// Whether the organizers' drives are to be read first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drives {
    /// They are.
    ToRead,
    /// A round of all organizers has just read them: `sync --all` does not ask once per class.
    JustRead,
}

/// Reads the drives of these meetings' organizers, each once.
pub(super) async fn read_drives<'m>(
    ctx: &Context<'_>,
    meetings: impl Iterator<Item = &'m Meeting>,
    drives: Drives,
) -> Result<Troubles> {
    let mut troubles = Troubles::new();
    if ctx.is_off(SyncKind::Recordings) {
        return Ok(troubles);
    }
    let mut organizers: Vec<_> = meetings.filter_map(|meeting| meeting.organizer_id.clone()).collect();
    organizers.sort_unstable();
    organizers.dedup();
    for organizer in organizers {
        if drives == Drives::JustRead || is_just_read(ctx, &organizer).await? {
            let sentence = delta::trouble_of_round(ctx, &organizer).await?;
            troubles.extend(sentence.map(|sentence| (organizer, Trouble { sentence, wait: None })));
            continue;
        }
        if ctx.is_forced() {
            // What cannot be forgotten now is read from where it stands.
            drop(drive::forget(ctx, &organizer).await);
        }
        match drive::read_all(ctx, &organizer).await {
            Ok(_) => {}
            Err(error @ Error::Store(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, organizer, "the onedrive with the recordings could not be read");
                troubles.insert(organizer, Trouble::of(SyncKind::Recordings, &error));
            }
        }
    }
    Ok(troubles)
}

/// A round of the organizer's deltas that ended so recently without trouble has read the drive. A person gets the
/// drive itself.
async fn is_just_read(ctx: &Context<'_>, organizer: &str) -> Result<bool> {
    use store::delta::{DeltaKey, DeltaKind};
    if ctx.cause != SyncCause::Timetable {
        return Ok(false);
    }
    let key = DeltaKey { integration: ctx.integration, owner: organizer.to_owned(), kind: DeltaKind::Round };
    let round = store::delta::find(&ctx.app.store, &key).await?;
    Ok(round.error.is_none() && round.read_at.is_some_and(|read| ctx.now() <= read + recordings::FRESH))
}

/// Reads one meeting and concludes about it.
pub(super) async fn read(ctx: &Context<'_>, meeting: &Meeting, troubles: &Troubles) -> Result<SyncReport> {
    let states = store::sync::states(&ctx.app.store, meeting.id).await?;
    let named = match name(ctx, meeting).await {
        Ok(named) => named,
        Err(error @ Error::Store(_)) => return Err(error),
        Err(Error::Graph(msgraph::Error::NotFound { .. })) if is_forgotten(meeting, ctx.now()) => None,
        Err(error) => {
            tracing::warn!(%error, meeting = %meeting.id, "a meeting could not be looked up for its recording");
            let organizer = meeting.organizer_id.as_deref().or(meeting.organizer_email.as_deref());
            leavers::look(ctx, meeting, organizer.unwrap_or_default(), leavers::may_explain(&error)).await?;
            let report = each_failed(ctx, meeting, &states, &error).await?;
            conclude(ctx, meeting, Trouble::of(SyncKind::Recordings, &error).wait).await?;
            return Ok(report);
        }
    };
    let Some(named) = named else {
        if is_forgotten(meeting, ctx.now()) {
            return forgotten(ctx, meeting, &states, troubles).await;
        }
        let report = without_name(ctx, meeting, &states).await?;
        conclude(ctx, meeting, None).await?;
        return Ok(report);
    };
    let found_now = meeting.organizer_id.is_none();
    let meeting = &Meeting { organizer_id: Some(named.organizer.clone()), ..meeting.clone() };
    let late = if found_now {
        read_drives(ctx, std::iter::once(meeting), Drives::ToRead).await?
    } else {
        Troubles::new()
    };
    let troubles = if found_now { &late } else { troubles };
    let mut one = One {
        ctx,
        meeting,
        named: &named,
        states: &states,
        troubles,
        wait: None,
        new_files: 0,
        is_organizer_doubted: false,
    };
    let attendance = one.kind(SyncKind::Attendance).await?;
    let chat = one.kind(SyncKind::Chat).await?;
    let files = one.kind(SyncKind::Files).await?;
    let recordings = one.kind(SyncKind::Recordings).await?;
    let transcripts = one.kind(SyncKind::Transcripts).await?;
    let wait = one.wait;
    leavers::look(ctx, meeting, &named.organizer, one.is_organizer_doubted).await?;
    options::look(ctx, meeting, &named).await?;
    let verdict = conclude(ctx, meeting, wait).await?;
    let report = SyncReport::of(|kind| match kind {
        SyncKind::Recordings => recordings.clone(),
        SyncKind::Transcripts => transcripts.clone(),
        SyncKind::Attendance => attendance.clone(),
        SyncKind::Chat => chat.clone(),
        SyncKind::Files => files.clone(),
    });
    Ok(if verdict == Some(Verdict::NotHeld) { nothing_waits(&report) } else { report })
}

async fn conclude(ctx: &Context<'_>, meeting: &Meeting, wait: Option<Duration>) -> Result<Option<Verdict>> {
    judge::conclude(ctx.app, meeting.id, Occasion::Read { asked_to_wait: wait }, &ctx.off).await
}

/// A class that was not held leaves nothing to wait for.
fn nothing_waits(report: &SyncReport) -> SyncReport {
    SyncReport::of(|kind| {
        let report = report.kind(kind).clone();
        match report.state {
            KindState::Waiting => KindReport { state: KindState::Ok, success: true, ..report },
            _ => report,
        }
    })
}

/// What the kinds of one meeting share.
struct One<'a, 'c> {
    ctx: &'a Context<'c>,
    meeting: &'a Meeting,
    named: &'a Named,
    states: &'a [SyncState],
    troubles: &'a Troubles,
    wait: Option<Duration>,
    new_files: u64,
    /// What was refused may be refused because the organizer has left.
    is_organizer_doubted: bool,
}

impl One<'_, '_> {
    fn last(&self, kind: SyncKind) -> Option<&SyncState> {
        self.states.iter().find(|state| state.kind == kind)
    }

    /// One kind's report, whatever happens to it; only the database's own failure ends the run.
    async fn kind(&mut self, kind: SyncKind) -> Result<KindReport> {
        if kind == SyncKind::Chat {
            return self.chat().await;
        }
        if self.ctx.is_off(kind) {
            return Ok(KindReport::new(KindState::Off));
        }
        let last = self.last(kind);
        if let Some(last) = last.filter(|last| self.may_rest(last)) {
            return Ok(KindReport { unchanged: last.items as u64, ..KindReport::new(last.state) });
        }
        let (ctx, meeting, named) = (self.ctx, self.meeting, self.named);
        let read = match kind {
            SyncKind::Attendance => attendance::sync(ctx, meeting, named, last).await,
            SyncKind::Files => files::sync(ctx, meeting, self.new_files, last).await,
            SyncKind::Transcripts => transcripts::sync(ctx, meeting, named, last).await,
            SyncKind::Recordings | SyncKind::Chat => recordings::sync(ctx, meeting, named, last).await,
        };
        let report = self.settle(kind, read).await?;
        if kind == SyncKind::Recordings && report.state != KindState::Failed {
            return self.with_drive(report).await;
        }
        Ok(report)
    }

    /// Chat, and what the files and the recordings need of it.
    async fn chat(&mut self) -> Result<KindReport> {
        if self.ctx.is_off(SyncKind::Chat) && self.ctx.is_off(SyncKind::Files) {
            return Ok(KindReport::new(KindState::Off));
        }
        let last = self.last(SyncKind::Chat);
        if let Some(last) = last.filter(|last| self.may_rest(last)) {
            return Ok(KindReport { unchanged: last.items as u64, ..KindReport::new(last.state) });
        }
        let Some(thread) = self.named.thread.clone() else {
            let error = Error::NotReady(say("sync-no-chat-yet"));
            return self.settle(SyncKind::Chat, Err(error)).await;
        };
        let read = chat::sync(self.ctx, self.meeting, (&thread, &self.named.occasions), last).await;
        let read = match read {
            Ok(read) => {
                self.new_files = read.new_files;
                Ok(read.report)
            }
            Err(error) => Err(error),
        };
        let report = self.settle(SyncKind::Chat, read).await?;
        if self.ctx.is_off(SyncKind::Chat) && report.state != KindState::Failed {
            return Ok(KindReport::new(KindState::Off));
        }
        Ok(report)
    }

    /// A look by timetable leaves a kind alone that was read after the end, until its second reading is due.
    fn may_rest(&self, last: &SyncState) -> bool {
        let over_at = self.meeting.call_ended_at.unwrap_or(self.meeting.ends_at);
        self.ctx.cause == SyncCause::Timetable
            && matches!(last.kind, SyncKind::Attendance | SyncKind::Chat | SyncKind::Files)
            && last.state == KindState::Ok
            && last.read_at >= over_at
            // A class may be held later than planned: until a call is known, each look asks again.
            && self.meeting.call_started_at.is_some()
            && self.ctx.now() < over_at + SECOND_READING
    }

    async fn settle(&mut self, kind: SyncKind, read: Result<KindReport>) -> Result<KindReport> {
        let error = match read {
            Ok(report) => return Ok(report),
            Err(error @ Error::Store(_)) => return Err(error),
            Err(error) => error,
        };
        if matches!(error, Error::Graph(msgraph::Error::NotFound { .. }))
            && is_forgotten(self.meeting, self.ctx.now())
        {
            if kind == SyncKind::Recordings {
                return file_only(self.ctx, self.meeting, self.last(kind), self.troubles).await;
            }
            return self.ctx.note_forgotten(self.meeting, kind, self.last(kind)).await;
        }
        tracing::warn!(%error, %kind, meeting = %self.meeting.id, "a part of a class could not be read (recording, transcript, attendance, chat or files)");
        if matches!(kind, SyncKind::Recordings | SyncKind::Attendance) {
            self.is_organizer_doubted |= leavers::may_explain(&error);
        }
        let trouble = Trouble::of(kind, &error);
        self.wait = self.wait.max(trouble.wait);
        self.ctx.note_failure(self.meeting, kind, self.last(kind), &trouble.sentence).await?;
        Ok(KindReport::failed(trouble.sentence))
    }

    /// A recording is only half read if the drive with its file could not be read.
    async fn with_drive(&mut self, report: KindReport) -> Result<KindReport> {
        let Some(trouble) = self.troubles.get(&self.named.organizer).cloned() else { return Ok(report) };
        self.wait = self.wait.max(trouble.wait);
        self.ctx
            .note_failure(
                self.meeting,
                SyncKind::Recordings,
                self.last(SyncKind::Recordings),
                &trouble.sentence,
            )
            .await?;
        Ok(KindReport { state: KindState::Failed, success: false, error: Some(trouble.sentence), ..report })
    }
}

/// The report of a meeting that Teams has forgotten: only the file of its recording is still to be had, from the drive
/// of its organizer, who may have been found only now.
async fn forgotten(
    ctx: &Context<'_>,
    meeting: &Meeting,
    states: &[SyncState],
    troubles: &Troubles,
) -> Result<SyncReport> {
    let last = |kind: SyncKind| states.iter().find(|state| state.kind == kind);
    let row = store::meetings::find(&ctx.app.store, meeting.id).await?.ok_or(Error::NotFound)?;
    let found_now = meeting.organizer_id.is_none() && row.organizer_id.is_some();
    let late = if found_now {
        read_drives(ctx, std::iter::once(&row), Drives::ToRead).await?
    } else {
        Troubles::new()
    };
    let troubles = if found_now { &late } else { troubles };
    let mut reports = HashMap::new();
    for kind in SyncReport::kinds() {
        let report = if ctx.is_off(*kind) {
            KindReport::new(KindState::Off)
        } else if *kind == SyncKind::Recordings {
            file_only(ctx, &row, last(*kind), troubles).await?
        } else {
            ctx.note_forgotten(&row, *kind, last(*kind)).await?
        };
        reports.insert(*kind, report);
    }
    conclude(ctx, &row, None).await?;
    Ok(SyncReport::of(|kind| reports.get(&kind).cloned().unwrap_or_else(|| KindReport::new(KindState::Off))))
}

/// The recordings of a forgotten meeting: what the drive holds.
async fn file_only(
    ctx: &Context<'_>,
    meeting: &Meeting,
    last: Option<&SyncState>,
    troubles: &Troubles,
) -> Result<KindReport> {
    if let Some(trouble) = meeting.organizer_id.as_ref().and_then(|organizer| troubles.get(organizer)) {
        ctx.note_failure(meeting, SyncKind::Recordings, last, &trouble.sentence).await?;
        return Ok(KindReport::failed(trouble.sentence.clone()));
    }
    let tx = ctx.app.store.write().await?;
    store::artifacts::renumber(&tx, meeting.id, ArtifactKind::Recording).await?;
    let parts = store::artifacts::of_meeting(&tx, meeting.id, ArtifactKind::Recording).await?.len() as u64;
    let known = last.map_or(0, |last| last.items as u64).min(parts);
    let tally = Tally { created: parts - known, updated: 0, unchanged: known };
    ctx.conclude(tx, meeting, Reading { kind: SyncKind::Recordings, last, tally, position: None }).await
}

/// The report of a meeting that Microsoft does not know: waiting before its end, a failure afterwards.
async fn without_name(ctx: &Context<'_>, meeting: &Meeting, states: &[SyncState]) -> Result<SyncReport> {
    if over_at(meeting, None, ctx.now()).is_none() {
        return Ok(SyncReport::of(|kind| {
            KindReport::new(if ctx.is_off(kind) { KindState::Off } else { KindState::Waiting })
        }));
    }
    let error = Error::NotReady(say("sync-no-meeting"));
    each_failed(ctx, meeting, states, &error).await
}

async fn each_failed(
    ctx: &Context<'_>,
    meeting: &Meeting,
    states: &[SyncState],
    error: &Error,
) -> Result<SyncReport> {
    for kind in SyncReport::kinds().iter().filter(|kind| !ctx.is_off(**kind)) {
        let last = states.iter().find(|state| state.kind == *kind);
        ctx.note_failure(meeting, *kind, last, &trouble::sentence(*kind, error)).await?;
    }
    Ok(SyncReport::of(|kind| {
        if ctx.is_off(kind) {
            KindReport::new(KindState::Off)
        } else {
            KindReport::failed(trouble::sentence(kind, error))
        }
    }))
}

/// The meeting as Graph names it. What is missing is looked up by join URL under its organizer, and kept: a meeting
/// whose online-meeting id was never stored would otherwise stay without recordings for ever.
pub(super) async fn name(ctx: &Context<'_>, meeting: &Meeting) -> Result<Option<Named>> {
    let organizer = match (&meeting.organizer_id, &meeting.organizer_email) {
        (Some(organizer), _) => organizer.clone(),
        (None, Some(email)) => ctx.graph.user(&normal_email(email)).await?.id,
        (None, None) => return Ok(None),
    };
    let Some((online_meeting, thread)) = look_up(ctx, meeting, &organizer).await? else {
        return Ok(None);
    };
    let shared = store::sync::sharing(&ctx.app.store, &organizer, &online_meeting).await?;
    Ok(Some(Named { organizer, online_meeting, thread, occasions: Occasions::new(shared) }))
}

/// Id and chat of the online meeting: as stored, else as Teams says, which is then stored.
async fn look_up(
    ctx: &Context<'_>,
    meeting: &Meeting,
    organizer: &str,
) -> Result<Option<(String, Option<String>)>> {
    let found = match (&meeting.online_meeting_id, &meeting.chat_thread_id, &meeting.join_url) {
        (Some(id), Some(thread), _) => return Ok(Some((id.clone(), Some(thread.clone())))),
        (Some(id), None, _) => match ctx.graph.online_meeting(organizer, id).await {
            Ok(found) => Some(found),
            // The chat is lost with it, but the recordings may still be there.
            Err(msgraph::Error::NotFound { .. }) => return Ok(Some((id.clone(), None))),
            Err(error) => return Err(error.into()),
        },
        (None, _, Some(url)) => ctx.graph.find_online_meeting(organizer, url).await?,
        (None, _, None) => None,
    };
    let tx = ctx.app.store.write().await?;
    let known = found.as_ref().map(|found| (found.id.as_str(), found.thread_id()));
    store::sync::put_online_meeting(&tx, meeting.id, organizer, known).await?;
    tx.commit().await?;
    Ok(found.map(|found| (found.id.clone(), found.thread_id().map(str::to_owned))))
}
