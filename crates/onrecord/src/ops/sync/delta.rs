//! What is new for an organizer, in one stream of requests whatever the number of meetings: recordings and transcripts
//! name their meeting and decide which is looked at; the drive completes. Effects and link are written together.

use chrono::{DateTime, Duration, Utc};
use msgraph::{DeltaFrom, Link};

use super::super::{Error, Result};
use super::context::Context;
use super::{drive, join, recordings, transcripts, trouble};
use crate::app::App;
use crate::model::id::{IntegrationId, MeetingId};
use crate::model::integration::SyncKind;
use crate::model::job::JobKind;
use crate::model::occasion::Occasions;
use crate::model::sync::SyncCause;
use crate::ops::turn::Turn;
use crate::store::delta::{self, DeltaKey, DeltaKind, DeltaLink, Organizer};
use crate::store::{self, Tx, jobs};

/// Microsoft forgets a meeting about 60 days after its last use; earlier there is nothing to ask for.
const REACH: Duration = Duration::days(60);

/// The subject of an organizer's delta job.
pub(crate) fn organizer_subject(organizer: &Organizer) -> String {
    format!("organizer:{}/{}", organizer.integration, organizer.entra_object_id)
}

/// Reads what is new for the organizer named by a job's subject. What could not be read is kept for the monitor and
/// tried at the next round; a subject that names nobody is no work.
pub async fn delta_round(app: &App, subject: &str) -> Result<Turn> {
    let named = subject.strip_prefix("organizer:").and_then(|rest| rest.split_once('/'));
    let Some((integration, entra_object_id)) = named else {
        return Ok(Turn::Done);
    };
    let Ok(integration) = integration.parse::<IntegrationId>() else {
        return Ok(Turn::Done);
    };
    let read = match Context::of_integration(app, integration, SyncCause::Timetable).await {
        Ok(ctx) => round(&ctx, entra_object_id).await,
        Err(error) => end_round(app, (integration, entra_object_id), Some(&error)).await.and(Err(error)),
    };
    match read {
        Err(error @ Error::Store(_)) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "news of recordings could not be read");
            Ok(Turn::Done)
        }
        Ok(()) => Ok(Turn::Done),
    }
}

/// Reads an organizer's deltas to their end and opens the meetings they name. A delta that fails does not keep the
/// others from being read; the first failure is returned at the end.
pub(super) async fn round(ctx: &Context<'_>, organizer: &str) -> Result<()> {
    let mut failure = None;
    for kind in [SyncKind::Recordings, SyncKind::Transcripts] {
        if !ctx.is_off(kind)
            && let Err(error) = read(ctx, organizer, kind).await
        {
            failure = failure.or(Some(note(ctx, organizer, kind, error).await?));
        }
    }
    let mut drive_failure = None;
    if !ctx.is_off(SyncKind::Recordings) {
        match drive::read_all(ctx, organizer).await {
            Ok(news) => open(ctx, news).await?,
            Err(error) => drive_failure = Some(error),
        }
    }
    end_round(ctx.app, (ctx.integration, organizer), drive_failure.as_ref()).await?;
    failure.or(drive_failure).map_or(Ok(()), Err)
}

/// Why an organizer's drive could not be read in the last round, if it could not.
pub(super) async fn trouble_of_round(ctx: &Context<'_>, organizer: &str) -> Result<Option<String>> {
    let key = DeltaKey { integration: ctx.integration, owner: organizer.to_owned(), kind: DeltaKind::Round };
    Ok(delta::find(&ctx.app.store, &key).await?.error)
}

/// Notes that an organizer's round is over, and what kept the drive from being read.
async fn end_round(
    app: &App,
    (integration, organizer): (IntegrationId, &str),
    failure: Option<&Error>,
) -> Result<()> {
    let key = DeltaKey { integration, owner: organizer.to_owned(), kind: DeltaKind::Round };
    let error = failure.map(|error| trouble::sentence(SyncKind::Recordings, error));
    let tx = app.store.write().await?;
    delta::put(&tx, &key, &DeltaLink { read_at: Some(app.clock.now()), error, ..DeltaLink::default() })
        .await?;
    Ok(tx.commit().await?)
}

/// Keeps why a delta could not be read, for the monitor, and hands the error on.
async fn note(ctx: &Context<'_>, organizer: &str, kind: SyncKind, error: Error) -> Result<Error> {
    tracing::warn!(%error, %kind, "the changes of an organizer could not be read");
    let key = key(ctx, organizer, kind);
    let known = delta::find(&ctx.app.store, &key).await?;
    let tx = ctx.app.store.write().await?;
    delta::put(&tx, &key, &DeltaLink { error: Some(trouble::sentence(kind, &error)), ..known }).await?;
    tx.commit().await?;
    Ok(error)
}

