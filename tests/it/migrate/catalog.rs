//! What stands in the database afterwards, name by name.

use super::*;

const CATALOG: &str = include_str!("catalog.sql");
const EXPECTED: &str = include_str!("catalog.txt");

async fn lines(db: &Client) -> Vec<String> {
    db.query(CATALOG, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test]
async fn every_name_of_the_requirement_is_there_and_none_besides() {
    for server in both() {
        let db = Database::empty(server).await;
        migrate_with(
            &db,
            &MigrateOptions {
                with_upstream: true,
                ..MigrateOptions::default()
            },
        )
        .await
        .unwrap();
        let found = lines(&db).await.join("\n");
        assert_eq!(found, EXPECTED.trim_end(), "on {server}");
    }
}

#[tokio::test]
async fn hot_tables_leave_room_and_large_columns_are_lz4_where_the_server_can() {
    for server in both() {
        let db = Database::empty(server).await;
        migrate_with(
            &db,
            &MigrateOptions {
                with_upstream: true,
                ..MigrateOptions::default()
            },
        )
        .await
        .unwrap();
        let roomy = "select count(*) from pg_class where 'fillfactor=50' = any (reloptions)";
        assert_eq!(count(&db, roomy).await, 3);
        let can = count(
            &db,
            "select count(*) from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)",
        )
        .await;
        let compressed = "select count(*) from pg_attribute where attcompression = 'l' and attrelid::regclass::text !~ 'pg_'";
        assert_eq!(
            count(&db, compressed).await,
            if can == 1 { 13 } else { 0 },
            "on {server}"
        );
    }
}
