//! Who a person of Microsoft's is among our users: by object id, then UPN, mail and alias; never by display name.

use super::{Read, Result, Tx};
use crate::model::id::UserId;
use crate::params;

/// The user with this Graph `user.id`.
pub async fn by_object_id(db: &impl Read, object_id: &str) -> Result<Option<UserId>> {
    let row = db.row("SELECT id FROM \"user\" WHERE entra_object_id = $1", params![object_id]).await?;
    row.map(|row| row.id("id")).transpose()
}

/// The user with this address as UPN, mail or alias, in this order. `address` is lower case.
pub async fn by_address(db: &impl Read, address: &str) -> Result<Option<UserId>> {
    let row = db
        .row(
            "SELECT id, 1 AS rank FROM \"user\" WHERE upn = $1
             UNION ALL SELECT id, 2 AS rank FROM \"user\" WHERE email = $1
             UNION ALL SELECT user_id AS id, 3 AS rank FROM user_alias WHERE email = $1
             ORDER BY rank, id LIMIT 1",
            params![address],
        )
        .await?;
    row.map(|row| row.id("id")).transpose()
}

/// Keeps a person's Graph `user.id`, unless one is known, another user has it, or they were erased.
pub async fn learn_object_id(tx: &Tx, user: UserId, object_id: &str) -> Result<()> {
    tx.execute(
        "UPDATE \"user\" SET entra_object_id = $2 WHERE id = $1 AND entra_object_id IS NULL AND erased_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM \"user\" o WHERE o.entra_object_id = $2)",
        params![user, object_id],
    )
    .await?;
    Ok(())
}
