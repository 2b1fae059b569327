//! The live guard: while a class runs, its chat tells whether it is being recorded. A call without recording alerts
//! whoever teaches and the administrators at once; where the chat cannot be read, whoever teaches is asked.

use chrono::{DateTime, Duration, Utc};

use super::context::Context;
use super::{chat, meeting};
use crate::app::App;
use crate::model::alert::AlertKind;
use crate::model::conference::Meeting;
use crate::model::guard::{self, OVERTIME};
use crate::model::id::MeetingId;
use crate::model::integration::SyncKind;
use crate::model::live::{self, Live};
use crate::model::sync::SyncCause;
use crate::model::words::Word as _;
use crate::ops::{Error, Result, alerts};
use crate::store::{self, Tx, meetings};

/// A class may be begun this long before its time.
const EARLY: Duration = Duration::hours(1);

/// Messages may show up a little late: each reading takes this much of the last one again.
const OVERLAP: Duration = Duration::minutes(5);

/// A class that is not being recorded, or whose chat could not be read just now, is looked at again after this time.
const AGAIN: Duration = Duration::minutes(1);

/// A call that goes on after the scheduled end is looked at this often.
const LATE: Duration = Duration::minutes(10);

/// As long as a reading is no older, Microsoft's silence is waited for; then whoever teaches is asked.
const FRESH: Duration = Duration::minutes(12);

/// Looks at a class that is on, by its time or because there is news of its chat. Repeating it does no harm.
pub async fn watch(app: &App, id: MeetingId) -> Result<()> {
    let Some(class) = meetings::find(&app.store, id).await? else {
        return Ok(());
    };
    let now = app.clock.now();
    if class.cancelled_at.is_some() || now < class.starts_at - EARLY || now > class.ends_at + OVERTIME {
        return Ok(());
    }
    let covering = store::exceptions::of_meeting(&app.store, id).await?;
    if covering.iter().any(|one| one.covers(id, class.starts_at)) {
        return rest(app, &class).await;
    }
    match read(app, &class).await {
        Ok(true) => conclude(app, &class).await,
        Ok(false) => ask(app, &class, "off").await,
        Err(error @ (Error::Store(_) | Error::NotFound)) => Err(error),
        Err(error) => {
            tracing::warn!(%error, meeting = %id, "the chat of a class that is on could not be read");
            not_read(app, &class, &error).await
        }
    }
}

/// A class that is not to be recorded: nobody is asked or alarmed, whatever is or is not recorded.
async fn rest(app: &App, class: &Meeting) -> Result<()> {
    let tx = app.store.write().await?;
    alerts::resolve(app, &tx, class.id, &AlertKind::LIVE).await?;
    alerts::resolve(app, &tx, class.id, &[AlertKind::NotEnabled]).await?;
    plan(app, &tx, class, (guard::next((class.starts_at, class.ends_at), app.clock.now()), false)).await?;
    tx.commit().await?;
    Ok(())
}

