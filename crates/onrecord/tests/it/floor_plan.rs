//! The walls of the house, held by a test: which room may use which, what every file looks like, and that client and
//! simulator never name each other. The table is the one of `docs/architecture.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room of `crates/onrecord/src`, the rooms it may use, and the crates it must never name.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

const FLOOR_0: [&str; 2] = ["model", "fail"];
/// Crates that bring the outside world; each room names those it must not see.
const WORLD: [&str; 11] = [
    "axum",
    "http",
    "tower",
    "askama",
    "clap",
    "sea_orm",
    "sea_orm_migration",
    "sqlx",
    "reqwest",
    "object_store",
    "msgraph",
];
const OPERATIONS: [&str; 7] = ["axum", "http", "tower", "askama", "clap", "sea_orm", "sqlx"];
const DATABASE: [&str; 3] = ["sea_orm", "sea_orm_migration", "sqlx"];
const BELOW_APP: [&str; 11] = [
    "model",
    "config",
    "store",
    "bucket",
    "clock",
    "secrets",
    "telemetry",
    "graph",
    "delivery",
    "lanes",
    "post",
];
const BELOW_OPS: [&str; 13] = [
    "model",
    "post",
    "config",
    "text",
    "store",
    "bucket",
    "clock",
    "secrets",
    "telemetry",
    "graph",
    "delivery",
    "lanes",
    "app",
];
const BELOW_DOORS: [&str; 12] = [
    "model",
    "config",
    "text",
    "store",
    "bucket",
    "clock",
    "secrets",
    "telemetry",
    "graph",
    "delivery",
    "app",
    "ops",
];

const ROOMS: [Room; 18] = [
    Room { name: "fail", may_use: &[], never: &WORLD },
    Room { name: "model", may_use: &[], never: &WORLD },
    Room { name: "config", may_use: &FLOOR_0, never: &WORLD },
    Room { name: "text", may_use: &[], never: &WORLD },
    Room {
        name: "store",
        may_use: &FLOOR_0,
        never: &["axum", "http", "tower", "askama", "clap", "reqwest", "object_store", "msgraph"],
    },
    Room {
        name: "bucket",
        may_use: &FLOOR_0,
        never: &["axum", "http", "tower", "askama", "clap", "sea_orm", "sqlx", "reqwest", "msgraph"],
    },
    Room { name: "clock", may_use: &FLOOR_0, never: &WORLD },
    Room { name: "secrets", may_use: &FLOOR_0, never: &WORLD },
    Room {
        name: "telemetry",
        may_use: &["model", "config"],
        never: &["askama", "clap", "sea_orm", "sqlx", "reqwest", "object_store", "msgraph"],
    },
    Room { name: "graph", may_use: &["model", "config", "clock"], never: &OPERATIONS },
    Room { name: "delivery", may_use: &["model"], never: &OPERATIONS },
    Room { name: "lanes", may_use: &["model", "fail", "store", "clock"], never: &OPERATIONS },
    Room {
        name: "post",
        may_use: &["model", "text"],
        never: &["axum", "tower", "clap", "sea_orm", "sqlx", "object_store", "msgraph"],
    },
    Room { name: "app", may_use: &BELOW_APP, never: &OPERATIONS },
    Room { name: "ops", may_use: &BELOW_OPS, never: &OPERATIONS },
    Room { name: "web", may_use: &BELOW_DOORS, never: &["clap", "sea_orm", "sea_orm_migration", "sqlx"] },
    Room { name: "cli", may_use: &BELOW_DOORS, never: &["askama", "sea_orm", "sea_orm_migration", "sqlx"] },
    Room { name: "worker", may_use: &BELOW_DOORS, never: &["axum", "askama", "clap", "sea_orm", "sqlx"] },
];

/// Commands that open other doors: they start the web server or the worker, or print what the routes say.
const DOOR_OPENERS: [&str; 4] = ["cli/serve", "cli/worker", "cli/demo", "cli/openapi"];

/// Words that say nothing about what is inside.
const EMPTY_WORDS: [&str; 9] =
    ["util", "utils", "helper", "helpers", "manager", "managers", "service", "common", "misc"];

