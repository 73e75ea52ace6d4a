//! Poison: what can never be applied goes to the dead letters with its bytes, and nothing else suffers.

use crate::harness::{Outgoing, World};

#[tokio::test]
async fn one_corrupt_message_in_a_hundred_stops_none_of_the_good_ones() {
    let world = World::new().await;
    let _service = world.serve();
    let workflow = world
        .workflow("ads", Some(r#"{"version":1,"period":"all"}"#))
        .await;
    let mut corrupt = Vec::new();
    let mut good = 0;
    for day in 0..300u32 {
        let date = (chrono::NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + chrono::Days::new(day.into()))
            .to_string();
        let execution = world.execution(&workflow, &date, &date, &format!("date,clicks\n{date},7\n"));
        if day % 100 == 50 {
            let mut payload = execution.encode();
            payload.truncate(payload.len() - 7);
            let key = workflow.id.to_string();
            let record = Outgoing {
                key: Some(key.as_bytes()),
                payload: Some(&payload),
                ..Outgoing::default()
            };
            world.writer().send(&world.topics()[0], record).unwrap();
            corrupt.push(payload);
        } else {
            world.announce(&[&execution]).await;
            good += 1;
        }
    }
    world.writer().flush().unwrap();
    world.settled().await;

    let view = world.view(&workflow, "all").await;
    assert_eq!(view.metric("clicks"), Some((7 * good).to_string()));
    let mut dead_letters = world.dead_letters();
    let records = dead_letters.at_least(corrupt.len()).await.unwrap();
    let bytes: Vec<Vec<u8>> = records
        .iter()
        .map(|record| record.payload.clone().unwrap())
        .collect();
    assert_eq!(bytes, corrupt);
    for record in records {
        assert_eq!(record.key.as_deref(), Some(workflow.id.to_string().as_bytes()));
        assert!(
            record
                .headers
                .iter()
                .any(|(name, _)| name.starts_with("__connect.errors.")),
            "{record:?}"
        );
        assert!(
            record
                .headers
                .iter()
                .any(|(name, _)| name.starts_with("kafka_dlt-original-")),
            "{record:?}"
        );
    }
}
