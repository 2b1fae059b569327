//! The query options lists have in common: `$top`, `$skiptoken`, `$select`, `$filter`, `$orderby`, `$count`.
//! A small reading of `OData`: what it cannot read it refuses, it never answers more than was asked for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::http::{Call, Refusal};

/// How long pages of a list are by default and at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageRule {
    pub(crate) default: usize,
    pub(crate) max: usize,
}

/// One page of `items` with its absolute `@odata.nextLink`; `smallest` is the tenant's own page limit.
pub(crate) fn page(
    call: &Call,
    items: Vec<Value>,
    rule: PageRule,
    smallest: Option<usize>,
) -> Result<Value, Refusal> {
    page_of(call, items, (rule, smallest), |item| item)
}

/// As `page`, but only what is on the page is shown: long lists stay cheap.
pub(crate) fn page_of<T>(
    call: &Call,
    items: Vec<T>,
    (rule, smallest): (PageRule, Option<usize>),
    show: impl Fn(T) -> Value,
) -> Result<Value, Refusal> {
    let top = top(call, rule)?;
    let length = smallest.map_or(top, |smallest| top.min(smallest.max(1)));
    let start = match call.option("skiptoken") {
        Some(token) => open_token(token, "p")
            .and_then(|text| text.parse::<usize>().ok())
            .ok_or_else(|| Refusal::bad("BadRequest", "Invalid skip token."))?,
        None => call.option("skip").and_then(|skip| skip.parse().ok()).unwrap_or(0),
    };
    let total = items.len();
    let value: Vec<Value> =
        items.into_iter().skip(start).take(length).map(|item| select(call, show(item))).collect();
    let end = start + value.len();
    let mut body = json!({ "@odata.context": context(call) });
    if end < total {
        body["@odata.nextLink"] = link(call, &[("$skiptoken", &seal_token("p", &end.to_string()))]).into();
    }
    if call.option("count").is_some_and(|count| count == "true") {
        body["@odata.count"] = total.into();
    }
    body["value"] = Value::Array(value);
    Ok(body)
}

/// How many the caller wants; too many are refused where Graph refuses them, else cut.
fn top(call: &Call, rule: PageRule) -> Result<usize, Refusal> {
    let Some(text) = call.option("top") else {
        return Ok(rule.default);
    };
    match text.parse::<usize>() {
        Ok(top) if top >= 1 && top <= rule.max => Ok(top),
        Ok(top) if top >= 1 && rule.max != 50 => Ok(rule.max),
        Ok(top) if top >= 1 => Err(Refusal::bad(
            "BadRequest",
            format!("The limit of '{}' for Top query has been exceeded.", rule.max),
        )),
        _ => Err(Refusal::bad("BadRequest", format!("Invalid value '{text}' for $top query option found."))),
    }
}

/// The request's own address with some options replaced; `$skip` and old tokens go away.
pub(crate) fn link(call: &Call, replace: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(String, String)> = call
        .query
        .iter()
        .filter(|(key, _)| !["$skiptoken", "$skip", "$deltatoken", "token"].contains(&key.as_str()))
        .cloned()
        .collect();
    pairs.extend(replace.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    format!("{}{}?{}", call.origin, call.path, encode_pairs(&pairs))
}

/// Query text of these pairs; a leading `$` stays readable as Graph writes it.
pub(crate) fn encode_pairs(pairs: &[(String, String)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    pairs
        .iter()
        .map(|(key, value)| {
            let name = key.strip_prefix('$').map_or_else(|| encode(key), |name| format!("${}", encode(name)));
            format!("{name}={}", encode(value))
        })
        .collect::<Vec<_>>()
        .join("&")
}

/// An opaque token: readable by nobody but us.
pub(crate) fn seal_token(kind: &str, text: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{kind}.{text}"))
}

/// What a token of this kind holds; nothing when it is not one.
pub(crate) fn open_token(token: &str, kind: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    Some(text.strip_prefix(kind)?.strip_prefix('.')?.to_owned())
}

pub(crate) fn context(call: &Call) -> String {
    let mut shown = call.segments.join("/");
    if call.segments.len() >= 2 {
        shown = format!("{}('{}')", call.segments[0], call.segments[1]);
        for rest in &call.segments[2..] {
            shown = format!("{shown}/{rest}");
        }
    }
    format!("{}/$metadata#{shown}", call.base)
}

/// Keeps what `$select` names, and `OData`'s own annotations.
pub(crate) fn select(call: &Call, value: Value) -> Value {
    let Some(wanted) = call.option("select").filter(|wanted| !wanted.is_empty()) else {
        return value;
    };
    let names: Vec<String> = wanted
        .split(',')
        .map(|name| name.trim().split('/').next().unwrap_or_default().to_lowercase())
        .collect();
    let Value::Object(map) = value else {
        return value;
    };
    map.into_iter()
        .filter(|(key, _)| {
            let key = key.to_lowercase();
            key.starts_with("@odata.") || names.contains(&key) || names.iter().any(|name| name == "*")
        })
        .collect::<Map<_, _>>()
        .into()
}

/// Applies `$filter` and `$orderby` in memory.
pub(crate) fn narrow(call: &Call, mut items: Vec<Value>) -> Result<Vec<Value>, Refusal> {
    if let Some(filter) = call.option("filter") {
        let clauses = parse_filter(filter).ok_or_else(|| {
            Refusal::bad("BadRequest", format!("Invalid filter clause: '{filter}' is not supported here."))
        })?;
        items.retain(|item| clauses.iter().all(|clause| clause.holds(item)));
    }
    if let Some(order) = call.option("orderby") {
        let (field, down) = match order.split_once(' ') {
            Some((field, direction)) => (field, direction.trim().eq_ignore_ascii_case("desc")),
            None => (order, false),
        };
        items.sort_by(|a, b| {
            let ordering = sort_key(field_of(a, field)).cmp(&sort_key(field_of(b, field)));
            if down { ordering.reverse() } else { ordering }
        });
    }
    Ok(items)
}

fn sort_key(value: Option<&Value>) -> (i64, String) {
    match value {
        Some(Value::String(text)) => (0, text.to_lowercase()),
        Some(Value::Number(number)) => (number.as_i64().unwrap_or_default(), String::new()),
        _ => (0, String::new()),
    }
}

/// One comparison of a filter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) field: String,
    pub(crate) test: Test,
    pub(crate) literal: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    StartsWith,
    Contains,
}

impl Clause {
    pub(crate) fn holds(&self, item: &Value) -> bool {
        let text = match field_of(item, &self.field) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => return self.test == Test::Eq && self.literal == "null",
            Some(other) => other.to_string(),
        };
        match self.test {
            Test::StartsWith => text.to_lowercase().starts_with(&self.literal.to_lowercase()),
            Test::Contains => text.to_lowercase().contains(&self.literal.to_lowercase()),
            other => other.fits(compare(&text, &self.literal)),
        }
    }
}