const MOST_LINES: usize = 600;

struct Source {
    /// Relative to the folder searched, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The lines without comments and, in files of ours, without string contents that could look like paths.
    fn code(&self) -> String {
        let without_comment = |line: &str| match line.find("//") {
            Some(at) if !line[..at].ends_with(':') => line[..at].to_owned(),
            _ => line.to_owned(),
        };
        self.text.lines().map(without_comment).collect::<Vec<_>>().join("\n")
    }

    /// Production lines: everything before an inline test module.
    fn production_lines(&self) -> usize {
        self.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()
    }

    fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

fn crates() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    collect(folder, folder, &mut found);
    found
}

fn collect(top: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(top, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(top).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path: relative, text: fs::read_to_string(&path).unwrap() });
        }
    }
}

fn product() -> Vec<Source> {
    sources(&crates().join("onrecord/src"))
}

/// The rooms a piece of code names as `crate::room`, also inside `use crate::{a, b::c}`, and as `super::…::room` never.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => named.extend(heads_of_group(group)),
            None => named.extend(word(rest)),
        }
    }
    named
}

/// The first words of the members of a `use` group, up to its closing brace.
fn heads_of_group(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut start) = (0_usize, 0_usize);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.extend(word(group[start..at].trim_start()));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Whether `code` names the crate `name` in a path: `name::`, or `use name;`.
fn names_crate(code: &str, name: &str) -> bool {
    let whole_word = |at: usize, end: usize| {
        let before = code[..at].chars().next_back();
        let after = &code[end..];
        let starts = before.is_none_or(|c| !(c.is_ascii_alphanumeric() || c == '_' || ":.\"".contains(c)));
        starts && after.starts_with("::")
    };
    code.match_indices(name).any(|(at, found)| whole_word(at, at + found.len()))
}

/// What `source` does that its room may not.
fn trespasses(source: &Source) -> Vec<String> {
    let Some(room) = ROOMS.iter().find(|room| room.name == source.room()) else {
        let known = matches!(source.path.as_str(), "main.rs" | "lib.rs");
        return if known {
            Vec::new()
        } else {
            vec![format!("{}: a room without a row in the floor plan", source.path)]
        };
    };
    let code = source.code();
    let opens_doors = DOOR_OPENERS.iter().any(|opener| source.path.starts_with(opener));
    let mut found = Vec::new();
    for named in rooms_named(&code) {
        let is_room = ROOMS.iter().any(|other| other.name == named);
        let door = opens_doors && matches!(named.as_str(), "web" | "worker");
        if is_room && named != room.name && !room.may_use.contains(&named.as_str()) && !door {
            found.push(format!("{}: {} must not use {named}", source.path, room.name));
        }
    }
    for name in room.never.iter().filter(|name| names_crate(&code, name)) {
        found.push(format!("{}: {} must not name the crate {name}", source.path, room.name));
    }
    if room.name != "store" && DATABASE.iter().any(|name| names_crate(&code, name)) {
        found.push(format!("{}: all SQL is in store", source.path));
    }
    if names_crate(&code, "msgraph_sim") && !source.path.starts_with("cli/demo") {
        found.push(format!("{}: the simulator is started from cli/demo only", source.path));
    }
    found
}

