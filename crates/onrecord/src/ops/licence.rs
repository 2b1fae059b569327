//! Which services of Microsoft 365 an account is licensed for.

use msgraph::User;

/// A plan is known by its name or its id; new ones appear, so what works in practice goes before what is listed.
pub(crate) type Plan = &'static [&'static str];

/// Teams.
pub(crate) const TEAMS: Plan = &["teamspaceapi", "57ff2da0-773e-42df-b2af-ffb7a2317929"];

/// OneDrive.
pub(crate) const ONEDRIVE: Plan = &[
    "sharepoint",
    "5dbe027f-2339-4123-9542-606e4d348a72",
    "c7699d2e-19aa-44de-8edf-1736da088ca1",
    "63038b2c-28d0-45f6-bc36-33062963b498",
    "0a4983bb-d3e5-4a09-95d8-b2d0127b3df5",
    "13696edf-5a08-49f6-8134-03083ed8ba30",
    "902b47e5-dcb2-4fdc-858b-c63a90a2bdb9",
    "6b5b6a67-fc72-4a1f-a2b5-beecf05de761",
];

/// Exchange Online.
pub(crate) const EXCHANGE: Plan =
    &["exchange", "9aaf7827-d63c-4b61-89c3-182f06f82e5c", "efb87545-963c-4e0d-99df-69c6916d9eb0"];

/// Whether the account has one of these plans in force.
pub(crate) fn has_plan(user: &User, words: Plan) -> bool {
    let is = |text: &Option<String>| {
        text.as_deref().is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text)))
    };
    user.assigned_plans
        .iter()
        .any(|plan| plan.is_usable() && (is(&plan.service) || is(&plan.service_plan_id)))
}
