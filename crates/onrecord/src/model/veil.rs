//! Putting a pseudonym in place of a person's name and addresses in a text, in whatever letters they are written. A name
//! is replaced as a whole; one of a single word, which may be an ordinary word, only where it says who speaks.

use super::transcript::entities;

/// The most words of a name that are looked for in a text.
const MOST_WORDS: usize = 8;

/// The most letters between two words of a name: `Lovelace, Ada`.
const WIDEST_GAP: usize = 3;

/// A name as it is compared: in lower case, its white space folded, without what stands around it.
pub fn normal_name(name: &str) -> String {
    let folded = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    folded.trim_matches(|letter: char| !letter.is_alphanumeric()).to_owned()
}

/// The text with `pseudonym` in place of `names` (names and addresses).
pub fn veiled(text: &str, names: &[String], pseudonym: &str) -> String {
    let (addresses, names): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| name.contains('@'));
    let addresses: Vec<String> = addresses.into_iter().map(|address| address.trim().to_lowercase()).collect();
    let normal: Vec<String> = names.iter().map(|name| normal_name(name)).collect();
    let veil = veiled_where(text, &|word| {
        let known = if word.contains('@') { &addresses } else { &normal };
        known.iter().any(|one| one == word).then(|| pseudonym.to_owned())
    });
    let single = names.into_iter().filter(|name| !name.is_empty() && name.chars().all(char::is_alphanumeric));
    single.fold(veil, |text, name| before_colons(&text, name, pseudonym))
}

/// The text with the pseudonym that `pseudonym_of` knows in place of each name and address that it knows one for. It is
/// asked for names as [`normal_name`] writes them, and for addresses in lower case.
pub fn veiled_where(text: &str, pseudonym_of: &impl Fn(&str) -> Option<String>) -> String {
    let text = speakers(text, pseudonym_of);
    let words = words(&text);
    let mut written = String::with_capacity(text.len());
    let (mut at, mut word) = (0, 0);
    while let Some((start, _)) = words.get(word) {
        let Some((end, pseudonym)) = found(&text, &words[word..], pseudonym_of) else {
            word += 1;
            continue;
        };
        written.push_str(&text[at..*start]);
        written.push_str(&pseudonym);
        at = end;
        word += words[word..].iter().take_while(|(start, _)| *start < end).count();
    }
    written.push_str(&text[at..]);
    written
}

/// Where the address or the longest name ends that begins with the first of these words, and its pseudonym.
fn found(
    text: &str,
    words: &[(usize, usize)],
    pseudonym_of: &impl Fn(&str) -> Option<String>,
) -> Option<(usize, String)> {
    let (start, _) = *words.first()?;
    if let Some(end) = address_end(text, start)
        && let Some(pseudonym) = pseudonym_of(&text[start..end].to_lowercase())
    {
        return Some((end, pseudonym));
    }
    let is_near = |pair: &&[(usize, usize)]| {
        let gap = &text[pair[0].1..pair[1].0];
        gap.chars().count() <= WIDEST_GAP && gap.matches('\n').count() < 2 && !gap.contains(['<', '>', '@'])
    };
    let together = 1 + words.windows(2).take(MOST_WORDS - 1).take_while(is_near).count();
    (2..=together.min(words.len())).rev().find_map(|count| {
        let end = words[count - 1].1;
        Some((end, pseudonym_of(&normal_name(&text[start..end]))?))
    })
}

/// The end of the address that begins at `start`.
fn address_end(text: &str, start: usize) -> Option<usize> {
    let is_local = |letter: char| letter.is_alphanumeric() || "._%+-'".contains(letter);
    if text[..start].ends_with(is_local) {
        return None;
    }
    let rest = &text[start..];
    let at = rest.find(|letter: char| !is_local(letter)).filter(|at| rest[*at..].starts_with('@'))?;
    let domain = &rest[at + 1..];
    let length = domain.find(|letter: char| !letter.is_alphanumeric() && !".-".contains(letter));
    let domain = domain[..length.unwrap_or(domain.len())].trim_end_matches(['.', '-']);
    (!domain.is_empty()).then_some(start + at + 1 + domain.len())
}

