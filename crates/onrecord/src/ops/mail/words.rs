//! What a mail says, in the reader's language, and whether it is still to be said. Links lead to pages of ours, which ask
//! for rights again; no name of a learner and no address of Microsoft stands in a letter.

use chrono::{DateTime, Datelike as _, Utc};
use chrono_tz::Tz;

use crate::app::App;
use crate::model::access::{Act, Scope, Standing, Viewer};
use crate::model::alert::AlertKind;
use crate::model::artifact::Safety;
use crate::model::conference::Verdict;
use crate::model::id::MeetingId;
use crate::model::mail::{Dropped, Mail, MailKind, one_line};
use crate::model::people::{GlobalRole, User};
use crate::model::verdict::{Cause, Owner};
use crate::model::words::Word as _;
use crate::ops::retention::warn;
use crate::ops::rights::{self, Seen};
use crate::ops::{Result, monitor, report};
use crate::post::{Item, Link};
use crate::store::mail::sources::{self, Class};
use crate::store::media::{self, Breadth};
use crate::store::{conferences, monitor as counts, objections};
use crate::text::{self, Text};

/// What one mail says.
#[derive(Debug)]
pub(super) struct Said {
    /// On one line, if it is alone in its letter.
    pub(super) subject: String,
    /// In the letter.
    pub(super) item: Item,
    /// Why this person gets it.
    pub(super) why: &'static str,
}

/// What is said, or why it no longer is.
type Judged = std::result::Result<Said, Dropped>;

/// What a mail says to `reader` now.
pub(super) async fn say(app: &App, reader: &User, mail: &Mail) -> Result<Judged> {
    let t = text::text(&reader.language);
    match mail.kind {
        MailKind::RecordingReady => ready(app, t, reader, mail.meeting()).await,
        MailKind::StillMissing => missing(app, t, reader, mail.meeting()).await,
        MailKind::Removing => removing(app, t, reader, mail.meeting()).await,
        MailKind::FailingBeforeClass
        | MailKind::NotRecording
        | MailKind::Expiring
        | MailKind::NoRoom
        | MailKind::ConsentMissing => alert(app, t, reader, mail).await,
        MailKind::SecretExpiring if is_admin(reader) => ending(app, t, mail).await,
        MailKind::DeadLetters if is_admin(reader) => given_up(app, t).await,
        MailKind::CasesWaiting if reader.role.is_some() => cases(app, t).await,
        MailKind::DailyCheck if is_admin(reader) => check(app, t).await,
        MailKind::WeeklyReport if reader.role.is_some() => week(app, t, mail).await,
        _ => Ok(Err(Dropped::NotAllowed)),
    }
}

fn is_admin(reader: &User) -> bool {
    reader.role == Some(GlobalRole::Admin)
}

/// The class as `reader` stands to it now, if they see it.
async fn seen(app: &App, reader: &User, meeting: Option<MeetingId>) -> Result<Option<(Class, Seen)>> {
    let Some(meeting) = meeting else { return Ok(None) };
    let Some(class) = sources::class(&app.store, meeting).await? else { return Ok(None) };
    let placed = conferences::find_placed(&app.store, class.conference_id, reader.id).await?;
    let viewer = Viewer {
        user_id: reader.id,
        name: reader.name.clone(),
        email: reader.email.clone(),
        language: reader.language.clone(),
        role: reader.role,
        scope: Scope::Read,
    };
    let seen = placed.map(|placed| rights::see(app, &viewer, placed));
    Ok(seen.filter(|seen| seen.may(&viewer, Act::Watch)).map(|seen| (class, seen)))
}

async fn ready(app: &App, t: &'static Text, reader: &User, meeting: Option<MeetingId>) -> Result<Judged> {
    let Some((class, seen)) = seen(app, reader, meeting).await? else { return Ok(Err(Dropped::NotAllowed)) };
    if !matches!(seen.standing, Standing::Instructor | Standing::Learner) {
        return Ok(Err(Dropped::NotAllowed));
    }
    let parts = match meeting {
        Some(meeting) => media::list_of_meeting(&app.store, meeting, Breadth::Learner).await?,
        None => Vec::new(),
    };
    let there = parts.iter().filter(|part| !matches!(part.safety(), Safety::Gone | Safety::Binned)).count();
    if there == 0 {
        return Ok(Err(Dropped::Hidden));
    }
    Ok(Ok(Said {
        subject: t.with("mail-ready-subject", &class_args(t, &class)),
        item: Item {
            title: one_line(&class.title),
            lines: vec![when(t, &class), t.with("mail-ready-line", &[("n", there.into())])],
            link: Some(class_link(app, t, &class, "?tab=recordings", "mail-ready-link")),
        },
        why: why(t, seen.standing),
    }))
}

