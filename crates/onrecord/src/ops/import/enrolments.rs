//! `enrolments.csv`: who belongs to which course. Whoever is absent stays, unless the roster is to be replaced; more
//! than a fifth of a roster goes only when forced.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use super::table::{self, Cell, Line, Sheet, no_course, open, quoted};
use super::{Run, Source};
use crate::model::id::{CourseId, UserId};
use crate::model::people::CourseRole;
use crate::model::words::Word as _;
use crate::ops::{Result, say_with};
use crate::store::enrolments::{self, NewEnrolment};
use crate::store::{import, users};

const SHEET: Sheet = Sheet {
    file: "enrolments.csv",
    columns: &["course_id", "user_id", "role", "section", "ends_on"],
    required: &["course_id", "user_id", "role"],
};

/// More than this part of a roster (in per cent) is removed only when forced.
const CAREFUL_PERCENT: usize = 20;

#[derive(Debug)]
struct EnrolmentRow {
    course: String,
    user: String,
    role: CourseRole,
    section: Cell<String>,
    ends_on: Cell<NaiveDate>,
}

fn read(line: &mut Line<'_>) -> Option<EnrolmentRow> {
    let (course, user) = (line.required("course_id"), line.required("user_id"));
    let role = line.required("role").and_then(|text| {
        let role = CourseRole::parse(&text.to_lowercase());
        if role.is_none() {
            line.fault("role", &say_with("op-import-part", &[("what", quoted(&text))]));
        }
        role
    });
    let section = line.cell("section");
    let ends_on = line.date("ends_on");
    Some(EnrolmentRow { course: course?, user: user?, role: role?, section, ends_on })
}

pub(super) async fn import(run: &mut Run<'_>, source: &Source) -> Result<()> {
    let Some(mut table) = open(run, source, SHEET)? else {
        return Ok(());
    };
    let mut seen: HashMap<(CourseId, UserId), u64> = HashMap::new();
    while let Some(rows) = table.batch(run, read) {
        learn_ids(run, &rows).await?;
        let mut resolved = Vec::with_capacity(rows.len());
        for (line, row) in rows {
            let (course, user) = (run.courses.get(&row.course).copied(), run.users.get(&row.user).copied());
            let Some(course) = course else {
                run.wrong(SHEET.file, line, table::about("course_id", &no_course(&row.course)));
                continue;
            };
            let Some(user) = user else {
                let text = say_with("op-import-no-person", &[("what", quoted(&row.user))]);
                run.wrong(SHEET.file, line, table::about("user_id", &text));
                continue;
            };
            if let Some(first) = seen.get(&(course, user)) {
                let text = say_with("op-import-enrolled-twice", &[("line", (*first).into())]);
                run.wrong(SHEET.file, line, text);
                continue;
            }
            seen.insert((course, user), line);
            resolved.push((course, user, row));
        }
        write(run, resolved).await?;
    }
    if run.options.replace_roster {
        remove_absent(run, &seen).await?;
    }
    Ok(())
}

/// Looks up the ids of courses and people that were not met yet.
async fn learn_ids(run: &mut Run<'_>, rows: &[(u64, EnrolmentRow)]) -> Result<()> {
    let new: HashSet<&String> =
        rows.iter().map(|(_, row)| &row.course).filter(|id| !run.courses.contains_key(*id)).collect();
    let new: Vec<String> = new.into_iter().cloned().collect();
    for course in import::courses(run.tx, &new).await? {
        run.courses.extend(course.external_id.map(|external| (external, course.id)));
    }
    let new: HashSet<&String> =
        rows.iter().map(|(_, row)| &row.user).filter(|id| !run.users.contains_key(*id)).collect();
    let new: Vec<String> = new.into_iter().cloned().collect();
    let found = users::ids_by_external_id(run.tx, &new).await?;
    run.users.extend(found);
    Ok(())
}

async fn write(run: &mut Run<'_>, rows: Vec<(CourseId, UserId, EnrolmentRow)>) -> Result<()> {
    let keys: Vec<_> = rows.iter().map(|(course, user, _)| (*course, *user)).collect();
    let known = import::enrolments(run.tx, &keys).await?;
    let mut to_write = Vec::new();
    for (course, user_id, row) in rows {
        let present = known.get(&(course, user_id));
        let wanted = NewEnrolment {
            user_id,
            role: row.role,
            section: row.section.or(|| present?.section.clone()),
            ends_on: row.ends_on.or(|| present?.ends_on),
        };
        match present {
            Some(old) if *old == wanted => {
                run.counts().unchanged += 1;
                continue;
            }
            Some(_) => run.counts().changed += 1,
            None => run.counts().added += 1,
        }
        run.rosters_changed.insert(course);
        to_write.push((course, wanted));
    }
    import::put_enrolments(run.tx, &to_write, run.now).await?;
    Ok(())
}

/// Removes whom the file does not name, from the courses that it names.
async fn remove_absent(run: &mut Run<'_>, seen: &HashMap<(CourseId, UserId), u64>) -> Result<()> {
    let mut named: BTreeMap<CourseId, HashSet<UserId>> = BTreeMap::new();
    for (course, user) in seen.keys() {
        named.entry(*course).or_default().insert(*user);
    }
    let titles: HashMap<CourseId, String> =
        run.courses.iter().map(|(name, id)| (*id, name.clone())).collect();
    for (course, named) in named {
        let present = import::roster(run.tx, course).await?;
        let gone: Vec<_> = present.iter().copied().filter(|user| !named.contains(user)).collect();
        if gone.is_empty() {
            continue;
        }
        if !run.options.force && gone.len() * 100 > present.len() * CAREFUL_PERCENT {
            let name = titles.get(&course).map(String::as_str).unwrap_or_default();
            let args = [
                ("gone", gone.len().into()),
                ("present", present.len().into()),
                ("course", quoted(name)),
                ("percent", CAREFUL_PERCENT.into()),
            ];
            run.problems.add(SHEET.file, 0, say_with("op-import-too-many-gone", &args));
            continue;
        }
        run.counts().removed += enrolments::remove(run.tx, course, &gone).await?;
        run.rosters_changed.insert(course);
    }
    Ok(())
}