fn key(ctx: &Context<'_>, organizer: &str, kind: SyncKind) -> DeltaKey {
    let kind = if kind == SyncKind::Transcripts { DeltaKind::Transcripts } else { DeltaKind::Recordings };
    DeltaKey { integration: ctx.integration, owner: organizer.to_owned(), kind }
}

/// One delta to its end, page by page.
async fn read(ctx: &Context<'_>, organizer: &str, kind: SyncKind) -> Result<()> {
    let key = key(ctx, organizer, kind);
    let mut known = delta::find(&ctx.app.store, &key).await?;
    let mut restarted = false;
    loop {
        let link = known.link.as_deref().map(Link::from_stored);
        let from = link.as_ref().map_or(DeltaFrom::Time(ctx.now() - REACH), DeltaFrom::Link);
        let page = match page(ctx, organizer, kind, from).await {
            Ok(page) => page,
            Err(msgraph::Error::Gone { location, .. }) if known.link.is_some() && !restarted => {
                restarted = true;
                let fresh = DeltaLink { link: location.map(|l| l.as_str().to_owned()), ..known.clone() };
                let tx = ctx.app.store.write().await?;
                delta::put(&tx, &key, &fresh).await?;
                tx.commit().await?;
                known = fresh;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let after = DeltaLink {
            link: Some(page.next.link().as_str().to_owned()),
            read_at: if page.next.is_done() { Some(ctx.now()) } else { known.read_at },
            ..DeltaLink::default()
        };
        let tx = ctx.app.store.write().await?;
        if !delta::advance(&tx, &key, &known, &after).await? {
            return Ok(());
        }
        for item in &page.items {
            apply(ctx, &tx, organizer, item).await?;
        }
        tx.commit().await?;
        if page.next.is_done() {
            ctx.app.work.notify_one();
            return Ok(());
        }
        known = after;
    }
}

/// What a delta names.
enum Item {
    Recording(msgraph::CallRecording),
    Transcript(msgraph::CallTranscript),
}

async fn page(
    ctx: &Context<'_>,
    organizer: &str,
    kind: SyncKind,
    from: DeltaFrom<'_>,
) -> std::result::Result<msgraph::Delta<Item>, msgraph::Error> {
    if kind == SyncKind::Transcripts {
        let page = ctx.graph.transcripts_delta(organizer, from).await?;
        return Ok(msgraph::Delta {
            items: page.items.into_iter().map(Item::Transcript).collect(),
            next: page.next,
        });
    }
    let page = ctx.graph.recordings_delta(organizer, from).await?;
    Ok(msgraph::Delta { items: page.items.into_iter().map(Item::Recording).collect(), next: page.next })
}

/// Writes what a delta names and opens its meeting if that is news. Meetings that are not ours are nobody's business.
async fn apply(ctx: &Context<'_>, tx: &Tx, organizer: &str, item: &Item) -> Result<()> {
    let (online_meeting, at) = match item {
        Item::Recording(recording) => (recording.meeting_id.as_deref(), recording.created_date_time),
        Item::Transcript(transcript) => (transcript.meeting_id.as_deref(), transcript.created_date_time),
    };
    let Some(online_meeting) = online_meeting else { return Ok(()) };
    let occasions = Occasions::new(store::sync::sharing(tx, organizer, online_meeting).await?);
    let Some(meeting) = occasions.of(at) else { return Ok(()) };
    let place = (meeting, organizer);
    let is_news = match item {
        Item::Recording(recording) => recordings::put(ctx, tx, place, recording).await?,
        Item::Transcript(transcript) => transcripts::put(ctx, tx, place, transcript).await?,
    };
    if !is_news {
        return Ok(());
    }
    join::within(ctx.app, tx, meeting).await?;
    open_in(tx, meeting, ctx.now()).await
}

async fn open_in(tx: &Tx, meeting: MeetingId, now: DateTime<Utc>) -> Result<()> {
    store::sync::reopen(tx, meeting, now).await?;
    Ok(jobs::enqueue(tx, JobKind::Sync, &format!("meeting:{meeting}"), now, now).await?)
}

/// Has the meetings looked at, because the drive brought news of them.
pub(super) async fn open(ctx: &Context<'_>, mut meetings: Vec<MeetingId>) -> Result<()> {
    meetings.sort_unstable();
    meetings.dedup();
    if meetings.is_empty() {
        return Ok(());
    }
    let tx = ctx.app.store.write().await?;
    for meeting in meetings {
        open_in(&tx, meeting, ctx.now()).await?;
    }
    tx.commit().await?;
    ctx.app.work.notify_one();
    Ok(())
}
