//! How Microsoft tells of what is new, in plain words: for the settings page and the monitor.

use crate::ops::subscriptions::{Standing, Way};
use crate::web::parts::{Mark, PartLine};
use crate::web::text::Text;
use crate::web::when::When;

/// The state in a line, and what is in the way.
pub(super) fn lines(t: &'static Text, when: &When, standing: &Standing) -> Vec<PartLine> {
    let mut lines = vec![line(t, when, standing)];
    let trouble = |text: &String| PartLine::new(Mark::Waiting, t.get("news-trouble"), text.clone());
    lines.extend(standing.troubles.iter().map(trouble));
    lines
}

/// The state in a line.
pub(super) fn line(t: &'static Text, when: &When, standing: &Standing) -> PartLine {
    let counts = [("live", standing.live.into()), ("wanted", standing.wanted.into())];
    let (mark, words) = match standing.way {
        Way::SwitchedOff => (Mark::Upcoming, t.get("news-off").to_owned()),
        Way::Unreachable => (Mark::Upcoming, t.get("news-unreachable").to_owned()),
        Way::Told if standing.wanted == 0 => (Mark::Upcoming, t.get("news-none").to_owned()),
        Way::Told => {
            let mark = if standing.live == standing.wanted { Mark::Recorded } else { Mark::Waiting };
            let sum = t.with("news-sum", &counts);
            let heard = standing
                .last_heard_at
                .map(|at| t.with("news-heard", &[("ago", when.relative_words(at).into())]));
            (mark, [Some(sum), heard].into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
    };
    PartLine::new(mark, t.get("news-line"), words)
}