async fn missing(app: &App, t: &'static Text, reader: &User, meeting: Option<MeetingId>) -> Result<Judged> {
    let Some((class, seen)) = seen(app, reader, meeting).await? else { return Ok(Err(Dropped::NotAllowed)) };
    if !matches!(seen.standing, Standing::Instructor | Standing::Admin) {
        return Ok(Err(Dropped::NotAllowed));
    }
    if class.verdict != Verdict::Missing || class.is_cancelled {
        return Ok(Err(Dropped::Resolved));
    }
    let cause = Cause::parse(&class.cause).unwrap_or(Cause::CannotTell);
    let key = cause_key(cause);
    let acts = match cause.owner() {
        Owner::Instructor => t.get("mail-acts-instructor"),
        Owner::Admin => t.get("mail-acts-admin"),
    };
    let lines = vec![
        when(t, &class),
        t.get(&key).to_owned(),
        t.get(&format!("{key}-fix")).to_owned(),
        acts.to_owned(),
    ];
    Ok(Ok(Said {
        subject: t.with("mail-missing-subject", &class_args(t, &class)),
        item: Item {
            title: t.with("mail-missing-title", &class_args(t, &class)),
            lines,
            link: Some(class_link(app, t, &class, "", "mail-open-class")),
        },
        why: why(t, seen.standing),
    }))
}

async fn removing(app: &App, t: &'static Text, reader: &User, meeting: Option<MeetingId>) -> Result<Judged> {
    let Some((class, seen)) = seen(app, reader, meeting).await? else { return Ok(Err(Dropped::NotAllowed)) };
    if seen.standing != Standing::Instructor {
        return Ok(Err(Dropped::NotAllowed));
    }
    let due = match meeting {
        Some(meeting) => warn::first(app, meeting).await?,
        None => None,
    };
    let Some(due) = due else { return Ok(Err(Dropped::Resolved)) };
    let until = day(t, due.max(app.clock.now()), zone(&class.time_zone));
    let lines = vec![
        when(t, &class),
        t.with("mail-removing-line", &[("until", until.into())]),
        t.get("mail-removing-fix").to_owned(),
    ];
    Ok(Ok(Said {
        subject: t.with("mail-removing-subject", &class_args(t, &class)),
        item: Item {
            title: one_line(&class.title),
            lines,
            link: Some(class_link(app, t, &class, "?tab=recordings", "mail-ready-link")),
        },
        why: why(t, seen.standing),
    }))
}

async fn alert(app: &App, t: &'static Text, reader: &User, mail: &Mail) -> Result<Judged> {
    let open = match mail.alert() {
        Some(alert) => sources::open_alert(&app.store, alert).await?,
        None => None,
    };
    let Some((meeting, kind, detail)) = open else { return Ok(Err(Dropped::Resolved)) };
    let Some((class, seen)) = seen(app, reader, Some(meeting)).await? else {
        return Ok(Err(Dropped::NotAllowed));
    };
    if !matches!(seen.standing, Standing::Instructor | Standing::Admin) {
        return Ok(Err(Dropped::NotAllowed));
    }
    if class.is_cancelled {
        return Ok(Err(Dropped::Resolved));
    }
    let plain = |key| t.get(key).to_owned();
    let (subject, title, fix) = match kind {
        AlertKind::NotEnabled => ("mail-failing-subject", plain("mail-failing-title"), "mail-failing-fix"),
        AlertKind::NotOff => ("mail-not-off-subject", plain("live-not-off"), "live-not-off-fix"),
        AlertKind::NotChecked => {
            ("mail-unchecked-subject", plain("live-not-checked"), "live-not-checked-fix")
        }
        AlertKind::NotRecording => {
            ("mail-unrecorded-subject", plain("live-press-record"), "live-press-record-fix")
        }
        AlertKind::ConfirmRecording => ("mail-confirm-subject", plain("live-confirm"), "mail-confirm-fix"),
        AlertKind::Expiring => {
            let days = detail.parse::<i64>().unwrap_or_default();
            let title = t.with("live-expiring", &[("days", days.into())]);
            ("mail-expiring-subject", title, "live-expiring-fix")
        }
        AlertKind::ConsentMissing => {
            let n = detail.parse::<i64>().unwrap_or_default();
            ("mail-consent-subject", t.with("live-consent", &[("n", n.into())]), "live-consent-fix")
        }
        AlertKind::NoRoom => {
            let title = t.with("live-no-room-text", &[("account", one_line(&detail).into())]);
            ("mail-no-room-subject", title, "live-no-room-fix")
        }
    };
    let lines = vec![one_line(&class.title), when(t, &class), t.get(fix).to_owned()];
    Ok(Ok(Said {
        subject: t.with(subject, &class_args(t, &class)),
        item: Item {
            title,
            lines,
            link: Some(class_link(app, t, &class, &format!("?class={meeting}"), "mail-open-class")),
        },
        why: why(t, seen.standing),
    }))
}

