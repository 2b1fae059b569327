//! A letter: what is said, as plain text and as HTML. No picture, no script, nothing from elsewhere: it reads the same in
//! every mail program and tells nobody that it was read.

use std::fmt::Write as _;

use askama::Template;

use crate::text::Text;

/// Something to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// An address of this installation.
    pub url: String,
    /// What it opens, in words.
    pub words: String,
}

/// One thing that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub title: String,
    /// What is to be said, a line each.
    pub lines: Vec<String>,
    /// Where to go on.
    pub link: Option<Link>,
}

/// A letter to one person.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The words of the reader's language.
    pub t: &'static Text,
    /// The same at every try: mail programs know by it that two are one.
    pub id: String,
    /// The address it goes to.
    pub to_address: String,
    /// The name it goes to.
    pub to_name: String,
    /// What it is about, on one line.
    pub subject: String,
    /// What is told.
    pub items: Vec<Item>,
    /// Why this person gets it.
    pub why: String,
    /// Where to choose what comes.
    pub choices: Link,
    /// Where one click stops such mails, if they may be stopped.
    pub unsubscribe: Option<Link>,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    letter: &'a Letter,
}

impl Letter {
    /// The letter as HTML.
    pub fn html(&self) -> String {
        // The template has no part that can fail; if it did, the plain text would still be sent.
        Html { letter: self }.render().unwrap_or_default()
    }

    /// The letter as plain text.
    pub fn plain(&self) -> String {
        let mut text = String::new();
        for item in &self.items {
            let _ = writeln!(text, "{}", item.title);
            for line in &item.lines {
                let _ = writeln!(text, "{line}");
            }
            if let Some(link) = &item.link {
                let _ = writeln!(text, "{}: {}", link.words, link.url);
            }
            text.push('\n');
        }
        let _ = writeln!(text, "--\n{}\n{}: {}", self.why, self.choices.words, self.choices.url);
        if let Some(link) = &self.unsubscribe {
            let _ = writeln!(text, "{}: {}", link.words, link.url);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::english;

    #[test]
    fn what_others_wrote_stays_text() {
        let link = |url: &str| Link { url: url.to_owned(), words: "Open".to_owned() };
        let letter = Letter {
            t: english(),
            id: "1".to_owned(),
            to_address: "ada@school.example".to_owned(),
            to_name: "Ada".to_owned(),
            subject: "Ready".to_owned(),
            items: vec![Item {
                title: "<script>alert(1)</script>".to_owned(),
                lines: vec!["Tom & Jerry".to_owned()],
                link: Some(link("https://onrecord.example/conferences/1")),
            }],
            why: "You belong to the course.".to_owned(),
            choices: link("https://onrecord.example/account"),
            unsubscribe: None,
        };
        let html = letter.html();
        assert!(!html.contains("<script") && html.contains("Tom &#38; Jerry"), "{html}");
        assert!(!html.contains("<img") && !html.contains("src="), "{html}");
        assert!(letter.plain().contains("Open: https://onrecord.example/conferences/1"));
    }
}