impl Test {
    fn fits(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::Ne => ordering.is_ne(),
            Self::Gt => ordering.is_gt(),
            Self::Ge => ordering.is_ge(),
            Self::Lt => ordering.is_lt(),
            Self::Le => ordering.is_le(),
            Self::StartsWith | Self::Contains => false,
        }
    }
}

/// Times compare as times, numbers as numbers, everything else as text.
fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    if let (Ok(a), Ok(b)) = (a.parse::<i64>(), b.parse::<i64>()) {
        return a.cmp(&b);
    }
    if let (Some(a), Some(b)) = (crate::zones::moment(a), crate::zones::moment(b)) {
        return a.cmp(&b);
    }
    a.to_lowercase().cmp(&b.to_lowercase())
}

/// Clauses joined by `and`; nothing when the filter says more than that.
pub(crate) fn parse_filter(filter: &str) -> Option<Vec<Clause>> {
    split_outside_quotes(filter).into_iter().map(|clause| parse_clause(clause.trim())).collect()
}

fn parse_clause(text: &str) -> Option<Clause> {
    for (name, test) in [("startswith(", Test::StartsWith), ("contains(", Test::Contains)] {
        if text.to_lowercase().starts_with(name) {
            let (field, literal) = text[name.len()..].strip_suffix(')')?.split_once(',')?;
            return Some(Clause { field: field.trim().to_owned(), test, literal: unquote(literal.trim()) });
        }
    }
    let (field, rest) = text.split_once(' ')?;
    let (operator, literal) = rest.trim_start().split_once(' ')?;
    let comparison = match operator.to_lowercase().as_str() {
        "eq" => Test::Eq,
        "ne" => Test::Ne,
        "gt" => Test::Gt,
        "ge" => Test::Ge,
        "lt" => Test::Lt,
        "le" => Test::Le,
        _ => return None,
    };
    Some(Clause { field: field.to_owned(), test: comparison, literal: unquote(literal.trim()) })
}

fn unquote(literal: &str) -> String {
    literal
        .strip_prefix('\'')
        .and_then(|inner| inner.strip_suffix('\''))
        .map_or_else(|| literal.to_owned(), |inner| inner.replace("''", "'"))
}

fn split_outside_quotes(filter: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, c) in filter.char_indices() {
        if c == '\'' {
            quoted = !quoted;
        }
        let word = filter.get(at..at + 5).filter(|word| word.eq_ignore_ascii_case(" and "));
        if !quoted && word.is_some() && at >= start {
            parts.push(&filter[start..at]);
            start = at + 5;
        }
    }
    parts.push(&filter[start..]);
    parts
}

fn field_of<'a>(item: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(item, |at, name| {
        at.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_with_quotes_and_doubled_quotes() {
        let clauses = parse_filter("JoinWebUrl eq 'a and b''s' and size gt 5").unwrap();
        assert_eq!(clauses[0].literal, "a and b's");
        assert_eq!((clauses[1].test, clauses[1].literal.as_str()), (Test::Gt, "5"));
        assert!(parse_filter("not (x)").is_none());
        assert!(clauses[1].holds(&json!({ "Size": 6 })));
    }
}
