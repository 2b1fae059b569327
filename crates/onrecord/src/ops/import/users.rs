//! `users.csv`: people by the school's own id; an address that is here without such an id gets it. An empty field
//! leaves what is there. Whose role or address changes is in the audit, and somebody stays administrator.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::table::{Line, Once, Sheet, about, open, quoted};
use super::{Run, Source};
use crate::app::App;
use crate::model::id::UserId;
use crate::model::people::{GlobalRole, User, is_email, normal_email};
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::{Result, audit, say, say_with};
use crate::store::users::{self, NewUser};
use crate::store::{Tx, import};

const SHEET: Sheet = Sheet {
    file: "users.csv",
    columns: &["id", "email", "name", "role", "upn", "entra_object_id", "language"],
    required: &["id", "email"],
};

#[derive(Debug)]
struct UserRow {
    id: String,
    email: String,
    name: Option<String>,
    role: Option<GlobalRole>,
    upn: Option<String>,
    entra_object_id: Option<String>,
    language: Option<String>,
}

fn read(line: &mut Line<'_>) -> Option<UserRow> {
    let id = line.required("id");
    let email = line.required("email").map(|email| normal_email(&email));
    if let Some(email) = email.as_deref().filter(|email| !is_email(email)) {
        line.fault("email", &say_with("op-import-address", &[("what", quoted(email))]));
    }
    let role = line.text("role").and_then(|text| {
        let role = GlobalRole::parse(&text.to_lowercase());
        if role.is_none() {
            line.fault("role", &say_with("op-import-role", &[("what", quoted(&text))]));
        }
        role
    });
    let entra_object_id = line.text("entra_object_id").map(|id| id.to_lowercase());
    if entra_object_id.as_deref().is_some_and(|id| uuid::Uuid::try_parse(id).is_err()) {
        line.fault("entra_object_id", &say("op-import-object-id"));
    }
    let language = line.text("language");
    let is_tag = |tag: &str| {
        tag.len() <= 35
            && tag
                .split('-')
                .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    if language.as_deref().is_some_and(|tag| !is_tag(tag)) {
        line.fault("language", &say("op-import-language"));
    }
    Some(UserRow {
        id: id?,
        email: email?,
        name: line.text("name"),
        role,
        upn: line.text("upn").map(|upn| normal_email(&upn)),
        entra_object_id,
        language,
    })
}

pub(super) async fn import(run: &mut Run<'_>, source: &Source) -> Result<()> {
    let Some(mut table) = open(run, source, SHEET)? else {
        return Ok(());
    };
    let mut once = (Once::default(), Once::default(), Once::default());
    while let Some(rows) = table.batch(run, read) {
        let rows = rows.into_iter().filter(|(line, row)| {
            let faults = [
                once.0.fault("id", &row.id),
                once.1.fault("email", &row.email),
                row.entra_object_id.as_deref().and_then(|id| once.2.fault("entra_object_id", id)),
            ];
            let fault = faults.into_iter().flatten().next();
            fault.map(|fault| run.wrong(SHEET.file, *line, fault)).is_none()
        });
        let rows: Vec<_> = rows.collect();
        write(run, rows).await?;
    }
    Ok(())
}

/// The people who may be meant by some rows, by each of their names.
#[derive(Debug, Default)]
struct Known {
    ids: HashMap<String, User>,
    emails: HashMap<String, User>,
    objects: HashMap<String, User>,
}

async fn known(run: &Run<'_>, rows: &[(u64, UserRow)]) -> Result<Known> {
    let external_ids: Vec<_> = rows.iter().map(|(_, row)| row.id.clone()).collect();
    let addresses: Vec<_> = rows.iter().map(|(_, row)| row.email.clone()).collect();
    let object_ids: Vec<_> = rows.iter().filter_map(|(_, row)| row.entra_object_id.clone()).collect();
    let mut known = Known::default();
    for user in import::users(run.tx, &external_ids, &addresses, &object_ids).await? {
        if let Some(id) = &user.external_id {
            known.ids.insert(id.clone(), user.clone());
        }
        if let Some(id) = &user.entra_object_id {
            known.objects.insert(id.clone(), user.clone());
        }
        known.emails.insert(user.email.clone(), user);
    }
    Ok(known)
}

async fn write(run: &mut Run<'_>, rows: Vec<(u64, UserRow)>) -> Result<()> {
    let known = known(run, &rows).await?;
    let (mut added, mut changed) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        let present = match resolve(&known, &row) {
            Ok(present) => present,
            Err(fault) => {
                run.wrong(SHEET.file, line, fault);
                continue;
            }
        };
        let wanted = wanted(present, row);
        match present {
            None => {
                run.people.added.extend(wanted.role.map(|_| wanted.email.clone()));
                added.push(wanted);
            }
            Some(user) if NewUser::from(user.clone()) == wanted => run.counts().unchanged += 1,
            Some(user) => {
                let old = NewUser::from(user.clone());
                let leaves = old.role == Some(GlobalRole::Admin) && wanted.role != old.role;
                if leaves && user.disabled_at.is_none() && !run.people.spares(run.tx, user.id).await? {
                    run.wrong(SHEET.file, line, about("role", &say("op-last-admin")));
                    continue;
                }
                if (old.role, &old.email) != (wanted.role, &wanted.email) {
                    let named = |it: &NewUser| json!({ "email": it.email, "name": it.name, "role": it.role });
                    run.people.changed.push((user.id, json!({ "old": named(&old), "new": named(&wanted) })));
                }
                changed.push((user.id, wanted));
            }
        }
    }
    run.counts().added += added.len() as u64;
    run.counts().changed += changed.len() as u64;
    import::insert_users(run.tx, &added, run.now).await?;
    import::update_users(run.tx, &changed, run.now).await?;
    Ok(())
}

