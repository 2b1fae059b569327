//! Recordings, transcripts and files as they are listed and sent: `artifact` with its class and with what decides
//! who may see it. A byte request costs one statement.

use chrono::{DateTime, Utc};

use super::minors::OF_MINORS;
use super::{Read, Result, Row, Tx};
use crate::model::access::Membership;
use crate::model::artifact::{ArtifactKind, Confidence, Cue, MatchBasis, Safety, SafetyFacts};
use crate::model::id::{ArtifactId, ConferenceId, IntegrationId, MeetingId, UserId};
use crate::model::people::GlobalRole;
use crate::params;

/// A recording, transcript or file as far as listing and sending go.
#[derive(Debug, Clone)]
pub struct Medium {
    /// The row.
    pub id: ArtifactId,
    /// What it is.
    pub kind: ArtifactKind,
    /// Its tenant connection.
    pub integration_id: IntegrationId,
    /// Its meeting; `None` while it waits in the inbox.
    pub meeting_id: Option<MeetingId>,
    /// Graph id of the callRecording.
    pub graph_id: Option<String>,
    /// Graph id of its drive.
    pub drive_id: Option<String>,
    /// Graph id of its driveItem.
    pub item_id: Option<String>,
    /// Where staff open it in OneDrive.
    pub web_url: Option<String>,
    /// Graph eTag of the driveItem.
    pub e_tag: Option<String>,
    /// File name as Microsoft wrote it.
    pub name: String,
    /// MIME type; empty when unknown.
    pub mime_type: String,
    /// Length in bytes, once known.
    pub size_bytes: Option<i64>,
    /// Playing time, once known.
    pub duration_ms: Option<i64>,
    /// Graph quickXorHash, base64.
    pub quick_xor_hash: Option<String>,
    /// 1, 2, … within the class.
    pub part: i64,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it was found to belong to its class.
    pub match_basis: MatchBasis,
    /// Why a person decided so; empty when nobody did.
    pub decided_reason: String,
    /// How sure it is that it belongs to its class.
    pub confidence: Confidence,
    /// What its safety is derived from.
    pub facts: SafetyFacts,
    /// When staff hid it.
    pub hidden_at: Option<DateTime<Utc>>,
    /// Why.
    pub hidden_reason: String,
    /// Key of our copy in the archive.
    pub archive_key: Option<String>,
    /// Visits that downloaded it.
    pub download_count: i64,
    /// Visits that watched it.
    pub view_count: i64,
    /// When it was last downloaded.
    pub last_downloaded_at: Option<DateTime<Utc>>,
    /// When Microsoft is expected to delete its copy; an estimate.
    pub expected_expiry_at: Option<DateTime<Utc>>,
    /// When a person said when that is.
    pub expiry_set_at: Option<DateTime<Utc>>,
    /// When anything of it last changed at Microsoft.
    pub updated_at: DateTime<Utc>,
}

impl Medium {
    /// How safe it is.
    pub fn safety(&self) -> Safety {
        self.facts.safety()
    }

    /// Until when Teams is expected to keep what no known drive holds and we have not yet; `None` for anything safer.
    pub fn without_file_until(&self) -> Option<DateTime<Utc>> {
        let is_nowhere = self.graph_id.is_some() && self.item_id.is_none() && !self.facts.is_verified();
        self.expected_expiry_at.filter(|_| is_nowhere && self.facts.gone_at.is_none())
    }

    /// Whether staff brought it, because Teams did not record the class.
    pub fn is_manual(&self) -> bool {
        self.match_basis == MatchBasis::Manual
    }

    /// Whether learners are kept from it.
    pub fn is_withheld(&self) -> bool {
        self.hidden_at.is_some() || self.confidence != Confidence::Certain
    }

    /// Whether Microsoft's OneDrive still has the file.
    pub fn stored_in_onedrive(&self) -> bool {
        self.item_id.is_some() && self.facts.gone_at.is_none() && self.facts.source_removed_at.is_none()
    }
}

