//! Keeping out whom this school has forgotten: what Microsoft says again of an erased person is written under their
//! pseudonym, in the transaction that writes it. Knows fingerprints only, never a name in the clear.

use std::collections::HashMap;

use super::Result;
use crate::app::App;
use crate::model::id::{MeetingId, UserId};
use crate::model::veil::{normal_name, veiled, veiled_where};
use crate::secrets::SecretKeys;
use crate::store::erasures::Known;
use crate::store::forgotten::{self, Erased};
use crate::store::{Read, Tx};

/// A keyed hash of an id or address: it tells whether it is the same, and nothing else.
fn of_identity(keys: &SecretKeys, word: &str) -> String {
    keys.fingerprint("erased", &word.trim().to_lowercase())
}

/// A keyed hash of a name.
fn of_name(keys: &SecretKeys, name: &str) -> String {
    keys.fingerprint("erased name", &normal_name(name))
}

/// The fingerprints of everything that a person is known by.
pub(super) fn fingerprints(app: &App, known: &Known) -> Vec<String> {
    let identities = known.object_ids.iter().chain(&known.addresses);
    let identities = identities.map(|word| of_identity(&app.secrets, word));
    let names = known.names.iter().filter(|name| !normal_name(name).is_empty());
    identities.chain(names.map(|name| of_name(&app.secrets, name))).collect()
}

/// The word that stands for an object id of somebody who was erased.
pub(super) fn stand_in(app: &App, object_id: &str) -> String {
    of_identity(&app.secrets, object_id)
}

/// The erased people among these object ids and addresses, by the word that was asked for.
pub(super) async fn among<'a>(
    app: &App,
    db: &impl Read,
    words: impl Iterator<Item = &'a str>,
) -> Result<HashMap<&'a str, Erased>> {
    let asked: Vec<(&str, String)> = words
        .filter(|word| !word.trim().is_empty())
        .map(|word| (word, of_identity(&app.secrets, word)))
        .collect();
    let fingerprints: Vec<String> = asked.iter().map(|(_, fingerprint)| fingerprint.clone()).collect();
    let found = forgotten::among(db, &fingerprints).await?;
    let person = |(word, fingerprint): (&'a str, String)| Some((word, found.get(&fingerprint)?.clone()));
    Ok(asked.into_iter().filter_map(person).collect())
}

/// Remembers how else Microsoft names an erased person: a chat has nothing but the object id, a transcript nothing but
/// the name.
pub(super) async fn remember(app: &App, tx: &Tx, user: UserId, seen: &Known) -> Result<()> {
    Ok(forgotten::remember(tx, user, &fingerprints(app, seen)).await?)
}

/// The erased people who had a part in one class.
pub(super) struct Forgotten<'a> {
    keys: &'a SecretKeys,
    by_fingerprint: HashMap<String, Erased>,
}

impl<'a> Forgotten<'a> {
    /// Those of a class as they are known now.
    pub(super) async fn of(app: &'a App, db: &impl Read, meeting: MeetingId) -> Result<Self> {
        let by_fingerprint = forgotten::of_class(db, meeting).await?;
        Ok(Self { keys: &app.secrets, by_fingerprint })
    }

    /// Whether nobody was erased between the two.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.by_fingerprint == other.by_fingerprint
    }

    /// The pseudonym of whoever goes by this name.
    pub(super) fn name(&self, name: &str) -> Option<String> {
        if self.by_fingerprint.is_empty() {
            return None;
        }
        self.by_fingerprint.get(&of_name(self.keys, name)).map(|erased| erased.pseudonym.clone())
    }

    /// The text with pseudonyms in place of their names and addresses.
    pub(super) fn text(&self, text: &str) -> String {
        if self.by_fingerprint.is_empty() {
            return text.to_owned();
        }
        veiled_where(text, &|word| {
            let fingerprint =
                if word.contains('@') { of_identity(self.keys, word) } else { of_name(self.keys, word) };
            self.by_fingerprint.get(&fingerprint).map(|erased| erased.pseudonym.clone())
        })
    }
}

/// Puts a person's pseudonym into what was said and written in their classes, by whomever. Returns how many captions and
/// messages changed.
pub(super) async fn veil_rows(
    tx: &Tx,
    (user, pseudonym): (UserId, &str),
    known: &Known,
) -> Result<(u64, u64)> {
    let words: Vec<String> = known.names.iter().chain(&known.addresses).cloned().collect();
    let names: Vec<String> = known.names.iter().map(|name| normal_name(name)).collect();
    let (mut captions, mut messages) = (0, 0);
    for caption in forgotten::captions(tx, user, &words).await? {
        let is_theirs = names.contains(&normal_name(&caption.speaker));
        let speaker = if is_theirs { pseudonym.to_owned() } else { caption.speaker.clone() };
        let text = veiled(&caption.text, &words, pseudonym);
        if speaker != caption.speaker || text != caption.text {
            forgotten::put_caption(tx, &forgotten::Caption { speaker, text, ..caption }).await?;
            captions += 1;
        }
    }
    for (id, text) in forgotten::chat(tx, user, &words).await? {
        let after = veiled(&text, &words, pseudonym);
        if after != text {
            forgotten::put_chat(tx, id, &after).await?;
            messages += 1;
        }
    }
    Ok((captions, messages))
}
