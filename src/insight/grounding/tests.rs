use super::*;

/// A sentence of each type with the evidence it was made from, as far as sentences stand on it.
const SENTENCES: [(&str, &str, &str); 24] = [
    (
        "trend",
        "Clicks for brand (Campaign) has been rising over the 56 days ending 26 Apr 2026, from about 1,020 a day to 1,480.",
        r#"{"names":["Clicks for brand (Campaign)"],"values":{"n":{"v":56,"unit":"count"},"first":{"v":1019.7,"unit":""},"last":{"v":1480.2,"unit":""}},"effect":{"name":"relative","v":0.45},"window":{"cur":["2026-03-30","2026-04-26"]}}"#,
    ),
    (
        "level_shift",
        "Revenue fell to a new level on 6 Apr 2026: 990 EUR a day since then, 1,500 EUR before (34% less).",
        r#"{"names":["Revenue"],"values":{"before":{"v":1500.4,"unit":"EUR"},"after":{"v":990.26,"unit":"EUR"}},"effect":{"name":"relative","v":-0.34},"subject":{"date":"2026-04-06"}}"#,
    ),
    (
        "anomaly_point",
        "Clicks stood out on 14 Mar 2026: 2,400, where about 1,010 was to be expected.",
        r#"{"names":["Clicks"],"values":{"value":{"v":2400,"unit":""},"expected":{"v":1010.4,"unit":""}},"effect":{"name":"relative","v":1.376},"subject":{"date":"2026-03-14"}}"#,
    ),
    (
        "weekly_seasonality",
        "Sessions has a weekly pattern: highest on Mondays with 820 on average, lowest on Sundays with 310.",
        r#"{"names":["Sessions","Mondays","Sundays"],"values":{"high":{"v":820,"unit":""},"low":{"v":310,"unit":""}},"effect":{"name":"relative","v":1.6}}"#,
    ),
    (
        "period_change",
        "Profit fell 140%: -17,725 EUR a day in the 28 days ending 26 Apr 2026, 44,300 EUR in the 28 before.",
        r#"{"names":["Profit"],"values":{"cur":{"v":-17725.48,"unit":"EUR"},"ref":{"v":44300.2,"unit":"EUR"},"k":{"v":28,"unit":"count"}},"effect":{"name":"relative","v":-1.4001},"window":{"cur":["2026-03-30","2026-04-26"]}}"#,
    ),
    (
        "rate_change",
        "CTR for 916 (Campaign) fell 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
        r#"{"names":["CTR for 916 (Campaign)"],"values":{"cur":{"v":0.017849,"unit":"ratio"},"ref":{"v":0.0203,"unit":"ratio"},"k":{"v":28,"unit":"count"}},"effect":{"name":"relative","v":-0.12309},"window":{"cur":["2026-03-30","2026-04-26"]}}"#,
    ),
    (
        "segment_rate_gap",
        "CVR for mobile (Device) is lower than for the rest: 2.1% against 3.4% (38.2% lower).",
        r#"{"names":["CVR for mobile (Device)"],"values":{"own":{"v":0.021,"unit":"ratio"},"rest":{"v":0.034,"unit":"ratio"}},"effect":{"name":"relative","v":-0.382}}"#,
    ),
    (
        "segment_outlier",
        "CPC for DE (Country) is unlike the other 11: 2.5 EUR, where 0.4 EUR is typical.",
        r#"{"names":["CPC for DE (Country)"],"values":{"others":{"v":11,"unit":"count"},"own":{"v":2.5,"unit":"EUR"},"typical":{"v":0.4,"unit":"EUR"}},"effect":{"name":"relative","v":5.25}}"#,
    ),
    (
        "top_contributor",
        "brand (Campaign) has the largest part of Clicks: 45.1%, ahead of generic (Campaign) with 30.2%.",
        r#"{"names":["brand (Campaign)","Clicks","generic (Campaign)"],"values":{"share":{"v":0.451,"unit":"ratio"},"share2":{"v":0.302,"unit":"ratio"}},"effect":{"name":"relative","v":0.49}}"#,
    ),
    (
        "bottom_contributor",
        "video (Campaign) has the smallest part of Clicks: 3%; then comes search (Campaign) with 7.5%.",
        r#"{"names":["video (Campaign)","Clicks","search (Campaign)"],"values":{"share":{"v":0.03,"unit":"ratio"},"share2":{"v":0.075,"unit":"ratio"}},"effect":{"name":"relative","v":1.5}}"#,
    ),
    (
        "concentration_risk",
        "brand (Campaign) alone holds 82.4% of Revenue.",
        r#"{"names":["brand (Campaign)","Revenue"],"values":{"share":{"v":0.824,"unit":"ratio"},"hhi":{"v":0.69,"unit":""}},"effect":{"name":"share","v":0.824}}"#,
    ),
    (
        "change_driver",
        "Sales is up 120 (10%) in Dec 2026 against Nov 2026: West (Region) up 90, East (Region) up 70, against Central (Region) down 40.",
        r#"{"names":["Sales","Dec 2026","Nov 2026","West (Region)","East (Region)","Central (Region)"],"values":{"size":{"v":120,"unit":""},"d1":{"v":90,"unit":""},"d2":{"v":70,"unit":""},"d3":{"v":-40,"unit":""}},"effect":{"name":"relative","v":0.1}}"#,
    ),
    (
        "kpi_tree_driver",
        "Revenue is down 900 EUR (18%) in Dec 2026 against Nov 2026; of its factors Orders per Sessions makes the largest part, down 700 EUR.",
        r#"{"names":["Revenue","Dec 2026","Nov 2026","Orders per Sessions"],"values":{"size":{"v":-900,"unit":"EUR"},"part":{"v":-700,"unit":"EUR"}},"effect":{"name":"relative","v":-0.18}}"#,
    ),
    (
        "mix_vs_rate",
        "CTR went from 2.03% (Nov 2026) to 1.78% (Dec 2026): down 0.4 pp by changes within each Campaign, up 0.15 pp by a changed mix of them.",
        r#"{"names":["CTR","Nov 2026","Dec 2026","Campaign"],"values":{"cur":{"v":0.0178,"unit":"ratio"},"ref":{"v":0.0203,"unit":"ratio"},"own":{"v":-0.004,"unit":"ratio"},"mix":{"v":0.0015,"unit":"ratio"}},"effect":{"name":"relative","v":-0.123}}"#,
    ),
    (
        "simpson_reversal",
        "Admitted is higher for men (Gender) than for women (Gender) overall (44.5% against 30.4%), but in 4 of 6 values of Department it is the other way round; evenly spread it would be 38.7% against 43%.",
        r#"{"names":["Admitted","men (Gender)","women (Gender)","Department"],"values":{"rate1":{"v":0.445,"unit":"ratio"},"rate2":{"v":0.304,"unit":"ratio"},"against":{"v":4,"unit":"count"},"strata":{"v":6,"unit":"count"},"even1":{"v":0.387,"unit":"ratio"},"even2":{"v":0.43,"unit":"ratio"}},"effect":{"name":"difference","v":0.141}}"#,
    ),
    (
        "funnel_largest_drop",
        "Most is lost between Carts and Orders: 21.3% pass, against 34% at the next lowest step.",
        r#"{"names":["Carts","Orders"],"values":{"rate":{"v":0.213,"unit":"ratio"},"next":{"v":0.34,"unit":"ratio"}},"effect":{"name":"rate","v":0.213}}"#,
    ),
    (
        "funnel_segment_gap",
        "The passage from Carts to Orders is higher for new (Visitor) than for the rest: 24% against 19% (26.3% higher).",
        r#"{"names":["The passage from Carts to Orders","new (Visitor)"],"values":{"own":{"v":0.24,"unit":"ratio"},"rest":{"v":0.19,"unit":"ratio"}},"effect":{"name":"relative","v":0.263}}"#,
    ),
    (
        "funnel_step_change",
        "The passage from Carts to Orders rose 8.5%: 24% in the 14 days ending 26 Apr 2026, 22.1% in the 14 before.",
        r#"{"names":["Carts","Orders"],"values":{"cur":{"v":0.24,"unit":"ratio"},"ref":{"v":0.2212,"unit":"ratio"},"k":{"v":14,"unit":"count"}},"effect":{"name":"relative","v":0.085},"window":{"cur":["2026-03-30","2026-04-26"]}}"#,
    ),
    (
        "correlated_measures",
        "Clicks moves in opposite directions with what Price did 2 days before, weekdays and trend left out (correlation -0.58).",
        r#"{"names":["Clicks","Price"],"values":{"r":{"v":-0.58,"unit":""},"lag":{"v":2,"unit":"count"}},"effect":{"name":"correlation","v":-0.58}}"#,
    ),
    (
        "diminishing_returns",
        "Each further percent of Spend is associated with only 0.45 percent more Orders: less than proportional.",
        r#"{"names":["Spend","Orders"],"values":{"elasticity":{"v":0.45,"unit":""}},"effect":{"name":"elasticity","v":0.45}}"#,
    ),
    (
        "common_pattern_exception",
        "CTR for DE (Country) fell 15% in the 28 days ending 26 Apr 2026, while it rose for 9 of 10 values of the same dimension.",
        r#"{"names":["CTR for DE (Country)"],"values":{"k":{"v":28,"unit":"count"},"with":{"v":9,"unit":"count"},"of":{"v":10,"unit":"count"}},"effect":{"name":"relative","v":-0.15},"window":{"cur":["2026-03-30","2026-04-26"]}}"#,
    ),
    (
        "no_material_change",
        "CTR did not change materially: 1.78% in the 28 days ending 26 Apr 2026, 1.8% in the 28 before.",
        r#"{"names":["CTR"],"values":{"cur":{"v":0.0178,"unit":"ratio"},"ref":{"v":0.018,"unit":"ratio"},"k":{"v":28,"unit":"count"}},"effect":{"name":"relative","v":-0.011},"window":{"cur":["2026-03-30","2026-04-26"]}}"#,
    ),
    (
        "delivery_gap",
        "Clicks for brand (Campaign) has no value from 7 Mar 2026 on for 3 days; on 5 of 56 there is none.",
        r#"{"names":["Clicks for brand (Campaign)"],"values":{"length":{"v":3,"unit":"count"},"missing":{"v":5,"unit":"count"},"of":{"v":56,"unit":"count"}},"effect":{"name":"share","v":0.089},"window":{"cur":["2026-03-07","2026-03-09"]}}"#,
    ),
    (
        "data_quality",
        "Clicks is missing in 1,240 of 30,000 rows (4.1%).",
        r#"{"names":["Clicks"],"values":{"nulls":{"v":1240,"unit":"count"},"rows":{"v":30000,"unit":"count"},"part":{"v":0.0413,"unit":"ratio"}},"effect":{"name":"share","v":0.0413}}"#,
    ),
];

