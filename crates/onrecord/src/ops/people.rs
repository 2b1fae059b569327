//! The people of the installation: adding, changing, inviting, disabling. Whoever adds the same person twice, by the
//! school's own id, changes nothing the second time. The last admin can be neither disabled nor made something else.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::actor::Actor;
use super::sign_in::{self, Link};
use super::{Error, FieldError, Result, audit, say, say_with};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::UserId;
use crate::model::people::{GlobalRole, User, is_email, normal_email};
use crate::model::wish::Wish;
use crate::store::users::{self, NewUser};
use crate::store::{Tx, links, sessions, tokens};

/// What is wanted of a person. What is unsaid stays as it is, or is empty for a new person.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// The address one signs in with; a new person needs one.
    pub email: Option<String>,
    /// The name to show; a new person without one is shown by address.
    pub name: Option<String>,
    /// Role over the installation.
    pub role: Wish<GlobalRole>,
    /// Microsoft's user principal name.
    pub upn: Wish<String>,
    /// The Graph `user.id`.
    pub entra_object_id: Wish<String>,
    /// The id in the school's own system.
    pub external_id: Wish<String>,
    /// Language (BCP 47).
    pub language: Option<String>,
}

/// What became of something that was to be as wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is new.
    Added,
    /// It was otherwise.
    Changed,
    /// It was so already.
    Unchanged,
}

