//! The harness itself: both servers are real and nothing is shared between two worlds.

use crate::harness::World;

#[tokio::test]
async fn two_worlds_share_neither_database_nor_topics() {
    let (one, other) = tokio::join!(World::new(), World::new());
    one.db().execute("create table only_here ()", &[]).await.unwrap();
    let elsewhere: bool = other
        .db()
        .query_one("select to_regclass('only_here') is null", &[])
        .await
        .unwrap()
        .get(0);
    assert!(elsewhere);

    one.produce(b"key", b"value");
    let mut inputs = one.inputs();
    assert_eq!(
        inputs.at_least(1).await.unwrap()[0].payload.as_deref(),
        Some(&b"value"[..])
    );
    assert_eq!(one.log_end(), 1);
    assert_eq!(other.log_end(), 0);
}