async fn ending(app: &App, t: &'static Text, mail: &Mail) -> Result<Judged> {
    let code = mail.subject.split(':').next().unwrap_or_default();
    let found = sources::findings_of(&app.store, code).await?;
    if found.is_empty() {
        return Ok(Err(Dropped::Resolved));
    }
    let lines =
        found.into_iter().flat_map(|(message, fix)| [message, fix]).map(|line| one_line(&line)).collect();
    let title = t.get("mail-ending-subject").to_owned();
    let link = page_link(app, "/settings/integrations/teams", t.get("mail-open-teams"));
    Ok(Ok(Said {
        subject: title.clone(),
        item: Item { title, lines, link: Some(link) },
        why: t.get("mail-why-admin"),
    }))
}

async fn given_up(app: &App, t: &'static Text) -> Result<Judged> {
    let queue = counts::queue(&app.store).await?;
    let dead: i64 = queue.iter().map(|queue| queue.dead).sum();
    if dead == 0 {
        return Ok(Err(Dropped::Resolved));
    }
    let title = t.with("mail-dead-subject", &[("n", dead.into())]);
    let link = page_link(app, "/admin/monitor", t.get("mail-open-monitor"));
    let lines = vec![t.get("mail-dead-line").to_owned()];
    Ok(Ok(Said {
        subject: title.clone(),
        item: Item { title, lines, link: Some(link) },
        why: t.get("mail-why-admin"),
    }))
}

async fn cases(app: &App, t: &'static Text) -> Result<Judged> {
    let waiting = objections::waiting(&app.store, app.clock.now()).await?;
    if waiting.is_nothing() {
        return Ok(Err(Dropped::Resolved));
    }
    let counts = [
        ("exceptions", waiting.exceptions.into()),
        ("new", waiting.new.into()),
        ("overdue", waiting.overdue.into()),
    ];
    let title = t.get("mail-cases").to_owned();
    let link = page_link(app, "/admin/cases", t.get("cases-title"));
    let lines = vec![t.with("mail-cases-text", &counts)];
    Ok(Ok(Said {
        subject: title.clone(),
        item: Item { title, lines, link: Some(link) },
        why: t.get("mail-why-overseer"),
    }))
}

async fn check(app: &App, t: &'static Text) -> Result<Judged> {
    let report = monitor::report(app).await?;
    if report.ok {
        return Ok(Err(Dropped::Resolved));
    }
    let title = t.with("mail-check-subject", &[("n", report.problems.len().into())]);
    let link = page_link(app, "/admin/monitor", t.get("mail-open-monitor"));
    let lines = report.problems.iter().take(20).map(|problem| one_line(problem)).collect();
    Ok(Ok(Said {
        subject: title.clone(),
        item: Item { title, lines, link: Some(link) },
        why: t.get("mail-why-admin"),
    }))
}

async fn week(app: &App, t: &'static Text, mail: &Mail) -> Result<Judged> {
    let monday = mail.subject.strip_prefix("week:").and_then(|day| day.parse().ok());
    let Some(monday) = monday else { return Ok(Err(Dropped::Resolved)) };
    let report = report::of_week_before(app, monday).await?;
    let (week, before) = (&report.week, &report.before);
    let days = [("from", week.first_day.to_string().into()), ("until", week.last_day.to_string().into())];
    let title = t.with("mail-week-subject", &days);
    let number = |key: &str, now: i64, then: i64| t.with(key, &[("n", now.into()), ("before", then.into())]);
    let of = |week: &report::Week, verdict: Verdict| {
        week.verdicts.iter().find(|tally| tally.status == verdict.as_str()).map_or(0, |tally| tally.count)
    };
    let mut lines = vec![
        number("mail-week-classes", week.classes, before.classes),
        number("mail-week-recorded", of(week, Verdict::Recorded), of(before, Verdict::Recorded)),
        number("mail-week-missing", of(week, Verdict::Missing), of(before, Verdict::Missing)),
        number("mail-week-downloads", week.downloads, before.downloads),
    ];
    for class in week.missing.iter().take(10) {
        let day = class.starts_at.with_timezone(&zone(&class.time_zone)).format("%Y-%m-%d %H:%M").to_string();
        lines.push(format!(
            "{} {}, {day}: {}",
            class.course_code,
            one_line(&class.title),
            t.get(&cause_key(class.cause))
        ));
    }
    for storage in report.storage.iter().filter(|room| room.state.as_deref().is_some_and(|s| s != "normal")) {
        let args = [("account", storage.account.as_str().into())];
        lines.push(t.with("mail-week-storage", &args));
    }
    let link = page_link(app, "/admin/reports", t.get("mail-open-reports"));
    Ok(Ok(Said {
        subject: title.clone(),
        item: Item { title, lines, link: Some(link) },
        why: t.get("mail-why-overseer"),
    }))
}