/// Adds a person, or changes the one with the same external id. Somebody else with the same address is a `Conflict`,
/// unless they have no external id yet: then they get it.
pub async fn put(app: &App, actor: Actor<'_>, wanted: Person) -> Result<(User, Written)> {
    actor.must(app, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    let external = wanted.external_id.value().cloned();
    let email = wanted.email.as_deref().map(normal_email);
    let same = match &external {
        Some(external) => users::find_by_external_id(&tx, external.trim()).await?,
        None => None,
    };
    let found = match (same, &email) {
        (Some(user), _) => Some(user),
        (None, Some(email)) => users::find_by_email(&tx, email).await?,
        (None, None) => None,
    };
    let written = match found {
        Some(user) if external.is_some() && is_or_may_become(&user, external.as_deref()) => {
            write_change(app, &tx, actor, (user, wanted)).await?
        }
        Some(_) => return Err(taken()),
        None => add(app, &tx, actor, wanted).await?,
    };
    tx.commit().await?;
    Ok(written)
}

fn is_or_may_become(user: &User, external: Option<&str>) -> bool {
    user.external_id.is_none() || user.external_id.as_deref() == external.map(str::trim)
}

fn taken() -> Error {
    Error::Conflict(say("op-address-taken"))
}

/// Adds a person in a transaction of the caller, who has checked the right to do so.
pub async fn add(app: &App, tx: &Tx, actor: Actor<'_>, wanted: Person) -> Result<(User, Written)> {
    let nobody = NewUser {
        email: String::new(),
        name: String::new(),
        role: None,
        upn: None,
        entra_object_id: None,
        external_id: None,
        language: "en".to_owned(),
    };
    let new = merged(nobody, wanted)?;
    let id = users::insert(tx, &new, app.clock.now()).await.map_err(conflict)?;
    let about = (format!("user:{id}"), json!({ "email": new.email, "name": new.name, "role": new.role }));
    audit::record(app, tx, actor.id(), "user.added", about).await?;
    Ok((reread(tx, id).await?, Written::Added))
}

/// Changes a person. `NotFound` if there is none.
pub async fn change(app: &App, actor: Actor<'_>, id: UserId, wanted: Person) -> Result<User> {
    actor.must(app, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    let user = users::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    let (user, _) = write_change(app, &tx, actor, (user, wanted)).await?;
    tx.commit().await?;
    Ok(user)
}

async fn write_change(
    app: &App,
    tx: &Tx,
    actor: Actor<'_>,
    (user, wanted): (User, Person),
) -> Result<(User, Written)> {
    let id = user.id;
    let old = NewUser::from(user.clone());
    let new = merged(old.clone(), wanted)?;
    if new == old {
        return Ok((user, Written::Unchanged));
    }
    if old.role == Some(GlobalRole::Admin) && new.role != old.role && user.disabled_at.is_none() {
        keep_an_admin(tx, id).await?;
    }
    users::update(tx, id, &new, app.clock.now()).await.map_err(conflict)?;
    let detail = json!({
        "old": { "email": old.email, "name": old.name, "role": old.role, "external_id": old.external_id },
        "new": { "email": new.email, "name": new.name, "role": new.role, "external_id": new.external_id },
    });
    audit::record(app, tx, actor.id(), "user.changed", (format!("user:{id}"), detail)).await?;
    Ok((reread(tx, id).await?, Written::Changed))
}

async fn reread(tx: &Tx, id: UserId) -> Result<User> {
    users::find(tx, id).await?.ok_or(Error::NotFound)
}

fn conflict(error: crate::store::Error) -> Error {
    match error {
        crate::store::Error::Conflict => Error::Conflict(say("op-person-taken")),
        other => other.into(),
    }
}

/// `old` with what is wanted put in. `Invalid` names every field at fault.
fn merged(old: NewUser, wanted: Person) -> Result<NewUser> {
    let mut errors = Vec::new();
    let email = wanted.email.map_or(old.email, |email| normal_email(&email));
    if !is_email(&email) {
        errors.push(FieldError::new("email", say("op-write-address")));
    }
    let name = wanted.name.map_or(old.name, |name| name.trim().to_owned());
    let name = if name.is_empty() { email.clone() } else { name };
    if name.chars().count() > 200 || name.chars().any(char::is_control) {
        errors.push(FieldError::new("name", say_with("op-one-line", &[("most", 200.into())])));
    }
    let language = wanted.language.map_or(old.language, |language| language.trim().to_owned());
    let is_tag = (2..=35).contains(&language.len())
        && language
            .split('-')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if !is_tag {
        errors.push(FieldError::new("language", say("op-write-language")));
    }
    let entra_object_id = given(wanted.entra_object_id.over(old.entra_object_id)).map(|id| id.to_lowercase());
    if entra_object_id.as_deref().is_some_and(|id| uuid::Uuid::parse_str(id).is_err()) {
        errors.push(FieldError::new("entra_object_id", say("op-write-object-id")));
    }
    let upn = given(wanted.upn.over(old.upn)).map(|upn| normal_email(&upn));
    let external_id = given(wanted.external_id.over(old.external_id));
    for (field, value) in [("upn", &upn), ("external_id", &external_id)] {
        if value
            .as_deref()
            .is_some_and(|text| text.chars().count() > 200 || text.chars().any(char::is_control))
        {
            errors.push(FieldError::new(field, say_with("op-one-line", &[("most", 200.into())])));
        }
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let role = wanted.role.over(old.role);
    Ok(NewUser { email, name, role, upn, entra_object_id, external_id, language })
}

/// An optional text without surrounding spaces; nothing but spaces is none.
fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

async fn keep_an_admin(tx: &Tx, id: UserId) -> Result<()> {
    if users::active_admins(tx).await?.iter().all(|admin| *admin == id) {
        return Err(Error::Conflict(say("op-last-admin")));
    }
    Ok(())
}

/// Makes a new one-time link for a person, for an invitation or a forgotten password. `Conflict` if they are disabled.
pub async fn invite(app: &App, actor: Actor<'_>, id: UserId) -> Result<(User, Link)> {
    actor.must(app, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    let user = users::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    if user.disabled_at.is_some() {
        return Err(Error::Conflict(say("op-person-disabled")));
    }
    let link = sign_in::make_link(app, &tx, actor.id(), id).await?;
    tx.commit().await?;
    Ok((user, link))
}

/// Adds a person and makes their one-time link, in one transaction.
pub async fn add_with_link(app: &App, actor: Actor<'_>, wanted: Person) -> Result<(User, Link)> {
    actor.must(app, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    let email = wanted.email.as_deref().map(normal_email).unwrap_or_default();
    if users::find_by_email(&tx, &email).await?.is_some() {
        return Err(taken());
    }
    let (user, _) = add(app, &tx, actor, wanted).await?;
    let link = sign_in::make_link(app, &tx, actor.id(), user.id).await?;
    tx.commit().await?;
    Ok((user, link))
}

/// Disables a person: sessions, tokens and links end at once. Nothing is deleted. Nobody can disable themselves.
pub async fn disable(app: &App, actor: Actor<'_>, id: UserId) -> Result<User> {
    actor.must(app, GlobalAct::Administer).await?;
    if actor.id() == Some(id) {
        return Err(Error::Conflict(say("op-not-yourself")));
    }
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let user = users::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    if user.disabled_at.is_some() {
        return Ok(user);
    }
    if user.role == Some(GlobalRole::Admin) {
        keep_an_admin(&tx, id).await?;
    }
    users::set_disabled(&tx, id, Some(now), now).await?;
    end_everything(&tx, id, now).await?;
    let about = (format!("user:{id}"), json!({ "email": user.email }));
    audit::record(app, &tx, actor.id(), "user.disabled", about).await?;
    let user = reread(&tx, id).await?;
    tx.commit().await?;
    Ok(user)
}

async fn end_everything(tx: &Tx, id: UserId, now: DateTime<Utc>) -> Result<()> {
    sessions::end_others(tx, id, None).await?;
    tokens::revoke_all(tx, id, now).await?;
    links::end_all(tx, id, now).await?;
    Ok(())
}

/// Lets a disabled person sign in again, with their old password. Their old tokens stay revoked.
pub async fn enable(app: &App, actor: Actor<'_>, id: UserId) -> Result<User> {
    actor.must(app, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    let user = users::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    if user.disabled_at.is_none() {
        return Ok(user);
    }
    users::set_disabled(&tx, id, None, app.clock.now()).await?;
    let about = (format!("user:{id}"), json!({ "email": user.email }));
    audit::record(app, &tx, actor.id(), "user.enabled", about).await?;
    let user = reread(&tx, id).await?;
    tx.commit().await?;
    Ok(user)
}
