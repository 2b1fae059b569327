//! The commented template of the configuration file. `docs/config.toml` is its committed copy, a test compares them.

use std::fmt::Write as _;

use super::Config;
use super::table::{Section, Setting, Text};

/// A complete configuration file in which every setting is commented out, with its documentation.
pub fn template() -> String {
    let mut out = String::from(HEAD);
    for (name, doc, settings) in Config::sections() {
        out.push('\n');
        comment(&mut out, doc);
        let _ = writeln!(out, "[{name}]");
        for setting in settings {
            out.push('\n');
            describe(&mut out, setting);
        }
    }
    out
}

const HEAD: &str = "\
# OnRecord's configuration: all settings, their environment variables and their defaults.
#
# Made by `onrecord config template`; put it in DIR/onrecord.toml and take the # away where you want another value.
# The environment goes before this file. `onrecord config show` prints what is in force and where it comes from.
# Recording is mandatory: there is no setting that turns it off.
";

fn describe(out: &mut String, setting: &Setting) {
    comment(out, setting.doc);
    let file = if setting.secret {
        format!(", or {}_FILE with the path of a file", setting.variable)
    } else {
        String::new()
    };
    let _ = writeln!(out, "# Environment: {}{file}", setting.variable);
    let key = setting.key.rsplit('.').next().unwrap_or(setting.key);
    match setting.text {
        Text::Default(text) => {
            let _ = writeln!(out, "# Default:\n#{key} = {text}");
        }
        Text::Example(text) => {
            let _ = writeln!(out, "# Example (no default):\n#{key} = {text}");
        }
    }
}

fn comment(out: &mut String, doc: &str) {
    for line in doc.lines() {
        let _ = writeln!(out, "# {}", line.trim());
    }
}

/// The name, documentation and settings of a section.
pub(super) fn row<S: Section>() -> (&'static str, &'static str, &'static [Setting]) {
    (S::NAME, S::DOC, S::SETTINGS)
}
