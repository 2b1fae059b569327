//! Who Microsoft's people are among our users. Matched by object id, then UPN, mail and alias; never by display
//! name, because two people may share one.

use std::collections::HashMap;

use super::super::{Result, forgotten};
use super::context::Context;
use crate::model::id::UserId;
use crate::model::people::normal_email;
use crate::store::erasures::Known;
use crate::store::{self, Tx, identities};

/// People found during one reading; each is looked up once.
#[derive(Debug, Default)]
pub(super) struct Faces {
    by_object_id: HashMap<String, Option<UserId>>,
    /// Object ids that were learnt by way of an address, to be kept.
    learnt: Vec<(UserId, String)>,
    /// Object ids of people who were erased, found by way of an address.
    erased: Vec<(UserId, String)>,
}

impl Faces {
    /// The user behind an object id and an address, either of which may be missing.
    pub(super) async fn find(
        &mut self,
        ctx: &Context<'_>,
        object_id: Option<&str>,
        address: Option<&str>,
    ) -> Result<Option<UserId>> {
        if let Some(id) = object_id
            && let Some(user) = self.known(ctx, id).await?
        {
            return Ok(Some(user));
        }
        let Some(address) = address.map(normal_email).filter(|address| !address.is_empty()) else {
            return Ok(None);
        };
        let found = identities::by_address(&ctx.app.store, &address).await?;
        if let (Some(user), Some(id)) = (found, object_id) {
            self.learn(user, id);
        }
        Ok(found)
    }

    /// The user behind an object id; who is unknown is looked up in Microsoft's directory once.
    pub(super) async fn find_in_directory(
        &mut self,
        ctx: &Context<'_>,
        object_id: &str,
    ) -> Result<Option<UserId>> {
        self.meet(ctx, vec![object_id.to_owned()]).await?;
        Ok(self.by_object_id.get(object_id).copied().flatten())
    }

    /// Looks everybody up who is unknown, many by one request.
    pub(super) async fn meet(&mut self, ctx: &Context<'_>, object_ids: Vec<String>) -> Result<()> {
        let mut strangers = Vec::new();
        for id in object_ids {
            let is_met = self.by_object_id.contains_key(&id) || strangers.contains(&id);
            if !is_met && self.known(ctx, &id).await?.is_none() {
                strangers.push(id);
            }
        }
        let people = match strangers.as_slice() {
            [] => return Ok(()),
            [one] => vec![ctx.graph.user(one).await],
            many => ctx.graph.users(many).await,
        };
        for (id, person) in strangers.iter().zip(people) {
            self.by_object_id.insert(id.clone(), None);
            // Without the permission to read people they stay unmatched; that is no failure of the chat.
            let Ok(person) = person else { continue };
            let addresses = [person.user_principal_name, person.mail].into_iter().flatten();
            let addresses: Vec<String> = addresses.map(|address| normal_email(&address)).collect();
            for address in &addresses {
                if let Some(user) = identities::by_address(&ctx.app.store, address).await? {
                    self.learn(user, id);
                    break;
                }
            }
            let words = addresses.iter().map(String::as_str);
            let erased = forgotten::among(ctx.app, &ctx.app.store, words).await?;
            self.erased.extend(erased.values().map(|person| (person.user_id, id.clone())));
        }
        Ok(())
    }

    /// Remembers how Microsoft names people who were erased, in the transaction of what it was learnt from.
    pub(super) async fn remember_erased(&self, ctx: &Context<'_>, tx: &Tx) -> Result<()> {
        for (user, object_id) in &self.erased {
            let seen = Known { object_ids: vec![object_id.clone()], ..Known::default() };
            forgotten::remember(ctx.app, tx, *user, &seen).await?;
        }
        Ok(())
    }

    /// Keeps what was learnt, in the transaction of what it was learnt from.
    pub(super) async fn keep(&self, tx: &Tx) -> Result<()> {
        for (user, object_id) in &self.learnt {
            identities::learn_object_id(tx, *user, object_id).await?;
            store::chat::name_sender(tx, object_id, *user).await?;
        }
        Ok(())
    }

    async fn known(&mut self, ctx: &Context<'_>, object_id: &str) -> Result<Option<UserId>> {
        if let Some(Some(user)) = self.by_object_id.get(object_id) {
            return Ok(Some(*user));
        }
        let found = identities::by_object_id(&ctx.app.store, object_id).await?;
        if found.is_some() {
            self.by_object_id.insert(object_id.to_owned(), found);
        }
        Ok(found)
    }

    fn learn(&mut self, user: UserId, object_id: &str) {
        self.by_object_id.insert(object_id.to_owned(), Some(user));
        self.learnt.push((user, object_id.to_owned()));
    }
}
