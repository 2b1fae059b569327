//! The home page of administrators and officers: what is wrong now, and the classes of today.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{Seat, class_words, lines, store, told, verdict, zone};
use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::ops::Result;
use crate::store::conference_lists::Eyes;
use crate::store::pages::home::{Chores, Class, Faulty};
use crate::web::page::Standing;
use crate::web::pages::home::{Figure, Home};
use crate::web::pages::trouble::{self, EnableFailure};
use crate::web::parts::{Empty, Link, Mark, Note};
use crate::web::when::{self, When};

/// Verdicts are counted this far back.
const BACK: TimeDelta = TimeDelta::days(7);

/// Classes that will not be recorded are looked for this far ahead.
const AHEAD: TimeDelta = TimeDelta::days(14);

/// Classes of today that are shown.
const TODAY: i64 = 12;

/// The page of an administrator or officer.
pub(super) async fn home(seat: Seat<'_>) -> Result<Home> {
    let db = &seat.app.store;
    let past = (seat.now - BACK, seat.now);
    let verdicts = store::verdicts(db, past).await?;
    let chores = store::chores(db).await?;
    let today = today(seat).await?;
    let mut home = seat.blank(today.first().map_or(Tz::UTC, zone));
    home.wrong = wrong(seat, chores).await?;
    home.headline = match home.wrong.len() {
        0 => seat.t.get("home-all-well").to_owned(),
        n => seat.t.with("home-need-mending", &[("n", n.into())]),
    };
    home.figures = figures(seat, &verdicts, chores);
    home.fresh_title = seat.t.get("home-today");
    home.fresh = lines(seat, &today.iter().collect::<Vec<_>>()).await?;
    if home.fresh.is_empty() {
        home.empty = Some(Empty {
            icon: "conferences",
            title: seat.t.get("home-none-today").into(),
            text: seat.t.get("home-none-today-text").into(),
            action: Some(Link::new("/conferences", seat.t.get("all-conferences"))),
        });
    }
    Ok(home)
}

/// The classes of this day, each as its own zone has it: what was over some hours ago is left out.
async fn today(seat: Seat<'_>) -> Result<Vec<Class>> {
    let around = (seat.now - TimeDelta::hours(4), seat.now + TimeDelta::hours(20));
    let mut classes = store::classes(&seat.app.store, Eyes::All, around, TODAY).await?;
    classes.retain(|class| {
        let day = |at: DateTime<Utc>| at.with_timezone(&zone(class)).date_naive();
        day(class.starts_at) == day(seat.now)
    });
    Ok(classes)
}

fn figures(seat: Seat<'_>, verdicts: &[(Verdict, i64)], chores: Chores) -> Vec<Figure> {
    let t = seat.t;
    let of = |wanted: &[Verdict]| -> i64 {
        verdicts.iter().filter(|(verdict, _)| wanted.contains(verdict)).map(|(_, n)| n).sum()
    };
    let figure = |mark, n: i64, words: &str, href: &str| Figure {
        mark,
        value: when::count(n),
        words: words.to_owned(),
        href: href.to_owned(),
    };
    let missing = of(&[Verdict::Missing]);
    let on_their_way = of(&[Verdict::Waiting, Verdict::Upcoming, Verdict::Running]);
    vec![
        figure(
            Some(Mark::Recorded),
            of(&[Verdict::Recorded]),
            t.get("figure-recorded"),
            "/conferences?status=ended",
        ),
        figure(
            (missing > 0).then_some(Mark::Missing),
            missing,
            t.get("figure-missing"),
            "/conferences?status=attention",
        ),
        figure(Some(Mark::Waiting), on_their_way, t.get("figure-waiting"), "/conferences?status=ended"),
        figure(None, chores.inbox, t.get("figure-inbox"), "/admin/inbox"),
    ]
}

/// What is wrong now, worst first. Three queries.
async fn wrong(seat: Seat<'_>, chores: Chores) -> Result<Vec<Note>> {
    let db = &seat.app.store;
    let ahead = (seat.now - TimeDelta::days(1), seat.now + AHEAD);
    let mut notes = told(seat).await?;
    notes.extend(connection(seat, chores));
    for account in store::full_accounts(db).await? {
        notes.push(trouble::storage_full(seat.t, &account));
    }
    for faulty in store::failing(db, ahead, seat.now).await? {
        if let Some(failure) = class_words::failure(faulty.fault) {
            notes.push(failing(seat, &faulty, failure));
        }
    }
    for faulty in store::missing(db, (seat.now - BACK, seat.now)).await? {
        notes.push(missing(seat, &faulty));
    }
    if chores.dead_jobs > 0 {
        let title = seat.t.with("home-dead-jobs", &[("n", chores.dead_jobs.into())]);
        let note = Note::new(Some(Mark::Missing), title).line(seat.t.get("monitor-dead-lead"));
        notes.push(note.link(Link::new("/admin/monitor", seat.t.get("nav-monitor"))));
    }
    Ok(notes)
}

/// Whether OnRecord is connected to Microsoft at all.
fn connection(seat: Seat<'_>, chores: Chores) -> Vec<Note> {
    let t = seat.t;
    let note = |title, line| {
        let note = Note::new(Some(Mark::Missing), title).line(line);
        match seat.reader.account.standing {
            Standing::Admin => note.link(Link::new("/settings/integrations/teams", t.get("teams-title"))),
            _ => note,
        }
    };
    if chores.connected == 0 {
        return vec![note(t.get("home-not-connected"), t.get("home-not-connected-text"))];
    }
    let mut notes = Vec::new();
    if chores.verified < chores.connected {
        notes.push(note(t.get("home-not-verified"), t.get("home-not-verified-text")));
    }
    if chores.accounts == 0 {
        notes.push(note(t.get("home-no-account"), t.get("home-no-account-text")));
    }
    notes
}

fn failing(seat: Seat<'_>, faulty: &Faulty<AutoRecordingStatus>, failure: EnableFailure) -> Note {
    let t = seat.t;
    let first = When::new(t, Tz::UTC, seat.now).relative_words(faulty.first_at);
    let harmed = if faulty.first_at > seat.now {
        t.with("home-failing", &[("n", faulty.count.into()), ("first", first.into())])
    } else {
        t.with("home-failing-now", &[("n", faulty.count.into())])
    };
    Note::new(Some(Mark::Missing), t.get("enable-failed"))
        .line(harmed)
        .line(failure.sentence(t))
        .fix(failure.fix(t))
        .link(Link::new("/conferences?status=attention", t.get("home-see-classes")))
}

fn missing(seat: Seat<'_>, faulty: &Faulty<String>) -> Note {
    let title = seat.t.with("home-missing-count", &[("n", faulty.count.into())]);
    let found = verdict::missing(seat.t, &faulty.fault);
    Note::new(Some(Mark::Missing), title)
        .line(found.why)
        .fix(found.fix)
        .link(Link::new("/admin/ledger?verdict=missing", seat.t.get("home-see-in-ledger")))
}