/// Brings the call events of the chat since the last look. False if chats are not read here.
async fn read(app: &App, class: &Meeting) -> Result<bool> {
    let conference =
        store::conferences::find(&app.store, class.conference_id).await?.ok_or(Error::NotFound)?;
    let ctx = Context::of_conference(app, &conference, SyncCause::Timetable).await?;
    if ctx.is_off(SyncKind::Chat) && ctx.is_off(SyncKind::Files) {
        return Ok(false);
    }
    let named = meeting::name(&ctx, class).await?;
    let Some((thread, occasions)) = named.and_then(|named| Some((named.thread?, named.occasions))) else {
        return Err(Error::NotReady("Teams has not named this meeting's chat yet.".to_owned()));
    };
    let since = class.watched_at.unwrap_or(class.starts_at - EARLY) - OVERLAP;
    let now = ctx.now();
    let messages = match ctx.graph.chat_messages(&thread, Some(since)).await {
        Ok(messages) => messages,
        // Nobody has written and no call was held: Teams has made no chat yet.
        Err(msgraph::Error::NotFound { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let tx = app.store.write().await?;
    let own = messages.iter().filter(|message| occasions.is_of(class.id, message.created_date_time));
    for event in own.filter_map(chat::event) {
        store::chat::put_event(&tx, class.id, &event).await?;
    }
    meetings::save_watched(&tx, class.id, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Says what the chat shows, and plans the next look.
async fn conclude(app: &App, class: &Meeting) -> Result<()> {
    let tx = app.store.write().await?;
    let Some(class) = meetings::lock(&tx, class.id).await? else {
        return Ok(());
    };
    let now = app.clock.now();
    let shown = in_class(live::live(&store::chat::events(&tx, class.id).await?), &class);
    let mut next = guard::next((class.starts_at, class.ends_at), now);
    // What the chat shows needs no answer.
    alerts::resolve(app, &tx, class.id, &[AlertKind::ConfirmRecording]).await?;
    match shown {
        Live::Silent { since, why } if live::alarm_at(since) <= now => {
            alerts::raise(app, &tx, class.id, AlertKind::NotRecording, why.as_str()).await?;
            next = Some(now + AGAIN);
        }
        Live::Silent { since, .. } => next = Some(live::alarm_at(since)),
        Live::Recording => {
            alerts::resolve(app, &tx, class.id, &[AlertKind::NotRecording, AlertKind::NotEnabled]).await?;
        }
        Live::NoCall | Live::Over => {
            alerts::resolve(app, &tx, class.id, &[AlertKind::NotRecording]).await?;
        }
    }
    let goes_on = matches!(shown, Live::Silent { .. } | Live::Recording);
    plan(app, &tx, &class, (next, goes_on)).await?;
    tx.commit().await?;
    Ok(())
}

/// A call that was begun early is no class yet: a silence counts from the scheduled begin.
fn in_class(shown: Live, class: &Meeting) -> Live {
    match shown {
        Live::Silent { since, why } => Live::Silent { since: since.max(class.starts_at), why },
        other => other,
    }
}

/// The next look. After the scheduled end only a call that goes on is looked at.
async fn plan(
    app: &App,
    tx: &Tx,
    class: &Meeting,
    (next, goes_on): (Option<DateTime<Utc>>, bool),
) -> Result<()> {
    let now = app.clock.now();
    let next = match next {
        _ if now >= class.ends_at && !goes_on => None,
        None if goes_on => Some(now + LATE),
        next => next,
    };
    let next = next.filter(|at| *at <= class.ends_at + OVERTIME);
    if now >= class.ends_at && next.is_none() {
        alerts::resolve(app, tx, class.id, &AlertKind::LIVE).await?;
    }
    Ok(meetings::set_guard(tx, class.id, next).await?)
}

/// The chat says nothing to us: whoever teaches is asked once, and their "no" stands until they say otherwise.
async fn ask(app: &App, class: &Meeting, because: &str) -> Result<()> {
    let tx = app.store.write().await?;
    let now = app.clock.now();
    if class.has_started(now) && !class.has_ended(now) {
        let answer = store::alerts::last_answer(&tx, class.id).await?;
        if answer.is_none_or(|answer| answer.at < class.starts_at) {
            alerts::raise(app, &tx, class.id, AlertKind::ConfirmRecording, because).await?;
        }
    }
    plan(app, &tx, class, (guard::next((class.starts_at, class.ends_at), now), false)).await?;
    tx.commit().await?;
    Ok(())
}

/// What is refused is asked of whoever teaches; what only failed is tried again first.
async fn not_read(app: &App, class: &Meeting, error: &Error) -> Result<()> {
    let now = app.clock.now();
    let (is_passing, asked) = match error {
        Error::Graph(graph) => (graph.is_retryable(), graph.retry_after()),
        Error::NotReady(_) => (true, None),
        _ => (false, None),
    };
    let last = class.watched_at.filter(|at| *at >= class.starts_at).unwrap_or(class.starts_at);
    if !is_passing || now - last >= FRESH {
        return ask(app, class, if is_passing { "unreachable" } else { "refused" }).await;
    }
    let wait = asked.and_then(|wait| Duration::from_std(wait).ok()).unwrap_or_default().max(AGAIN);
    let tx = app.store.write().await?;
    plan(app, &tx, class, (Some(now + wait), true)).await?;
    tx.commit().await?;
    Ok(())
}