#[test]
fn rooms_use_only_the_floors_below() {
    let found: Vec<String> = product().iter().flat_map(trespasses).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_check_itself_sees_a_trespass() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    for (path, text) in [
        ("model/x.rs", "use crate::store::Store;"),
        ("store/x.rs", "use crate::{model::id, config};"),
        ("ops/x.rs", "use crate::{app::App, web};"),
        ("ops/x.rs", "fn f() -> axum::Router {}"),
        ("ops/x.rs", "let row = sqlx::query(text);"),
        ("web/x.rs", "crate::worker::run()"),
        ("cli/sync.rs", "crate::web::router()"),
        ("ops/sync/mod.rs", "use msgraph_sim::World;"),
        ("bucket.rs", "use crate::config::Config;"),
        ("cellar/x.rs", ""),
    ] {
        assert!(!trespasses(&source(path, text)).is_empty(), "{path}: {text}");
    }
    for (path, text) in [
        ("ops/x.rs", "use crate::{app::App, model::{id, job}, ops::Error};"),
        ("ops/x.rs", "use msgraph::Client; // not like crate::web"),
        ("web/x.rs", "use crate::ops::media; use axum::Router; let http = 1;"),
        ("cli/serve.rs", "crate::web::router(); crate::worker::run()"),
        ("cli/demo.rs", "use msgraph_sim::World;"),
        ("model/x.rs", "crate::words! { }"),
    ] {
        let found = trespasses(&source(path, text));
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn every_file_says_what_it_is_and_fits() {
    let mut found = Vec::new();
    for name in ["onrecord", "msgraph", "msgraph-sim"] {
        for folder in ["src", "tests", "benches"] {
            let folder = crates().join(name).join(folder);
            for source in if folder.exists() { sources(&folder) } else { Vec::new() } {
                let place = format!("{name}/{}", source.path);
                if !source.text.starts_with("//! ") {
                    found.push(format!(
                        "{place} does not open with `//!`: what it is, and what it must never do"
                    ));
                }
                if source.production_lines() > MOST_LINES {
                    found.push(format!(
                        "{place} has {} lines, more than {MOST_LINES}: split it by idea",
                        source.production_lines()
                    ));
                }
                found.extend(empty_names(&place, &source));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

fn empty_names(place: &str, source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let stem = place.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    let folders = place.split('/').map(|part| part.trim_end_matches(".rs"));
    for part in folders {
        if part.split('_').any(|word| EMPTY_WORDS.contains(&word)) && !part.starts_with("service_account") {
            found.push(format!("{place}: `{stem}` names nothing"));
        }
    }
    let code = source.code();
    // An associated type has the name that its trait gives it.
    for keyword in ["struct ", "enum ", "trait ", "mod ", "\ntype ", "\npub type "] {
        for rest in code.split(keyword).skip(1) {
            let name = word(rest).unwrap_or_default();
            let lower = name.to_lowercase();
            if EMPTY_WORDS.iter().any(|word| lower.ends_with(word)) {
                found.push(format!("{place}: the name `{name}` says nothing"));
            }
        }
    }
    found
}

#[test]
fn client_and_simulator_never_name_each_other() {
    let mut found = Vec::new();
    for (name, strangers) in [("msgraph", &["msgraph_sim", "msgraph-sim"][..]), ("msgraph-sim", &["msgraph"])]
    {
        let folder = crates().join(name);
        let mut texts =
            vec![("Cargo.toml".to_owned(), fs::read_to_string(folder.join("Cargo.toml")).unwrap())];
        for part in ["src", "tests"].map(|part| folder.join(part)).iter().filter(|part| part.exists()) {
            texts.extend(sources(part).into_iter().map(|source| (source.path, source.text)));
        }
        for (path, text) in &texts {
            for stranger in strangers.iter().filter(|stranger| names_word(text, stranger)) {
                found.push(format!("{name}/{path} names {stranger}"));
            }
        }
    }
    assert!(found.is_empty(), "no shared type, no shared line: {found:#?}");
}

/// Whether `text` names the crate `name`, not merely a longer name that begins with it.
fn names_word(text: &str, name: &str) -> bool {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
    })
}

#[test]
fn the_manifests_agree_with_the_floor_plan() {
    let manifest = |name: &str| fs::read_to_string(crates().join(name).join("Cargo.toml")).unwrap();
    let depends =
        |text: &str, name: &str| text.lines().any(|line| line.split(['.', '=', ' ']).next() == Some(name));
    let product = manifest("onrecord");
    assert!(depends(&product, "msgraph") && depends(&product, "msgraph-sim"));
    for (name, never) in
        [("msgraph", ["onrecord", "sea-orm", "clap"]), ("msgraph-sim", ["onrecord", "sea-orm", "askama"])]
    {
        let text = manifest(name);
        for stranger in never {
            assert!(!depends(&text, stranger), "{name} depends on {stranger}");
        }
    }
    let all = fs::read_to_string(crates().join("../Cargo.toml")).unwrap();
    assert!(all.contains("unsafe_code = \"forbid\"") && all.contains("allow_attributes = \"warn\""));
}
