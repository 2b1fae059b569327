//! The class page: one statement finds the conference, how the viewer stands to it, the class that is shown, and what
//! stands around it; a second one the line of all its classes.

use chrono::{DateTime, Utc};

use super::{BETWEEN, names, verdict_now};
use crate::model::access::Membership;
use crate::model::conference::{Conference, Meeting, Verdict};
use crate::model::id::{ConferenceId, MeetingId, UserId};
use crate::model::integration::{LawfulBasis, SyncKind};
use crate::model::sync::KindState;
use crate::params;
use crate::store::conferences::Placed;
use crate::store::{Read, Result, Row, meetings};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    /// The conference.
    pub conference: ConferenceId,
    /// Who asks.
    pub user: UserId,
    /// The class to show; `None`: the one that is on, else the last that is over, else the next.
    pub class: Option<MeetingId>,
    /// Of which kind the last reading is wanted.
    pub kind: SyncKind,
    /// Now.
    pub now: DateTime<Utc>,
}

/// A conference with one of its classes.
#[derive(Debug, Clone)]
pub struct Found {
    /// The conference and how the viewer stands to it.
    pub placed: Placed,
    /// The class; `None` if it has none, or not the one asked for.
    pub meeting: Option<Meeting>,
    /// What stands around it.
    pub around: Around,
}

/// What stands around a class.
#[derive(Debug, Clone)]
pub struct Around {
    /// How many classes the conference has.
    pub classes: i64,
    /// Names of the course's instructors.
    pub teachers: Vec<String>,
    /// How many learners the course has.
    pub learners: i64,
    /// Who scheduled it, if a person did.
    pub scheduled_by: Option<String>,
    /// Recordings of the class that are not in the bin.
    pub recordings: i64,
    /// Of them, those that learners see.
    pub recordings_shown: i64,
    /// Files shared in the class that are not in the bin.
    pub files: i64,
    /// Of them, those that learners see.
    pub files_shown: i64,
    /// Since when somebody's Sync Data is under way.
    pub syncing_since: Option<DateTime<Utc>>,
    /// Kinds that are off for the integration or the course.
    pub kinds_off: Vec<SyncKind>,
    /// How reading the kind went last.
    pub reading: Option<Reading>,
    /// What people are told.
    pub notice: Notice,
}

/// How reading one kind of one class went last.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Which kind.
    pub kind: SyncKind,
    /// How it went.
    pub state: KindState,
    /// Why it failed, with what mends it.
    pub error: Option<String>,
    /// What else is to be said, although nothing failed.
    pub note: Option<String>,
    /// How much there is.
    pub items: i64,
    /// When.
    pub read_at: DateTime<Utc>,
}

/// What the recording notice is made of.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Why the school may record.
    pub basis: LawfulBasis,
    /// Where recordings are kept; empty for the configured words.
    pub storage: String,
    /// How long; empty for the configured words.
    pub kept: String,
    /// Whom to ask; empty for the configured words.
    pub contact: String,
    /// The institution's own wording; empty for ours.
    pub wording: String,
}

/// SQL: the class to show when none is asked for; `$3` is now.
const CHOSEN: &str = "COALESCE(
    (SELECT x.id FROM meeting x WHERE x.conference_id = c.id AND x.cancelled_at IS NULL
       AND x.starts_at <= $3 AND x.ends_at > $3 ORDER BY x.starts_at, x.id LIMIT 1),
    (SELECT x.id FROM meeting x WHERE x.conference_id = c.id AND x.cancelled_at IS NULL
       AND x.ends_at <= $3 ORDER BY x.starts_at DESC, x.id DESC LIMIT 1),
    (SELECT x.id FROM meeting x WHERE x.conference_id = c.id AND x.cancelled_at IS NULL
       ORDER BY x.starts_at, x.id LIMIT 1),
    (SELECT x.id FROM meeting x WHERE x.conference_id = c.id ORDER BY x.starts_at DESC, x.id DESC LIMIT 1))";

