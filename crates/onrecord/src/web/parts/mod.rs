//! The components that pages are built from. Each is a small struct that renders itself; `/styleguide` shows all.
//! A component never decides anything: marks, words and addresses are handed to it.

mod form;
mod mark;
mod message;
mod navigation;
mod record;

pub use form::{Choice, Field, FieldKind, Locked, Problem, problems};
pub use mark::{Badge, Mark, Pill};
pub use message::{Command, Empty, Link, Note};
pub use navigation::{Chip, Crumb, Pager, Tab, Tabs};
pub use record::{Answer, Meter, PartLine, Recline, Step, Stop, Tally};

use askama::{Template, filters::HtmlSafe};

use crate::web::assets;

/// One drawing of the sprite. Always decoration: the words beside it carry the meaning.
#[derive(Clone, Copy, Debug, Template)]
#[template(
    source = r##"<svg class="icon{% if turns %} icon--turns{% endif %}" aria-hidden="true"><use href="{{ sprite }}#{{ name }}"/></svg>"##,
    ext = "html"
)]
pub struct Icon {
    sprite: &'static str,
    name: &'static str,
    turns: bool,
}

impl HtmlSafe for Icon {}

/// The drawing of that name.
pub fn icon(name: &'static str) -> Icon {
    Icon { sprite: &assets::addresses().icons, name, turns: false }
}

/// A drawing with a direction (an arrow): mirrored where the language runs right to left.
pub fn turning_icon(name: &'static str) -> Icon {
    Icon { sprite: &assets::addresses().icons, name, turns: true }
}
