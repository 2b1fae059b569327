//! Mail that an app sends from a mailbox.
//!
//! Graph answers that it took the mail, not that it arrived, and names no message. Docs: `user-sendmail`.

use serde::{Serialize, Serializer};
use serde_json::json;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::lane::Lane;

/// A mail to one person, in HTML. It is kept in nobody's sent items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewMail {
    /// The subject, one line.
    pub subject: String,
    /// The text as HTML.
    pub html: String,
    /// The address it goes to.
    pub to_address: String,
    /// The name it goes to.
    pub to_name: String,
    /// Headers of our own; Graph takes only names that begin with `x-`.
    pub headers: Vec<(String, String)>,
}

impl Serialize for NewMail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        let mut message = json!({
            "subject": self.subject,
            "body": { "contentType": "HTML", "content": self.html },
            "toRecipients": [{ "emailAddress": { "address": self.to_address, "name": self.to_name } }],
        });
        if !headers.is_empty() {
            message["internetMessageHeaders"] = json!(headers);
        }
        json!({ "message": message, "saveToSentItems": false }).serialize(serializer)
    }
}

impl Client {
    /// Sends a mail from a mailbox. It is not repeated inside this call where Graph may have sent it already: twice
    /// is two mails.
    pub async fn send_mail(&self, mailbox: &str, mail: &NewMail) -> Result<(), Error> {
        let call =
            Call::post(Lane::Mailbox(mailbox.to_owned()), "users").id(mailbox).word("sendMail").json(mail);
        self.done(&call).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_written_as_graph_wants_it() {
        let mail = NewMail {
            subject: "Ready".to_owned(),
            html: "<p>Ready</p>".to_owned(),
            to_address: "ada@school.example".to_owned(),
            to_name: "Ada".to_owned(),
            headers: vec![("x-letter".to_owned(), "7".to_owned())],
        };
        let written = serde_json::to_value(&mail).expect("JSON");
        assert_eq!(written["saveToSentItems"], json!(false));
        assert_eq!(
            written["message"]["toRecipients"][0]["emailAddress"]["address"],
            json!("ada@school.example")
        );
        assert_eq!(
            written["message"]["internetMessageHeaders"],
            json!([{ "name": "x-letter", "value": "7" }])
        );
        let bare = serde_json::to_value(NewMail::default()).expect("JSON");
        assert!(bare["message"].get("internetMessageHeaders").is_none(), "Graph refuses an empty list");
    }
}
