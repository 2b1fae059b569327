//! Closed lists whose members are written as fixed words in tables, URLs and JSON.

/// A member of a closed list with one fixed spelling outside the program.
pub trait Word: Copy + Sized + 'static {
    /// Every member, in the order of declaration.
    const ALL: &'static [Self];

    /// The spelling in tables, URLs and JSON.
    fn as_str(self) -> &'static str;

    /// The member spelt `text`, or `None` for an unknown word.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.as_str() == text)
    }
}

/// Declares an enum that is a [`Word`], with `Display` and serde in the same spelling.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        $vis enum $name {
            $($(#[$vmeta])* #[serde(rename = $text)] $variant),+
        }

        impl $crate::model::words::Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::model::words::Word::as_str(*self))
            }
        }
    };
}