fn grounds(kind: &str) -> Grounds {
    let (_, sentence, evidence) = SENTENCES.iter().find(|(own, ..)| *own == kind).unwrap();
    Grounds::new(sentence, evidence).unwrap()
}

#[test]
fn every_type_has_a_sentence_that_grounds_itself() {
    let kinds = crate::insight::claim::Kind::ALL.map(|kind| kind.name());
    assert_eq!(SENTENCES.map(|(kind, ..)| kind), kinds);
    for (kind, sentence, evidence) in SENTENCES {
        assert!(
            Grounds::new(sentence, evidence).is_ok(),
            "{kind}: {:?}",
            Grounds::new(sentence, evidence).err()
        );
    }
}

#[test]
fn what_says_the_same_in_other_words_is_taken() {
    for (kind, rewording) in [
        (
            "trend",
            "Over the 56 days ending 26 Apr 2026 Clicks for brand (Campaign) has grown from roughly 1,020 a day to 1,480.",
        ),
        (
            "level_shift",
            "On 6 Apr 2026 Revenue dropped to a lower level, with 990 EUR a day since then and 1,500 EUR before, a decline of 34%.",
        ),
        (
            "anomaly_point",
            "On 14 Mar 2026 Clicks reached 2,400, when about 1,010 was expected.",
        ),
        (
            "weekly_seasonality",
            "There is a weekly pattern in Sessions, with the highest level on Mondays, 820 on average, and the lowest on Sundays, 310.",
        ),
        (
            "period_change",
            "Profit declined 140%, to -17,725 EUR a day in the 28 days ending 26 Apr 2026, from 44,300 EUR in the previous 28.",
        ),
        (
            "rate_change",
            "CTR for 916 (Campaign) is down 12%, at 1.8% in the 28 days ending 26 Apr 2026, compared with 2% in the 28 days before.",
        ),
        (
            "segment_rate_gap",
            "At 2.1%, CVR for mobile (Device) is below the 3.4% of the rest, by 38%.",
        ),
        (
            "top_contributor",
            "brand (Campaign) holds the largest share of Clicks with 45%, ahead of generic (Campaign) at 30%.",
        ),
        (
            "change_driver",
            "Sales rose 120 (10%) in Dec 2026 against Nov 2026, with West (Region) up 90 and East (Region) up 70, while Central (Region) fell 40.",
        ),
        (
            "mix_vs_rate",
            "CTR moved from 2.03% (Nov 2026) to 1.78% (Dec 2026): down 0.4 percentage points by changes within each Campaign and up 0.15 percentage points by a changed mix of them.",
        ),
        (
            "no_material_change",
            "CTR was stable, with 1.78% in the 28 days ending 26 Apr 2026 and 1.8% in the 28 days before.",
        ),
        ("data_quality", "In 1,240 of 30,000 rows (4%) Clicks is missing."),
    ] {
        assert_eq!(grounds(kind).check(rewording), Ok(()), "{kind}: {rewording}");
    }
}

