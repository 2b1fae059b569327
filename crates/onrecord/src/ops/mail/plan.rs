//! What people are to be told becomes rows. It looks at what is new, not at what happened before: a missed run is made
//! good by the next, and where no mail is set up, news is forgotten instead of kept for the day when it is.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc, Weekday};

use super::{STILL_NEWS, Way, way};
use crate::app::App;
use crate::model::alert::AlertKind;
use crate::model::conference::Verdict;
use crate::model::finding_code::Code;
use crate::model::job::JobKind;
use crate::model::mail::{Hours, MailKind, Pace, Part};
use crate::model::verdict::Owner;
use crate::model::words::Word as _;
use crate::ops::retention::warn;
use crate::ops::{Result, monitor, report};
use crate::store::mail::queue::{Again, Audience, Told, queue};
use crate::store::mail::sources::{self, News, Untold};
use crate::store::{Tx, jobs, mail, objections};

/// Rows handled in one transaction.
const BATCH: i64 = 200;

/// A mail is remembered for so long after it was sent; nothing older than [`STILL_NEWS`] is told.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Findings about what signs in at Microsoft.
const ENDING: [Code; 5] = [
    Code::SecretExpiring,
    Code::SecretExpired,
    Code::CertificateExpiring,
    Code::CertificateExpired,
    Code::SecretUnreadable,
];

/// Queues what deserves a mail, and the work that sends what is due.
pub async fn plan(app: &App) -> Result<()> {
    if way(app) == Way::Off {
        return forget(app).await;
    }
    let hours = report::hours(app);
    while tell_news(app, hours).await? {}
    while tell_alerts(app, hours).await? {}
    tell_endings(app, hours).await?;
    tell_given_up(app, hours).await?;
    tell_cases(app, hours).await?;
    if let Some(day) = hours.morning_of(app.clock.now()) {
        tell_morning(app, hours, day).await?;
    }
    forget_old(app).await?;
    wake_senders(app).await
}

