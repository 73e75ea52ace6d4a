//! The rules on small tables.

use bytes::Bytes;

use super::{Agg, ColumnFacts, Decision, decide, decide_over, may_be_dimension};
use crate::event::{ColumnHint, ColumnRole, Compression, ResultFormat};
use crate::rows::{Evidence, Limits, observe, read};

pub(super) fn evidence(csv: &str) -> Vec<(String, Evidence)> {
    let data = Bytes::from(csv.to_owned());
    let batches = read(ResultFormat::Csv, Compression::None, &data, &Limits::default()).unwrap();
    let schema = batches[0].schema();
    let labels = schema.fields().iter().map(|field| field.name().clone());
    labels.zip(observe(&batches)).collect()
}

pub(super) fn decided(columns: &[(String, Evidence)]) -> Vec<Decision> {
    let facts = columns
        .iter()
        .enumerate()
        .map(|(position, (label, evidence))| ColumnFacts {
            label,
            position,
            evidence,
            hint: None,
            declared: None,
        });
    decide(&facts.collect::<Vec<_>>())
}

/// A letter a column: time, dimension, sum, mean, level, ratio, id.
pub(super) fn roles(csv: &str) -> String {
    let letter = |decision: &Decision| match (decision.role, decision.agg) {
        (ColumnRole::Time, _) => 'T',
        (ColumnRole::Dimension, _) => 'd',
        (ColumnRole::Measure, Agg::Sum) => 's',
        (ColumnRole::Measure, Agg::Mean) => 'm',
        (ColumnRole::Measure, Agg::Level) => 'l',
        (ColumnRole::Ratio, _) => 'r',
        (ColumnRole::Id, _) => 'i',
        (ColumnRole::Stage | ColumnRole::Ignore, _) => '-',
    };
    decided(&evidence(csv)).iter().map(letter).collect()
}

#[test]
fn the_first_rule_that_matches_decides() {
    for (csv, expected) in [
        (
            "date,campaign,clicks,ctr\n2024-01-01,a,5,0.1\n2024-01-02,b,7,0.2",
            "Tdsr",
        ),
        (
            "created,updated_date,n\n2024-01-01,2024-01-03,5\n2024-01-02,2024-01-04,7",
            "dTs",
        ),
        (
            "first,second,n\n2024-01-01,2024-01-03,5\n2024-01-02,2024-01-04,7",
            "Tds",
        ),
        (
            "opened_at,processed_date,n\n2024-01-01,2024-01-03,5\n2024-01-02,,7\n2024-01-03,2024-01-04,9",
            "Tds",
        ),
        (
            "opened_at,processed_date,n\n2024-01-01,2024-01-03,5\n2024-01-01,2024-01-03,5\n2024-01-02,,7\n\
             2024-01-03,2024-01-04,9\n2024-01-03,2024-01-05,9",
            "dTs",
        ),
        ("month,amount\n2024-01,5\n2024-02,7", "Ts"),
        ("Month,Year,Amount\nJan,2023,5\nFeb,2024,7", "dds"),
        ("year,amount\n2023,5\n2024,7", "Ts"),
        ("time,value\n1871,1120\n1872,1160", "Ts"),
        ("amount,value\n1871,1120\n1872,1160", "ss"),
        ("timestamp,value\n1704067200,1120\n1704153600,1160", "Ts"),
        ("created_at,value\n1704067200000,1120\n1704153600000,1160", "Ts"),
        ("response_time,value\n1871,1120\n1872,1160", "ms"),
        ("date_key,value\n20240101,1120\n20240102,1160", "Ts"),
        ("day,hour,weekday,amount\n1,0,5,10\n31,23,6,20", "ddds"),
        (",x\n0,5\n1,9", "is"),
        ("Unnamed: 0,x\n17,5\n4,9", "is"),
        ("row_number,x\n1,5\n2,9", "is"),
        ("user_id,zip,x\n5,12345,5\n5,12345,9", "iis"),
        ("converted,x\n0,5\n1,9", "ds"),
        ("active,x\ntrue,5\nfalse,9", "ds"),
        ("store,x\n1,5\n2,9", "ds"),
        ("growth,x\n12%,5\n-3 %,9", "rs"),
        (
            "revenue_per_visit,score,price,temperature\n1.5,3,9,12\n2,4,7,9",
            "rmmm",
        ),
        ("date,empty,x\n2024-01-01,,5\n2024-01-02,,NA", "Tds"),
        ("code2,x\n007,5\n008,9", "ds"),
        ("Date,x\n25/12/2024,5\n01/02/2024,9", "Ts"),
        ("week,x\n2024-W01,5\n2024-W02,9", "Ts"),
        ("closed,x\n2024-01-01,5\n,9\n,7", "ds"),
        ("x,y\n2024-01-01,5\nsoon,9", "ds"),
    ] {
        assert_eq!(roles(csv), expected, "{csv}");
    }
}

