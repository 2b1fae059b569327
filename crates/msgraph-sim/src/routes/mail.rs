//! Sending mail: accepted, kept, shown at `GET /sim/mails`, never delivered.
//! Doc: api-reference/v1.0/api/user-sendmail.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::clock::whole;
use crate::http::{Answer, Call, Refusal, Reply, unknown};
use crate::world::World;

pub(crate) fn send(world: &mut World, call: &Call, user: &str) -> Answer {
    if call.method != Method::POST {
        return Err(unknown(call));
    }
    let sender = super::events::mailbox(world, user)?;
    super::events::admitted(world, call, &sender, &["Mail.Send"])?;
    let request = call.object()?;
    // Parameters of actions are matched without case; SDKs write `Message`.
    let parameter = |wanted: &str| {
        request.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let message = parameter("message")
        .filter(|message| message.is_object())
        .ok_or_else(|| Refusal::bad("ErrorInvalidRequest", "The parameter 'Message' is missing."))?;
    let mut recipients = 0;
    for list in ["toRecipients", "ccRecipients", "bccRecipients"] {
        for recipient in message[list].as_array().into_iter().flatten() {
            recipients += 1;
            let address = recipient["emailAddress"]["address"].as_str().unwrap_or_default();
            if !address.contains('@') {
                return Err(Refusal::bad(
                    "ErrorInvalidRecipients",
                    format!("At least one recipient isn't valid: '{address}'."),
                ));
            }
        }
    }
    if recipients == 0 {
        return Err(Refusal::bad("ErrorInvalidRecipients", "At least one recipient is required."));
    }
    if recipients + sent_today(world, call, sender.address()) > world.tenant.recipients_per_day {
        let text = "The mailbox has reached its limit of recipients a day.";
        return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "ErrorMessageSubmissionBlocked", text)
            .with("retry-after", "3600"));
    }
    let named = message["internetMessageHeaders"].as_array().into_iter().flatten();
    for header in named {
        let name = header["name"].as_str().unwrap_or_default();
        if !name.to_lowercase().starts_with("x-") {
            return Err(Refusal::bad(
                "InvalidInternetMessageHeader",
                format!("The internet message header name '{name}' should start with 'x-' or 'X-'."),
            ));
        }
    }
    let mail = json!({
        "from": sender.address(), "sent_at": whole(call.now), "message": message,
        "save_to_sent_items": parameter("saveToSentItems").unwrap_or(&Value::Bool(true)),
    });
    world.mails.push(mail);
    world.touch();
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

/// Recipients of the mailbox's mails in the last 24 hours.
fn sent_today(world: &World, call: &Call, address: &str) -> usize {
    let since = whole(call.now - chrono::TimeDelta::days(1));
    let recent = world
        .mails
        .iter()
        .rev()
        .take_while(|mail| mail["sent_at"].as_str() > Some(since.as_str()))
        .filter(|mail| mail["from"] == address);
    let lists = ["toRecipients", "ccRecipients", "bccRecipients"];
    recent.flat_map(|mail| lists.map(|list| mail["message"][list].as_array().map_or(0, Vec::len))).sum()
}
