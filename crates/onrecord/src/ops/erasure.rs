//! What a person may ask of the school under privacy law: what is held about them, and that it forgets them. Holds and
//! legal retention go first: what they block is noted, the name is kept from view, and it is carried out when they end.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::actor::Actor;
use super::retention::words;
use super::{Error, Result, audit, forgotten, holds as ops_holds, journal, say};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::hex::hex;
use crate::model::id::{ErasureId, UserId};
use crate::model::retention::{self as rules, Because, Kept, Ruling};
use crate::model::veil::veiled;
use crate::secrets;
use crate::store::erasures::{self, Erasure};
use crate::store::retention::{self, things};
use crate::store::{self, Read, Tx, bin, holds, links, sessions, sidecars, tokens, users};
use crate::text;

/// Requests tried in one go.
const BATCH: i64 = 200;

/// Everything that is held about a person. Everybody may have their own; whose task it is, anybody's.
pub async fn export(app: &App, actor: Actor<'_>, user: UserId) -> Result<Value> {
    if actor.id() != Some(user) {
        actor.must(app, GlobalAct::Retain).await?;
    }
    users::find(&app.store, user).await?.ok_or(Error::NotFound)?;
    let mut held = erasures::export(&app.store, user).await?;
    held["at_microsoft"] = json!(say("erasure-at-microsoft"));
    held["exported_at"] = json!(app.clock.now());
    let tx = app.store.write().await?;
    audit::record(app, &tx, actor.id(), "person.exported", (format!("user:{user}"), json!({}))).await?;
    tx.commit().await?;
    Ok(held)
}

/// Notes that a person is to be forgotten, and does so unless something blocks it. Those with a role over the
/// installation give that up first.
pub async fn request(app: &App, actor: Actor<'_>, user: UserId, reason: &str) -> Result<Erasure> {
    actor.must(app, GlobalAct::Retain).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let person = users::lock(&tx, user).await?.ok_or(Error::NotFound)?;
    let reason = ops_holds::sound_reason(reason)?;
    if person.role.is_some() || actor.id() == Some(user) {
        return Err(Error::Conflict(say("op-erase-role")));
    }
    if erasures::pseudonym(&tx, user).await?.is_some() {
        return Err(Error::Conflict(say("op-erase-twice")));
    }
    let random = secrets::hash_token(&secrets::random_token()?);
    let pseudonym = format!("Person-{}", &random[..10]);
    let id = erasures::request(&tx, (user, &pseudonym), (reason, actor.id()), now).await?;
    sessions::end_others(&tx, user, None).await?;
    tokens::revoke_all(&tx, user, now).await?;
    links::end_all(&tx, user, now).await?;
    let about = (format!("user:{user}"), json!({ "erasure": id, "reason": reason }));
    audit::record(app, &tx, actor.id(), "erasure.requested", about).await?;
    tx.commit().await?;
    carry_out(app, id).await?;
    erasures::find(&app.store, id).await?.ok_or(Error::NotFound)
}

/// The newest requests first, for those who oversee the installation.
pub async fn list(
    app: &App,
    actor: Actor<'_>,
    before: Option<ErasureId>,
    limit: i64,
) -> Result<Vec<Erasure>> {
    actor.must(app, GlobalAct::Oversee).await?;
    Ok(erasures::list(&app.store, before, limit, false).await?)
}

/// Tries again what was blocked or broken off.
pub async fn try_again(app: &App) -> Result<()> {
    for open in erasures::list(&app.store, None, BATCH, true).await? {
        carry_out(app, open.id).await?;
    }
    Ok(())
}

/// Carries a request out as far as that is possible now. May be repeated and broken off anywhere: rows first, in one
/// transaction that asks for holds; then the bytes that name the person; then it is done.
async fn carry_out(app: &App, id: ErasureId) -> Result<()> {
    let Some(erasure) = erasures::find(&app.store, id).await? else { return Ok(()) };
    if erasure.done_at.is_some() {
        return Ok(());
    }
    if erasure.report.is_none() {
        let tx = app.store.write().await?;
        store::forgotten::no_reading(&tx).await?;
        holds::stand_still(&tx).await?;
        users::lock(&tx, erasure.user_id).await?;
        if let Some(because) = blocked(app, &tx, erasure.user_id).await? {
            if because != erasure.blocked_by {
                erasures::block(&tx, id, &because).await?;
                tx.commit().await?;
            }
            return Ok(());
        }
        let known_as = erase_rows(app, &tx, &erasure).await?;
        store::journal::note_erasure(&tx, erasure.user_id, known_as, app.clock.now()).await?;
        tx.commit().await?;
    }
    journal::write(app).await?;
    erase_bytes(app, id).await
}

