//! Signing in and out, and setting a password: by a one-time link or by knowing the present one. Guessing is slowed
//! down per account and per network address; an unknown address takes as long and answers as a known one does.

use std::net::IpAddr;
use std::sync::PoisonError;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::sync::Semaphore;

use super::{Error, Result, audit, say, say_with};
use crate::app::App;
use crate::model::access::Viewer;
use crate::model::attempts::Key;
use crate::model::id::UserId;
use crate::model::people::{
    PASSWORD_LEAST, PASSWORD_MOST, PasswordFault, User, normal_email, password_fault,
};
use crate::secrets::{self, SecretsError, hash_token, random_token};
use crate::store::{Tx, links, sessions, users};

/// A one-time link is good this long.
pub const LINK_LIFE: TimeDelta = TimeDelta::days(7);

/// Sign-ins that may be under way from one network address besides failures: a class arrives together.
const CLASS: usize = 40;

/// Passwords hashed at once: each takes a core and 19 MiB for tens of milliseconds.
static HASHING: Semaphore = Semaphore::const_new(4);

/// Someone tries to sign in.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The address as typed.
    pub email: String,
    /// The password as typed.
    pub password: String,
    /// Where it comes from, if known.
    pub from: Option<IpAddr>,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// A session began; this is its cookie's value.
    Done(String),
    /// Address and password do not fit together, or the person is disabled: all the same from outside.
    Refused,
    /// Too many failures; try again after this time.
    Slowed(TimeDelta),
}

/// Tries to sign in.
pub async fn sign_in(app: &App, attempt: Attempt) -> Result<SignIn> {
    let email = normal_email(&attempt.email);
    let turn = match Turn::begin(app, keys(app, &email, attempt.from)) {
        Ok(turn) => turn,
        Err(wait) => {
            metrics::counter!("onrecord_sign_ins_total", "outcome" => "slowed").increment(1);
            return Ok(SignIn::Slowed(wait));
        }
    };
    let outcome = judge(app, &email, attempt).await?;
    if matches!(outcome, SignIn::Done(_)) {
        turn.succeeded();
    }
    Ok(outcome)
}

/// An attempt under way. Dropped without [`Turn::succeeded`], also when the caller went away, it was a failure.
struct Turn<'a> {
    app: &'a App,
    keys: Vec<Key>,
    succeeded: bool,
}

impl<'a> Turn<'a> {
    fn begin(app: &'a App, keys: Vec<Key>) -> std::result::Result<Self, TimeDelta> {
        let mut attempts = app.sign_ins.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.begin(&keys, app.clock.now())?;
        Ok(Self { app, keys, succeeded: false })
    }

    fn succeeded(mut self) {
        self.succeeded = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let failed_at = (!self.succeeded).then(|| self.app.clock.now());
        self.app.sign_ins.lock().unwrap_or_else(PoisonError::into_inner).end(&self.keys, failed_at);
    }
}

fn keys(app: &App, email: &str, from: Option<IpAddr>) -> Vec<Key> {
    let most = app.config.limits.sign_ins_per_minute.get() as usize;
    let account = Key { name: format!("account:{email}"), most, at_once: 0 };
    let address = from.map(|from| Key { name: format!("address:{from}"), most, at_once: CLASS });
    std::iter::once(account).chain(address).collect()
}

async fn judge(app: &App, email: &str, attempt: Attempt) -> Result<SignIn> {
    let known = users::credential(&app.store, email).await?;
    let stored = known.as_ref().and_then(|known| known.password_hash.clone());
    let fits = verify(attempt.password, stored).await?;
    let Some(known) = known else {
        metrics::counter!("onrecord_sign_ins_total", "outcome" => "unknown").increment(1);
        return Ok(SignIn::Refused);
    };
    let from = attempt.from.map(|from| from.to_string());
    let about = (format!("user:{}", known.id), json!({ "from": from }));
    let tx = app.store.write().await?;
    if !fits || known.disabled_at.is_some() {
        metrics::counter!("onrecord_sign_ins_total", "outcome" => "refused").increment(1);
        audit::record(app, &tx, Some(known.id), "user.sign_in_refused", about).await?;
        tx.commit().await?;
        return Ok(SignIn::Refused);
    }
    metrics::counter!("onrecord_sign_ins_total", "outcome" => "done").increment(1);
    let token = begin_session(app, &tx, known.id).await?;
    audit::record(app, &tx, Some(known.id), "user.signed_in", about).await?;
    tx.commit().await?;
    Ok(SignIn::Done(token))
}

async fn begin_session(app: &App, tx: &Tx, user: UserId) -> Result<String> {
    let token = random_token()?;
    let now = app.clock.now();
    sessions::sweep(tx, now).await?;
    sessions::insert(tx, &hash_token(&token), user, now).await?;
    Ok(token)
}

