//! The rules of configuration as tables of cases. No test reads the real environment.

use super::*;

fn sources(pairs: &[(&str, &str)]) -> Sources {
    let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sources { data_dir: Some("/nowhere".into()), config_file: None, environment }
}

fn load(pairs: &[(&str, &str)]) -> Result<Config, String> {
    Config::load(&sources(pairs)).map_err(|error| error.to_string())
}

fn load_file(toml: &str, pairs: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("onrecord.toml");
    std::fs::write(&path, toml).unwrap();
    let sources = Sources { config_file: Some(path), ..sources(pairs) };
    Config::load(&sources).map_err(|error| error.to_string())
}

#[test]
fn defaults_need_nothing() {
    let config = load(&[]).unwrap();
    assert_eq!(config.database_url().expose(), "sqlite:///nowhere/onrecord.db");
    assert_eq!(config.archive_url().expose(), "file:///nowhere/archive/");
    assert_eq!(config.public_url().base(), "http://127.0.0.1:8080");
    assert_eq!(config.graph.url.base(), "https://graph.microsoft.com");
    assert_eq!(config.sync.poll_seconds.get(), 60);
    assert_eq!(config.source_of("data.dir"), &Source::Flag("--data-dir"));
    assert_eq!(config.source_of("teams.tenant_id").locked_by(), None);
    assert!(!config.is_postgres() && config.warnings().is_empty());
}

#[test]
fn the_environment_goes_before_the_file() {
    let toml = "[http]\nlisten = \"127.0.0.1:1\"\n[teams]\ntenant_id = \"file\"\nservice_accounts = [\"A@b.c\"]\n[sync]\npoll_seconds = 3\n";
    let config = load_file(toml, &[("TEAMS_TENANT_ID", "environment")]).unwrap();
    assert_eq!(config.teams.tenant_id.as_deref(), Some("environment"));
    assert_eq!(config.source_of("teams.tenant_id").locked_by().as_deref(), Some("TEAMS_TENANT_ID"));
    assert!(matches!(config.source_of("http.listen"), Source::File(_)));
    assert_eq!(config.teams.service_accounts.0, ["a@b.c"]);
    assert_eq!((config.http.listen.port(), config.sync.poll_seconds.get()), (1, 3));
}

#[test]
fn a_secret_comes_from_a_file_too_and_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "hush-hush\n").unwrap();
    let path = path.display().to_string();
    let config = load(&[("TEAMS_CLIENT_SECRET_FILE", &path)]).unwrap();
    let secret = config.teams.client_secret.as_ref().unwrap();
    assert_eq!(secret.expose_secret(), "hush-hush");
    assert_eq!(
        config.source_of("teams.client_secret").locked_by().as_deref(),
        Some("TEAMS_CLIENT_SECRET_FILE")
    );
    assert!(!format!("{config:?}").contains("hush-hush"));
    let error = load(&[("TEAMS_CLIENT_SECRET_FILE", &path), ("TEAMS_CLIENT_SECRET", "x")]).unwrap_err();
    assert!(error.contains("TEAMS_CLIENT_SECRET_FILE"), "{error}");
    let error = load(&[("TEAMS_CLIENT_SECRET_FILE", "/nowhere/x")]).unwrap_err();
    assert!(error.contains("TEAMS_CLIENT_SECRET_FILE") && error.contains("/nowhere/x"), "{error}");
}