/// What keeps a person's data, as a sentence: a hold, else a legal retention of a class they had a part in.
async fn blocked(app: &App, db: &impl Read, user: UserId) -> Result<Option<String>> {
    let now = app.clock.now();
    let t = text::english();
    let policies = retention::in_force(db).await?;
    let said = |ruling: &Ruling| Ok(Some(words::sentence(t, ruling, &policies)));
    if let Some(hold) = holds::on_person(db, user, now).await? {
        return said(&Ruling::Kept(hold.ends_at, Because::Hold(hold.id, hold.reason)));
    }
    if !policies.iter().any(|policy| policy.nature == rules::Nature::Legal) {
        return Ok(None);
    }
    for meeting in erasures::classes(db, user).await? {
        for kind in [Kept::Attendance, Kept::Chat, Kept::Transcript] {
            let Some(thing) = things::of_class(db, kind, meeting).await? else { continue };
            if let Some((policy, until)) = rules::legal(&policies, &thing, now) {
                return said(&Ruling::Kept(until, Because::Legal(policy.id)));
            }
        }
    }
    Ok(None)
}

/// Puts the pseudonym into all rows, and returns it with the fingerprints of whom it stands for. The caller has made
/// sure that nothing is read from Microsoft meanwhile.
pub(super) async fn erase_rows(app: &App, tx: &Tx, erasure: &Erasure) -> Result<(String, Vec<String>)> {
    let user = erasure.user_id;
    let now = app.clock.now();
    let pseudonym = erasures::pseudonym(tx, user).await?.ok_or(Error::NotFound)?;
    let known = erasures::known(tx, user).await?;
    let objects = erasures::objects(tx, user).await?;
    let fingerprints = forgotten::fingerprints(app, &known);
    store::forgotten::remember(tx, user, &fingerprints).await?;
    for object_id in &known.object_ids {
        let hidden = forgotten::stand_in(app, object_id);
        store::forgotten::hide_record_id(tx, user, (object_id, &hidden)).await?;
    }
    let (captions, mentions) = forgotten::veil_rows(tx, (user, &pseudonym), &known).await?;
    let changed = erasures::erase(tx, (user, &pseudonym), &known, now).await?;
    let changed = erasures::Changed { captions, mentions, ..changed };
    // The names are needed until the last object is rewritten, and sealed until then.
    let names = app.secrets.seal(&context(erasure.id), &json!(known.names).to_string())?;
    let addresses = app.secrets.seal(&context(erasure.id), &json!(known.addresses).to_string())?;
    let under_way = json!({
        "changed": changed, "pseudonym": pseudonym, "names": names, "addresses": addresses, "objects": objects,
    });
    erasures::report(tx, erasure.id, &under_way, None).await?;
    let about = (format!("user:{user}"), json!({ "erasure": erasure.id, "changed": changed }));
    audit::record(app, tx, None, "erasure.carried_out", about).await?;
    Ok((pseudonym, fingerprints))
}

fn context(id: ErasureId) -> String {
    format!("erasure/{id}")
}

/// Puts the pseudonym into the transcripts of the archive and into what lies beside recordings.
pub(super) async fn erase_bytes(app: &App, id: ErasureId) -> Result<()> {
    let Some(erasure) = erasures::find(&app.store, id).await? else { return Ok(()) };
    let (Some(report), None) = (erasure.report, erasure.done_at) else { return Ok(()) };
    let words = |field: &str| -> Result<Vec<String>> {
        let sealed = report[field].as_str().unwrap_or_default();
        Ok(serde_json::from_str(&app.secrets.open(&context(id), sealed)?).unwrap_or_default())
    };
    let known: Vec<String> = words("names")?.into_iter().chain(words("addresses")?).collect();
    let pseudonym = report["pseudonym"].as_str().unwrap_or_default().to_owned();
    let objects: Vec<(crate::model::id::ArtifactId, String, bool)> =
        serde_json::from_value(report["objects"].clone()).unwrap_or_default();
    let mut rewritten = 0_u64;
    for (artifact, key, is_transcript) in objects {
        let keys = if is_transcript { vec![key] } else { bin::beside(&key).split_off(1) };
        for key in keys {
            if app.bucket.head(&key).await?.is_none() {
                continue;
            }
            let before = String::from_utf8_lossy(&app.bucket.read(&key).await?).into_owned();
            let after = veiled(&before, &known, &pseudonym);
            let (size_bytes, sha256) = (after.len() as i64, hex(&Sha256::digest(&after)));
            if after != before {
                app.bucket.put(&key, after.into()).await?;
                rewritten += 1;
            }
            // Also of what was rewritten before: its row may come from a backup.
            let tx = app.store.write().await?;
            if is_transcript {
                erasures::rewritten(&tx, artifact, size_bytes).await?;
            } else {
                sidecars::rewritten(&tx, &key, (&sha256, size_bytes)).await?;
            }
            tx.commit().await?;
        }
    }
    let done = json!({
        "changed": report["changed"], "pseudonym": pseudonym, "archive_objects": rewritten,
        "at_microsoft": say("erasure-at-microsoft"), "kept": say("erasure-kept"),
    });
    let tx = app.store.write().await?;
    erasures::report(&tx, id, &done, Some(app.clock.now())).await?;
    Ok(tx.commit().await?)
}