#[test]
fn numbers_that_tell_which_one_are_never_added_up() {
    for (csv, expected) in [
        (
            "date,user,customer,Store Nbr,Item Number,Product No,Kunden-Nr,Order #,G/L Account,amount\n\
             2024-01-05,10023,55012,1204,99012,88012,10012,10045,400100,5\n\
             2024-01-06,10024,55013,1207,99013,88013,10013,10052,400200,6",
            "Tiiiiiiiis",
        ),
        (
            "store_nbr,total_number,# orders,users\n1,1200,3,1500\n54,1300,5,1700",
            "dsss",
        ),
    ] {
        assert_eq!(roles(csv), expected, "{csv}");
    }
}

#[test]
fn levels_and_values_of_one_unit_are_never_added_up() {
    let names = "date,Balance,headcount,stock level,On Hand,unit cost,total subscribers,active_users,followers,per unit,ytd sales";
    let others = "date,balance change,new followers,stock received,subscribers,users,total cost,units,net new members,x,sales";
    let rows = "2024-01-05,5,5,5,5,5,5,5,5,5,5\n2024-01-06,6,7,8,9,10,11,12,13,14,15";
    assert_eq!(roles(&format!("{names}\n{rows}")), "Tmlllmlllmm");
    assert_eq!(roles(&format!("{others}\n{rows}")), "Tssssssssss");
    let reason = &decided(&evidence(&format!("{names}\n{rows}")))[1].reason;
    assert!(
        reason.starts_with("A measure, averaged: its name has \"balance\""),
        "{reason}"
    );
}

#[test]
fn levels_add_up_within_a_date_unless_a_date_has_several() {
    for (csv, expected) in [
        ("date,shop,stock\n2024-01-05,a,5\n2024-01-06,b,6", "Tdl"),
        ("month,shop,stock\n2024-01,a,5\n2024-02,b,6", "Tdl"),
        (
            "time,shop,stock\n2024-01-05 10:00,a,5\n2024-01-05 11:00,b,6",
            "Tdm",
        ),
        ("date,hour,stock\n2024-01-05,10,5\n2024-01-05,11,6", "Tdm"),
        ("date,account,balance\n2024-01-05,a,5\n2024-01-06,b,6", "Tdm"),
    ] {
        assert_eq!(roles(csv), expected, "{csv}");
    }
    let reason = &decided(&evidence("date,stock\n2024-01-05,5\n2024-01-06,6"))[1].reason;
    assert!(
        reason.starts_with("A measure, added up within a date and averaged over dates"),
        "{reason}"
    );
}

#[test]
fn levels_add_up_where_there_is_no_time() {
    let csv = "department,headcount,unit cost,stock level,noise level,price\na,5,2,3,4,5\nb,6,2,3,4,5";
    assert_eq!(roles(csv), "dsmsmm");
    let reason = &decided(&evidence(csv))[1].reason;
    assert!(
        reason.ends_with("and no column tells of several times."),
        "{reason}"
    );
    let column = &evidence("headcount\n5\n6")[0];
    let facts = ColumnFacts {
        label: &column.0,
        position: 0,
        evidence: &column.1,
        hint: None,
        declared: None,
    };
    assert_eq!(decide_over(&[facts], false)[0].agg, Agg::Sum);
    assert_eq!(
        decide_over(&[facts], true)[0].agg,
        Agg::Level,
        "over several results"
    );
    assert_eq!(roles("Monat,Bestand\nJan,5\nFeb,6"), "dm");
    assert_eq!(roles("Monat,Lager,Bestand\nJan,a,5\nFeb,b,6"), "ddm");
}

#[test]
fn an_unnamed_first_column_that_counts_rows_is_an_index_even_where_it_begins_anew() {
    assert_eq!(roles(",x\n0,5\n1,9\n0,7\n1,8"), "is");
    assert_eq!(roles("x,\n5,0\n9,1\n7,0\n8,1"), "sd");
    assert_eq!(roles(",x\n120,5\n90,9\n120,7"), "ss");
}

