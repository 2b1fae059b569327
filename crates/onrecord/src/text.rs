//! Every word a person reads on a page or in a mail comes from here: one Fluent catalogue per language. Pages, and the
//! operations whose sentences people read, take it from the same place; log and command line stay English.
//! The catalogue is always called `t` in code and templates, so that a test can find every key that is used.
//! A key that is missing shows itself; it never stops a page.

use std::{collections::HashMap, fmt::Write as _, sync::LazyLock};

use chrono::Weekday;
pub use fluent_bundle::FluentValue as Value;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

const ENGLISH: &str = include_str!("../text/en.ftl");

static EN: LazyLock<Text> = LazyLock::new(|| Text::new("en", Direction::LeftToRight, ENGLISH));

/// Which way a language is written; goes into `<html dir>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    LeftToRight,
    RightToLeft,
}

impl Direction {
    /// The value of the `dir` attribute.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// The catalogue of one language. Messages without arguments are formatted once, at start.
pub struct Text {
    language: &'static str,
    direction: Direction,
    plain: HashMap<String, String>,
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Text {
    fn new(language: &'static str, direction: Direction, source: &str) -> Self {
        let id: LanguageIdentifier = language.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        bundle.set_use_isolating(false);
        let resource = match FluentResource::try_new(source.to_owned()) {
            Ok(resource) => resource,
            Err((resource, errors)) => {
                tracing::error!(
                    language,
                    ?errors,
                    "the text catalogue has faults; the messages at fault are missing"
                );
                resource
            }
        };
        bundle.add_resource_overriding(resource);
        let plain =
            keys(source).filter_map(|key| Some((key.to_owned(), format_plain(&bundle, key)?))).collect();
        Self { language, direction, plain, bundle }
    }

    /// The language as a BCP 47 tag, for `<html lang>`.
    pub const fn language(&self) -> &'static str {
        self.language
    }

    /// Which way the language is written.
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// The message without arguments; the key itself when there is none.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.plain.get(key).map_or(key, String::as_str)
    }

    /// The message with its arguments put in; the key itself when there is none.
    pub fn with(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut errors = Vec::new();
        let said = self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::warn!(key, ?errors, "a message was formatted without all of its arguments");
        }
        said
    }

    /// The name of a day of the week.
    pub fn weekday(&self, day: Weekday) -> &str {
        self.get(WEEKDAYS[day.num_days_from_monday() as usize])
    }

    /// The short name of a day of the week.
    pub fn weekday_short(&self, day: Weekday) -> &str {
        self.get(WEEKDAYS_SHORT[day.num_days_from_monday() as usize])
    }

    /// The name of a month, of which January is 0.
    pub fn month(&self, month0: u32) -> &str {
        self.get(MONTHS[month0 as usize])
    }

    /// The short name of a month, of which January is 0.
    pub fn month_short(&self, month0: u32) -> &str {
        self.get(MONTHS_SHORT[month0 as usize])
    }

    /// Whether the catalogue has the key, with or without arguments.
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const WEEKDAYS_SHORT: [&str; 7] = [
    "monday-short",
    "tuesday-short",
    "wednesday-short",
    "thursday-short",
    "friday-short",
    "saturday-short",
    "sunday-short",
];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const MONTHS_SHORT: [&str; 12] = [
    "january-short",
    "february-short",
    "march-short",
    "april-short",
    "may-short",
    "june-short",
    "july-short",
    "august-short",
    "september-short",
    "october-short",
    "november-short",
    "december-short",
];

/// The catalogue for a person's language; English where there is none yet.
pub fn text(_language: &str) -> &'static Text {
    &EN
}

/// The English catalogue.
pub fn english() -> &'static Text {
    &EN
}

/// All keys of the English catalogue, in the order of the file.
pub fn english_keys() -> impl Iterator<Item = &'static str> {
    keys(ENGLISH)
}

/// Names as a sentence has them: "A", "A and B", "A, B and C".
pub fn join_names(t: &Text, names: &[&str]) -> String {
    let Some((last, first)) = names.split_last() else {
        return String::new();
    };
    if first.is_empty() {
        return (*last).to_owned();
    }
    let mut said = first.join(", ");
    let _ = write!(said, " {} {last}", t.get("and"));
    said
}

fn keys(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| {
        let (key, _) = line.split_once(" =")?;
        key.starts_with(|c: char| c.is_ascii_lowercase()).then_some(key)
    })
}

/// `None` for a message that needs arguments.
fn format_plain(bundle: &FluentBundle<FluentResource>, key: &str) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    let mut errors = Vec::new();
    let said = bundle.format_pattern(pattern, None, &mut errors).into_owned();
    errors.is_empty().then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_english_catalogue_has_no_faults_and_no_key_twice() {
        assert!(FluentResource::try_new(ENGLISH.to_owned()).is_ok());
        let mut seen = std::collections::HashSet::new();
        for key in english_keys() {
            assert!(seen.insert(key), "{key} stands twice");
            assert!(english().has(key), "{key} is not a message");
        }
    }

    #[test]
    fn names_are_joined_as_a_sentence_has_them() {
        let t = english();
        assert_eq!(join_names(t, &[]), "");
        assert_eq!(join_names(t, &["Ada"]), "Ada");
        assert_eq!(join_names(t, &["Ada", "Bo", "Cy"]), "Ada, Bo and Cy");
    }

    #[test]
    fn a_missing_key_shows_itself() {
        assert_eq!(english().get("no-such-key"), "no-such-key");
        assert_eq!(english().with("no-such-key", &[]), "no-such-key");
    }
}