/// Who is meant, if they are here; or why the row contradicts what is here.
fn resolve<'k>(known: &'k Known, row: &UserRow) -> std::result::Result<Option<&'k User>, String> {
    let by_email = known.emails.get(&row.email);
    let present = match (known.ids.get(&row.id), by_email) {
        (Some(user), Some(other)) if user.id != other.id => {
            let text = say_with("op-import-address-taken", &[("what", quoted(&row.email))]);
            return Err(about("email", &text));
        }
        (Some(user), _) => Some(user),
        (None, Some(user)) => match &user.external_id {
            None => Some(user),
            Some(id) => {
                let args = [("what", quoted(&row.email)), ("id", quoted(id))];
                return Err(about("email", &say_with("op-import-address-of", &args)));
            }
        },
        (None, None) => None,
    };
    let owner = row.entra_object_id.as_ref().and_then(|id| known.objects.get(id));
    if owner.is_some_and(|owner| present.is_none_or(|user| user.id != owner.id)) {
        return Err(about("entra_object_id", &say("op-import-object-taken")));
    }
    Ok(present)
}

fn wanted(present: Option<&User>, row: UserRow) -> NewUser {
    let old = present.cloned().map(NewUser::from);
    let name = row.name.or_else(|| Some(old.as_ref()?.name.clone()));
    NewUser {
        name: name.unwrap_or_else(|| row.email.clone()),
        role: row.role.or_else(|| old.as_ref()?.role),
        upn: row.upn.or_else(|| old.as_ref()?.upn.clone()),
        entra_object_id: row.entra_object_id.or_else(|| old.as_ref()?.entra_object_id.clone()),
        external_id: Some(row.id),
        language: row
            .language
            .or_else(|| Some(old.as_ref()?.language.clone()))
            .unwrap_or_else(|| "en".to_owned()),
        email: row.email,
    }
}

/// Whose role or address an import changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Addresses of new people who have a role.
    added: Vec<String>,
    changed: Vec<(UserId, Value)>,
    /// Who is administrator no more.
    demoted: HashSet<UserId>,
}

impl Changes {
    /// Whether somebody is administrator without this person; if so the role may be taken from them.
    async fn spares(&mut self, tx: &Tx, id: UserId) -> Result<bool> {
        let others = users::active_admins(tx).await?;
        let is_spared = others.iter().any(|other| *other != id && !self.demoted.contains(other));
        if is_spared {
            self.demoted.insert(id);
        }
        Ok(is_spared)
    }
}

/// Writes what changed into the audit.
pub(super) async fn note(app: &App, (tx, actor): (&Tx, Actor<'_>), changes: Changes) -> Result<()> {
    for email in changes.added {
        if let Some(user) = users::find_by_email(tx, &email).await? {
            let detail = json!({ "email": user.email, "name": user.name, "role": user.role });
            audit::record(app, tx, actor.id(), "user.added", (format!("user:{}", user.id), detail)).await?;
        }
    }
    for (id, detail) in changes.changed {
        audit::record(app, tx, actor.id(), "user.changed", (format!("user:{id}"), detail)).await?;
    }
    Ok(())
}
