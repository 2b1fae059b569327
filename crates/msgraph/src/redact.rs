//! Takes secrets out of text before it reaches a log, an error or a page.
//!
//! A pre-authenticated URL downloads a class without any sign-in, so a query string of any URL is never kept.

use url::Url;

const HIDDEN: &str = "…";
const LONGEST: usize = 1_000;
const SECRET_NAMES: [&str; 9] = [
    "tempauth=",
    "access_token=",
    "client_secret=",
    "client_assertion=",
    "sig=",
    "passcode=",
    "password=",
    "assertion=",
    "token=",
];

/// Text of somebody else, without tokens, secrets and the queries of URLs, cut to a bearable length.
pub(crate) fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len().min(LONGEST));
    let mut rest = raw;
    while !rest.is_empty() {
        let end = rest.find(is_border).unwrap_or(rest.len());
        out.push_str(&word(&rest[..end]));
        rest = &rest[end..];
        if let Some(border) = rest.chars().next() {
            out.push(border);
            rest = &rest[border.len_utf8()..];
        }
        if out.len() > LONGEST {
            let cut = (0..=LONGEST).rev().find(|at| out.is_char_boundary(*at)).unwrap_or(0);
            out.truncate(cut);
            out.push_str(HIDDEN);
            break;
        }
    }
    out
}

/// Text in which one known secret may stand.
pub(crate) fn text_without(raw: &str, secret: &str) -> String {
    if secret.is_empty() {
        return text(raw);
    }
    text(&raw.replace(secret, HIDDEN))
}

fn is_border(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '(' | ')' | ',')
}

fn word(word: &str) -> String {
    if let Some(start) = word.find("://") {
        let query = word[start..].find(['?', '#']).map(|at| start + at);
        if let Some(query) = query {
            return format!("{}{HIDDEN}", &word[..=query]);
        }
    }
    if let Some(at) = word.find("eyJ")
        && word.len() - at > 30
    {
        return format!("{}{HIDDEN}", &word[..at]);
    }
    let lower = word.to_ascii_lowercase();
    for name in SECRET_NAMES {
        if let Some(at) = lower.find(name) {
            return format!("{}{HIDDEN}", &word[..at + name.len()]);
        }
    }
    word.to_owned()
}

/// How a request is named in the log: its path for Graph, the host alone for a pre-authenticated URL.
pub(crate) enum Named {
    /// Path without query; a sharing token in it is hidden.
    Path,
    /// Nothing but the host: path and query may both open the file.
    HostOnly,
}

/// A URL as it may stand in a log.
pub(crate) fn url(url: &Url, named: &Named) -> String {
    match named {
        Named::HostOnly => format!("{}/{HIDDEN}", url.host_str().unwrap_or_default()),
        Named::Path => {
            let parts: Vec<&str> = url
                .path()
                .split('/')
                .map(|part| if part.starts_with("u!") || part.starts_with("u%21") { HIDDEN } else { part })
                .collect();
            parts.join("/")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_leave_the_text_and_the_rest_stays() {
        for (raw, clean) in [
            ("plain text, kept", "plain text, kept"),
            ("see https://x.example/a/b?tempauth=abc&x=1 now", "see https://x.example/a/b?… now"),
            ("url='https://x.example/a?tempauth=abc'", "url='https://x.example/a?…'"),
            ("Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQi", "Bearer …"),
            ("client_secret=pa~ss&x", "client_secret=…"),
            ("/download.aspx?UniqueId=1&Tempauth=v1.abc", "/download.aspx?UniqueId=1&Tempauth=…"),
        ] {
            assert_eq!(text(raw), clean);
        }
        assert_eq!(text_without("wrong secret 'abc~1' given", "abc~1"), "wrong secret '…' given");
    }

    #[test]
    fn long_text_is_cut_at_a_letter() {
        let cut = text(&"ä ".repeat(2_000));
        assert!(cut.len() < LONGEST + 8 && cut.ends_with(HIDDEN));
    }

    #[test]
    fn log_names_hide_queries_hosts_paths_and_sharing_tokens() {
        let link = Url::parse("https://t.sharepoint.com/secret/path?tempauth=1").expect("a valid URL");
        assert_eq!(url(&link, &Named::HostOnly), "t.sharepoint.com/…");
        let share = Url::parse("https://graph.microsoft.com/v1.0/shares/u!aHR0/driveItem?$select=id")
            .expect("a valid URL");
        assert_eq!(url(&share, &Named::Path), "/v1.0/shares/…/driveItem");
    }
}
