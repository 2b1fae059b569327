//! The pages as text: every sample page is well-formed HTML with what every page must have, and every word comes from
//! the catalogue.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use axum::{body::to_bytes, http::StatusCode};
use onrecord::web::{styleguide, text};

const VOID: [&str; 10] = ["meta", "link", "input", "br", "img", "source", "track", "hr", "col", "!doctype"];

async fn samples() -> BTreeMap<&'static str, (StatusCode, String)> {
    let mut pages = BTreeMap::new();
    for name in styleguide::sample_names() {
        let response = styleguide::sample_page(name).expect("a name that is listed has a page");
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a page is in memory");
        let replaced =
            pages.insert(name, (status, String::from_utf8(body.to_vec()).expect("a page is UTF-8")));
        assert!(replaced.is_none(), "two sample pages are called {name}");
    }
    pages
}

/// The tags of a page in order: name, whether it closes, its attributes.
fn tags(html: &str) -> Vec<(String, bool, String)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let mut quote = None;
        let end = rest
            .char_indices()
            .find(|(_, c)| match (quote, *c) {
                (None, '"' | '\'') => {
                    quote = Some(*c);
                    false
                }
                (Some(open), c) if open == c => {
                    quote = None;
                    false
                }
                (None, '>') => true,
                _ => false,
            })
            .map(|(index, _)| index)
            .expect("a tag ends");
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let closes = tag.starts_with('/');
        let name: String =
            tag.trim_start_matches('/').chars().take_while(|c| !c.is_whitespace() && *c != '/').collect();
        found.push((name.to_lowercase(), closes, tag.to_owned()));
    }
    found
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[from..].split('"').next()
}

#[tokio::test]
async fn every_sample_page_is_well_formed_and_has_what_every_page_must_have() {
    for (name, (_, html)) in samples().await {
        let mut open: Vec<String> = Vec::new();
        let mut ids = BTreeSet::new();
        let mut headings = 0;
        for (tag, closes, whole) in tags(&html) {
            if VOID.contains(&tag.as_str()) || whole.ends_with('/') {
                // Nothing to close.
            } else if closes {
                assert_eq!(
                    open.pop().as_deref(),
                    Some(tag.as_str()),
                    "{name}: </{tag}> closes something else"
                );
            } else {
                open.push(tag.clone());
            }
            headings += usize::from(tag == "h1" && !closes);
            if let Some(id) = attribute(&whole, "id") {
                assert!(ids.insert(id.to_owned()), "{name}: the id {id} stands twice");
            }
            assert!(
                attribute(&whole, "style").is_none(),
                "{name}: inline style, which the content policy refuses: {whole}"
            );
            assert!(
                !whole.contains(" onclick="),
                "{name}: inline script, which the content policy refuses: {whole}"
            );
        }
        assert!(open.is_empty(), "{name}: not closed: {open:?}");
        assert_eq!(headings, 1, "{name}: a page has one h1");
        for must in ["<!doctype html>", "lang=\"en\"", "<main", "class=\"skip\"", " · OnRecord</title>"] {
            assert!(html.contains(must), "{name}: lacks {must}");
        }
        let labelled: Vec<_> = tags(&html)
            .into_iter()
            .flat_map(|(_, _, whole)| {
                ["for", "aria-labelledby", "aria-describedby", "popovertarget", "list"]
                    .iter()
                    .filter_map(|of| attribute(&whole, of).map(str::to_owned))
                    .collect::<Vec<_>>()
            })
            .collect();
        for id in labelled.iter().flat_map(|ids| ids.split(' ')) {
            assert!(ids.contains(id), "{name}: refers to {id}, which is not there");
        }
    }
}

#[tokio::test]
async fn no_page_offers_to_switch_recording_off() {
    for (name, (_, html)) in samples().await {
        assert!(!html.contains("enable_recording"), "{name}");
        assert!(!html.contains("name=\"record"), "{name}");
    }
}

#[tokio::test]
async fn the_messages_that_users_know_stay_verbatim() {
    let pages = samples().await;
    let says = |page: &str, words: &str| {
        assert!(pages[page].1.contains(words), "{page} does not say {words}");
    };
    says("class-failed", "Failed to enable auto-recording");
    says("class-failed", "press Record yourself");
    says("recordings-missing", "Recording not found");
    says("player-waiting", "Download failed");
    says("monitor", "Storage full");
}

