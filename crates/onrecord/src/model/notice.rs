//! The recording notice inside an invitation: as HTML, marked so that an edit finds it again. Its words come from
//! `ops/notice.rs`.

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
