//! Joins the two sightings of a recording: the one of a meeting without a file, and the file without a meeting. What
//! cannot be told without doubt stays in the inbox for a person.

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;

use super::super::Result;
use super::context::Context;
use super::drive::Home;
use super::{elsewhere, follow};
use crate::app::App;
use crate::model::artifact::{Artifact, ArtifactKind, Confidence, MatchBasis};
use crate::model::conference::Meeting;
use crate::model::id::MeetingId;
use crate::model::matching::{self, STAMP_TOLERANCE, Unfiled, Unmatched};
use crate::model::recording_name::RecordingName;
use crate::model::suggestion::{self, Class};
use crate::store::decisions::{self, By};
use crate::store::{self, Read, Tx, artifacts};

/// A class may begin this much before its time, and its recording this much after its end.
const MARGIN: Duration = Duration::hours(1);

/// How a day stands in what OnRecord calls a meeting, letters and digits only.
const DAY: &str = "20261201";

/// Old file names carry local time: their stamp is off by at most this.
const WIDEST_ZONE: Duration = Duration::hours(15);

/// A class as far as names go.
struct Candidate {
    meeting: Meeting,
    title: String,
    zone: Tz,
}

impl Candidate {
    fn class(&self) -> Class {
        Class {
            meeting: self.meeting.id,
            organizer_id: self.meeting.organizer_id.clone(),
            starts_at: self.meeting.starts_at,
            ends_at: self.meeting.ends_at,
            title: self.title.clone(),
            zone: self.zone,
            recordings: 0,
        }
    }

    /// What Teams may call the meeting: as OnRecord names it, or by the title alone.
    fn subjects(&self) -> Vec<String> {
        self.class().subjects().into()
    }

    fn may_be(&self, name: &RecordingName) -> bool {
        self.subjects().iter().any(|subject| name.may_be(subject))
    }

    fn covers(&self, moment: DateTime<Utc>) -> bool {
        self.meeting.starts_at - MARGIN <= moment && moment <= self.meeting.ends_at + MARGIN
    }

    /// Whether the name is plainly this class's own: its title, or all of what OnRecord calls the meeting; of a name
    /// that was cut, at least title and day.
    fn is_named_by(&self, name: &RecordingName) -> bool {
        let [full, title] = self.class().subjects();
        let key = |subject: &str| {
            let subject = subject.to_owned();
            let stamp = DateTime::UNIX_EPOCH.naive_utc();
            RecordingName { subject, stamp, is_utc: true, suffix: String::new() }.subject_key()
        };
        let (own, full, title) = (name.subject_key(), key(&full), key(&title));
        let with_day = title.len() + DAY.len();
        own == full || own == title || (own.len() >= with_day && full.starts_with(&own) && name.may_be(&full))
    }

    /// Whether a recording that began then is plainly of this class's time.
    fn is_on_at(&self, moment: DateTime<Utc>) -> bool {
        self.meeting.starts_at - suggestion::EARLY <= moment && moment <= self.meeting.ends_at
    }

    /// Whether a file of the one could be taken for a file of the other.
    fn is_twin_of(&self, other: &Self) -> bool {
        let (a, b) = (&self.meeting, &other.meeting);
        let same_time = a.starts_at < b.ends_at + MARGIN && b.starts_at < a.ends_at + MARGIN;
        let alike = |x: &str, y: &str| {
            let name = RecordingName {
                subject: x.to_owned(),
                stamp: DateTime::UNIX_EPOCH.naive_utc(),
                is_utc: true,
                suffix: String::new(),
            };
            name.may_be(y)
        };
        a.id != b.id && same_time && (alike(&self.title, &other.title) || alike(&other.title, &self.title))
    }
}