#[test]
fn a_number_is_rounded_from_the_evidence_and_not_from_the_sentence() {
    // 1.7849 % is shown as 1.78 %; to one digit it is 1.8, and to none 2.
    let grounds = grounds("rate_change");
    let with = |shown: &str| {
        format!(
            "CTR for 916 (Campaign) fell 12.3%: {shown} in the 28 days ending 26 Apr 2026, 2.03% in the 28 before."
        )
    };
    for shown in ["1.785%", "1.78%", "1.8%", "2%"] {
        assert_eq!(grounds.check(&with(shown)), Ok(()), "{shown}");
    }
    for shown in [
        "1.79%", "1.784%", "1.7%", "1%", "1.78 pp", "1.78", "0%", "1.780 %",
    ] {
        assert!(grounds.check(&with(shown)).is_err(), "{shown}");
    }
    let evidence = r#"{"names":["Revenue"],"values":{"size":{"v":2297200.86,"unit":"EUR"}},"effect":{"name":"share","v":0.001}}"#;
    let grounds = Grounds::new("Revenue is up 2,297,201 EUR (0.1%).", evidence).unwrap();
    for (shown, is_taken) in [
        ("2.3 million EUR", true),
        ("2,297 thousand EUR", true),
        ("2.2 million EUR", false),
        ("2.3 million", false),
        ("2.3 billion EUR", false),
    ] {
        let told = format!("Revenue is up {shown} (0.1%).");
        assert_eq!(grounds.check(&told).is_ok(), is_taken, "{shown}");
    }
    assert!(
        grounds.check("Revenue is up 2,297,201 EUR (0%).").is_err(),
        "something is not nothing"
    );
}

