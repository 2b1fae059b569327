//! Committed documents that are made from the program must be what the program makes.
//! `ONRECORD_ACCEPT=1 cargo test -p onrecord documents` writes them anew.

use std::fs;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not of the product")]
fn accepting() -> bool {
    std::env::var_os("ONRECORD_ACCEPT").is_some()
}

/// Compares a committed document with what the program makes of it now.
fn assert_committed(path: &str, fresh: &str) {
    let file = root().join(path);
    let fresh = format!("{}\n", fresh.trim_end());
    if accepting() {
        fs::create_dir_all(file.parent().expect("documents lie in folders")).unwrap();
        fs::write(&file, &fresh).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let line = committed.lines().zip(fresh.lines()).position(|(old, new)| old != new);
    assert!(
        committed == fresh,
        "{path} is stale (first difference after line {}): run `ONRECORD_ACCEPT=1 cargo test -p onrecord documents` and commit it",
        line.unwrap_or_else(|| committed.lines().count().min(fresh.lines().count())),
    );
}

#[test]
fn the_configuration_template_is_committed() {
    assert_committed("docs/config.toml", &onrecord::config::template());
}

#[test]
fn the_command_line_manual_is_committed() {
    assert_committed("docs/cli.md", &onrecord::cli::manual());
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned(), "CHANGELOG.md".to_owned()];
    for folder in ["docs", "docs/decisions"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                documents.push(format!("{folder}/{}", path.file_name().unwrap().display()));
            }
        }
    }
    let mut broken = Vec::new();
    for document in &documents {
        let file = root().join(document);
        let text = fs::read_to_string(&file).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            let outside = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !outside && !file.parent().unwrap().join(target).exists() {
                broken.push(format!("{document}: {target}"));
            }
        }
    }
    assert!(documents.len() > 8, "the documents were not found");
    assert!(broken.is_empty(), "links that lead nowhere: {broken:#?}");
}

#[test]
fn the_readme_says_that_recording_cannot_be_disabled() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for words in ["cannot be disabled", "cargo run --release -- demo", "./test"] {
        assert!(readme.contains(words), "README.md does not say {words:?}");
    }
}

#[test]
fn the_architecture_fits_a_sitting() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    assert!((50..300).contains(&text.lines().count()));
}