/// Ends the session of this cookie. Ending what is not there is no error.
pub async fn sign_out(app: &App, cookie: &str) -> Result<()> {
    let tx = app.store.write().await?;
    if let Some(user) = sessions::end(&tx, &hash_token(cookie)).await? {
        audit::record(app, &tx, Some(user), "user.signed_out", (format!("user:{user}"), json!({}))).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// A one-time link that sets a password.
#[derive(Debug, Clone)]
pub struct Link {
    /// The absolute address: whoever has it can sign in as the person, once.
    pub url: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Makes a one-time link for `user`; earlier ones end. Audited in the same transaction.
pub async fn make_link(app: &App, tx: &Tx, by: Option<UserId>, user: UserId) -> Result<Link> {
    let token = random_token()?;
    let now = app.clock.now();
    let expires_at = now + LINK_LIFE;
    links::insert(tx, user, &hash_token(&token), by, (now, expires_at)).await?;
    let about = (format!("user:{user}"), json!({ "expires_at": expires_at }));
    audit::record(app, tx, by, "user.link_made", about).await?;
    Ok(Link { url: format!("{}/welcome/{token}", app.config.public_url().base()), expires_at })
}

/// Whose link this is; `None` if it was used, has expired or never was.
pub async fn link_owner(app: &App, token: &str) -> Result<Option<User>> {
    match links::owner(&app.store, &hash_token(token), app.clock.now()).await? {
        Some(user) => Ok(users::find(&app.store, user).await?),
        None => Ok(None),
    }
}

/// Sets the password of a link's owner, ends their sessions, and begins a new one whose cookie value is returned.
/// `NotFound` if the link is no longer good, `Invalid` on `password` if the password is not good enough.
pub async fn set_password_by_link(app: &App, token: &str, password: String) -> Result<String> {
    let owner = link_owner(app, token).await?.ok_or(Error::NotFound)?;
    let hash = hashed(password, &owner.email).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let user = links::spend(&tx, &hash_token(token), now).await?.ok_or(Error::NotFound)?;
    store_password(app, &tx, user, &hash, None).await?;
    let session = begin_session(app, &tx, user).await?;
    audit::record(
        app,
        &tx,
        Some(user),
        "user.password_set",
        (format!("user:{user}"), json!({ "by": "link" })),
    )
    .await?;
    tx.commit().await?;
    Ok(session)
}

/// Changes one's own password; all sessions but the one of `cookie` end. `Invalid` names the field at fault.
pub async fn change_password(
    app: &App,
    viewer: &Viewer,
    cookie: Option<&str>,
    (present, wanted): (String, String),
) -> Result<()> {
    let user = viewer.user_id;
    let turn = Turn::begin(app, keys(app, &viewer.email, None)).map_err(|wait| {
        let seconds = wait.num_seconds().max(1);
        Error::invalid("current_password", say_with("op-too-many-attempts", &[("seconds", seconds.into())]))
    })?;
    let stored = users::password_hash(&app.store, user).await?;
    if !verify(present, stored).await? {
        return Err(Error::invalid("current_password", say("op-not-your-password")));
    }
    turn.succeeded();
    let hash = hashed(wanted, &viewer.email).await?;
    let tx = app.store.write().await?;
    store_password(app, &tx, user, &hash, cookie).await?;
    let about = (format!("user:{user}"), json!({ "by": "present password" }));
    audit::record(app, &tx, Some(user), "user.password_set", about).await?;
    tx.commit().await?;
    Ok(())
}

/// Sets a person's password from the command line and ends their sessions.
pub async fn set_password(app: &App, user: &User, password: String) -> Result<()> {
    let hash = hashed(password, &user.email).await?;
    let tx = app.store.write().await?;
    store_password(app, &tx, user.id, &hash, None).await?;
    let about = (format!("user:{}", user.id), json!({ "by": "operator" }));
    audit::record(app, &tx, None, "user.password_set", about).await?;
    tx.commit().await?;
    Ok(())
}

async fn store_password(app: &App, tx: &Tx, user: UserId, hash: &str, kept: Option<&str>) -> Result<()> {
    users::set_password(tx, user, hash, app.clock.now()).await?;
    sessions::end_others(tx, user, kept.map(hash_token).as_deref()).await?;
    Ok(())
}

/// The hash of a password that is good enough for the person with this address.
async fn hashed(password: String, email: &str) -> Result<String> {
    if let Some(fault) = password_fault(&password, email) {
        return Err(Error::invalid("password", password_text(fault)));
    }
    let hash = on_a_thread(move || secrets::hash_password(&password)).await?;
    Ok(hash?)
}

fn password_text(fault: PasswordFault) -> String {
    match fault {
        PasswordFault::Short(length) => {
            say_with("op-password-short", &[("least", PASSWORD_LEAST.into()), ("n", length.into())])
        }
        PasswordFault::Long => say_with("op-password-long", &[("most", PASSWORD_MOST.into())]),
        PasswordFault::OneCharacter => say("op-password-one-character"),
        PasswordFault::Address => say("op-password-address"),
    }
}

async fn verify(password: String, stored: Option<String>) -> Result<bool> {
    on_a_thread(move || secrets::verify_password(&password, stored.as_deref())).await
}

/// Runs slow cryptography where it holds nothing else up.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _turn = HASHING.acquire().await.map_err(|error| SecretsError::System(error.to_string()))?;
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| SecretsError::System(error.to_string()).into())
}