/// A medium together with its class and how one person stands to it.
#[derive(Debug, Clone)]
pub struct PlacedMedium {
    /// The thing itself.
    pub medium: Medium,
    /// Its class; `None` while it waits in the inbox.
    pub place: Option<Place>,
    /// Whether its meeting has several of its kind.
    pub of_several: bool,
    /// The person's role over the installation, as it is now.
    pub viewer_role: Option<GlobalRole>,
    /// The person may no longer sign in.
    pub viewer_disabled: bool,
    /// The person's part in the course, if any.
    pub membership: Option<Membership>,
}

/// The class that a medium belongs to.
#[derive(Debug, Clone)]
pub struct Place {
    /// The conference.
    pub conference_id: ConferenceId,
    /// Its title.
    pub title: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// Learners see it.
    pub published: bool,
    /// Short name of the course.
    pub course_code: String,
    /// The course lets learners read the chat.
    pub learners_see_chat: bool,
    /// The course lets learners see files.
    pub learners_see_files: bool,
    /// The course, or somebody in it, is marked as minors.
    pub of_minors: bool,
    /// When the meeting was to begin.
    pub starts_at: DateTime<Utc>,
    /// Graph id of the meeting's organizer.
    pub organizer_id: Option<String>,
    /// Graph id of the onlineMeeting.
    pub online_meeting_id: Option<String>,
}

const COLUMNS: &str = "a.id, a.kind, a.integration_id, a.meeting_id, a.graph_id, a.drive_id, a.item_id, a.web_url,
     a.e_tag, a.name, a.mime_type, a.size_bytes, a.duration_ms, a.quick_xor_hash, a.part, a.started_at, a.ended_at,
     a.match_basis, a.decided_reason, a.expected_expiry_at, a.expiry_set_at, a.confidence, a.verified_at, a.damaged_at, a.source_removed_at, a.gone_at, a.binned_at, a.restored_at,
     a.hidden_at, a.hidden_reason, a.archive_key, a.download_count, a.view_count, a.last_downloaded_at,
     a.updated_at";

