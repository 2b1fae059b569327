//! Telling people by mail: what deserves a mail is queued from rows ([`plan`]), and what is due to a person is sent as one
//! letter ([`send`]), by the rights they have at that moment. A mail comes once for each thing and person: the row is
//! unique, and a letter that may have been sent already is sent again only under the same message id.

mod choices;
mod plan;
mod send;
mod words;

use std::time::SystemTime;

use chrono::TimeDelta;
use serde_json::json;

pub use choices::{Choice, choices, choose, stop, stoppable};
pub use plan::plan;
pub use send::send;

use super::{Error, Result, audit, integration, rights, say};
use crate::app::App;
use crate::model::access::{GlobalAct, Viewer};
use crate::model::mail::one_line;
use crate::post::{Item, Letter, Link, NotSent};
use crate::store::integrations;
use crate::store::mail as store;
use crate::{secrets, text};

/// What ended so long ago is no news: a first sync over years of classes tells nobody.
pub(crate) const STILL_NEWS: TimeDelta = TimeDelta::days(7);

/// What the page about mail counts.
const LATELY: TimeDelta = TimeDelta::days(7);

/// How letters leave this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// They do not.
    Off,
    /// By a mail server: its host and port.
    Smtp(String),
    /// By Microsoft Graph, from this mailbox.
    Graph(String),
}

/// How letters leave this installation.
pub fn way(app: &App) -> Way {
    let from = || app.config.mail.from.as_ref().map(|from| from.0.clone()).unwrap_or_default();
    match (&app.smtp, &app.config.mail.url) {
        (Some(smtp), _) => Way::Smtp(smtp.place().to_owned()),
        (None, Some(_)) => Way::Graph(from()),
        (None, None) => Way::Off,
    }
}

/// How it stands with mail, for those who look after the installation.
#[derive(Debug, Clone)]
pub struct Standing {
    /// How letters leave.
    pub way: Way,
    /// How many wait, fail, were sent and dropped in the last seven days.
    pub counts: store::Standing,
    /// What goes wrong at present, and how often.
    pub errors: Vec<(String, i64)>,
    /// The newest mails.
    pub newest: Vec<store::Shown>,
}

/// How it stands with mail.
pub async fn standing(app: &App, viewer: &Viewer) -> Result<Standing> {
    rights::global(app, viewer, GlobalAct::Administer).await?;
    let db = &app.store;
    Ok(Standing {
        way: way(app),
        counts: store::standing(db, app.clock.now() - LATELY).await?,
        errors: store::errors(db, 5).await?,
        newest: store::newest(db, 50).await?,
    })
}

/// Sends a letter to `viewer` at once, so that they see whether letters arrive. `Conflict` says why it was not taken.
pub async fn test(app: &App, viewer: &Viewer) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Administer).await?;
    if way(app) == Way::Off {
        return Err(Error::Conflict(say("mail-off-fix")));
    }
    let t = text::text(&viewer.language);
    let base = app.config.public_url();
    let letter = Letter {
        t,
        id: secrets::random_token()?,
        to_address: viewer.email.clone(),
        to_name: one_line(&viewer.name),
        subject: t.get("mail-test-subject").to_owned(),
        items: vec![Item {
            title: t.get("mail-test-title").to_owned(),
            lines: vec![t.get("mail-test-line").to_owned()],
            link: Some(Link {
                url: format!("{}/admin/mail", base.base()),
                words: t.get("mail-open-mail").to_owned(),
            }),
        }],
        why: t.get("mail-why-test").to_owned(),
        choices: words::choices_link(app, t),
        unsubscribe: None,
    };
    let outcome = deliver(app, &letter).await?;
    let about = json!({ "taken": outcome.is_ok(), "error": outcome.as_ref().err().map(ToString::to_string) });
    let tx = app.store.write().await?;
    let subject = format!("user:{}", viewer.user_id);
    audit::record(app, &tx, Some(viewer.user_id), "mail.tested", (subject, about)).await?;
    tx.commit().await?;
    outcome.map_err(|error| Error::Conflict(error.to_string()))
}

/// Hands a letter to whoever takes letters. The outer error is ours: the connection is not complete, the database.
async fn deliver(app: &App, letter: &Letter) -> Result<std::result::Result<(), NotSent>> {
    if let Some(smtp) = &app.smtp {
        return Ok(smtp.send(letter, SystemTime::from(app.clock.now())).await);
    }
    let Some(from) = &app.config.mail.from else { return Err(Error::Conflict(say("mail-off-fix"))) };
    let Some(integration) = integrations::first(&app.store).await? else {
        return Err(Error::NotReady(say("mail-graph-unconnected")));
    };
    let client = integration::connect(app, &integration)?;
    let mail = msgraph::NewMail {
        subject: letter.subject.clone(),
        html: letter.html(),
        to_address: letter.to_address.clone(),
        to_name: letter.to_name.clone(),
        headers: vec![
            ("x-onrecord-letter".to_owned(), letter.id.clone()),
            ("x-auto-response-suppress".to_owned(), "All".to_owned()),
        ],
    };
    match client.send_mail(&from.0, &mail).await {
        Ok(()) => Ok(Ok(())),
        Err(error) if error.has_code("ErrorInvalidRecipients") => {
            Ok(Err(NotSent::Refused(error.to_string())))
        }
        // What Microsoft asks us to wait for is told to the queue as it is.
        Err(error) if error.retry_after().is_some() => Err(error.into()),
        Err(error) => Ok(Err(NotSent::Later(error.to_string()))),
    }
}