#[test]
fn a_wrong_value_is_one_sentence_with_the_key_and_what_to_write() {
    let cases = [
        ("ONRECORD_LISTEN", "8080", "http.listen", "127.0.0.1:8080"),
        ("ONRECORD_PUBLIC_URL", "http://onrecord.example.edu", "http.public_url", "https://"),
        ("ONRECORD_GRAPH_URL", "https://graph.microsoft.com/v1.0", "graph.url", "without a path"),
        ("ONRECORD_DATABASE_URL", "mysql://x/y", "database.url", "postgres://"),
        ("ONRECORD_ARCHIVE_URL", "ftp://x/y", "archive.url", "s3://"),
        ("ONRECORD_SYNC_POLL_SECONDS", "0", "sync.poll_seconds", "from 1 to 3600"),
        ("ONRECORD_NOTICE_LAWFUL_BASIS", "because", "notice.lawful_basis", "public_task"),
        ("TEAMS_RECORDING_ADMIN_EMAIL", "nobody", "teams.service_accounts", "mail addresses"),
        ("ONRECORD_LOG_FORMAT", "xml", "log.format", "json"),
    ];
    for (variable, value, key, what) in cases {
        let error = load(&[(variable, value)]).unwrap_err();
        assert!(error.contains(variable) && error.contains(key) && error.contains(what), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let error = load_file("[sync]\npoll_seconds = [[1]]\n", &[]).unwrap_err();
    assert!(error.contains("onrecord.toml: `sync.poll_seconds`"), "{error}");
    let error = load(&[("TEAMS_CLIENT_SECRET", "hush"), ("TEAMS_CLIENT_CERTIFICATE", "hush")]).unwrap_err();
    assert!(!error.contains("hush"), "{error}");
}

#[test]
fn unknown_keys_are_refused_with_the_file_and_the_nearest_key() {
    let cases = [
        ("[http]\nlistn = \"127.0.0.1:1\"\n", "http.listn", "http.listen"),
        ("listen = 1\n", "`listen`", ""),
        ("[recording]\nenabled = false\n", "recording.enabled", ""),
        ("[http.listen]\nport = 1\n", "http.listen", ""),
    ];
    for (toml, key, hint) in cases {
        let error = load_file(toml, &[]).unwrap_err();
        assert!(error.contains(key) && error.contains(hint) && error.contains("onrecord.toml"), "{error}");
    }
    let error = load_file("[http\n", &[]).unwrap_err();
    assert!(error.contains("line 1") && error.lines().count() == 1, "{error}");
    let config = load(&[("ONRECORD_LISTE", "x"), ("ONRECORD_TEST_POSTGRES", "x"), ("HOME", "x")]).unwrap();
    assert_eq!(config.warnings().len(), 1);
    assert!(config.warnings()[0].contains("ONRECORD_LISTE"));
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[("ONRECORD_TLS_CERT", "/c")], "http.tls_key"),
        (&[("ONRECORD_LISTEN", "0.0.0.0:80")], "http.public_url"),
        (&[("TEAMS_CLIENT_SECRET", "a"), ("TEAMS_CLIENT_CERTIFICATE", "b")], "keep one"),
        (&[("ONRECORD_SYNC_WAITING_HOURS", "9"), ("ONRECORD_SYNC_LOOKING_HOURS", "8")], "sync.looking_hours"),
    ];
    for (pairs, part) in cases {
        let error = load(pairs).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_missing_file_matters_only_when_it_was_named() {
    let named = Sources { config_file: Some("/nowhere/x.toml".into()), ..Sources::default() };
    assert!(Config::load(&named).unwrap_err().to_string().contains("/nowhere/x.toml"));
    assert!(Config::load(&sources(&[])).is_ok());
}

#[test]
fn the_data_directory_can_stand_in_a_named_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    std::fs::write(&path, "[data]\ndir = \"/srv/onrecord\"\n").unwrap();
    let named = Sources { config_file: Some(path), ..Sources::default() };
    assert_eq!(Config::load(&named).unwrap().data_dir(), Path::new("/srv/onrecord"));
}

#[test]
fn the_template_is_a_valid_file_that_changes_nothing() {
    let template = template();
    let config = load_file(&template, &[]).unwrap();
    assert!(config.effective().iter().all(|effective| !matches!(effective.source, Source::File(_))));
    let uncommented: String = template
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .filter(|line| !line.starts_with("client_certificate") && !line.starts_with("public_url"))
        .fold(String::new(), |text, line| text + line + "\n");
    let config = load_file(&uncommented, &[]).unwrap_or_else(|error| panic!("{error}\n{uncommented}"));
    let set =
        config.effective().iter().filter(|effective| matches!(effective.source, Source::File(_))).count();
    assert_eq!(
        set,
        config.effective().len() - 3,
        "all but data.dir (a flag) and the two left out are read from it"
    );
}

#[test]
fn every_setting_is_documented_once() {
    let mut keys = Vec::new();
    let mut variables = Vec::new();
    for setting in Config::sections().iter().flat_map(|section| section.2) {
        assert!(setting.doc.trim().ends_with(['.', ')']), "{} has no full sentence", setting.key);
        keys.push(setting.key);
        variables.push(setting.variable);
    }
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    variables.sort_unstable();
    variables.dedup();
    assert_eq!((keys.len(), variables.len()), (count, count));
    let switch =
        |text: &str| text.contains("recording") && (text.contains("enable") || text.contains("disable"));
    assert!(!keys.iter().any(|key| switch(key)), "recording has no switch");
}

#[test]
fn microsoft_tells_us_only_where_it_can_reach_us() {
    let url = |pairs: &[(&str, &str)]| {
        let config = load(pairs).expect("settings");
        config.notification_url().map(|url| url.base().to_owned())
    };
    let public = ("ONRECORD_PUBLIC_URL", "https://onrecord.example.edu");
    let simulated = ("ONRECORD_GRAPH_URL", "http://127.0.0.1:8081");
    assert_eq!(url(&[public]).as_deref(), Ok("https://onrecord.example.edu"));
    assert_eq!(
        url(&[]),
        Err(NoNotifications::Unreachable),
        "nobody outside reaches this machine's own address"
    );
    assert_eq!(url(&[simulated]).as_deref(), Ok("http://127.0.0.1:8080"));
    assert_eq!(url(&[public, ("ONRECORD_NOTIFICATIONS", "off")]), Err(NoNotifications::SwitchedOff));
    let hooks = ("ONRECORD_NOTIFICATION_URL", "https://hooks.example.edu");
    assert_eq!(url(&[public, hooks]).as_deref(), Ok("https://hooks.example.edu"));
}