fn medium(row: &Row) -> Result<Medium> {
    Ok(Medium {
        id: row.id("id")?,
        kind: row.get("kind")?,
        integration_id: row.id("integration_id")?,
        meeting_id: row.id_opt("meeting_id")?,
        graph_id: row.get("graph_id")?,
        drive_id: row.get("drive_id")?,
        item_id: row.get("item_id")?,
        web_url: row.get("web_url")?,
        e_tag: row.get("e_tag")?,
        name: row.get("name")?,
        mime_type: row.get("mime_type")?,
        size_bytes: row.get("size_bytes")?,
        duration_ms: row.get("duration_ms")?,
        quick_xor_hash: row.get("quick_xor_hash")?,
        part: row.get("part")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        match_basis: row.get("match_basis")?,
        expected_expiry_at: row.get("expected_expiry_at")?,
        expiry_set_at: row.get("expiry_set_at")?,
        decided_reason: row.get("decided_reason")?,
        confidence: row.get("confidence")?,
        facts: safety_facts(row)?,
        hidden_at: row.get("hidden_at")?,
        hidden_reason: row.get("hidden_reason")?,
        archive_key: row.get("archive_key")?,
        download_count: row.get("download_count")?,
        view_count: row.get("view_count")?,
        last_downloaded_at: row.get("last_downloaded_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// The dated facts that the safety of an artifact is derived from.
pub(super) fn safety_facts(row: &Row) -> Result<SafetyFacts> {
    Ok(SafetyFacts {
        verified_at: row.get("verified_at")?,
        damaged_at: row.get("damaged_at")?,
        source_removed_at: row.get("source_removed_at")?,
        gone_at: row.get("gone_at")?,
        binned_at: row.get("binned_at")?,
        restored_at: row.get("restored_at")?,
    })
}

fn placed(row: &Row) -> Result<PlacedMedium> {
    let conference_id: Option<ConferenceId> = row.id_opt("conference_id")?;
    let role: Option<_> = row.get("member_role")?;
    let ends_on = row.get("member_ends_on")?;
    Ok(PlacedMedium {
        medium: medium(row)?,
        place: conference_id.map(|id| place(row, id)).transpose()?,
        of_several: row.get("of_several")?,
        viewer_role: row.get("viewer_role")?,
        viewer_disabled: row.get::<Option<DateTime<Utc>>>("viewer_disabled_at")?.is_some(),
        membership: role.map(|role| Membership { role, ends_on }),
    })
}

fn place(row: &Row, conference_id: ConferenceId) -> Result<Place> {
    Ok(Place {
        conference_id,
        title: row.get("title")?,
        time_zone: row.get("time_zone")?,
        published: row.get("published")?,
        course_code: row.get("course_code")?,
        learners_see_chat: row.get("learners_see_chat")?,
        learners_see_files: row.get("learners_see_files")?,
        of_minors: row.get("of_minors")?,
        starts_at: row.get("starts_at")?,
        organizer_id: row.get("meeting_organizer_id")?,
        online_meeting_id: row.get("online_meeting_id")?,
    })
}

/// The medium of this kind as `user` stands to it, if there is one. This runs on every byte request.
pub async fn find_placed(
    db: &impl Read,
    id: ArtifactId,
    kind: ArtifactKind,
    user: UserId,
) -> Result<Option<PlacedMedium>> {
    let sql = format!(
        "SELECT {COLUMNS}, m.conference_id, m.starts_at, m.organizer_id AS meeting_organizer_id,
             m.online_meeting_id, c.title, c.time_zone, c.published, k.code AS course_code, k.learners_see_chat,
             k.learners_see_files, {OF_MINORS} AS of_minors, n.role AS member_role, n.ends_on AS member_ends_on, u.role AS viewer_role,
             u.disabled_at AS viewer_disabled_at,
             EXISTS (SELECT 1 FROM artifact o
                     WHERE o.meeting_id = a.meeting_id AND o.kind = a.kind AND o.part > 1) AS of_several
         FROM artifact a
         JOIN \"user\" u ON u.id = $3
         LEFT JOIN meeting m ON m.id = a.meeting_id
         LEFT JOIN conference c ON c.id = m.conference_id
         LEFT JOIN course k ON k.id = c.course_id
         LEFT JOIN enrolment n ON n.course_id = c.course_id AND n.user_id = $3
         WHERE a.id = $1 AND a.kind = $2"
    );
    db.row(&sql, params![id, kind, user]).await?.as_ref().map(placed).transpose()
}

/// Which recordings a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breadth {
    /// All but those in the bin.
    Staff,
    /// Without what is hidden or not certainly of this class.
    Learner,
}

impl Breadth {
    /// The condition on `artifact a`.
    pub(super) fn withheld(self) -> &'static str {
        match self {
            Self::Staff => "",
            Self::Learner => " AND a.hidden_at IS NULL AND a.confidence = 'certain'",
        }
    }
}

/// Where the next page of a list begins: after this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// Start of the meeting.
    pub starts_at: DateTime<Utc>,
    /// Number of the part.
    pub part: i64,
    /// The recording.
    pub id: ArtifactId,
}

/// A recording in a list, with the start of its meeting.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The recording.
    pub medium: Medium,
    /// When its meeting was to begin.
    pub starts_at: DateTime<Utc>,
    /// Whether its meeting has several recordings.
    pub of_several: bool,
}

/// The recordings of a conference in order of class and part, at most `limit`, after `after`.
pub async fn list_recordings(
    db: &impl Read,
    conference: ConferenceId,
    breadth: Breadth,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let withheld = breadth.withheld();
    let mut binds = params![conference, limit];
    let mut from = "";
    if let Some(after) = after {
        from = " AND (m.starts_at, a.part, a.id) > ($3, $4, $5)";
        binds.extend(params![after.starts_at, after.part, after.id]);
    }
    let sql = format!(
        "SELECT {COLUMNS}, m.starts_at,
             EXISTS (SELECT 1 FROM artifact o
                     WHERE o.meeting_id = a.meeting_id AND o.kind = 'recording' AND o.part > 1) AS of_several
         FROM meeting m JOIN artifact a ON a.meeting_id = m.id AND a.kind = 'recording'
         WHERE m.conference_id = $1
           AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at){withheld}{from}
         ORDER BY m.starts_at, a.part, a.id LIMIT $2"
    );
    let rows = db.rows(&sql, binds).await?;
    let listed = |row: &Row| {
        Ok(Listed {
            medium: medium(row)?,
            starts_at: row.get("starts_at")?,
            of_several: row.get("of_several")?,
        })
    };
    rows.iter().map(listed).collect()
}

