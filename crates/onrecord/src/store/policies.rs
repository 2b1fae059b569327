//! Table `policy_answer`: what people said of Teams meeting policies. Answers are added, never changed: the newest of a
//! topic counts.

use chrono::{DateTime, Utc};

use super::{Read, Result, Tx};
use crate::model::id::{IntegrationId, UserId};
use crate::model::policy::{Confirmation, PolicyAnswer, PolicyTopic};
use crate::params;

/// Keeps an answer.
pub async fn put(
    tx: &Tx,
    integration: IntegrationId,
    said: (PolicyTopic, PolicyAnswer),
    by: (Option<UserId>, DateTime<Utc>),
) -> Result<()> {
    tx.execute(
        "INSERT INTO policy_answer (integration_id, topic, answer, user_id, answered_at)
         VALUES ($1, $2, $3, $4, $5)",
        params![integration, said.0, said.1, by.0, by.1],
    )
    .await?;
    Ok(())
}

/// The newest answer of each topic.
pub async fn newest(db: &impl Read, integration: IntegrationId) -> Result<Vec<Confirmation>> {
    let rows = db
        .rows(
            "SELECT p.topic, p.answer, p.user_id, u.name, p.answered_at FROM policy_answer p
             LEFT JOIN \"user\" u ON u.id = p.user_id
             WHERE p.integration_id = $1 AND p.id IN
               (SELECT MAX(id) FROM policy_answer WHERE integration_id = $1 GROUP BY topic)
             ORDER BY p.topic",
            params![integration],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Confirmation {
                topic: row.get("topic")?,
                answer: row.get("answer")?,
                user_id: row.id_opt("user_id")?,
                name: row.get("name")?,
                at: row.get("answered_at")?,
            })
        })
        .collect()
}
