//! One place per setting: the `settings!` macro turns a struct with doc comments into its fields, its reader and its
//! rows of the manual. A setting cannot exist without documentation, and its documentation cannot go stale.

use super::values::Value;
use super::{ConfigError, reader::Reader};

/// One setting, as the template, the manual and `config show` know it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The dotted key in the file, for example `http.listen`.
    pub key: &'static str,
    /// The environment variable that overrides the file.
    pub variable: &'static str,
    /// What it is, as written above the field.
    pub doc: &'static str,
    /// The default, or for a setting without one an example.
    pub text: Text,
    /// Whether the value is masked wherever it is shown, and may come from `…_FILE`.
    pub secret: bool,
}

/// What stands behind a setting that nobody set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// The value it then has, as TOML.
    Default(&'static str),
    /// None; the template shows this TOML.
    Example(&'static str),
}

/// A group of settings under one heading of the file.
pub(super) trait Section: Sized {
    const NAME: &'static str;
    const DOC: &'static str;
    const SETTINGS: &'static [Setting];

    fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError>;
}

/// Reads the field of `setting`; the type of the field judges the text.
pub(super) fn read_field<T: Value>(
    reader: &mut Reader<'_>,
    setting: &'static Setting,
) -> Result<T, ConfigError> {
    reader.take(setting)
}

macro_rules! settings {
    (
        $(#[doc = $section_doc:literal])+
        $section:literal => $name:ident {
            $($(#[doc = $doc:literal])+ [$variable:literal] $field:ident: $type:ty, $kind:ident($text:literal);)+
        }
    ) => {
        $(#[doc = $section_doc])+
        #[derive(Debug, Clone)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl $crate::config::table::Section for $name {
            const NAME: &'static str = $section;
            const DOC: &'static str = concat!($($section_doc, "\n"),+);
            const SETTINGS: &'static [$crate::config::table::Setting] = &[
                $($crate::config::table::Setting {
                    key: concat!($section, ".", stringify!($field)),
                    variable: $variable,
                    doc: concat!($($doc, "\n"),+),
                    text: $crate::config::table::Text::$kind($text),
                    secret: <$type as $crate::config::values::Value>::SECRET,
                }),+
            ];

            fn read(
                reader: &mut $crate::config::reader::Reader<'_>,
            ) -> Result<Self, $crate::config::ConfigError> {
                let mut settings = Self::SETTINGS.iter();
                Ok(Self {
                    $($field: $crate::config::table::read_field(
                        reader,
                        settings.next().expect("one row per field: both come from the same list"),
                    )?,)+
                })
            }
        }
    };
}

pub(super) use settings;