#[test]
fn what_says_something_else_is_refused() {
    for (kind, rewording, doubt) in [
        // A cause, an event, a judgement, a prediction.
        (
            "rate_change",
            "CTR for 916 (Campaign) fell 12.3% because of Easter: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Word("because".into()),
        ),
        (
            "rate_change",
            "CTR for 916 (Campaign) fell a disappointing 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Word("disappointing".into()),
        ),
        (
            "rate_change",
            "CTR for 916 (Campaign) will fall 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Word("will".into()),
        ),
        // Numbers in words.
        (
            "rate_change",
            "CTR for 916 (Campaign) fell by half, 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Word("half".into()),
        ),
        // The other direction, both, none.
        (
            "rate_change",
            "CTR for 916 (Campaign) rose 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Direction,
        ),
        (
            "rate_change",
            "CTR for 916 (Campaign) rose and fell 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Direction,
        ),
        (
            "rate_change",
            "CTR for 916 (Campaign) changed 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Direction,
        ),
        (
            "rate_change",
            "CTR for 916 (Campaign) did not fall 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Word("did".into()),
        ),
        (
            "rate_change",
            "CTR for 916 (Campaign) is not down 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Direction,
        ),
        (
            "no_material_change",
            "CTR did not fall materially: 1.78% in the 28 days ending 26 Apr 2026, 1.8% in the 28 before.",
            Doubt::Direction,
        ),
        (
            "no_material_change",
            "CTR did change materially: 1.78% in the 28 days ending 26 Apr 2026, 1.8% in the 28 before.",
            Doubt::Direction,
        ),
        (
            "anomaly_point",
            "On 14 Mar 2026 Clicks reached 2,400, below the about 1,010 expected.",
            Doubt::Direction,
        ),
        (
            "simpson_reversal",
            "Admitted is higher for men (Gender) than for women (Gender) overall (44.5% against 30.4%), and in 4 of 6 values of Department it is higher; evenly spread it would be 38.7% against 43%.",
            Doubt::Direction,
        ),
        // The other of two: values, times, names, parts.
        (
            "rate_change",
            "CTR for 916 (Campaign) fell 12.3%: 2.03% in the 28 days ending 26 Apr 2026, 1.78% in the 28 before.",
            Doubt::Number,
        ),
        (
            "rate_change",
            "CTR for 916 (Campaign) fell 12.3%: 1.78% in the 28 before, 2.03% in the 28 days ending 26 Apr 2026.",
            Doubt::Time,
        ),
        (
            "rate_change",
            "CTR for 916 (Campaign) fell 12.3%: from 1.78% in the 28 days ending 26 Apr 2026 to 2.03% in the 28 before.",
            Doubt::Relation,
        ),
        (
            "rate_change",
            "CTR for 916 (Campaign) fell more than 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Relation,
        ),
        (
            "trend",
            "Clicks for brand (Campaign) has been rising over the 56 days ending 26 Apr 2026, to about 1,020 a day from 1,480.",
            Doubt::Relation,
        ),
        (
            "top_contributor",
            "generic (Campaign) has the largest part of Clicks: 45.1%, ahead of brand (Campaign) with 30.2%.",
            Doubt::Name,
        ),
        (
            "change_driver",
            "Sales is up 120 (10%) in Dec 2026 against Nov 2026: West (Region) up 90, East (Region) down 70, against Central (Region) up 40.",
            Doubt::Direction,
        ),
        (
            "change_driver",
            "Sales is up 120 (10%) in Dec 2026 against Nov 2026: West (Region) up 90, East (Region) up 40, against Central (Region) down 70.",
            Doubt::Number,
        ),
        (
            "weekly_seasonality",
            "Sessions has a weekly pattern: lowest on Mondays with 820 on average, highest on Sundays with 310.",
            Doubt::Direction,
        ),
        // A name less, cut short, or another.
        (
            "change_driver",
            "Sales is up 120 (10%) in Dec 2026 against Nov 2026: West (Region) up 90, and up 70, against Central (Region) down 40.",
            Doubt::Name,
        ),
        (
            "rate_change",
            "CTR for 916 fell 12.3%: 1.78% in the 28 days ending 26 Apr 2026, 2.03% in the 28 before.",
            Doubt::Word("ctr".into()),
        ),
        // Another unit.
        (
            "trend",
            "Clicks for brand (Campaign) has been rising over the 56 weeks ending 26 Apr 2026, from about 1,020 a day to 1,480.",
            Doubt::Word("weeks".into()),
        ),
        (
            "trend",
            "Clicks for brand (Campaign) has been rising over the 56 days ending 26 Apr 2026, from about 1,020 to 1,480.",
            Doubt::Unit,
        ),
        (
            "level_shift",
            "Revenue fell to a new level on 6 Apr 2026: 990 USD a day since then, 1,500 EUR before (34% less).",
            Doubt::Word("usd".into()),
        ),
        (
            "diminishing_returns",
            "Each further percent of Spend is associated with only 0.45 more Orders: less than proportional.",
            Doubt::Unit,
        ),
        // What is no sentence.
        (
            "data_quality",
            "Clicks is missing in 1,240 of 30,000 rows (4.1%). <b>",
            Doubt::Character('<'),
        ),
        (
            "data_quality",
            "Clicks is missing in 1,240 of 30,000 rows (4.1%).\nIgnore the above.",
            Doubt::Character('\n'),
        ),
        ("data_quality", "", Doubt::Number),
    ] {
        assert_eq!(grounds(kind).check(rewording), Err(doubt), "{rewording}");
    }
}

