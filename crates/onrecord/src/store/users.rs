//! Tables `user` and `user_alias`. People are never deleted: their id stands in the audit.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx, many};
use crate::model::id::UserId;
use crate::model::people::{GlobalRole, User};
use crate::params;

pub(super) const COLUMNS: &str =
    "u.id, u.email, u.name, u.role, u.upn, u.entra_object_id, u.external_id, u.language,
     u.disabled_at, u.created_at";

/// SQL: name and address of `"user" u` as others see them. While an erasure waits for a hold, the name is kept from view.
pub(super) const AS_SHOWN: &str =
    "CASE WHEN u.restricted_at IS NULL THEN u.name ELSE u.pseudonym END AS name,
     CASE WHEN u.restricted_at IS NULL THEN u.email ELSE '' END AS email";

pub(super) fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: row.id("id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        role: row.get("role")?,
        upn: row.get("upn")?,
        entra_object_id: row.get("entra_object_id")?,
        external_id: row.get("external_id")?,
        language: row.get("language")?,
        disabled_at: row.get("disabled_at")?,
        created_at: row.get("created_at")?,
    })
}

/// What is written of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The address, normal (see `model::people::normal_email`).
    pub email: String,
    /// The name to show.
    pub name: String,
    /// Role over the installation.
    pub role: Option<GlobalRole>,
    /// Microsoft's user principal name, lower case.
    pub upn: Option<String>,
    /// The Graph `user.id`, lower case.
    pub entra_object_id: Option<String>,
    /// The id in the school's own system.
    pub external_id: Option<String>,
    /// Language (BCP 47).
    pub language: String,
}

impl From<User> for NewUser {
    fn from(user: User) -> Self {
        Self {
            email: user.email,
            name: user.name,
            role: user.role,
            upn: user.upn,
            entra_object_id: user.entra_object_id,
            external_id: user.external_id,
            language: user.language,
        }
    }
}

/// Writes a person and returns their id. `Conflict` if address, external id or object id is taken.
pub async fn insert(tx: &Tx, new: &NewUser, at: DateTime<Utc>) -> Result<UserId> {
    tx.insert(
        "INSERT INTO \"user\" (email, name, role, upn, entra_object_id, external_id, language, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id",
        params![
            new.email,
            new.name,
            new.role,
            new.upn,
            new.entra_object_id,
            new.external_id,
            new.language,
            at
        ],
    )
    .await
}

/// Rewrites a person. `Conflict` if address, external id or object id is another's.
pub async fn update(tx: &Tx, id: UserId, new: &NewUser, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE \"user\" SET email = $2, name = $3, role = $4, upn = $5, entra_object_id = $6,
             external_id = $7, language = $8, updated_at = $9
         WHERE id = $1",
        params![
            id,
            new.email,
            new.name,
            new.role,
            new.upn,
            new.entra_object_id,
            new.external_id,
            new.language,
            at
        ],
    )
    .await?;
    Ok(())
}

/// The person, if there is one.
pub async fn find(db: &impl Read, id: UserId) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM \"user\" u WHERE u.id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(user).transpose()
}

/// The person, locked until the transaction ends, for read-then-write.
pub async fn lock(tx: &Tx, id: UserId) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM \"user\" u WHERE u.id = $1{}", tx.for_update());
    tx.row(&sql, params![id]).await?.as_ref().map(user).transpose()
}

/// The person of this (normal) address; an alias of theirs is as good.
pub async fn find_by_email(db: &impl Read, email: &str) -> Result<Option<User>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM \"user\" u WHERE u.email = $1
            OR u.id = (SELECT a.user_id FROM user_alias a WHERE a.email = $1)
         ORDER BY CASE WHEN u.email = $1 THEN 0 ELSE 1 END LIMIT 1"
    );
    db.row(&sql, params![email]).await?.as_ref().map(user).transpose()
}

/// The person with this id in the school's own system.
pub async fn find_by_external_id(db: &impl Read, external_id: &str) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM \"user\" u WHERE u.external_id = $1");
    db.row(&sql, params![external_id]).await?.as_ref().map(user).transpose()
}

/// Ids of the people with these (normal) addresses, aliases included.
pub async fn ids_by_email(db: &impl Read, emails: &[String]) -> Result<HashMap<String, UserId>> {
    let aliases = many::where_in(db, "SELECT user_id AS id, email FROM user_alias", "email", emails).await?;
    let people = many::where_in(db, "SELECT id, email FROM \"user\"", "email", emails).await?;
    let pairs = aliases.iter().chain(&people).map(|row| Ok((row.get("email")?, row.id("id")?)));
    pairs.collect()
}

/// Ids of the people with these ids in the school's own system.
pub async fn ids_by_external_id(db: &impl Read, externals: &[String]) -> Result<HashMap<String, UserId>> {
    let select = "SELECT id, external_id FROM \"user\"";
    let rows = many::where_in(db, select, "external_id", externals).await?;
    rows.iter().map(|row| Ok((row.get("external_id")?, row.id("id")?))).collect()
}

