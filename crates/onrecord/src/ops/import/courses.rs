//! `courses.csv`: courses by the school's own id. What learners may see is decided on the course's page and stays.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::table::{Cell, Line, Once, Sheet, open};
use super::{Run, Source};
use crate::model::people::Course;
use crate::ops::{Result, say};
use crate::store::courses::NewCourse;
use crate::store::import;

const SHEET: Sheet = Sheet {
    file: "courses.csv",
    columns: &["id", "code", "title", "term", "starts_on", "ends_on"],
    required: &["id", "title"],
};

#[derive(Debug)]
struct CourseRow {
    id: String,
    code: Option<String>,
    title: String,
    term: Option<String>,
    starts_on: Cell<NaiveDate>,
    ends_on: Cell<NaiveDate>,
}

fn read(line: &mut Line<'_>) -> Option<CourseRow> {
    let (id, title) = (line.required("id"), line.required("title"));
    let (starts_on, ends_on) = (line.date("starts_on"), line.date("ends_on"));
    if let (Cell::Given(Some(first)), Cell::Given(Some(last))) = (&starts_on, &ends_on)
        && last < first
    {
        line.fault("ends_on", &say("op-last-before-first"));
    }
    Some(CourseRow {
        id: id?,
        code: line.text("code"),
        title: title?,
        term: line.text("term"),
        starts_on,
        ends_on,
    })
}

pub(super) async fn import(run: &mut Run<'_>, source: &Source) -> Result<()> {
    let Some(mut table) = open(run, source, SHEET)? else {
        return Ok(());
    };
    let mut once = Once::default();
    while let Some(rows) = table.batch(run, read) {
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        let known = known(run, &rows).await?;
        for (line, row) in rows {
            if let Some(fault) = once.fault("id", &row.id) {
                run.wrong(SHEET.file, line, fault);
                continue;
            }
            let present = known.get(&row.id);
            let wanted = wanted(present, row);
            match present {
                None => added.push(wanted),
                Some(course) if NewCourse::from(course.clone()) == wanted => run.counts().unchanged += 1,
                Some(course) => changed.push((course.id, wanted)),
            }
        }
        run.counts().added += added.len() as u64;
        run.counts().changed += changed.len() as u64;
        import::insert_courses(run.tx, &added, run.now).await?;
        import::update_courses(run.tx, &changed, run.now).await?;
    }
    Ok(())
}

async fn known(run: &Run<'_>, rows: &[(u64, CourseRow)]) -> Result<HashMap<String, Course>> {
    let ids: Vec<_> = rows.iter().map(|(_, row)| row.id.clone()).collect();
    let courses = import::courses(run.tx, &ids).await?;
    Ok(courses.into_iter().filter_map(|course| Some((course.external_id.clone()?, course))).collect())
}

fn wanted(present: Option<&Course>, row: CourseRow) -> NewCourse {
    let old = present.cloned().map(NewCourse::from).unwrap_or_default();
    let or = |new: Option<String>, old: &str| new.unwrap_or_else(|| old.to_owned());
    NewCourse {
        code: or(row.code, if present.is_some() { &old.code } else { &row.id }),
        title: row.title,
        term: or(row.term, &old.term),
        starts_on: row.starts_on.or(|| old.starts_on),
        ends_on: row.ends_on.or(|| old.ends_on),
        external_id: Some(row.id),
        ..old
    }
}