async fn candidates(
    db: &impl Read,
    organizer: &str,
    between: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Candidate>> {
    let found = store::sync::of_organizer_between(db, organizer, between).await?;
    let candidates = found.into_iter().map(|(meeting, title, zone)| Candidate {
        meeting,
        title,
        zone: zone.parse().unwrap_or(Tz::UTC),
    });
    Ok(candidates.collect())
}

/// Whether a file in a person's own drive may be a class of theirs, by its name and stamp.
pub(super) async fn is_of_some_class(
    _ctx: &Context<'_>,
    tx: &Tx,
    organizer: &str,
    name: &RecordingName,
) -> Result<bool> {
    let stamp = name.stamp.and_utc();
    let reach = Duration::days(2) + WIDEST_ZONE;
    let near = candidates(tx, organizer, (stamp - reach, stamp + reach)).await?;
    if near.iter().any(|candidate| candidate.may_be(name)) {
        return Ok(true);
    }
    // Held at another time than planned: Microsoft has named the recording's meeting already.
    let around = (stamp - WIDEST_ZONE, stamp + WIDEST_ZONE);
    Ok(!artifacts::unfiled_of_organizer(tx, organizer, around).await?.is_empty())
}

/// Joins what can be joined in one drive. Returns the meetings concerned.
pub(super) async fn files(ctx: &Context<'_>, tx: &Tx, home: &Home) -> Result<Vec<MeetingId>> {
    let files = artifacts::unmatched_in_drive(tx, &home.drive).await?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let organizers = match &home.organizer {
        Some(organizer) => vec![organizer.clone()],
        None => organizers(tx, ctx).await?,
    };
    let mut news = elsewhere::join_same_bytes(ctx.app, tx, &home.drive).await?;
    for organizer in organizers {
        news.extend(join_of_organizer(ctx, tx, &organizer, &home.drive).await?);
    }
    news.extend(follow::follow(ctx.app, tx, &home.drive).await?);
    Ok(news)
}

async fn organizers(tx: &Tx, ctx: &Context<'_>) -> Result<Vec<String>> {
    let all = store::delta::organizers_ever(tx).await?;
    Ok(all.into_iter().filter(|o| o.integration == ctx.integration).map(|o| o.entra_object_id).collect())
}

async fn join_of_organizer(
    ctx: &Context<'_>,
    tx: &Tx,
    organizer: &str,
    drive: &str,
) -> Result<Vec<MeetingId>> {
    let files = artifacts::unmatched_in_drive(tx, drive).await?;
    let stamps = || files.iter().filter_map(|file| file.started_at);
    let (Some(first), Some(last)) = (stamps().min(), stamps().max()) else {
        return Ok(Vec::new());
    };
    let between = (first - STAMP_TOLERANCE, last + STAMP_TOLERANCE);
    let recordings = artifacts::unfiled_of_organizer(tx, organizer, between).await?;
    let unfiled = unfiled(tx, &recordings).await?;
    let refusals = decisions::refusals(tx).await?;
    let unmatched: Vec<_> = files
        .iter()
        .map(|file| Unmatched {
            id: file.id,
            name: file.name.clone(),
            started_at: file.started_at,
            refused: refusals.get(&file.id).cloned().unwrap_or_default(),
        })
        .collect();
    let may_be = |file: &Unmatched, subject: &str| {
        RecordingName::parse(&file.name).is_some_and(|name| name.may_be(subject))
    };
    let mut news = Vec::new();
    let pairs = matching::pairs(&unfiled, &unmatched, may_be);
    for pair in &pairs {
        let find = |rows: &[Artifact], id| rows.iter().find(|row| row.id == id).cloned();
        let (Some(recording), Some(file)) = (find(&recordings, pair.recording), find(&files, pair.file))
        else {
            continue;
        };
        news.extend(recording.meeting_id);
        merge(ctx.app, tx, recording, file).await?;
    }
    let rest = files.iter().filter(|file| !pairs.iter().any(|pair| pair.file == file.id));
    for file in rest {
        let refused = refusals.get(&file.id).map(Vec::as_slice).unwrap_or_default();
        news.extend(assign_by_name(ctx, tx, organizer, (file, refused)).await?);
    }
    Ok(news)
}

/// The recordings with what tells whose file is theirs.
async fn unfiled(tx: &Tx, recordings: &[Artifact]) -> Result<Vec<Unfiled>> {
    let mut unfiled = Vec::new();
    for recording in recordings {
        let (Some(meeting), Some(started_at)) = (recording.meeting_id, recording.started_at) else {
            continue;
        };
        // With a twin, name and time prove nothing: its file may simply not have come yet.
        let subjects = own_subjects(tx, meeting).await?.unwrap_or_default();
        let events = store::chat::events(tx, meeting).await?;
        let chat_names = events
            .iter()
            .filter(|event| event.call_id.is_some() && event.call_id == recording.call_id)
            .filter_map(|event| event.file_url.as_deref().map(file_name))
            .collect();
        unfiled.push(Unfiled { id: recording.id, meeting, started_at, subjects, chat_names });
    }
    Ok(unfiled)
}

/// Whether another class could be taken for this one by its name and time.
pub(super) async fn has_twin(tx: &Tx, meeting: MeetingId) -> Result<bool> {
    Ok(own_subjects(tx, meeting).await?.is_none())
}

/// What Teams may call this meeting, if no other class could be taken for it; else `None`.
pub(super) async fn own_subjects(tx: &Tx, meeting: MeetingId) -> Result<Option<Vec<String>>> {
    let Some(row) = store::meetings::find(tx, meeting).await? else { return Ok(None) };
    let Some(organizer) = &row.organizer_id else { return Ok(Some(Vec::new())) };
    let around = (row.starts_at - Duration::days(2), row.ends_at + Duration::days(2));
    let near = candidates(tx, organizer, around).await?;
    let own = near.iter().find(|candidate| candidate.meeting.id == meeting);
    let alone = own.filter(|own| !near.iter().any(|other| other.is_twin_of(own)));
    Ok(alone.map(Candidate::subjects))
}

/// Joins the files of a meeting with the recordings that Teams lists for it without a file, where there is no doubt
/// which is which. What a person decided about a file stays their decision.
pub(crate) async fn within(app: &App, tx: &Tx, meeting: MeetingId) -> Result<()> {
    let parts = artifacts::of_meeting(tx, meeting, ArtifactKind::Recording).await?;
    let recordings: Vec<Unfiled> = parts
        .iter()
        .filter(|part| part.graph_id.is_some() && part.item_id.is_none())
        .filter_map(|part| {
            let started_at = part.started_at?;
            let (subjects, chat_names) = (vec![String::new()], Vec::new());
            Some(Unfiled { id: part.id, meeting, started_at, subjects, chat_names })
        })
        .collect();
    let files: Vec<Unmatched> = parts
        .iter()
        .filter(|part| part.graph_id.is_none() && part.item_id.is_some())
        .filter(|part| part.match_basis != MatchBasis::Manual)
        .map(|part| Unmatched {
            id: part.id,
            name: part.name.clone(),
            started_at: part.started_at,
            refused: Vec::new(),
        })
        .collect();
    // All are of this meeting: only the time tells them apart.
    for pair in matching::pairs(&recordings, &files, |_, _| true) {
        let find = |id| parts.iter().find(|part| part.id == id).cloned();
        let (Some(recording), Some(file)) = (find(pair.recording), find(pair.file)) else { continue };
        let (kept, decided_by) = (recording.id.min(file.id), file.decided_by);
        let reason = file.decided_reason.clone();
        merge(app, tx, recording, file).await?;
        if let Some(user) = decided_by {
            decisions::restate(tx, kept, By { user, at: app.clock.now(), reason: &reason }).await?;
        }
    }
    Ok(())
}

/// The last part of an address, decoded.
pub(super) fn file_name(url: &str) -> String {
    let last = url.rsplit('/').next().unwrap_or_default();
    percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned()
}

/// A file without any recording of Teams: the meeting may have expired there, or is not listed yet. It belongs to
/// the one class of this organizer that has its name and covers its time, if there is no other.
async fn assign_by_name(
    ctx: &Context<'_>,
    tx: &Tx,
    organizer: &str,
    (file, refused): (&Artifact, &[MeetingId]),
) -> Result<Option<MeetingId>> {
    let Some(name) = RecordingName::parse(&file.name) else { return Ok(None) };
    let stamp = name.stamp.and_utc();
    let reach = Duration::days(2) + WIDEST_ZONE;
    let near = candidates(tx, organizer, (stamp - reach, stamp + reach)).await?;
    let fits = |c: &&Candidate| c.may_be(&name) && name.started_at(c.zone).is_some_and(|at| c.covers(at));
    let mut fitting = near.iter().filter(fits);
    let (Some(class), None) = (fitting.next(), fitting.next()) else { return Ok(None) };
    let is_plain =
        class.is_named_by(&name) && name.started_at(class.zone).is_some_and(|at| class.is_on_at(at));
    if !is_plain || refused.contains(&class.meeting.id) || near.iter().any(|other| other.is_twin_of(class)) {
        // Likely at best: the inbox offers it to a person.
        return Ok(None);
    }
    let parts = artifacts::of_meeting(tx, class.meeting.id, ArtifactKind::Recording).await?;
    if parts.iter().any(|part| part.item_id.is_none() && part.graph_id.is_some()) {
        // Teams lists a recording without a file that does not fit this one: a person has to look.
        return Ok(None);
    }
    let started_at = file.started_at.or_else(|| name.started_at(class.zone));
    let joined = Artifact {
        meeting_id: Some(class.meeting.id),
        organizer_id: Some(organizer.to_owned()),
        ended_at: file.ended_at.or_else(|| Some(started_at? + Duration::milliseconds(file.duration_ms?))),
        started_at,
        match_basis: MatchBasis::NameAndTime,
        confidence: Confidence::Certain,
        ..file.clone()
    };
    artifacts::save(tx, &joined, ctx.now()).await?;
    artifacts::renumber(tx, class.meeting.id, ArtifactKind::Recording).await?;
    Ok(Some(class.meeting.id))
}

/// Makes one row of a recording and its file; the older id survives, all in the caller's transaction.
pub(super) async fn merge(app: &App, tx: &Tx, recording: Artifact, file: Artifact) -> Result<()> {
    let (kept, lost) = if recording.id < file.id { (&recording, &file) } else { (&file, &recording) };
    let joined = Artifact {
        id: kept.id,
        created_at: kept.created_at,
        drive_id: file.drive_id.clone(),
        item_id: file.item_id.clone(),
        web_url: file.web_url.clone(),
        e_tag: file.e_tag.clone(),
        name: file.name.clone(),
        mime_type: file.mime_type.clone(),
        size_bytes: file.size_bytes.or(recording.size_bytes),
        duration_ms: file.duration_ms.or(recording.duration_ms),
        quick_xor_hash: file.quick_xor_hash.clone().or_else(|| recording.quick_xor_hash.clone()),
        expected_expiry_at: file.expected_expiry_at,
        gone_at: file.gone_at,
        ..recording.clone()
    };
    artifacts::merge(tx, kept.id, lost.id).await?;
    artifacts::save(tx, &joined, app.clock.now()).await?;
    Ok(())
}
