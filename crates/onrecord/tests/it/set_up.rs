//! The set-up of Microsoft 365: the printed script carries the real ids and no secret, and the documents say what the
//! program says.

use std::fs;
use std::path::PathBuf;

use onrecord::model::finding_code::Code;
use onrecord::model::permission::{OPTIONAL, PERMISSIONS, Profile};
use onrecord::model::words::Word as _;
use onrecord::ops::set_up;

use crate::world::World;

fn document(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[tokio::test]
async fn the_script_carries_the_real_ids_and_no_secret() {
    let world = World::new().await;
    let script = set_up::script(&world.app, Profile::Full).await.expect("a script");
    let tenant = world.sim.tenant();
    for name in ["tenant_id", "client_id", "service_account_email"] {
        let value = tenant[name].as_str().expect("the tenant has it");
        assert!(script.contains(&format!("'{value}'")), "{name} is not in it");
    }
    let secret = tenant["client_secret"].as_str().expect("a secret");
    assert!(!script.contains(secret) && !script.to_lowercase().contains("clientsecret"));
    for permission in PERMISSIONS {
        assert!(script.contains(&format!("'{}' = '{}'", permission.name, permission.role_id)));
    }
    let smaller = set_up::script(&world.app, Profile::Standard).await.expect("a script");
    assert!(!smaller.contains("Chat.Read.All") && smaller.contains("OnlineMeetingTranscript.Read.All"));
}

/// What is open in a PowerShell script at its end, by its own rules of comments and quotes: nothing, if it is whole.
fn left_open(script: &str) -> String {
    let mut open = String::new();
    let mut letters = script.chars().peekable();
    while let Some(letter) = letters.next() {
        match (open.chars().last(), letter) {
            (Some('\''), '\'') if letters.next_if_eq(&'\'').is_some() => {}
            (Some('"'), '"') if letters.next_if_eq(&'"').is_some() => {}
            (Some('\''), '\'')
            | (Some('"'), '"')
            | (Some('('), ')')
            | (Some('{'), '}')
            | (Some('['), ']') => {
                open.pop();
            }
            (Some('\''), _) => {}
            (_, '`') => {
                letters.next();
            }
            (Some('"'), '$') if letters.next_if_eq(&'(').is_some() => open.push('('),
            (Some('"'), _) => {}
            (_, '#') => while letters.next_if(|letter| *letter != '\n').is_some() {},
            (_, '\'' | '"' | '(' | '{' | '[') => open.push(letter),
            (_, ')' | '}' | ']') => return format!("{open} closed by {letter}"),
            _ => {}
        }
    }
    open
}

#[tokio::test]
async fn the_script_is_whole_whatever_is_entered() {
    for email in ["recordings@contoso.example", "o'neil@contoso.example"] {
        let world = World::with(&[("TEAMS_RECORDING_ADMIN_EMAIL", email)]).await;
        for profile in [Profile::Minimal, Profile::Standard, Profile::Full] {
            let script = set_up::script(&world.app, profile).await.expect("a script");
            assert_eq!(left_open(&script), "");
            assert!(script.contains(&email.replace('\'', "''")), "{script}");
            let first = script.lines().find(|line| !line.starts_with('#')).expect("a line");
            assert_eq!(first, "param(", "parameters stand first, or PowerShell takes them for a call");
        }
    }
    for broken in ["if ($x) { 'a", "\"$(if ($x) { 1 )\"", "@{ a = 'it's' }", "(}"] {
        assert!(!left_open(broken).is_empty(), "{broken}");
    }
}

#[tokio::test]
async fn before_anything_is_entered_the_script_says_what_to_enter() {
    let names = ["TEAMS_TENANT_ID", "TEAMS_CLIENT_ID", "TEAMS_CLIENT_SECRET", "TEAMS_RECORDING_ADMIN_EMAIL"];
    let world = World::with(&names.map(|name| (name, ""))).await;
    let script = set_up::script(&world.app, Profile::Full).await.expect("a script");
    assert!(script.contains("$TenantId = ''") && script.contains("The tenant id is missing"));
}

#[test]
fn every_code_of_doctor_is_in_the_troubleshooting_manual() {
    let manual = document("troubleshooting.md");
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !manual.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "not in docs/troubleshooting.md: {missing:?}");
    for message in
        ["Failed to enable auto-recording", "Recording not found", "Download failed", "Storage full"]
    {
        assert!(manual.contains(message), "{message}");
    }
    let unknown: Vec<_> = manual
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|word| Code::parse(word).is_none() && !word.contains("failed_"))
        .collect();
    assert!(unknown.is_empty(), "the manual explains what the program never says: {unknown:?}");
}

#[test]
fn the_guide_names_every_permission_with_its_profile_and_role_id() {
    let guide = document("setup-microsoft-365.md");
    for permission in PERMISSIONS.iter().chain(OPTIONAL) {
        let line = guide.lines().find(|line| line.starts_with(&format!("| {} ", permission.name)));
        let line = line.unwrap_or_else(|| panic!("{} is not in the guide", permission.name));
        assert!(line.contains(permission.role_id), "{line}");
        let is_optional = OPTIONAL.iter().any(|one| one.name == permission.name);
        let profile = if is_optional { "optional" } else { permission.profile.as_str() };
        assert!(line.contains(profile), "{line}");
    }
    for words in ["Grant-CsApplicationAccessPolicy", "onrecord setup teams --print", "doctor --rehearse"] {
        assert!(guide.contains(words), "{words}");
    }
}

#[test]
fn the_migration_guide_names_every_old_command_and_variable() {
    let guide = document("migration.md");
    for name in [
        "sync_conference_data",
        "monitor_conference_sync",
        "cleanup_old_recordings",
        "TEAMS_RECORDING_ADMIN_EMAIL",
        "TEAMS_ONEDRIVE_DRIVE_ID",
    ] {
        assert!(guide.contains(name), "{name}");
    }
}
