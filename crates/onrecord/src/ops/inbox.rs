//! The inbox: what fits no class with certainty, for a person to decide. What was decided is remembered, so that no
//! later sync undoes it; only a person takes it back.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Error, Result, audit, rights, say, say_with, sync};
use crate::app::App;
use crate::model::access::{Act, GlobalAct, Viewer};
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::conference::Meeting;
use crate::model::following::Outcome;
use crate::model::id::{ArtifactId, MeetingId};
use crate::model::suggestion::{self, Class, Stray, Suggestion, Why};
use crate::store::artifacts::NewArtifact;
use crate::store::decisions::{self, By, Decision};
use crate::store::pages::inbox::{self as store, Candidate, Waiting, Window};
use crate::store::{Tx, artifacts, meetings};

/// Longest reason in characters.
const LONGEST_REASON: usize = 500;

/// Classes read for one page.
const MOST_CANDIDATES: i64 = 900;

/// Classes offered for one thing.
const CHOICES: usize = 15;

/// A class of the same organizer is offered when it begins this near.
const NEAR: TimeDelta = TimeDelta::hours(36);

/// The same where the organizer is not known.
const CLOSE: TimeDelta = TimeDelta::hours(4);

/// Things that wait and are looked through for one class.
const MOST_LIKELY: i64 = 50;

/// Decisions that can be taken back from the page.
const NEWEST: i64 = 10;

/// One thing that waits, with what it may be.
#[derive(Debug, Clone)]
pub struct Item {
    /// The thing.
    pub waiting: Waiting,
    /// Why it waits.
    pub why: Why,
    /// The classes that may be meant, the likeliest first.
    pub suggestions: Vec<Suggested>,
}

/// A class that may be meant.
#[derive(Debug, Clone)]
pub struct Suggested {
    /// The class.
    pub class: Candidate,
    /// How likely, and what speaks for it.
    pub suggestion: Suggestion,
}

/// What waits in the inbox, oldest first; at most `limit`, after the row `after`.
pub async fn list(app: &App, viewer: &Viewer, after: Option<ArtifactId>, limit: i64) -> Result<Vec<Item>> {
    rights::global(app, viewer, GlobalAct::Oversee).await?;
    let waiting = store::waiting(&app.store, after, limit).await?;
    items(app, waiting).await
}

/// Classes that have `words` in title or course, those nearest in time to a thing of the inbox first.
pub async fn search(app: &App, viewer: &Viewer, words: &str, near: &Waiting) -> Result<Vec<Candidate>> {
    rights::global(app, viewer, GlobalAct::Oversee).await?;
    Ok(store::search(&app.store, words.trim(), began(near), CHOICES as i64 * 2).await?)
}

/// The newest decisions.
pub async fn decided(app: &App, viewer: &Viewer) -> Result<Vec<Decision>> {
    rights::global(app, viewer, GlobalAct::Oversee).await?;
    Ok(decisions::newest(&app.store, NEWEST).await?)
}

/// Each waiting thing with the classes that may be meant.
pub(crate) async fn items(app: &App, waiting: Vec<Waiting>) -> Result<Vec<Item>> {
    let windows: Vec<Window> = waiting.iter().map(window).collect();
    let candidates = store::candidates(&app.store, &windows, MOST_CANDIDATES).await?;
    let refusals = decisions::refusals(&app.store).await?;
    Ok(waiting.into_iter().map(|thing| item(thing, &candidates, &refusals)).collect())
}

fn item(waiting: Waiting, candidates: &[Candidate], refusals: &HashMap<ArtifactId, Vec<MeetingId>>) -> Item {
    let window = window(&waiting);
    let fits = |candidate: &&Candidate| {
        (window.from..=window.until).contains(&candidate.starts_at)
            && (window.organizer_id.is_none() || window.organizer_id == candidate.organizer_id)
    };
    let near: Vec<&Candidate> = candidates.iter().filter(fits).collect();
    let classes: Vec<Class> = near.iter().map(|candidate| candidate.class()).collect();
    let stray = Stray {
        name: waiting.name.clone(),
        started_at: waiting.started_at,
        organizer_id: waiting.organizer_id.clone(),
        refused: refusals.get(&waiting.id).cloned().unwrap_or_default(),
    };
    let found = suggestion::suggest(&stray, &classes);
    let why = suggestion::why(&found);
    let suggested = |suggestion: Suggestion| {
        let class = near.iter().find(|class| class.meeting_id == suggestion.meeting)?;
        Some(Suggested { class: (*class).clone(), suggestion })
    };
    Item { waiting, why, suggestions: found.into_iter().filter_map(suggested).take(CHOICES).collect() }
}

