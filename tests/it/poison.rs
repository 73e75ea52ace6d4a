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

#[tokio::test]
async fn a_storm_of_poison_slows_its_partition_down_until_a_good_record_comes() {
    let world = World::new().await;
    let workflow = world
        .workflow("ads", Some(r#"{"version":1,"period":"all"}"#))
        .await;
    let topic = &world.topics()[0];
    let rubbish = |count: usize| {
        for _ in 0..count {
            let record = Outgoing {
                payload: Some(b"\x00 no event"),
                ..Outgoing::default()
            };
            world.writer().send(topic, record).unwrap();
        }
    };
    let day = |day: u32| {
        let date = format!("2025-03-{day:02}");
        world.execution(&workflow, &date, &date, &format!("date,clicks\n{date},7\n"))
    };
    rubbish(1_150);
    let (first, second) = (day(1), day(2));
    first.announce(world.writer(), topic, None).unwrap();
    rubbish(300);
    second.announce(world.writer(), topic, None).unwrap();
    world.writer().flush().unwrap();

    let mut service = world.serve();
    service.says("a storm of records that cannot be applied").await;
    assert_eq!(service.metric("dashloom_poison_storm", &[]).unwrap(), 1.0);
    let tripped_at = world.position().await;
    assert!((1_000..1_500).contains(&tripped_at), "tripped at {tripped_at}");
    let tripped = std::time::Instant::now();
    service.says("the storm is over").await;
    assert!(
        tripped.elapsed() > std::time::Duration::from_secs(4),
        "it was probed, not run through"
    );
    world.settled().await;
    assert_eq!(service.metric("dashloom_poison_storm", &[]).unwrap(), 0.0);
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("14".to_owned())
    );
    let mut letters = world.dead_letters();
    letters.at_least(1_450).await.unwrap();
}

#[tokio::test]
async fn records_of_unknown_workflows_beyond_the_cap_are_given_up_oldest_first() {
    let world = World::new().await;
    let unborn = |number: u128| crate::harness::Workflow {
        id: uuid::Uuid::from_u128(number),
        name: "never".to_owned(),
        configuration: None,
    };
    let date = "2025-03-01";
    let executions: Vec<_> = (0..8)
        .map(|number| world.execution(&unborn(number), date, date, "date,clicks\n2025-03-01,7\n"))
        .collect();
    for execution in &executions {
        execution
            .announce(world.writer(), &world.topics()[0], None)
            .unwrap();
    }
    world.writer().flush().unwrap();
    let service = world.serve_with(&[("DASHLOOM_CONSUMER__PARKED_MESSAGES", "5")]);
    world.settled().await;
    let mut letters = world.dead_letters();
    let letters = letters.at_least(3).await.unwrap();
    let bytes: Vec<_> = letters
        .iter()
        .map(|letter| letter.payload.clone().unwrap())
        .collect();
    let oldest: Vec<_> = executions[..3]
        .iter()
        .map(crate::harness::Finished::encode)
        .collect();
    assert_eq!(bytes, oldest);
    let account = "select parked, settled_dead_lettered, \
                       (select count(*) from dashloom.parked) from dashloom.consumer_positions";
    let row = world.db().query_one(account, &[]).await.unwrap();
    let account: (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    assert_eq!(account, (8, 3, 5));
    assert_eq!(service.metric("dashloom_parked_full", &[]).unwrap(), 0.0);
}

#[tokio::test]
async fn a_record_that_the_database_refuses_is_found_among_its_batch_and_dead_lettered_alone() {
    let world = World::new().await;
    let workflow = world
        .workflow("ads", Some(r#"{"version":1,"period":"all"}"#))
        .await;
    let executions: Vec<_> = (1..=9)
        .map(|day| {
            let date = format!("2025-03-{day:02}");
            world.execution(&workflow, &date, &date, &format!("date,clicks\n{date},7\n"))
        })
        .collect();
    let refused = &executions[5];
    world
        .db()
        .batch_execute(&format!(
            "create function refuse() returns trigger language plpgsql as $$ \
             begin raise exception 'not this one' using errcode = '23514'; end $$; \
             create trigger refuse before insert on dashloom.partials for each row \
             when (new.execution_id = '{}') execute function refuse()",
            refused.id
        ))
        .await
        .unwrap();
    world.announce(&executions.iter().collect::<Vec<_>>()).await;
    let service = world.serve();
    world.settled().await;
    let mut letters = world.dead_letters();
    let letters = letters.at_least(1).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].payload.as_deref(), Some(&refused.encode()[..]));
    let reason = letters[0].header("__connect.errors.exception.class.name");
    assert_eq!(reason.as_deref(), Some("refused_by_database"));
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("56".to_owned())
    );
    let told = "select dashboard_processing_error from workflow_executions where id = $1";
    let told: String = world.db().query_one(told, &[&refused.id]).await.unwrap().get(0);
    assert!(told.contains("not this one"), "{told}");
    let account = "select applied, dead_lettered, next_offset from dashloom.consumer_positions";
    let row = world.db().query_one(account, &[]).await.unwrap();
    let account: [i64; 3] = std::array::from_fn(|column| row.get(column));
    assert_eq!(account, [8, 1, 9]);
    assert_eq!(service.metric("dashloom_halted_partitions", &[]).unwrap(), 0.0);
}
