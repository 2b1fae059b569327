//! Sends what is due to one person. Everything is asked again at this moment: whether they may still see it, whether it is
//! still so, whether they still want it. A letter has its id before it is sent for the first time; after a crash the same
//! mails go out under the same id.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::words::{self, Said};
use super::{Way, choices, deliver, way};
use crate::app::App;
use crate::model::id::UserId;
use crate::model::mail::{Dropped, Mail, MailKind, Pace, one_line};
use crate::model::people::User;
use crate::ops::turn::Turn;
use crate::ops::{Error, Result, audit, report, say_with};
use crate::post::{Letter, NotSent};
use crate::store::mail as store;
use crate::store::{Tx, users};
use crate::text;

/// Things in one letter; what is more goes into the next.
const MOST: i64 = 50;

/// A letter that nobody takes for so long is given up.
const GIVE_UP: TimeDelta = TimeDelta::days(3);

/// Sends what is due to `user`, as few letters as it may be. `attempts` says how often this was begun.
pub async fn send(app: &App, user: UserId, attempts: i64) -> Result<Turn> {
    if way(app) == Way::Off {
        return Ok(Turn::Done);
    }
    loop {
        let due = store::due(&app.store, user, app.clock.now(), MOST).await?;
        let Some(batch) = together(due) else { return Ok(Turn::Done) };
        let Some(reader) = users::find(&app.store, user).await? else { return Ok(Turn::Done) };
        let Some((letter, mails)) = write(app, &reader, batch).await? else { continue };
        match deliver(app, &letter).await {
            Ok(Ok(())) => settle_sent(app, &reader, (&letter.id, &mails)).await?,
            Ok(Err(NotSent::Refused(why))) => drop_these(app, &mails, (Dropped::Refused, &why)).await?,
            Ok(Err(NotSent::Later(why))) => return later(app, (&letter.id, &mails), (attempts, &why)).await,
            Err(error @ (Error::Graph(_) | Error::NotReady(_))) => {
                note_failed(app, &letter.id, &error.to_string()).await?;
                if let Error::Graph(graph) = &error
                    && let Some(wait) = graph.retry_after().and_then(|wait| TimeDelta::from_std(wait).ok())
                {
                    let at = app.clock.now() + wait.max(TimeDelta::seconds(1));
                    return Ok(Turn::Again(at, error.to_string()));
                }
                return later(app, (&letter.id, &mails), (attempts, &error.to_string())).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The mails of the next letter: the rest of one that was begun, something that stands alone, or all the others.
fn together(due: Vec<Mail>) -> Option<Vec<Mail>> {
    let first = due.first()?;
    if let Some(letter) = first.letter.clone() {
        return Some(due.into_iter().filter(|mail| mail.letter.as_deref() == Some(&letter)).collect());
    }
    let alone = |kind: MailKind| kind.is_urgent() || kind.is_periodic();
    if let Some(urgent) = due.iter().position(|mail| alone(mail.kind)) {
        return due.into_iter().nth(urgent).map(|mail| vec![mail]);
    }
    Some(due)
}

/// Writes the letter of those mails that may still be sent, and binds them to it. `None` if none may, or not now.
async fn write(app: &App, reader: &User, batch: Vec<Mail>) -> Result<Option<(Letter, Vec<Mail>)>> {
    let now = app.clock.now();
    let chosen = store::choices(&app.store, reader.id).await?;
    let (mut kept, mut dropped, mut put_off) = (Vec::new(), Vec::new(), Vec::new());
    for mail in batch {
        if let Some(until) = rest(app, &mail, now) {
            put_off.push((mail, until));
            continue;
        }
        let is_off = |(kind, pace): &(MailKind, Pace)| *kind == mail.kind && *pace == Pace::Off;
        let judged = if reader.disabled_at.is_some() {
            Err(Dropped::Disabled)
        } else if mail.kind.is_optional() && chosen.iter().any(is_off) {
            Err(Dropped::Unwanted)
        } else {
            words::say(app, reader, &mail).await?
        };
        match judged {
            Ok(said) => kept.push((mail, said)),
            Err(why) => dropped.push((mail, why)),
        }
    }
    let begun = kept.iter().find_map(|(mail, _)| mail.letter.clone());
    let id = begun.map_or_else(crate::secrets::random_token, Ok)?;
    let tx = app.store.write().await?;
    for (mail, why) in &dropped {
        drop_one(app, &tx, mail, (*why, "")).await?;
    }
    for (mail, until) in &put_off {
        store::put_off(&tx, mail, *until).await?;
    }
    for (mail, _) in kept.iter().filter(|(mail, _)| mail.letter.is_none()) {
        store::bind(&tx, mail, &id).await?;
    }
    tx.commit().await?;
    if kept.is_empty() {
        return Ok(None);
    }
    let (mails, said): (Vec<Mail>, Vec<Said>) = kept.into_iter().unzip();
    Ok(Some((letter(app, reader, (id, &mails), said)?, mails)))
}

/// Until when a mail rests because the quiet hours began while it waited; a letter that was begun does not.
fn rest(app: &App, mail: &Mail, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let until = report::hours(app).after_quiet(now);
    (until > now && !mail.kind.is_urgent() && mail.letter.is_none()).then_some(until)
}

fn letter(app: &App, reader: &User, (id, mails): (String, &[Mail]), mut said: Vec<Said>) -> Result<Letter> {
    let t = text::text(&reader.language);
    let subject = match said.as_slice() {
        [one] => one.subject.clone(),
        several => {
            let same = mails.iter().all(|mail| mail.kind == mails[0].kind);
            words::digest_subject(t, same.then_some(mails[0].kind), several.len())
        }
    };
    let mut kinds: Vec<MailKind> =
        mails.iter().map(|mail| mail.kind).filter(|kind| kind.is_optional()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    Ok(Letter {
        t,
        id,
        to_address: reader.email.clone(),
        to_name: one_line(&reader.name),
        subject: one_line(&subject),
        why: said.first().map(|one| one.why.to_owned()).unwrap_or_default(),
        items: said.drain(..).map(|one| one.item).collect(),
        choices: words::choices_link(app, t),
        unsubscribe: (!kinds.is_empty())
            .then(|| choices::stop_link(app, t, (reader.id, &kinds)))
            .transpose()?,
    })
}

async fn settle_sent(app: &App, reader: &User, (letter, mails): (&str, &[Mail])) -> Result<()> {
    let about: Vec<_> =
        mails.iter().map(|mail| json!({ "kind": mail.kind, "about": mail.subject })).collect();
    let tx = app.store.write().await?;
    store::sent(&tx, letter, app.clock.now()).await?;
    let entry = (format!("user:{}", reader.id), json!({ "letter": letter, "mails": about }));
    audit::record(app, &tx, None, "mail.sent", entry).await?;
    tx.commit().await?;
    Ok(())
}

async fn drop_these(app: &App, mails: &[Mail], (why, error): (Dropped, &str)) -> Result<()> {
    tracing::warn!(%why, error, "a mail is not sent");
    let tx = app.store.write().await?;
    for mail in mails {
        drop_one(app, &tx, mail, (why, error)).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn drop_one(app: &App, tx: &Tx, mail: &Mail, (why, error): (Dropped, &str)) -> Result<()> {
    if store::drop(tx, mail, why, error, app.clock.now()).await? {
        let about = json!({ "kind": mail.kind, "about": mail.subject, "because": why });
        audit::record(app, tx, None, "mail.dropped", (format!("user:{}", mail.user_id), about)).await?;
    }
    Ok(())
}

async fn note_failed(app: &App, letter: &str, error: &str) -> Result<()> {
    let tx = app.store.write().await?;
    store::failed(&tx, letter, error).await?;
    tx.commit().await?;
    Ok(())
}

/// Comes again later, ever more slowly; after three days the work is given up and waits for a person.
async fn later(app: &App, (letter, mails): (&str, &[Mail]), (attempts, why): (i64, &str)) -> Result<Turn> {
    note_failed(app, letter, why).await?;
    let now = app.clock.now();
    let since = mails.iter().map(|mail| mail.due_at).min().unwrap_or(now);
    if now - since > GIVE_UP {
        return Err(Error::Conflict(say_with("mail-given-up", &[("why", why.into())])));
    }
    let doublings = u32::try_from(attempts.clamp(1, 7) - 1).unwrap_or_default();
    Ok(Turn::Again(
        now + TimeDelta::seconds(60 * (1_i64 << doublings)).min(TimeDelta::hours(1)),
        why.to_owned(),
    ))
}