/// When a thing began, as far as that is known.
pub fn began(thing: &Waiting) -> DateTime<Utc> {
    thing.started_at.unwrap_or(thing.created_at)
}

/// Where the class of a thing may be.
fn window(thing: &Waiting) -> Window {
    let (at, span) = (began(thing), if thing.organizer_id.is_some() { NEAR } else { CLOSE });
    Window { from: at - span, until: at + span, organizer_id: thing.organizer_id.clone() }
}

/// The things that wait and are likely of this class by their own name, for its staff to confirm.
pub async fn likely(app: &App, meeting: &Meeting) -> Result<Vec<Item>> {
    let Some(organizer) = &meeting.organizer_id else { return Ok(Vec::new()) };
    let around = (meeting.starts_at - NEAR, meeting.ends_at + NEAR);
    let waiting = store::waiting_near(&app.store, organizer, around, MOST_LIKELY).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let is_likely = |one: &Suggested| {
        one.class.meeting_id == meeting.id && one.suggestion.is_likely() && one.suggestion.is_by_name()
    };
    let mut found = items(app, waiting).await?;
    found.retain(|item| item.suggestions.iter().any(is_likely));
    Ok(found)
}

/// Gives a file to a meeting. `NotFound` if it does not wait in the inbox; `Invalid` if there is no such meeting.
pub async fn assign(app: &App, viewer: &Viewer, id: ArtifactId, meeting: MeetingId) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Administer).await?;
    let by = By { user: viewer.user_id, at: app.clock.now(), reason: "" };
    belongs(app, id, meeting, by).await
}

/// Decides that a file belongs to no class, and why. `NotFound` if it does not wait in the inbox.
pub async fn dismiss(app: &App, viewer: &Viewer, id: ArtifactId, reason: &str) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Administer).await?;
    let by = By { user: viewer.user_id, at: app.clock.now(), reason: sound_reason(reason)? };
    let tx = app.store.write().await?;
    let Some(file) = artifacts::lock(&tx, id).await? else { return Err(Error::NotFound) };
    if !decisions::decide(&tx, id, Outcome::ToNone, by).await? {
        return Err(Error::NotFound);
    }
    let about = (format!("artifact:{id}"), json!({ "reason": by.reason }));
    audit::record(app, &tx, Some(by.user), "inbox.dismissed", about).await?;
    let followed = follow(app, &tx, &file).await?;
    tx.commit().await?;
    judge(app, &file, followed).await
}

/// Takes a decision back: the file waits again. `NotFound` if no person decided about it.
pub async fn undo(app: &App, viewer: &Viewer, id: ArtifactId) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Administer).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let Some(file) = artifacts::lock(&tx, id).await? else { return Err(Error::NotFound) };
    if file.match_basis != crate::model::artifact::MatchBasis::Person {
        return Err(Error::NotFound);
    }
    if file.graph_id.is_some() && file.item_id.is_some() {
        part(&tx, &file, now).await?;
    } else if !decisions::take_back(&tx, id, now).await? {
        return Err(Error::NotFound);
    }
    if let Some(meeting) = file.meeting_id {
        artifacts::renumber(&tx, meeting, ArtifactKind::Recording).await?;
    }
    let about = (format!("artifact:{id}"), json!({ "meeting": file.meeting_id }));
    audit::record(app, &tx, Some(viewer.user_id), "inbox.undone", about).await?;
    tx.commit().await?;
    judge(app, &file, file.meeting_id.into_iter().collect()).await
}

/// The recording that Microsoft names stays with its class; the file that a person gave it waits again.
async fn part(tx: &Tx, file: &Artifact, now: DateTime<Utc>) -> Result<()> {
    decisions::part_from_file(tx, file.id, now).await?;
    let new = NewArtifact {
        integration_id: file.integration_id,
        meeting_id: None,
        kind: ArtifactKind::Recording,
        organizer_id: file.organizer_id.clone(),
    };
    let id = artifacts::insert(tx, &new, now).await?;
    let Some(blank) = artifacts::lock(tx, id).await? else { return Ok(()) };
    let alone = Artifact {
        drive_id: file.drive_id.clone(),
        item_id: file.item_id.clone(),
        web_url: file.web_url.clone(),
        e_tag: file.e_tag.clone(),
        name: file.name.clone(),
        mime_type: file.mime_type.clone(),
        size_bytes: file.size_bytes,
        duration_ms: file.duration_ms,
        quick_xor_hash: file.quick_xor_hash.clone(),
        started_at: file.started_at,
        ended_at: file.ended_at,
        expected_expiry_at: file.expected_expiry_at,
        ..blank
    };
    artifacts::save(tx, &alone, now).await?;
    Ok(decisions::mark_taken_back(tx, id).await?)
}