/// The recordings of one meeting in order of part.
pub async fn list_of_meeting(db: &impl Read, meeting: MeetingId, breadth: Breadth) -> Result<Vec<Medium>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM artifact a
         WHERE a.meeting_id = $1 AND a.kind = 'recording'
           AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at){}
         ORDER BY a.part, a.id",
        breadth.withheld()
    );
    db.rows(&sql, params![meeting]).await?.iter().map(medium).collect()
}

/// What Microsoft says of a file now.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// Length in bytes.
    pub size_bytes: i64,
    /// Graph eTag.
    pub e_tag: Option<String>,
    /// Graph quickXorHash, base64.
    pub quick_xor_hash: Option<String>,
}

/// Keeps what Microsoft says of a file now, because it is not what the row says.
pub async fn refresh(tx: &Tx, id: ArtifactId, now_is: &Refreshed, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE artifact SET size_bytes = $2, e_tag = $3, quick_xor_hash = $4, updated_at = $5 WHERE id = $1",
        params![id, now_is.size_bytes, now_is.e_tag, now_is.quick_xor_hash, at],
    )
    .await?;
    Ok(())
}

/// Hides a recording from learners. False if it was hidden for this very reason already.
pub async fn hide(tx: &Tx, id: ArtifactId, by: UserId, reason: &str, at: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE artifact SET hidden_at = COALESCE(hidden_at, $4), hidden_by = $2, hidden_reason = $3
             WHERE id = $1 AND (hidden_at IS NULL OR hidden_reason <> $3)",
            params![id, by, reason, at],
        )
        .await?;
    Ok(changed == 1)
}

/// Shows a hidden recording again. False if it was not hidden.
pub async fn show(tx: &Tx, id: ArtifactId) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE artifact SET hidden_at = NULL, hidden_by = NULL, hidden_reason = ''
             WHERE id = $1 AND hidden_at IS NOT NULL",
            params![id],
        )
        .await?;
    Ok(changed == 1)
}

/// The transcript that belongs to a recording: the same correlation, else the same part of the same call, else
/// the only one of a class with one recording.
pub async fn find_transcript(db: &impl Read, recording: ArtifactId) -> Result<Option<ArtifactId>> {
    let row = db
        .row(
            "SELECT t.id FROM artifact r
             JOIN artifact t ON t.meeting_id = r.meeting_id AND t.kind = 'transcript'
             WHERE r.id = $1 AND t.hidden_at IS NULL AND t.confidence = 'certain'
               AND (t.binned_at IS NULL OR t.restored_at >= t.binned_at) AND (
                 t.correlation_id = r.correlation_id
                 OR (t.call_id = r.call_id AND t.part = r.part)
                 OR NOT EXISTS (SELECT 1 FROM artifact o
                     WHERE o.meeting_id = r.meeting_id AND o.id <> r.id AND o.id <> t.id
                       AND o.kind IN ('recording', 'transcript')))
             ORDER BY CASE WHEN t.correlation_id = r.correlation_id THEN 0
                           WHEN t.call_id = r.call_id THEN 1 ELSE 2 END, t.id
             LIMIT 1",
            params![recording],
        )
        .await?;
    row.map(|row| row.id("id")).transpose()
}

/// The cues of a transcript in order.
pub async fn cues(db: &impl Read, transcript: ArtifactId) -> Result<Vec<Cue>> {
    let rows = db
        .rows(
            // Who asked to be forgotten is shown under their pseudonym while something still keeps their name.
            "SELECT q.start_ms, q.end_ms, COALESCE((SELECT u.pseudonym FROM \"user\" u
                 WHERE u.restricted_at IS NOT NULL AND (u.name = q.speaker OR EXISTS
                     (SELECT 1 FROM attendance_record r WHERE r.user_id = u.id AND r.name = q.speaker))
                 LIMIT 1), q.speaker) AS speaker, q.text
             FROM transcript_cue q WHERE q.artifact_id = $1 ORDER BY q.seq",
            params![transcript],
        )
        .await?;
    let cue = |row: &Row| {
        Ok(Cue {
            start_ms: row.get("start_ms")?,
            end_ms: row.get("end_ms")?,
            speaker: row.get("speaker")?,
            text: row.get("text")?,
        })
    };
    rows.iter().map(cue).collect()
}