#[tokio::test]
async fn refused_pages_keep_their_status() {
    let pages = samples().await;
    assert_eq!(pages["error-404"].0, StatusCode::NOT_FOUND);
    assert_eq!(pages["error-403"].0, StatusCode::FORBIDDEN);
    assert_eq!(pages["conference-new-errors"].0, StatusCode::UNPROCESSABLE_ENTITY);
}

fn files_below(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory of this crate") {
        let path = entry.expect("an entry of this crate").path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs" || ext == "html") {
            found.push(path);
        }
    }
}

/// The keys that stand as words in code and templates: after `t.get(`, `t.with(`, `say(`, `say_with(`, and all others that look like keys.
fn keys_in_use() -> (BTreeMap<String, PathBuf>, BTreeSet<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    files_below(&root.join("src"), &mut files);
    files_below(&root.join("templates"), &mut files);
    let (mut asked, mut words) = (BTreeMap::new(), BTreeSet::new());
    for file in files {
        let source = fs::read_to_string(&file).expect("a file of this crate");
        for (place, _) in
            ["t.get(", "t.with(", "say(", "say_with("].iter().flat_map(|call| source.match_indices(call))
        {
            let before = source[..place].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let argument = source[place..].split_once('(').map_or("", |(_, rest)| rest).trim_start();
            if let Some(key) = argument.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                asked.insert(key.to_owned(), file.clone());
            }
        }
        words.extend(
            source
                .split('"')
                .filter(|word| {
                    !word.is_empty()
                        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                })
                .map(str::to_owned),
        );
    }
    (asked, words)
}

#[test]
fn every_key_that_is_asked_for_is_in_the_catalogue() {
    let (asked, _) = keys_in_use();
    assert!(asked.len() > 200, "the search for keys finds too few: {}", asked.len());
    let missing: Vec<_> = asked.iter().filter(|(key, _)| !text::english().has(key)).collect();
    assert!(missing.is_empty(), "not in text/en.ftl: {missing:?}");
}

/// The names of the audit's actions that stand in the operations: `recording.hidden`.
fn audit_actions() -> BTreeSet<String> {
    let subjects = [
        "access",
        "alert",
        "audit",
        "class_data",
        "conference",
        "course",
        "database",
        "erasure",
        "exception",
        "file",
        "hold",
        "import",
        "inbox",
        "integration",
        "job",
        "ledger",
        "mail",
        "meeting",
        "objection",
        "person",
        "policy",
        "privacy",
        "recording",
        "retention",
        "roster",
        "token",
        "transcript",
        "user",
    ];
    let mut files = Vec::new();
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops"), &mut files);
    let is_action = |word: &&str| {
        let Some((subject, verb)) = word.split_once('.') else { return false };
        let is_word = !verb.is_empty() && verb.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        is_word && subjects.contains(&subject)
    };
    let mut found: BTreeSet<String> = [
        "archive.verified",
        "notice.acknowledged",
        "notice.changed",
        "notice.in_force",
        "notice.wording_changed",
    ]
    .map(str::to_owned)
    .into();
    for file in files {
        let source = fs::read_to_string(&file).expect("a file of this crate");
        found.extend(source.split('"').filter(is_action).map(str::to_owned));
    }
    found
}

fn action_key(action: &str) -> String {
    format!("action-{}", action.replace(['.', '_'], "-"))
}

#[test]
fn every_action_of_the_audit_has_words() {
    let actions = audit_actions();
    assert!(actions.len() > 40, "the search finds too few: {actions:?}");
    let silent: Vec<_> = actions.iter().filter(|action| !text::english().has(&action_key(action))).collect();
    assert!(silent.is_empty(), "text/en.ftl lacks action-… for {silent:?}");
}

#[test]
fn every_key_of_the_catalogue_is_asked_for() {
    let (_, mut words) = keys_in_use();
    words.extend(audit_actions().iter().map(|action| action_key(action)));
    let idle: Vec<_> = text::english_keys().filter(|key| !words.contains(*key)).collect();
    assert!(idle.is_empty(), "text/en.ftl has messages that nothing shows: {idle:?}");
}