#[test]
fn without_a_time_texts_that_all_differ_name_the_rows() {
    let table = |columns: &str, row: &dyn Fn(u32) -> String| {
        let rows: Vec<String> = (0..60).map(row).collect();
        roles(&format!("{columns}\n{}", rows.join("\n")))
    };
    assert_eq!(
        table("country,region,sales", &|n| format!("land {n},r{},{n}", n % 3)),
        "dds"
    );
    assert_eq!(table("name,region", &|n| format!("name {n},r{}", n % 3)), "id");
    assert_eq!(table("country,sales", &|n| format!("land {n},{n}")), "ds");
    assert_eq!(
        table("region,country,sales", &|n| format!("r{},land {n},{n}", n % 3)),
        "dis"
    );
    assert_eq!(table("order id,sales", &|n| format!("o{n},{n}")), "is");
    assert_eq!(
        table("day,country,sales", &|n| format!(
            "2024-01-{:02},land {n},{n}",
            n % 28 + 1
        )),
        "Tis"
    );
}

#[test]
fn whole_numbers_are_the_times_their_names_say() {
    for (csv, expected) in [
        ("week,sales\n202401,10\n202402,12", "Ts"),
        ("Kalenderwoche,sales\n202445,10\n202446,12", "Ts"),
        ("event_time_ms,value\n1704449000123,5\n1704549600456,6", "Ts"),
        ("created_us,value\n1704449000123000,5\n1704549600456000,6", "Ts"),
        ("ts,value\n1704449000.25,5\n1704549600.5,6", "Ts"),
        ("Date,Sales\n45296,10\n45297,12", "Ts"),
        ("load_time_ms,sales\n45296,45296\n45297,45297", "ms"),
    ] {
        assert_eq!(roles(csv), expected, "{csv}");
    }
    let reason = |csv: &str| decided(&evidence(csv))[0].reason.clone();
    assert!(reason("Date,Sales\n45296,10").contains("as spreadsheets do"));
    assert!(reason("week,sales\n202401,10").contains("ISO weeks"));
}

#[test]
fn percentages_stay_ratios_beside_bare_numbers() {
    let columns = evidence("Discount,Conversion\n10%,12%\n0,5\n5%,13%");
    let reasons: Vec<_> = decided(&columns)
        .into_iter()
        .map(|decision| (decision.role, decision.reason))
        .collect();
    assert!(
        reasons.iter().all(|(role, _)| *role == ColumnRole::Ratio),
        "{reasons:?}"
    );
    assert!(reasons[0].1.starts_with("A ratio: its values are percentages"));
    assert!(
        reasons[1]
            .1
            .starts_with("A ratio: some of its values are percentages")
    );
}

#[test]
fn what_could_be_read_otherwise_is_said() {
    let reasons = |csv: &str| -> Vec<String> {
        decided(&evidence(csv))
            .into_iter()
            .map(|decision| decision.reason)
            .collect()
    };
    let found = reasons("Datum;Klicks\n05.01.2024;1.234\n06.01.2024;980");
    assert!(
        found[1].ends_with("its numbers like 1.234 are meant: they were read as thousands."),
        "{found:?}"
    );
    let found = reasons("day,clicks\n05/01/2024,5\n06/01/2024,6\n07/01/2024,7");
    assert!(found[0].contains("read with the day first"), "{found:?}");
    let found = reasons("day,clicks\n25/01/2024,1.5\n06/01/2024,6");
    assert!(
        !found.iter().any(|reason| reason.contains("settles")),
        "{found:?}"
    );
}

#[test]
fn texts_are_ids_only_when_all_differ_within_one_long_result() {
    let week = |names: std::ops::Range<u32>| {
        let rows: String = names
            .map(|name| format!("campaign {name},5,2026-01-05\n"))
            .collect();
        evidence(&format!("campaign,clicks,date\n{rows}"))
    };
    let mut merged = week(0..8);
    for _ in 0..20 {
        for (one, other) in merged.iter_mut().zip(week(0..8)) {
            one.1.merge(&other.1);
        }
    }
    assert_eq!(decided(&merged)[0].role, ColumnRole::Dimension);
    assert_eq!(decided(&week(0..51))[0].role, ColumnRole::Id);
    assert_eq!(decided(&week(0..50))[0].role, ColumnRole::Dimension);
}

#[test]
fn a_week_of_nulls_flips_nothing() {
    let mut columns = evidence("date,spend,campaign\n2024-01-01,5.5,a\n2024-01-02,6,a");
    let roles = |columns: &[(String, Evidence)]| -> Vec<_> {
        let decided = decided(columns).into_iter();
        decided.map(|decision| (decision.role, decision.agg)).collect()
    };
    let before = roles(&columns);
    for (one, other) in columns
        .iter_mut()
        .zip(evidence("date,spend,campaign\n2024-01-08,,\n2024-01-09,NA,"))
    {
        one.1.merge(&other.1);
    }
    assert_eq!(roles(&columns), before);
    let reason = &decided(&columns)[1].reason;
    assert!(
        reason.ends_with("One of 4 cells says that there is no value (like NA)."),
        "{reason}"
    );
}