/// Where each run of letters and digits begins and ends.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut begun = None;
    for (at, letter) in text.char_indices() {
        match (letter.is_alphanumeric(), begun) {
            (true, None) => begun = Some(at),
            (false, Some(start)) => {
                words.push((start, at));
                begun = None;
            }
            _ => {}
        }
    }
    words.extend(begun.map(|start| (start, text.len())));
    words
}

/// The text with pseudonyms in the voice tags of `WebVTT`, which say who speaks.
fn speakers(text: &str, pseudonym_of: &impl Fn(&str) -> Option<String>) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("<v") {
        let (before, tag) = rest.split_at(open);
        written.push_str(before);
        let end = tag.find('>').unwrap_or(tag.len());
        let mut letters = tag[..end].char_indices();
        let space = letters.find(|(_, letter)| letter.is_whitespace());
        let begin = space.map_or(end, |(at, letter)| at + letter.len_utf8());
        let speaker = normal_name(&entities(&tag[begin..end]));
        match pseudonym_of(&speaker).filter(|_| !speaker.is_empty()) {
            Some(pseudonym) => written.extend([&tag[..begin], pseudonym.as_str()]),
            None => written.push_str(&tag[..end]),
        }
        rest = &tag[end..];
    }
    written.push_str(rest);
    written
}

/// The text with `pseudonym` in place of a name of one word where a colon follows: there it says who speaks.
fn before_colons(text: &str, name: &str, pseudonym: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        written.push_str(before);
        let speaks = !written.ends_with(char::is_alphanumeric) && after.starts_with(':');
        written.push_str(if speaks { pseudonym } else { name });
        rest = after;
    }
    written.push_str(rest);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veil(text: &str) -> String {
        let names = ["Max", "Max Planck", "max@school.example", "O'Brien"].map(str::to_owned);
        veiled(text, &names, "Person-1")
    }

    #[test]
    fn a_name_goes_as_a_whole_word_and_a_single_word_only_where_it_speaks() {
        assert_eq!(veil("<v Max Planck>Hello.</v>"), "<v Person-1>Hello.</v>");
        assert_eq!(veil("<v Max>The Maximum of Max is 3."), "<v Person-1>The Maximum of Max is 3.");
        assert_eq!(veil("10:00 Max: hello"), "10:00 Person-1: hello");
        assert_eq!(veil("ask max@school.example, or Max Plancks"), "ask Person-1, or Max Plancks");
        assert_eq!(veiled("nothing", &[String::new()], "x"), "nothing");
    }

    #[test]
    fn whatever_letters_it_is_written_in() {
        assert_eq!(veil("Write to Max@School.Example."), "Write to Person-1.");
        assert_eq!(veil("MAX PLANCK, max planck and Max\nPlanck"), "Person-1, Person-1 and Person-1");
        assert_eq!(
            veil("<v.loud MAX>no</v><v O&apos;Brien>so</v>"),
            "<v.loud Person-1>no</v><v Person-1>so</v>"
        );
        assert_eq!(veil("what a max it was"), "what a max it was");
        let names = ["Jürgen Müßig".to_owned()];
        assert_eq!(veiled("JÜRGEN müßig spoke", &names, "P"), "P spoke");
    }

    #[test]
    fn no_other_address_and_no_other_cue_is_touched() {
        let kept = "lea.max@school.example max@school.example.org xmax@school.example Max\n\nPlanck <b>Max</b> Planck";
        assert_eq!(veil(kept), kept);
        assert_eq!(veil("<max@school.example>"), "<Person-1>");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic_and_none_keeps_the_name(text in "[-<>v @.:'&;aMxé\n]{0,60}") {
            let around = format!("{text} \u{2003}x Max Planck {text}");
            proptest::prop_assert!(!veil(&around).contains("Max Planck"));
        }
    }
}