/// Staff of a class say that a likely file is theirs. `NotFound` unless it waits and is likely of this very class.
pub async fn confirm(app: &App, viewer: &Viewer, meeting: MeetingId, id: ArtifactId) -> Result<Meeting> {
    let row = likely_one(app, viewer, meeting, id).await?;
    let by = By { user: viewer.user_id, at: app.clock.now(), reason: "" };
    belongs(app, id, meeting, by).await?;
    Ok(row)
}

/// Staff of a class say that a likely file is not theirs; it is not offered to them again. `NotFound` as for
/// [`confirm`].
pub async fn refuse(app: &App, viewer: &Viewer, meeting: MeetingId, id: ArtifactId) -> Result<Meeting> {
    let row = likely_one(app, viewer, meeting, id).await?;
    let by = By { user: viewer.user_id, at: app.clock.now(), reason: "" };
    let tx = app.store.write().await?;
    decisions::refuse(&tx, id, meeting, by).await?;
    let about = (format!("artifact:{id}"), json!({ "meeting": meeting, "conference": row.conference_id }));
    audit::record(app, &tx, Some(by.user), "inbox.refused", about).await?;
    tx.commit().await?;
    sync::judge_again(app, meeting).await?;
    Ok(row)
}

async fn likely_one(app: &App, viewer: &Viewer, meeting: MeetingId, id: ArtifactId) -> Result<Meeting> {
    let row = meetings::find(&app.store, meeting).await?.ok_or(Error::NotFound)?;
    rights::conference(app, viewer, row.conference_id, Act::Edit).await?;
    let is_offered = likely(app, &row).await?.iter().any(|item| item.waiting.id == id);
    if is_offered { Ok(row) } else { Err(Error::NotFound) }
}

/// Writes that a file belongs to a meeting, with what follows from it.
pub(crate) async fn belongs(app: &App, id: ArtifactId, meeting: MeetingId, by: By<'_>) -> Result<()> {
    let tx = app.store.write().await?;
    let Some(row) = meetings::lock(&tx, meeting).await? else {
        return Err(Error::invalid("meeting_id", say("op-no-such-class")));
    };
    let Some(file) = artifacts::lock(&tx, id).await? else { return Err(Error::NotFound) };
    if !decisions::decide(&tx, id, Outcome::Belongs(meeting), by).await? {
        return Err(Error::NotFound);
    }
    decisions::unrefuse(&tx, id, meeting).await?;
    sync::join_within(app, &tx, meeting).await?;
    let detail = json!({ "meeting": row.id, "conference": row.conference_id, "reason": by.reason });
    let subject = format!("artifact:{id}");
    audit::record(app, &tx, Some(by.user), "inbox.assigned", (subject, detail)).await?;
    let mut concerned = follow(app, &tx, &file).await?;
    artifacts::renumber(&tx, meeting, ArtifactKind::Recording).await?;
    tx.commit().await?;
    concerned.push(meeting);
    judge(app, &file, concerned).await
}

async fn follow(app: &App, tx: &Tx, file: &Artifact) -> Result<Vec<MeetingId>> {
    match &file.drive_id {
        Some(drive) => sync::follow(app, tx, drive).await,
        None => Ok(Vec::new()),
    }
}

/// Writes what a decision means for the verdicts: of the meetings concerned, and of those that might have been meant.
async fn judge(app: &App, file: &Artifact, mut concerned: Vec<MeetingId>) -> Result<()> {
    if let (Some(organizer), Some(at)) = (&file.organizer_id, file.started_at) {
        let around = (at - NEAR, at + TimeDelta::hours(2));
        let near = crate::store::sync::of_organizer_between(&app.store, organizer, around).await?;
        concerned
            .extend(near.into_iter().filter(|(m, ..)| m.starts_at <= app.clock.now()).map(|(m, ..)| m.id));
    }
    concerned.sort_unstable();
    concerned.dedup();
    for meeting in concerned {
        sync::judge_again(app, meeting).await?;
    }
    Ok(())
}

/// A reason as it is kept. Empty is allowed here; a door that wants one asks for it.
pub(crate) fn sound_reason(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    if reason.chars().count() > LONGEST_REASON {
        return Err(Error::invalid("reason", say_with("op-at-most", &[("most", LONGEST_REASON.into())])));
    }
    if reason.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Error::invalid("reason", say("op-no-control")));
    }
    Ok(reason)
}
