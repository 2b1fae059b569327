//! Finds each setting: environment over file over default. Every error is one sentence that names the key, where the
//! value stands, and what to write; no error repeats a secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::table::{Setting, Text};
use super::values::{Raw, Value};
use super::{ConfigError, Effective, Source, Sources};

/// The settings file, and what of it has not been read yet.
pub(super) struct FileValues {
    path: PathBuf,
    values: BTreeMap<String, toml::Value>,
}

impl FileValues {
    /// No file: nothing is set in it.
    pub(super) fn none() -> Self {
        Self { path: PathBuf::new(), values: BTreeMap::new() }
    }

    /// Reads and parses `path`.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigError(format!("{}: the configuration file cannot be read: {error}", path.display()))
        })?;
        let table: toml::Table = toml::from_str(&text).map_err(|error| syntax_error(path, &text, &error))?;
        let mut values = BTreeMap::new();
        for (section, value) in table {
            match value {
                toml::Value::Table(entries) => {
                    values
                        .extend(entries.into_iter().map(|(key, value)| (format!("{section}.{key}"), value)));
                }
                other => {
                    values.insert(section, other);
                }
            }
        }
        Ok(Self { path: path.to_owned(), values })
    }

    /// An error for the first key that no setting took.
    pub(super) fn refuse_unknown(&self, known: &[&'static str]) -> Result<(), ConfigError> {
        let Some(key) = self.values.keys().next() else {
            return Ok(());
        };
        let nearest = known.iter().min_by_key(|candidate| distance(key, candidate));
        let hint = nearest
            .filter(|candidate| distance(key, candidate) <= 4)
            .map(|candidate| format!(", did you mean `{candidate}`?"))
            .unwrap_or_default();
        Err(ConfigError(format!("{}: unknown key `{key}`{hint}", self.path.display())))
    }
}

fn syntax_error(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let reason = error.message().replace('\n', " ");
    ConfigError(format!("{}, line {line}: not valid TOML: {reason}", path.display()))
}

/// Levenshtein distance, for "did you mean".
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Hands out settings one by one and remembers where each came from.
pub(super) struct Reader<'a> {
    sources: &'a Sources,
    file: FileValues,
    effective: Vec<Effective>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a Sources, file: FileValues) -> Self {
        Self { sources, file, effective: Vec::new() }
    }

    /// The value of `setting`.
    pub(super) fn take<T: Value>(&mut self, setting: &'static Setting) -> Result<T, ConfigError> {
        let (source, found) = self.find(setting)?;
        let value = match found {
            Some(raw) => T::read(raw).ok_or_else(|| wrong_value::<T>(setting, &source))?,
            None => default(setting),
        };
        self.effective.push(Effective { setting, source, shown: value.show() });
        Ok(value)
    }

    /// What was handed out, after checking that nothing in the file is left over.
    pub(super) fn finish(self) -> Result<Vec<Effective>, ConfigError> {
        let known: Vec<_> = self.effective.iter().map(|effective| effective.setting.key).collect();
        self.file.refuse_unknown(&known)?;
        Ok(self.effective)
    }

    fn find(&mut self, setting: &'static Setting) -> Result<(Source, Option<Raw>), ConfigError> {
        let in_file = self.file.values.remove(setting.key);
        if let Some(flag) = self.sources.flag(setting.key) {
            return Ok((Source::Flag(flag.0), Some(Raw::Text(flag.1))));
        }
        let direct = self.sources.variable(setting.variable);
        let by_file = if setting.secret { self.secret_file(setting)? } else { None };
        match (direct, by_file) {
            (Some(_), Some(_)) => {
                let name = setting.variable;
                Err(ConfigError(format!("{name} and {name}_FILE are both set: keep one of them")))
            }
            (Some(text), None) => Ok((Source::Variable(setting.variable.to_owned()), Some(Raw::Text(text)))),
            (None, Some(text)) => {
                Ok((Source::Variable(format!("{}_FILE", setting.variable)), Some(Raw::Text(text))))
            }
            (None, None) => match in_file {
                Some(value) => {
                    let source = Source::File(self.file.path.clone());
                    let raw = raw(value).ok_or_else(|| wrong_shape(setting, &source))?;
                    Ok((source, Some(raw)))
                }
                None => Ok((Source::Default, None)),
            },
        }
    }

    fn secret_file(&self, setting: &Setting) -> Result<Option<String>, ConfigError> {
        let name = format!("{}_FILE", setting.variable);
        let Some(path) = self.sources.variable(&name) else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|error| ConfigError(format!("{name}: the file {path} cannot be read: {error}")))?;
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Err(ConfigError(format!("{name}: the file {path} is empty")));
        }
        Ok(Some(text))
    }
}

fn wrong_value<T: Value>(setting: &Setting, source: &Source) -> ConfigError {
    let place = source.place(setting.key);
    ConfigError(format!("{place} has a wrong value: write {}", T::write()))
}

fn wrong_shape(setting: &Setting, source: &Source) -> ConfigError {
    let place = source.place(setting.key);
    ConfigError(format!("{place} has a wrong value: write one value, a list of texts, or a table of texts"))
}

/// The default as written in the manual, read like any other text.
fn default<T: Value>(setting: &Setting) -> T {
    let Text::Default(text) = setting.text else {
        return T::absent()
            .expect("a setting without a default has a type that can be absent: held by a test");
    };
    let parsed: toml::Table =
        format!("it = {text}").parse().expect("defaults are valid TOML: held by a test");
    let value = parsed.into_iter().next().and_then(|(_, value)| raw(value));
    value.and_then(T::read).expect("defaults are values of their type: held by a test")
}

fn raw(value: toml::Value) -> Option<Raw> {
    match value {
        toml::Value::Array(items) => {
            let items: Option<Vec<String>> = items.into_iter().map(scalar).collect();
            items.map(Raw::List)
        }
        toml::Value::Table(entries) => {
            let entries: Option<BTreeMap<_, _>> =
                entries.into_iter().map(|(key, value)| Some((key, scalar(value)?))).collect();
            entries.map(Raw::Table)
        }
        other => scalar(other).map(Raw::Text),
    }
}

fn scalar(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_single_edits() {
        for (a, b, edits) in
            [("", "abc", 3), ("listen", "listn", 1), ("kitten", "sitting", 3), ("same", "same", 0)]
        {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
    }
}
