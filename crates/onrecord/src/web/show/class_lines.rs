//! Courses as lines of a list, each with its record line in small.

use super::verdict;
use crate::app::App;
use crate::model::conference::Verdict;
use crate::ops::Result;
use crate::store::class_marks::{self, Sight};
use crate::store::courses::Listed;
use crate::web::auth::Reader;
use crate::web::pages::home::CourseLine;
use crate::web::parts::Tally;
use crate::web::text::{Text, join_names};

/// Marks of a course's line.
const OF_COURSE: i64 = 15;

/// Lines of courses. One query besides the list itself.
pub async fn courses(app: &App, reader: &Reader, listed: &[Listed]) -> Result<Vec<CourseLine>> {
    let t = reader.text();
    let ids: Vec<_> = listed.iter().map(|line| line.course.id).collect();
    let sight = if reader.viewer.role.is_some() { Sight::All } else { Sight::Of(reader.viewer.user_id) };
    let marks = class_marks::of_courses(&app.store, &ids, sight, (OF_COURSE, app.clock.now())).await?;
    let line = |listed: &Listed| CourseLine {
        code: listed.course.code.clone(),
        title: listed.course.title.clone(),
        href: format!("/courses/{}", listed.course.id),
        detail: detail(t, listed),
        tally: tally(t, marks.get(&listed.course.id)),
    };
    Ok(listed.iter().map(line).collect())
}

fn detail(t: &'static Text, listed: &Listed) -> String {
    let learners = t.with("course-learners", &[("n", listed.learners.into())]);
    let names: Vec<&str> = listed.instructors.iter().map(String::as_str).collect();
    let staff = match names.as_slice() {
        [] => String::new(),
        [_] | [_, _] | [_, _, _] => t.with("course-with", &[("names", join_names(t, &names).into())]),
        more => t.with("course-instructors", &[("n", (more.len() as i64).into())]),
    };
    let parts = [listed.course.term.as_str(), &learners, &staff];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn tally(t: &'static Text, verdicts: Option<&Vec<Verdict>>) -> Tally {
    Tally { t, marks: verdicts.into_iter().flatten().map(|verdict| verdict::mark(*verdict)).collect() }
}
