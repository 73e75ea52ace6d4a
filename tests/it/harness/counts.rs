//! What a kitchen's database holds, in numbers.

use super::Kitchen;

impl Kitchen {
    /// The number that a query gives.
    pub async fn count(&self, query: &str) -> i64 {
        self.database.query_one(query, &[]).await.unwrap().get(0)
    }

    /// How many views are left to be drawn.
    pub async fn redraws(&self) -> i64 {
        self.count("select count(*) from dashloom.redraws").await
    }
}
