//! The recording notice: that the class is recorded, on what basis, where the recording is stored, who may see it,
//! how long, and whom to ask. Only the basis `consent` speaks of consent.

use super::integration::LawfulBasis;

/// What the notice is made of.
#[derive(Debug, Clone, Copy)]
pub struct NoticeTerms<'a> {
    /// Why the school may record.
    pub basis: LawfulBasis,
    /// Completes "The recording is stored in …".
    pub storage: &'a str,
    /// Completes "… may watch it".
    pub viewers: &'a str,
    /// Completes "It is kept …".
    pub kept: &'a str,
    /// Whom to ask; empty means the instructor.
    pub contact: &'a str,
    /// The institution's own wording, instead of ours; empty for ours.
    pub wording: &'a str,
}

/// The notice, one paragraph per line.
pub fn text(terms: NoticeTerms<'_>) -> String {
    let own = terms.wording.trim();
    if !own.is_empty() {
        return own.to_owned();
    }
    let or = |text: &str, default: &'static str| match text.trim().trim_end_matches('.') {
        "" => default.to_owned(),
        text => text.to_owned(),
    };
    let storage = or(terms.storage, "the school's Microsoft 365");
    let viewers = capitalised(&or(terms.viewers, "the people of this course"));
    let kept = or(terms.kept, "as long as the school's retention policy says");
    let contact = or(terms.contact, "your instructor");
    format!(
        "This class is recorded and transcribed. {}\nThe recording is stored in {storage}. {viewers} may watch it. \
         It is kept {kept}.\nQuestions about the recording? Ask {contact}.",
        basis(terms.basis)
    )
}

fn basis(basis: LawfulBasis) -> &'static str {
    match basis {
        LawfulBasis::Consent => "By joining, you consent to being recorded.",
        LawfulBasis::PublicTask => "The school records its classes as part of its public task.",
        LawfulBasis::LegitimateInterest => {
            "The school has a legitimate interest in it: whoever could not be there can catch up."
        }
        LawfulBasis::LegalObligation => "The law obliges the school to record its classes.",
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What marks our part of an invitation, so that an edit finds it again.
const MARK: &str = "onrecord-invitation";

/// The text of an invitation as HTML: description, then notice. Everything is escaped; the block holds no other
/// `div`, so that its end can be found again.
pub fn invitation_html(description: &str, notice: &str) -> String {
    let mut html = format!("<div class=\"{MARK}\" id=\"{MARK}\">");
    for text in [description, notice] {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            html.push_str("<p>");
            escape_into(&mut html, line);
            html.push_str("</p>");
        }
    }
    html.push_str("</div>");
    html
}

fn escape_into(html: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            letter if letter.is_control() && letter != '\t' => {}
            letter => html.push(letter),
        }
    }
}

/// The body of an event with our part replaced by `block`. All the rest stays as it is: the join block that Outlook
/// put there switches the meeting off when it is lost. If our part cannot be found again, `block` goes to the top.
pub fn with_invitation(body: &str, block: &str) -> String {
    if let Some((start, end)) = our_part(body) {
        return format!("{}{block}{}", &body[..start], &body[end..]);
    }
    let top = ascii_find(body, "<body", 0)
        .and_then(|tag| body[tag..].find('>').map(|end| tag + end + 1))
        .unwrap_or_default();
    format!("{}{block}{}", &body[..top], &body[top..])
}

/// Where our `div` begins and ends. Mail servers change quotes, case and prefixes of attributes, not their words.
fn our_part(body: &str) -> Option<(usize, usize)> {
    let mark = body.find(MARK)?;
    let start = body[..mark].rfind('<')?;
    if !body[start..].get(..4).is_some_and(|tag| tag.eq_ignore_ascii_case("<div")) {
        return None;
    }
    let close = ascii_find(body, "</div>", mark)?;
    // A div inside ours would mean that somebody edited there: then its end is not ours to guess.
    let inside = &body[mark..close];
    ascii_find(inside, "<div", 0).is_none().then_some((start, close + "</div>".len()))
}

fn ascii_find(text: &str, wanted: &str, from: usize) -> Option<usize> {
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    text[from..]
        .windows(wanted.len())
        .position(|window| window.eq_ignore_ascii_case(wanted))
        .map(|at| at + from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::words::Word as _;

    fn terms(basis: LawfulBasis) -> NoticeTerms<'static> {
        NoticeTerms {
            basis,
            storage: "Contoso's OneDrive",
            viewers: "the people of this course",
            kept: "for one year",
            contact: "privacy@contoso.example",
            wording: "",
        }
    }

    #[test]
    fn only_consent_speaks_of_consent_and_each_tells_everything() {
        for basis in LawfulBasis::ALL {
            let text = text(terms(*basis));
            let consents = text.contains("By joining, you consent to being recorded");
            assert_eq!(consents, *basis == LawfulBasis::Consent, "{text}");
            for part in ["is recorded", "Contoso's OneDrive", "The people of this course", "for one year"] {
                assert!(text.contains(part), "{part} is missing in {text}");
            }
            assert!(text.contains("privacy@contoso.example"));
        }
    }

    #[test]
    fn empty_terms_still_make_whole_sentences() {
        let empty =
            NoticeTerms { storage: "", viewers: "", kept: " ", contact: "", ..terms(LawfulBasis::Consent) };
        let text = text(empty);
        assert!(!text.contains(" ."), "{text}");
        assert!(text.contains("Ask your instructor."));
    }

    #[test]
    fn the_institutions_own_wording_replaces_ours() {
        let own = NoticeTerms { wording: " We record. ", ..terms(LawfulBasis::Consent) };
        assert_eq!(text(own), "We record.");
    }

    #[test]
    fn nothing_a_person_writes_becomes_html() {
        let html = invitation_html("<script>alert('x')</script>\n\nA & \"B\"", "notice");
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("<p>A &amp; &quot;B&quot;</p><p>notice</p>"));
    }

    #[test]
    fn an_edit_replaces_our_part_and_keeps_the_join_block() {
        let block = invitation_html("old", "notice");
        let body =
            format!("<html><body>{block}<div class=\"me-email-text\">Join: <a>x</a></div></body></html>");
        let edited = with_invitation(&body, &invitation_html("new", "notice"));
        assert!(edited.contains("<p>new</p>") && !edited.contains("<p>old</p>"));
        assert!(edited.contains("<div class=\"me-email-text\">Join: <a>x</a></div></body>"));
        let exchanged = body.replace("div class", "DIV class").replace("=\"onrecord", "=\"x_onrecord");
        assert!(!with_invitation(&exchanged, "NEW").contains("<p>old</p>"));
    }

    #[test]
    fn a_body_without_our_part_keeps_everything() {
        let body = "<html><BODY lang=de><p>hand-written</p><div>join</div></BODY></html>";
        assert_eq!(
            with_invitation(body, "[new]"),
            "<html><BODY lang=de>[new]<p>hand-written</p><div>join</div></BODY></html>"
        );
        assert_eq!(with_invitation("plain", "[new]"), "[new]plain");
    }
}