#[test]
fn declared_comes_before_hinted_before_inferred() {
    let columns = evidence("date,other,clicks,label\n2024-01-01,2024-01-02,5,a\n2024-01-02,2024-01-03,9,b");
    let hint = |role| ColumnHint {
        name: String::new(),
        role: Some(role),
        type_name: String::new(),
        unit: String::new(),
    };
    let (time, ignore) = (hint(ColumnRole::Time), hint(ColumnRole::Ignore));
    let mut facts: Vec<ColumnFacts<'_>> = columns
        .iter()
        .enumerate()
        .map(|(position, (label, evidence))| ColumnFacts {
            label,
            position,
            evidence,
            hint: None,
            declared: None,
        })
        .collect();
    facts[1].hint = Some(&time);
    facts[2].hint = Some(&ignore);
    facts[2].declared = Some(ColumnRole::Measure);
    facts[3].hint = Some(&ignore);
    let decisions = decide(&facts);
    let roles: Vec<_> = decisions.iter().map(|decision| decision.role).collect();
    assert_eq!(
        roles,
        [
            ColumnRole::Dimension,
            ColumnRole::Time,
            ColumnRole::Measure,
            ColumnRole::Ignore
        ]
    );
    assert_eq!(decisions[2].reason, "A measure: its configuration says so.");
    assert_eq!(decisions[3].reason, "Left out: the engine's hint says so.");
}

#[test]
fn ratios_are_bound_or_never_added_up() {
    let columns = evidence("clicks,impressions,ctr,rate\n5,100,0.05,1\n6,90,0.06,2");
    let decisions = decided(&columns);
    let (numerator, denominator, factor) = decisions[2].binding.unwrap();
    assert_eq!((numerator, denominator, factor.to_string().as_str()), (0, 1, "1"));
    assert_eq!(
        decisions[2].reason,
        "A ratio: its name has \"ctr\"; computed as clicks ÷ impressions over their sums."
    );
    assert_eq!(decisions[3].binding, None);
    assert!(decisions[3].reason.contains("never added up"));
}

#[test]
fn names_of_quotients_are_bound_whatever_their_values_and_words_of_means() {
    let of = |label: &str, columns: &str| {
        let csv = format!("day,{columns},{label}\n2024-01-05,5,100,20\n2024-01-06,6,90,15\n");
        decided(&evidence(&csv)).remove(3)
    };
    for (label, columns, computed) in [
        ("clicks/impr", "clicks,impressions", Some("clicks ÷ impressions")),
        ("Average Order Value", "orders,revenue", Some("revenue ÷ orders")),
        ("Kosten/Klick", "Klicks,Kosten", Some("Kosten ÷ Klicks")),
        ("clicks/impr", "clicks,sessions", None),
        ("orders/purchases", "orders,purchases", None),
        ("profit/loss", "profit,loss", None),
    ] {
        let decision = of(label, columns);
        let is_ratio = decision.role == ColumnRole::Ratio;
        assert_eq!(is_ratio, computed.is_some(), "{label}: {}", decision.reason);
        let says = |text: &str| decision.reason.contains(text);
        assert!(computed.is_none_or(says), "{}", decision.reason);
    }
}

#[test]
fn what_is_added_up_over_stages_is_said() {
    let reason = |csv: &str| decided(&evidence(csv))[1].reason.clone();
    for label in ["stage", "funnel_step", "Phase"] {
        let found = reason(&format!(
            "day,{label},users\n2024-01-05,visit,90\n2024-01-05,cart,30\n"
        ));
        assert!(found.contains("added up over stages"), "{label}: {found}");
    }
    let found = reason("day,stage_name_of_play,users\n2024-01-05,north,90\n2024-01-05,south,30\n");
    assert!(!found.contains("stages"), "{found}");
}

#[test]
fn mixed_currencies_are_never_added_up() {
    let decision = &decided(&evidence("amount\n$5\n€6"))[0];
    assert_eq!((decision.role, decision.binding), (ColumnRole::Ratio, None));
    assert!(decision.reason.contains("$ and €"), "{}", decision.reason);
}