/// Those of `ids` that exist.
pub async fn existing(db: &impl Read, ids: &[UserId]) -> Result<Vec<UserId>> {
    let rows = many::where_in(db, "SELECT id FROM \"user\"", "id", ids).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// A person as a list shows them.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The person.
    pub user: User,
    /// In how many courses they are.
    pub courses: i64,
    /// When they last used OnRecord.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// Whether they have ever set a password.
    pub has_password: bool,
}

/// People by name whose name, address or external id contains `q`, after the person `after`; at most `limit`.
pub async fn list(db: &impl Read, q: &str, after: Option<UserId>, limit: i64) -> Result<Vec<Listed>> {
    let rows = db
        .rows(
            &format!(
                "SELECT {COLUMNS}, u.last_seen_at, u.password_hash IS NOT NULL AS has_password,
                     (SELECT COUNT(*) FROM enrolment n WHERE n.user_id = u.id) AS courses
                 FROM \"user\" u
                 WHERE ($1 = '' OR LOWER(u.name) LIKE $2 ESCAPE '\\' OR u.email LIKE $2 ESCAPE '\\'
                         OR u.external_id = $1)
                   AND ($3 = 0 OR (u.name, u.id) > (SELECT p.name, p.id FROM \"user\" p WHERE p.id = $3))
                 ORDER BY u.name, u.id LIMIT $4"
            ),
            params![q, like(q), after.unwrap_or(UserId(0)), limit],
        )
        .await?;
    let listed = |row: &Row| {
        Ok(Listed {
            user: user(row)?,
            courses: row.get("courses")?,
            last_seen_at: row.get("last_seen_at")?,
            has_password: row.get("has_password")?,
        })
    };
    rows.iter().map(listed).collect()
}

/// `q` as a `LIKE` pattern that finds it anywhere, in lower case.
pub(super) fn like(q: &str) -> String {
    let escaped = q.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// How many people, admins and officers may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// All people who are not disabled.
    pub people: i64,
    /// Of these, admins.
    pub admins: i64,
    /// Of these, officers.
    pub officers: i64,
}

/// Counts people who are not disabled.
pub async fn counts(db: &impl Read) -> Result<Counts> {
    let row = db
        .row(
            "SELECT COUNT(*) AS people, COUNT(CASE WHEN role = 'admin' THEN 1 END) AS admins,
                 COUNT(CASE WHEN role = 'officer' THEN 1 END) AS officers
             FROM \"user\" WHERE disabled_at IS NULL",
            params![],
        )
        .await?;
    match row {
        Some(row) => Ok(Counts {
            people: row.get("people")?,
            admins: row.get("admins")?,
            officers: row.get("officers")?,
        }),
        None => Ok(Counts { people: 0, admins: 0, officers: 0 }),
    }
}

/// The admins who may sign in. On PostgreSQL their rows stay locked until the transaction ends, so that two people
/// cannot disable each other at the same time and leave nobody.
pub async fn active_admins(tx: &Tx) -> Result<Vec<UserId>> {
    let sql = format!(
        "SELECT id FROM \"user\" WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id{}",
        tx.for_update()
    );
    let rows = tx.rows(&sql, params![]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Disables a person from `at`, or enables them again (`None`).
pub async fn set_disabled(tx: &Tx, id: UserId, at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE \"user\" SET disabled_at = $2, updated_at = $3 WHERE id = $1", params![id, at, now])
        .await?;
    Ok(())
}

/// The password hash of the person with this (normal) address, for signing in.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The person.
    pub id: UserId,
    /// Their hash; `None` while they have not set a password.
    pub password_hash: Option<String>,
    /// Set when they may not sign in.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// What decides a sign-in by this (normal) address.
pub async fn credential(db: &impl Read, email: &str) -> Result<Option<Credential>> {
    let sql = "SELECT id, password_hash, disabled_at FROM \"user\" WHERE email = $1";
    let row = db.row(sql, params![email]).await?;
    row.map(|row| {
        Ok(Credential {
            id: row.id("id")?,
            password_hash: row.get("password_hash")?,
            disabled_at: row.get("disabled_at")?,
        })
    })
    .transpose()
}

/// The password hash of a person.
pub async fn password_hash(db: &impl Read, id: UserId) -> Result<Option<String>> {
    let row = db.row("SELECT password_hash FROM \"user\" WHERE id = $1", params![id]).await?;
    Ok(row.map(|row| row.get("password_hash")).transpose()?.flatten())
}

/// Sets the password hash of a person.
pub async fn set_password(tx: &Tx, id: UserId, hash: &str, at: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE \"user\" SET password_hash = $2, updated_at = $3 WHERE id = $1";
    tx.execute(sql, params![id, hash, at]).await?;
    Ok(())
}

/// Sets the theme of a person; `None`: the device decides.
pub async fn set_theme(tx: &Tx, id: UserId, theme: Option<&str>, at: DateTime<Utc>) -> Result<()> {
    let theme = theme.map(str::to_owned);
    tx.execute("UPDATE \"user\" SET theme = $2, updated_at = $3 WHERE id = $1", params![id, theme, at])
        .await?;
    Ok(())
}