/// The conference with the class to show, if there is such a conference. One query: rights are asked of its answer.
pub async fn find(db: &impl Read, query: Query) -> Result<Option<Found>> {
    let wanted = if query.class.is_some() { "$4" } else { CHOSEN };
    let sql = format!(
        "SELECT {meeting}, c.id AS c_id, c.external_id AS c_external_id, c.course_id, c.integration_id, c.title,
             c.description, c.time_zone, c.published, c.created_by, c.created_at AS c_created_at,
             c.updated_at AS c_updated_at, c.cancelled_at AS c_cancelled_at, k.code AS course_code,
             k.title AS course_title, k.learners_see_chat, k.learners_see_files, k.kinds_off,
             {of_minors} AS of_minors,
             n.role AS member_role, n.ends_on AS member_ends_on, w.name AS scheduled_by,
             g.kinds_off AS all_kinds_off, g.lawful_basis, g.notice_contact, g.notice_storage, g.notice_retention,
             g.notice_wording, y.state AS kind_state, y.error AS kind_error, y.note AS kind_note, y.items AS kind_items,
             y.read_at AS kind_read_at, r.started_at AS syncing_since,
             (SELECT COUNT(*) FROM meeting x WHERE x.conference_id = c.id) AS classes,
             (SELECT string_agg(u.name, $5) FROM enrolment i
              JOIN \"user\" u ON u.id = i.user_id
              WHERE i.course_id = c.course_id AND i.role = 'instructor'
                AND (i.ends_on IS NULL OR i.ends_on >= $6)) AS teachers,
             (SELECT COUNT(*) FROM enrolment l WHERE l.course_id = c.course_id AND l.role = 'learner'
                AND (l.ends_on IS NULL OR l.ends_on >= $6)) AS learners,
             (SELECT COUNT(*) FROM artifact a WHERE a.meeting_id = m.id AND a.kind = 'recording' AND {kept})
                 AS recordings,
             (SELECT COUNT(*) FROM artifact a WHERE a.meeting_id = m.id AND a.kind = 'recording' AND {kept}
                AND a.hidden_at IS NULL AND a.confidence = 'certain') AS recordings_shown,
             (SELECT COUNT(*) FROM artifact a WHERE a.meeting_id = m.id AND a.kind = 'file' AND {kept}) AS files,
             (SELECT COUNT(*) FROM artifact a WHERE a.meeting_id = m.id AND a.kind = 'file' AND {kept}
                AND a.hidden_at IS NULL AND a.confidence = 'certain') AS files_shown
         FROM conference c
         JOIN course k ON k.id = c.course_id
         JOIN integration g ON g.id = c.integration_id
         LEFT JOIN enrolment n ON n.course_id = c.course_id AND n.user_id = $2
         LEFT JOIN \"user\" w ON w.id = c.created_by
         LEFT JOIN meeting m ON m.id = {wanted} AND m.conference_id = c.id
         LEFT JOIN sync_state y ON y.meeting_id = m.id AND y.kind = $7
         LEFT JOIN sync_run r ON r.conference_id = c.id AND r.finished_at IS NULL AND r.lease_until > $3
         WHERE c.id = $1",
        meeting = meetings::COLUMNS,
        of_minors = crate::store::minors::OF_MINORS,
        kept = "(a.binned_at IS NULL OR a.restored_at >= a.binned_at)",
    );
    let class = query.class.unwrap_or(MeetingId(0));
    let binds = params![
        query.conference,
        query.user,
        query.now,
        class,
        BETWEEN.to_string(),
        query.now.date_naive(),
        query.kind
    ];
    db.row(&sql, binds).await?.map(|row| found(&row, query.kind)).transpose()
}

fn found(row: &Row, kind: SyncKind) -> Result<Found> {
    let has_meeting = row.get::<Option<i64>>("id")?.is_some();
    Ok(Found {
        placed: placed(row)?,
        meeting: has_meeting.then(|| meetings::meeting(row)).transpose()?,
        around: around(row, kind)?,
    })
}

fn placed(row: &Row) -> Result<Placed> {
    let role: Option<_> = row.get("member_role")?;
    let ends_on = row.get("member_ends_on")?;
    Ok(Placed {
        conference: Conference {
            id: row.id("c_id")?,
            external_id: row.get("c_external_id")?,
            course_id: row.id("course_id")?,
            integration_id: row.id("integration_id")?,
            title: row.get("title")?,
            description: row.get("description")?,
            time_zone: row.get("time_zone")?,
            published: row.get("published")?,
            created_by: row.id_opt("created_by")?,
            created_at: row.get("c_created_at")?,
            updated_at: row.get("c_updated_at")?,
            cancelled_at: row.get("c_cancelled_at")?,
        },
        course_code: row.get("course_code")?,
        course_title: row.get("course_title")?,
        learners_see_chat: row.get("learners_see_chat")?,
        learners_see_files: row.get("learners_see_files")?,
        of_minors: row.get("of_minors")?,
        membership: role.map(|role| Membership { role, ends_on }),
    })
}

fn around(row: &Row, kind: SyncKind) -> Result<Around> {
    let mut kinds_off: Vec<SyncKind> = row.json("kinds_off")?;
    kinds_off.extend(row.json::<Vec<SyncKind>>("all_kinds_off")?);
    let state: Option<KindState> = row.get("kind_state")?;
    let reading = |state| -> Result<Reading> {
        Ok(Reading {
            kind,
            state,
            error: row.get("kind_error")?,
            note: row.get("kind_note")?,
            items: row.get("kind_items")?,
            read_at: row.get("kind_read_at")?,
        })
    };
    Ok(Around {
        classes: row.get("classes")?,
        teachers: names(row, "teachers")?,
        learners: row.get("learners")?,
        scheduled_by: row.get("scheduled_by")?,
        recordings: row.get("recordings")?,
        recordings_shown: row.get("recordings_shown")?,
        files: row.get("files")?,
        files_shown: row.get("files_shown")?,
        syncing_since: row.get("syncing_since")?,
        kinds_off,
        reading: state.map(reading).transpose()?,
        notice: Notice {
            basis: row.get("lawful_basis")?,
            storage: row.get("notice_storage")?,
            kept: row.get("notice_retention")?,
            contact: row.get("notice_contact")?,
            wording: row.get("notice_wording")?,
        },
    })
}

/// One class on the line of all of them.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    /// The class.
    pub id: MeetingId,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// What became of it, as of now.
    pub verdict: Verdict,
}

/// All classes of a conference by start.
pub async fn stops(db: &impl Read, conference: ConferenceId, now: DateTime<Utc>) -> Result<Vec<Stop>> {
    let sql = format!(
        "SELECT x.id, x.starts_at, {} AS verdict FROM meeting x WHERE x.conference_id = $1
         ORDER BY x.starts_at, x.id",
        verdict_now("$2")
    );
    let rows = db.rows(&sql, params![conference, now]).await?;
    rows.iter()
        .map(|row| {
            Ok(Stop { id: row.id("id")?, starts_at: row.get("starts_at")?, verdict: row.get("verdict")? })
        })
        .collect()
}