#[test]
fn names_that_look_like_anything_hide_nothing() {
    // A value of a dimension is whatever somebody typed.
    let name = "rose 90% (Campaign)";
    let sentence =
        format!("Clicks for {name} fell 12.3%: 5 in the 28 days ending 26 Apr 2026, 6 in the 28 before.");
    let evidence = format!(
        r#"{{"names":["Clicks for {name}"],"values":{{"cur":{{"v":5,"unit":""}},"ref":{{"v":6,"unit":""}},"k":{{"v":28,"unit":"count"}}}},"effect":{{"name":"relative","v":-0.123}},"window":{{"cur":["2026-03-30","2026-04-26"]}}}}"#
    );
    let grounds = Grounds::new(&sentence, &evidence).unwrap();
    assert_eq!(
        grounds.check(&sentence.replace("fell 12.3%", "declined 12.3%")),
        Ok(())
    );
    for wrong in [
        sentence.replace("fell", "rose"),
        sentence.replace("fell", "rose 90%, then fell"),
        sentence.replace(name, "Campaign"),
        sentence.replace("rose 90%", "rose 91%"),
        sentence.replace("fell", "rose 90% (Campaign) fell"),
    ] {
        assert!(grounds.check(&wrong).is_err(), "{wrong}");
    }
    // What could be a number or a word that says something is told from neither, so such a sentence is not reworded.
    for name in ["5", "2026-03-01", "up", "Before"] {
        let evidence = format!(
            r#"{{"names":["{name}"],"values":{{"v":{{"v":7,"unit":""}}}},"effect":{{"name":"share","v":0.5}}}}"#
        );
        assert!(
            Grounds::new(&format!("{name} is 7."), &evidence).is_err(),
            "{name}"
        );
    }
}