/// The subject of a letter that tells several things.
pub(super) fn digest_subject(t: &'static Text, kind: Option<MailKind>, n: usize) -> String {
    let key = match kind {
        Some(MailKind::RecordingReady) => "mail-digest-ready",
        Some(MailKind::StillMissing) => "mail-digest-missing",
        _ => "mail-digest-mixed",
    };
    t.with(key, &[("n", n.into())])
}

/// Where one chooses what comes.
pub(super) fn choices_link(app: &App, t: &'static Text) -> Link {
    page_link(app, "/account#mail", t.get("mail-choose"))
}

fn page_link(app: &App, path: &str, words: &str) -> Link {
    Link { url: format!("{}{path}", app.config.public_url().base()), words: words.to_owned() }
}

fn class_link(app: &App, t: &'static Text, class: &Class, query: &str, words: &str) -> Link {
    page_link(app, &format!("/conferences/{}{query}", class.conference_id), t.get(words))
}

fn why(t: &'static Text, standing: Standing) -> &'static str {
    match standing {
        Standing::Admin | Standing::Officer => t.get("mail-why-admin"),
        Standing::Instructor => t.get("mail-why-instructor"),
        Standing::Learner | Standing::Outsider => t.get("mail-why-learner"),
    }
}

fn class_args<'a>(t: &Text, class: &'a Class) -> [(&'static str, text::Value<'a>); 3] {
    let title = one_line(&class.title);
    [
        ("title", title.into()),
        ("course", class.course_code.as_str().into()),
        ("day", day(t, class.starts_at, zone(&class.time_zone)).into()),
    ]
}

fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// "BIO-204, Tue 24 Nov 2026, 10:00–11:00 (Europe/Berlin)".
fn when(t: &Text, class: &Class) -> String {
    let zone = zone(&class.time_zone);
    let clock = |at: DateTime<Utc>| at.with_timezone(&zone).format("%H:%M").to_string();
    let args = [
        ("course", class.course_code.as_str().into()),
        ("day", day(t, class.starts_at, zone).into()),
        ("start", clock(class.starts_at).into()),
        ("end", clock(class.ends_at).into()),
        ("zone", zone.name().into()),
    ];
    t.with("mail-when", &args)
}

fn day(t: &Text, at: DateTime<Utc>, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    let args = [
        ("weekday", t.weekday_short(local.weekday()).into()),
        ("day", local.day().to_string().into()),
        ("month", t.month_short(local.month0()).into()),
        ("year", local.year().to_string().into()),
    ];
    t.with("mail-day", &args)
}

/// The sentence about a cause; with `-fix` what mends it.
fn cause_key(cause: Cause) -> String {
    let stem = match cause {
        Cause::NoTeamsMeeting => "no-meeting",
        Cause::Permission => "permission",
        Cause::Licence => "licence",
        Cause::SwitchedOff => "switched-off",
        Cause::NotEnabled => "not-enabled",
        Cause::PolicyOff => "policy-off",
        Cause::NobodyMayRecord => "nobody",
        Cause::NotRecorded => "not-recorded",
        Cause::RecordingFailed => "failed",
        Cause::StorageFull => "storage",
        Cause::StoppedEarly => "stopped",
        Cause::InInbox => "inbox",
        Cause::Expired => "expired",
        Cause::Lost => "lost",
        Cause::OrganizerGone => "organizer",
        Cause::NeverOffered => "never",
        Cause::CannotRead => "cannot-read",
        Cause::CannotTell => "cannot-tell",
    };
    format!("missing-{stem}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_its_sentence_and_its_fix() {
        for cause in Cause::ALL {
            let key = cause_key(*cause);
            assert!(text::english().has(&key) && text::english().has(&format!("{key}-fix")), "{cause}");
        }
    }
}
