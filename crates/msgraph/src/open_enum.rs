//! Enums of the wire that survive values they do not know.
//!
//! Microsoft adds members at any time; a value from tomorrow must neither fail an answer nor be lost.

/// Makes an enum from Graph's words, with a catch-all that keeps the word as received. Case does not matter.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A word this version does not know, as received.
            Other(String),
        }

        impl $name {
            /// Graph's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $(if text.eq_ignore_ascii_case($text) {
                    return Self::$variant;
                })+
                Self::Other(text)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    #![expect(unreachable_pub, reason = "the macro makes public enums")]

    open_enum! {
        /// An example.
        Colour {
            /// One.
            Red = "red",
        }
    }

    #[test]
    fn unknown_words_survive_a_round_trip() {
        let known: Colour = serde_json::from_str("\"Red\"").expect("a word");
        assert_eq!(known, Colour::Red);
        let unknown: Colour = serde_json::from_str("\"ultraviolet\"").expect("a word");
        assert_eq!(serde_json::to_string(&unknown).expect("text"), "\"ultraviolet\"");
    }
}
