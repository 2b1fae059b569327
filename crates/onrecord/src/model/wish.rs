//! A wish for a value that may be absent: unsaid means "leave it", which is not the same as "make it empty".

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is wanted of an optional value. As a field with `#[serde(default)]`: left out is unsaid, null is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wish<T> {
    /// Leave it as it is.
    #[default]
    Unsaid,
    /// Make it this, or empty.
    Said(Option<T>),
}

impl<T> Wish<T> {
    /// The value after the wish, from the value before.
    pub fn over(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Unsaid => old,
            Self::Said(new) => new,
        }
    }

    /// The value that is asked for, if one is.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Said(Some(value)) => Some(value),
            Self::Unsaid | Self::Said(None) => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Wish<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Said)
    }
}

/// For the API's description, which writes defaults: unsaid and empty both look like null.
impl<T: Serialize> Serialize for Wish<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Fields {
        #[serde(default)]
        role: Wish<String>,
    }

    #[test]
    fn left_out_null_and_given_are_three_things() {
        let after =
            |json: &str| serde_json::from_str::<Fields>(json).unwrap().role.over(Some("old".to_owned()));
        assert_eq!(after("{}").as_deref(), Some("old"));
        assert_eq!(after(r#"{"role": null}"#), None);
        assert_eq!(after(r#"{"role": "new"}"#).as_deref(), Some("new"));
    }
}
