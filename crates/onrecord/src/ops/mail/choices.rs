//! What people choose: how fast each kind of mail comes, or that it does not. Who is signed in chooses on their account
//! page; who is not can stop the kinds of one letter by the link in it, which is sealed for them.

use serde_json::json;

use crate::app::App;
use crate::model::access::Viewer;
use crate::model::id::UserId;
use crate::model::mail::{MailKind, Pace, Part, part_of_role};
use crate::model::words::Word as _;
use crate::ops::{Error, Result, audit, say};
use crate::post::Link;
use crate::store::mail as store;
use crate::store::{enrolments, users};
use crate::text::Text;

/// For what a sealed link is good.
const CONTEXT: &str = "mail/stop";

/// One kind of mail that somebody gets, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The kind.
    pub kind: MailKind,
    /// How fast it comes.
    pub pace: Pace,
}

/// The kinds that `viewer` gets and may choose about.
pub async fn choices(app: &App, viewer: &Viewer) -> Result<Vec<Choice>> {
    let parts = parts(app, viewer).await?;
    let chosen = store::choices(&app.store, viewer.user_id).await?;
    let choice = |kind: MailKind| {
        let part = kind.reaches().iter().find(|part| parts.contains(part))?;
        let own = chosen.iter().find(|(of, _)| *of == kind).map(|(_, pace)| *pace);
        Some(Choice { kind, pace: own.unwrap_or_else(|| kind.usual_pace(*part)) })
    };
    Ok(MailKind::ALL.iter().filter(|kind| kind.is_optional()).filter_map(|kind| choice(*kind)).collect())
}

async fn parts(app: &App, viewer: &Viewer) -> Result<Vec<Part>> {
    let today = app.clock.now().date_naive();
    let (teaches, learns) = enrolments::parts_of(&app.store, viewer.user_id, today).await?;
    let mut parts: Vec<Part> = viewer.role.map(part_of_role).into_iter().collect();
    parts.extend(teaches.then_some(Part::Instructor));
    parts.extend(learns.then_some(Part::Learner));
    Ok(parts)
}

/// Keeps what `viewer` chose. Kinds about which nobody chooses are refused.
pub async fn choose(app: &App, viewer: &Viewer, wanted: &[(String, String)]) -> Result<()> {
    let mut chosen = Vec::new();
    for (kind, pace) in wanted {
        let kind = MailKind::parse(kind).filter(|kind| kind.is_optional());
        let kind = kind.ok_or_else(|| Error::invalid("kind", say("mail-choice-unknown")))?;
        let pace = Pace::parse(pace).filter(|pace| *pace != Pace::Daily || !kind.is_periodic());
        let pace = pace.ok_or_else(|| Error::invalid(kind.as_str(), say("mail-choice-unknown")))?;
        chosen.push((kind, pace));
    }
    keep(app, viewer.user_id, &chosen).await
}

async fn keep(app: &App, user: UserId, chosen: &[(MailKind, Pace)]) -> Result<()> {
    let tx = app.store.write().await?;
    for (kind, pace) in chosen {
        if store::choose(&tx, user, (*kind, *pace), app.clock.now()).await? {
            let about = (format!("user:{user}"), json!({ "kind": kind, "pace": pace }));
            audit::record(app, &tx, Some(user), "mail.choice_changed", about).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// The link by which the kinds of a letter are stopped, for its reader alone.
pub(super) fn stop_link(app: &App, t: &Text, (user, kinds): (UserId, &[MailKind])) -> Result<Link> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let token = app.secrets.seal(CONTEXT, &format!("{user} {}", kinds.join(" ")))?;
    let url = format!("{}/mail/stop/{token}", app.config.public_url().base());
    Ok(Link { url, words: t.get("mail-stop").to_owned() })
}

/// Whom a link is for, and which kinds it stops. `NotFound` if it was not made here, or was changed.
pub async fn stoppable(app: &App, token: &str) -> Result<(UserId, String, Vec<MailKind>)> {
    let opened = app.secrets.open(CONTEXT, token).map_err(|_| Error::NotFound)?;
    let mut words = opened.split(' ');
    let user: UserId = words.next().and_then(|id| id.parse().ok()).ok_or(Error::NotFound)?;
    let kinds: Vec<MailKind> = words.filter_map(MailKind::parse).filter(|kind| kind.is_optional()).collect();
    let user = users::find(&app.store, user).await?.ok_or(Error::NotFound)?;
    if kinds.is_empty() {
        return Err(Error::NotFound);
    }
    Ok((user.id, user.email, kinds))
}

/// Stops the kinds of a letter for its reader. May be repeated.
pub async fn stop(app: &App, token: &str) -> Result<()> {
    let (user, _, kinds) = stoppable(app, token).await?;
    let off: Vec<_> = kinds.into_iter().map(|kind| (kind, Pace::Off)).collect();
    keep(app, user, &off).await
}
