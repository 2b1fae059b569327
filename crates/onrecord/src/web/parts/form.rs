//! Form fields with their hint and their error, and the summary of errors above a form.
//! A field that the environment sets is shown locked and names the variable.

use std::borrow::Cow;

use askama::{Template, filters::HtmlSafe};

use crate::web::text::Text;

/// How a field is entered.
#[derive(Clone, Debug)]
pub enum FieldKind {
    Text,
    /// Somebody's address.
    Email,
    /// The address one signs in with oneself: only there a browser may fill it in.
    OwnEmail,
    Password,
    NewPassword,
    Date,
    Time,
    Number,
    Search,
    Area,
    Select(Vec<Choice>),
}

impl FieldKind {
    fn input_type(&self) -> &'static str {
        match self {
            Self::Email | Self::OwnEmail => "email",
            Self::Password | Self::NewPassword => "password",
            Self::Date => "date",
            Self::Time => "time",
            Self::Number => "number",
            Self::Search => "search",
            Self::Text | Self::Area | Self::Select(_) => "text",
        }
    }

    fn autocomplete(&self) -> Option<&'static str> {
        match self {
            Self::Email => Some("off"),
            Self::OwnEmail => Some("username"),
            Self::Password => Some("current-password"),
            Self::NewPassword => Some("new-password"),
            _ => None,
        }
    }
}

/// One choice of a list, of radio buttons or of check boxes.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub words: String,
    pub chosen: bool,
}

impl Choice {
    /// A choice that is chosen when its value is the present one.
    pub fn new(value: impl Into<String>, words: impl Into<String>, present: &str) -> Self {
        let value = value.into();
        let chosen = value == present;
        Self { value, words: words.into(), chosen }
    }
}

/// The variable of the environment that sets a field.
#[derive(Clone, Debug)]
pub struct Locked {
    pub t: &'static Text,
    pub variable: String,
}

/// One labelled field.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/field.html")]
pub struct Field {
    /// Name and id; unique in its form.
    pub name: Cow<'static, str>,
    pub label: Cow<'static, str>,
    pub kind: FieldKind,
    pub value: String,
    pub hint: Option<Cow<'static, str>>,
    pub error: Option<String>,
    pub required: bool,
    pub locked: Option<Locked>,
}

impl HtmlSafe for Field {}

impl Field {
    /// An empty field that need not be filled in.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Cow<'static, str>>,
        kind: FieldKind,
    ) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind,
            value: String::new(),
            hint: None,
            error: None,
            required: false,
            locked: None,
        }
    }

    /// With what stands in it.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// With a sentence that helps.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With what is wrong, if anything.
    #[must_use]
    pub fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }

    /// Must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Set by a variable of the environment: shown, not changed here.
    #[must_use]
    pub fn locked(mut self, locked: Option<Locked>) -> Self {
        self.locked = locked;
        self
    }

    /// The ids of hint, lock and error, for `aria-describedby`; empty when there is none.
    fn described_by(&self) -> String {
        let mut ids = Vec::with_capacity(2);
        if self.hint.is_some() || self.locked.is_some() {
            ids.push(format!("{}-hint", self.name));
        }
        if self.error.is_some() {
            ids.push(format!("{}-error", self.name));
        }
        ids.join(" ")
    }

    fn selected(&self) -> &str {
        match &self.kind {
            FieldKind::Select(choices) => choices
                .iter()
                .find(|choice| choice.chosen)
                .map_or(self.value.as_str(), |choice| choice.words.as_str()),
            _ => &self.value,
        }
    }
}

/// One thing to mend in a form, with the field it is about.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The id of the field; empty when it is about the whole.
    pub field: String,
    pub words: String,
}

/// The faults of these fields, in their order, for the summary above the form.
pub fn problems<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Vec<Problem> {
    fields
        .into_iter()
        .filter_map(|field| {
            let words = field.error.clone()?;
            Some(Problem { field: field.name.clone().into_owned(), words })
        })
        .collect()
}