/// What was sent or dropped long ago is forgotten: by then nothing of it is news any more.
async fn forget_old(app: &App) -> Result<()> {
    let before = app.clock.now() - KEPT;
    if mail::any_older(&app.store, before).await? {
        let tx = app.store.write().await?;
        mail::forget_older(&tx, before, 1_000).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Nobody is told, now or later.
async fn forget(app: &App) -> Result<()> {
    let db = &app.store;
    let nothing = sources::news(db, 1).await?.is_empty()
        && sources::untold(db, 1).await?.is_empty()
        && !mail::any_waiting(db).await?;
    if nothing {
        return Ok(());
    }
    let now = app.clock.now();
    loop {
        let tx = app.store.write().await?;
        let forgotten = sources::forget_news(&tx, BATCH, now).await?;
        mail::drop_all(&tx, now).await?;
        tx.commit().await?;
        if forgotten < BATCH as u64 {
            return Ok(());
        }
    }
}

fn told(
    hours: Hours,
    kind: MailKind,
    subject: &str,
    at: DateTime<Utc>,
    by: Option<DateTime<Utc>>,
) -> Told<'_> {
    Told {
        kind,
        subject,
        at,
        soon: hours.due(kind, Pace::AtOnce, at, by),
        daily: hours.due(kind, Pace::Daily, at, by),
    }
}

/// Tells of classes that were recorded, or were not. True if there may be more.
async fn tell_news(app: &App, hours: Hours) -> Result<bool> {
    let news = sources::news(&app.store, BATCH).await?;
    if news.is_empty() {
        return Ok(false);
    }
    let tx = app.store.write().await?;
    for one in &news {
        tell_class(app, &tx, hours, one).await?;
        sources::told_news(&tx, one).await?;
    }
    tx.commit().await?;
    Ok(news.len() as i64 == BATCH)
}

async fn tell_class(app: &App, tx: &Tx, hours: Hours, news: &News) -> Result<()> {
    let now = app.clock.now();
    let kind = match news.verdict {
        Verdict::Recorded => MailKind::RecordingReady,
        Verdict::Missing => MailKind::StillMissing,
        _ => return Ok(()),
    };
    if news.ends_at < now - STILL_NEWS {
        return Ok(());
    }
    let is_for = |part: &&Part| **part != Part::Learner || news.published;
    let parts: Vec<Part> = kind.reaches().iter().filter(is_for).copied().collect();
    let subject = format!("meeting:{}", news.meeting_id);
    let told = told(hours, kind, &subject, now, None);
    queue(tx, told, Audience::Course(news.course_id, &parts, now.date_naive()), Again::AfterDropped).await?;
    Ok(())
}

/// Tells of what can still be mended before or during class. True if there may be more.
async fn tell_alerts(app: &App, hours: Hours) -> Result<bool> {
    let untold = sources::untold(&app.store, BATCH).await?;
    if untold.is_empty() {
        return Ok(false);
    }
    let now = app.clock.now();
    let tx = app.store.write().await?;
    for Untold { alert_id, kind, detail, course_id, starts_at } in &untold {
        let mail = match kind {
            AlertKind::NotEnabled | AlertKind::NotOff | AlertKind::NotChecked => MailKind::FailingBeforeClass,
            AlertKind::NotRecording | AlertKind::ConfirmRecording => MailKind::NotRecording,
            AlertKind::Expiring => MailKind::Expiring,
            AlertKind::NoRoom => MailKind::NoRoom,
            AlertKind::ConsentMissing => MailKind::ConsentMissing,
        };
        let parts: Vec<Part> = kind.reaches().iter().map(|owner| part(*owner)).collect();
        let subject = match kind {
            // Told again as it grows graver.
            AlertKind::Expiring => format!("alert:{alert_id}:{detail}"),
            _ => format!("alert:{alert_id}"),
        };
        let by = Some(*starts_at).filter(|starts_at| *starts_at > now || mail.is_urgent());
        let told = told(hours, mail, &subject, now, by);
        queue(&tx, told, Audience::Course(*course_id, &parts, now.date_naive()), Again::Never).await?;
        sources::told_alert(&tx, *alert_id, now).await?;
    }
    tx.commit().await?;
    Ok(untold.len() as i64 == BATCH)
}

fn part(owner: Owner) -> Part {
    match owner {
        Owner::Instructor => Part::Instructor,
        Owner::Admin => Part::Admin,
    }
}

/// Tells that what signs in at Microsoft ends soon, once for each time it was found.
async fn tell_endings(app: &App, hours: Hours) -> Result<()> {
    let codes = ENDING.map(Code::as_str);
    for (code, since) in sources::ending_credentials(&app.store, &codes).await? {
        let day = since.with_timezone(&hours.zone).date_naive();
        // Each code has its own round, so that a secret and a certificate that end do not hide each other.
        tell_round(app, hours, (MailKind::SecretExpiring, format!("{code}:{day}"))).await?;
    }
    Ok(())
}

/// Tells that work was given up, once a day.
async fn tell_given_up(app: &App, hours: Hours) -> Result<()> {
    let today = app.clock.now().with_timezone(&hours.zone).date_naive();
    if sources::given_up_since(&app.store, hours.begin_of(today)).await? > 0 {
        tell_round(app, hours, (MailKind::DeadLetters, format!("day:{today}"))).await?;
    }
    Ok(())
}

/// Tells once a day that objections or requests for exceptions wait for somebody.
async fn tell_cases(app: &App, hours: Hours) -> Result<()> {
    let today = app.clock.now().with_timezone(&hours.zone).date_naive();
    if !objections::waiting(&app.store, app.clock.now()).await?.is_nothing() {
        tell_round(app, hours, (MailKind::CasesWaiting, format!("day:{today}"))).await?;
    }
    Ok(())
}

/// In the morning: the daily check, where something is wrong, and on Mondays the weekly report.
async fn tell_morning(app: &App, hours: Hours, day: NaiveDate) -> Result<()> {
    if day.weekday() == Weekday::Mon {
        tell_round(app, hours, (MailKind::WeeklyReport, format!("week:{day}"))).await?;
    }
    tell_removals(app, hours, day).await?;
    let subject = format!("day:{day}");
    if mail::last_round(&app.store, MailKind::DailyCheck).await?.as_deref() == Some(subject.as_str()) {
        return Ok(());
    }
    if monitor::report(app).await?.ok {
        let tx = app.store.write().await?;
        mail::put_round(&tx, MailKind::DailyCheck, &subject, app.clock.now()).await?;
        tx.commit().await?;
        return Ok(());
    }
    tell_round(app, hours, (MailKind::DailyCheck, subject)).await
}

/// Once a day: what the retention policies will remove within two weeks, once for each class.
async fn tell_removals(app: &App, hours: Hours, day: NaiveDate) -> Result<()> {
    let (kind, round) = (MailKind::Removing, format!("day:{day}"));
    if mail::last_round(&app.store, kind).await?.as_deref() == Some(round.as_str()) {
        return Ok(());
    }
    let now = app.clock.now();
    let classes: Vec<_> = warn::classes(app).await?.into_iter().collect();
    for some in classes.chunks(BATCH as usize) {
        let tx = app.store.write().await?;
        for (meeting, course) in some {
            let subject = format!("meeting:{meeting}");
            let told = told(hours, kind, &subject, now, None);
            let audience = Audience::Course(*course, kind.reaches(), now.date_naive());
            // What a hold kept is told once the hold has ended.
            queue(&tx, told, audience, Again::AfterDropped).await?;
        }
        tx.commit().await?;
    }
    let tx = app.store.write().await?;
    mail::put_round(&tx, kind, &round, now).await?;
    Ok(tx.commit().await?)
}

/// Tells those who look after the installation, unless this was told already.
async fn tell_round(app: &App, hours: Hours, (kind, subject): (MailKind, String)) -> Result<()> {
    if mail::was_told(&app.store, kind, &subject).await?
        || mail::last_round(&app.store, kind).await?.as_deref() == Some(subject.as_str())
    {
        return Ok(());
    }
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let told = told(hours, kind, &subject, now, None);
    queue(&tx, told, Audience::Installation(kind.reaches()), Again::Never).await?;
    mail::put_round(&tx, kind, &subject, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Queues work for each person to whom something is due.
async fn wake_senders(app: &App) -> Result<()> {
    let now = app.clock.now();
    let people = mail::people_due(&app.store, now, 1_000).await?;
    if people.is_empty() {
        return Ok(());
    }
    let subjects: Vec<String> = people.iter().map(|user| format!("user:{user}")).collect();
    let tx = app.store.write().await?;
    jobs::enqueue_missing(&tx, JobKind::Mail, &subjects, now, now).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(())
}