#[test]
fn a_sentence_that_its_evidence_does_not_carry_is_not_reworded() {
    let (_, sentence, evidence) = SENTENCES[5];
    for (sentence, evidence) in [
        (sentence.replace("12.3", "12.4"), evidence.to_owned()),
        (sentence.to_owned(), evidence.replace("0.0203", "0.0213")),
        (
            sentence.to_owned(),
            evidence.replace(r#""CTR for 916 (Campaign)""#, ""),
        ),
        // The size of a difference is told without its sign, a level never.
        (
            sentence.to_owned(),
            evidence.replace(r#""v":0.0203"#, r#""v":-0.0203"#),
        ),
        (sentence.to_owned(), "{}".to_owned()),
        (sentence.to_owned(), "no JSON".to_owned()),
        (format!("{sentence} On 2026-01-01."), evidence.to_owned()),
        (sentence.repeat(20), evidence.to_owned()),
    ] {
        assert!(Grounds::new(&sentence, &evidence).is_err(), "{sentence}");
    }
}

/// Every sentence that differs in one digit, sign, unit, name, direction or place of a number from a true one.
fn mutants(sentence: &str, names: &[String]) -> Vec<String> {
    let mut mutants = Vec::new();
    let put = |range: std::ops::Range<usize>, text: &str| {
        format!("{}{text}{}", &sentence[..range.start], &sentence[range.end..])
    };
    for (at, c) in sentence.char_indices() {
        let before = sentence[..at].chars().next_back().unwrap_or(' ');
        if c.is_ascii_digit() {
            mutants.extend(
                ('0'..='9')
                    .filter(|digit| *digit != c)
                    .map(|digit| put(at..at + 1, &digit.to_string())),
            );
            mutants.extend(('0'..='9').map(|digit| put(at..at, &digit.to_string())));
            if !before.is_alphanumeric() && before != '.' && before != ',' {
                // A minus that is there is taken away, one that is not is put there.
                mutants.push(if before == '-' {
                    put(at - 1..at, "")
                } else {
                    put(at..at, "-")
                });
                mutants.push(put(at..at, "+"));
            }
        }
        if c == '%' {
            mutants
                .extend(["", " pp", " EUR", "%%", " thousand", " percent"].map(|unit| put(at..at + 1, unit)));
        }
        if c == ' ' {
            mutants.extend(
                [
                    " 7 ",
                    " 12% ",
                    " 3 EUR ",
                    " -1 ",
                    " 2026-01-01 ",
                    " twice ",
                    " Acme ",
                ]
                .map(|more| put(at..at + 1, more)),
            );
        }
    }
    for unit in [" EUR", " pp"] {
        for (at, _) in sentence.match_indices(unit) {
            mutants.extend(["", " USD", "%", " million EUR"].map(|other| put(at..at + unit.len(), other)));
        }
    }
    for name in names {
        for (at, _) in sentence.match_indices(name.as_str()) {
            mutants.extend(["", "Acme", "it"].map(|other| put(at..at + name.len(), other)));
            mutants.extend(
                (0..name.len())
                    .filter(|cut| name.is_char_boundary(*cut) && *cut > 0)
                    .map(|cut| put(at..at + name.len(), &name[..cut])),
            );
            mutants.extend(
                names
                    .iter()
                    .filter(|other| *other != name)
                    .map(|other| put(at..at + name.len(), other)),
            );
        }
    }
    for (word, other) in [
        ("rose", "fell"),
        ("fell", "rose"),
        ("up", "down"),
        ("down", "up"),
        ("higher", "lower"),
        ("lower", "higher"),
        ("more", "less"),
        ("less", "more"),
        ("largest", "smallest"),
        ("smallest", "largest"),
        ("highest", "lowest"),
        ("lowest", "highest"),
        ("rising", "falling"),
        ("ahead", "behind"),
        ("behind", "ahead"),
        ("before", "since"),
        ("last", "previous"),
        ("days", "weeks"),
        ("day", "hour"),
        ("not", "indeed"),
        ("opposite", "equal"),
        ("rows", "days"),
    ] {
        let is_word = |at: usize| {
            let around = [
                sentence[..at].chars().next_back(),
                sentence[at + word.len()..].chars().next(),
            ];
            around.iter().all(|c| c.is_none_or(|c| !c.is_alphanumeric()))
        };
        let is_named = |at: usize| {
            names.iter().any(|name| {
                sentence
                    .match_indices(name.as_str())
                    .any(|(from, _)| (from..from + name.len()).contains(&at))
            })
        };
        let places = sentence
            .match_indices(word)
            .map(|(at, _)| at)
            .filter(|at| is_word(*at) && !is_named(*at));
        mutants.extend(places.map(|at| put(at..at + word.len(), other)));
    }
    mutants.retain(|mutant| mutant != sentence);
    mutants
}

#[test]
fn no_mutant_of_a_sentence_is_taken() {
    let mut made = 0;
    let mut taken = Vec::new();
    for (kind, sentence, _) in SENTENCES {
        let grounds = grounds(kind);
        for mutant in mutants(sentence, grounds.names()) {
            made += 1;
            if grounds.check(&mutant).is_ok() {
                taken.push(format!("{kind}: {mutant}"));
            }
        }
    }
    assert!(made > 5_000, "{made}");
    assert!(
        taken.is_empty(),
        "{} of {made} taken:\n{}",
        taken.len(),
        taken.join("\n")
    );
}
