//! The people of a tenant, found by id and by both addresses; case does not count.

use std::collections::HashMap;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::tenant::User;

/// Reads like a list; who is found by a name that several bear is the first of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    list: Vec<User>,
    by_name: HashMap<String, usize>,
}

impl People {
    /// Where the person of this name stands in the list.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(&name.to_ascii_lowercase()).copied()
    }

    pub(crate) fn push(&mut self, user: User) {
        self.name(self.list.len(), &user);
        self.list.push(user);
    }

    pub(crate) fn replace(&mut self, index: usize, user: User) {
        self.list[index] = user;
        self.name_all();
    }

    pub(crate) fn remove(&mut self, index: usize) {
        self.list.remove(index);
        self.name_all();
    }

    fn name(&mut self, index: usize, user: &User) {
        for name in [user.id.as_str(), user.email.as_str(), user.address()] {
            self.by_name.entry(name.to_ascii_lowercase()).or_insert(index);
        }
    }

    fn name_all(&mut self) {
        self.by_name.clear();
        let list = std::mem::take(&mut self.list);
        list.iter().enumerate().for_each(|(index, user)| self.name(index, user));
        self.list = list;
    }
}

impl FromIterator<User> for People {
    fn from_iter<I: IntoIterator<Item = User>>(users: I) -> Self {
        let mut people = Self::default();
        users.into_iter().for_each(|user| people.push(user));
        people
    }
}

impl Deref for People {
    type Target = [User];

    fn deref(&self) -> &Self::Target {
        &self.list
    }
}

impl Serialize for People {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for People {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}