#[test]
fn only_numbers_that_stay_numbers_need_no_values_kept() {
    let columns = evidence("a,b,month,clicks,c\n0,x,1,17,2024-01-01\n1,y,2,5,2024-01-02");
    let kept: Vec<_> = columns
        .iter()
        .map(|(label, evidence)| may_be_dimension(label, evidence))
        .collect();
    assert_eq!(kept, [true, true, true, false, true]);
}

#[test]
fn months_that_look_like_codes_are_months_where_all_of_the_column_are() {
    for (csv, expected) in [
        ("Monat,Umsatz\nOkt-24,5\nNov-24,6\nDez-24,7\n", "Ts"),
        ("Periode,n\nOkt-24,5\nDez-24,7\n,1\n", "Ts"),
        ("article,n\nSET-12,5\nSET-15,6\n", "ds"),
        ("article,n\nSET-12,5\nOUT-12,6\nBOX-12,6\n", "ds"),
    ] {
        assert_eq!(roles(csv), expected, "{csv}");
    }
}

#[test]
fn codes_of_two_or_three_letters_are_no_ids_whatever_they_are_called() {
    for (csv, expected) in [
        ("day,country_code,n\n2024-01-01,DE,5\n2024-01-02,NO,6\n", "Tds"),
        ("day,market_id,n\n2024-01-01,de,5\n2024-01-02,fr,6\n", "Tds"),
        ("day,lang_code,n\n2024-01-01,en-US,5\n2024-01-02,pt_BR,6\n", "Tds"),
        ("day,state_key,n\n2024-01-01,NY,5\n2024-01-02,CA,6\n", "Tds"),
        ("day,airport code,n\n2024-01-01,JFK,5\n2024-01-02,MUC,6\n", "Tds"),
        (
            "day,coupon_code,n\n2024-01-01,SAVE10,5\n2024-01-02,FALL,6\n",
            "Tis",
        ),
        ("day,country_code,n\n2024-01-01,49,5\n2024-01-02,33,6\n", "Tis"),
    ] {
        assert_eq!(roles(csv), expected, "{csv}");
    }
}

#[test]
fn what_came_and_went_adds_up() {
    for label in [
        "expansion_mrr",
        "contraction mrr",
        "churn mrr",
        "inventory additions",
        "stock inflow",
        "headcount increase",
    ] {
        let csv = format!("day,{label}\n2024-01-01,5\n2024-01-02,6\n");
        assert_eq!(roles(&csv), "Ts", "{label}");
    }
}

#[test]
fn compounds_units_and_scales_tell_what_numbers_are() {
    for (csv, expected) in [
        (
            "Belegdatum,Gegenkonto,n\n2024-01-05,8400,5\n2024-01-06,4930,6\n",
            "Tis",
        ),
        ("Datum,Steuerschlüssel,n\n2024-01-05,3,5\n2024-01-06,9,6\n", "Tis"),
        ("Datum,Vorgangsnummer,n\n2024-01-05,3,5\n2024-01-06,9,6\n", "Tis"),
        (
            "Datum,Kostenstelle,n\n2024-01-05,4100,5\n2024-01-06,4200,6\n",
            "Tds",
        ),
        ("day,Cost Center,n\n2024-01-05,4100,5\n2024-01-06,4200,6\n", "Tds"),
        (
            "day,distance to center,n\n2024-01-05,4100,5\n2024-01-06,4200,6\n",
            "Tss",
        ),
        ("day,I would come again (1-5)\n2024-01-05,4\n2024-01-06,2\n", "Tm"),
        ("day,helped (0–10)\n2024-01-05,4\n2024-01-06,2\n", "Tm"),
        ("day,visitors (18-24)\n2024-01-05,4\n2024-01-06,2\n", "Ts"),
        ("day,lux,bar\n2024-01-05,400,4\n2024-01-06,20,2\n", "Tms"),
        ("Pos,Club,Pts\n1,Reds,25\n2,Blues,22\n3,Greens,15\n", "ids"),
        ("Tag,Filiale,Ø Bon\n2024-01-05,101,4.5\n2024-01-06,102,6\n", "Tdm"),
        (
            "Tag,Verkaufspreis,Absatz\n2024-01-05,101,4\n2024-01-06,102,6\n",
            "Tms",
        ),
        (
            "ts,RSSI,vibration mm/s\n2024-01-05,-97,1.2\n2024-01-06,-101,1.4\n",
            "Tmm",
        ),
        ("month,FTE\n2024-01,40.5\n2024-02,41\n", "Tl"),
    ] {
        assert_eq!(roles(csv), expected, "{csv}");
    }
}
