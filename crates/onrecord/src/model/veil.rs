//! Putting a pseudonym in place of a person's name in a text of the archive. A name is replaced as a whole word; one of
//! a single word, which may be an ordinary word, only where it says who speaks.

/// The text with `pseudonym` in place of `names` (names and addresses).
pub fn veiled(text: &str, names: &[String], pseudonym: &str) -> String {
    let mut longest_first: Vec<&String> = names.iter().filter(|name| !name.trim().is_empty()).collect();
    longest_first.sort_by_key(|name| std::cmp::Reverse(name.len()));
    longest_first.into_iter().fold(text.to_owned(), |text, name| replaced(&text, name, pseudonym))
}

fn replaced(text: &str, name: &str, pseudonym: &str) -> String {
    let is_plain = !name.contains([' ', '@']);
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        written.push_str(before);
        let is_whole = !written.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        let speaks = (written.ends_with("<v ") && after.starts_with('>')) || after.starts_with(':');
        written.push_str(if is_whole && (!is_plain || speaks) { pseudonym } else { name });
        rest = after;
    }
    written.push_str(rest);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_as_a_whole_word_and_a_single_word_only_where_it_speaks() {
        let names = ["Max".to_owned(), "Max Planck".to_owned(), "max@school.example".to_owned()];
        let veil = |text: &str| veiled(text, &names, "Person-1");
        assert_eq!(veil("<v Max Planck>Hello.</v>"), "<v Person-1>Hello.</v>");
        assert_eq!(veil("<v Max>The Maximum of Max is 3."), "<v Person-1>The Maximum of Max is 3.");
        assert_eq!(veil("10:00 Max: hello"), "10:00 Person-1: hello");
        assert_eq!(veil("ask max@school.example, or Max Plancks"), "ask Person-1, or Max Plancks");
        assert_eq!(veiled("nothing", &[String::new()], "x"), "nothing");
    }
}
