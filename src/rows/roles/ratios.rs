//! Which columns a ratio is the quotient of, by the field's conventions.

use super::binding::Binding;
use crate::decimal::Decimal;
use crate::rows::labels;

/// What a ratio's name stands for: words that follow each other in it, and the words of numerator and denominator.
struct Convention {
    names: &'static [&'static str],
    numerator: &'static [&'static str],
    denominator: &'static [&'static str],
    factor: i64,
}

const fn convention(
    names: &'static [&'static str],
    numerator: &'static [&'static str],
    denominator: &'static [&'static str],
) -> Convention {
    Convention {
        names,
        numerator,
        denominator,
        factor: 1,
    }
}

const SPEND: &[&str] = &["spend", "cost", "spent"];
const IMPRESSIONS: &[&str] = &["impression"];
const REVENUE: &[&str] = &["revenue", "sale", "turnover", "gmv"];
const CONVERSIONS: &[&str] = &["conversion", "purchase", "order", "transaction"];
const SESSIONS: &[&str] = &["session", "visit"];
const ORDERS: &[&str] = &["order", "purchase", "transaction"];
const SENT: &[&str] = &["delivered", "sent", "send", "email"];
const REQUESTS: &[&str] = &[
    "request",
    "call",
    "query",
    "querie",
    "invocation",
    "lookup",
    "attempt",
    "job",
    "run",
    "message",
    "anfrage",
    "anfragen",
];
const PEOPLE: &[&str] = &["user", "customer", "visitor"];

/// What people divide by each other, the words of one thing together.
const DIVIDED: &[&[&str]] = &[
    SPEND,
    &["revenue", "sale", "turnover", "gmv", "value", "profit"],
    IMPRESSIONS,
    CONVERSIONS,
    SESSIONS,
    SENT,
    PEOPLE,
    &["click"],
    &["lead"],
    &["install"],
    &["view", "pageview"],
    &["unit", "item"],
];

const CONVERSION_RATES: &[&str] = &["cvr", "conversion rate", "conversionrate", "konversionsrate"];

/// The first whose columns are there is taken. Words are without a plural s.
const CONVENTIONS: &[Convention] = &[
    convention(
        &[
            "ctr",
            "click through rate",
            "clickthrough rate",
            "click rate",
            "klickrate",
        ],
        &["click"],
        IMPRESSIONS,
    ),
    convention(CONVERSION_RATES, &["conversion"], &["click"]),
    convention(CONVERSION_RATES, CONVERSIONS, SESSIONS),
    convention(CONVERSION_RATES, ORDERS, &["click"]),
    convention(&["cpc", "cost per click"], SPEND, &["click"]),
    Convention {
        names: &[
            "cpm",
            "ecpm",
            "cost per mille",
            "cost per thousand",
            "cost per thousand impression",
        ],
        numerator: SPEND,
        denominator: IMPRESSIONS,
        factor: 1000,
    },
    convention(
        &[
            "cpa",
            "cac",
            "cost per acquisition",
            "cost per action",
            "cost per conversion",
            "cost per order",
        ],
        SPEND,
        &["conversion", "acquisition", "order", "purchase"],
    ),
    convention(&["cpl", "cost per lead"], SPEND, &["lead"]),
    convention(&["cpi", "cost per install"], SPEND, &["install"]),
    convention(&["cpv", "cost per view"], SPEND, &["view"]),
    convention(&["roas", "return on ad spend"], REVENUE, SPEND),
    convention(&["acos"], SPEND, REVENUE),
    convention(
        &["aov", "average order value", "avg order value"],
        REVENUE,
        ORDERS,
    ),
    convention(&["profit margin", "profit ratio", "margin"], &["profit"], REVENUE),
    convention(&["bounce rate", "absprungrate"], &["bounce"], SESSIONS),
    convention(&["exit rate"], &["exit"], &["pageview", "view", "session"]),
    convention(&["open rate", "öffnungsrate"], &["open"], SENT),
    convention(&["unsubscribe rate"], &["unsubscribe", "unsubscribed"], SENT),
    convention(&["vtr", "view through rate", "view rate"], &["view"], IMPRESSIONS),
    convention(&["arpu"], REVENUE, &["user", "customer"]),
    convention(
        &["error rate", "fehlerrate", "fehlerquote"],
        &["error", "fehler"],
        REQUESTS,
    ),
    convention(&["failure rate"], &["failure", "failed"], REQUESTS),
    convention(
        &["success rate", "erfolgsquote"],
        &["success", "successe", "successful", "succeeded"],
        REQUESTS,
    ),
    convention(&["cache hit rate", "hit rate"], &["hit"], REQUESTS),
    convention(&["crash rate"], &["crash", "crashe"], SESSIONS),
    convention(
        &["churn rate"],
        &["churned", "churn"],
        &["customer", "subscriber", "user", "account"],
    ),
    convention(
        &["defect rate", "ausschussquote"],
        &["defect", "defective", "ausschuss"],
        &["produced", "inspected", "part", "piece", "unit", "teil", "teile"],
    ),
    convention(&["complaint rate"], &["complaint"], SENT),
    convention(&["refund rate"], &["refund", "refunded"], ORDERS),
    convention(&["return rate"], &["return", "returned"], ORDERS),
    convention(
        &["cancellation rate", "cancel rate", "cancelled rate"],
        &["cancelled", "canceled", "cancellation"],
        &["flight", "order", "booking", "trip"],
    ),
];

/// Words that say nothing about which numbers a column counts.
const FILLERS: &[&str] = &[
    "total",
    "sum",
    "ad",
    "link",
    "amount",
    "number",
    "of",
    "count",
    "num",
    "no",
    "n",
    "pct",
    "percent",
    "percentage",
    "in",
    "the",
    "all",
    "usd",
    "eur",
    "gbp",
    "gross",
    "avg",
    "average",
    "mean",
    "durchschn",
    "durchschnittlich",
    "durchschnittliche",
    "durchschnittlicher",
    "ø",
    "betrag",
    "anzahl",
    "gesamt",
];

/// Short forms and words of other languages, and the word that the conventions have for them.
const MEANINGS: &[(&str, &str)] = &[
    ("conv", "conversion"),
    ("impr", "impression"),
    ("imp", "impression"),
    ("klick", "click"),
    ("clic", "click"),
    ("impressionen", "impression"),
    ("impresione", "impression"),
    ("einblendungen", "impression"),
    ("kosten", "cost"),
    ("ausgaben", "spend"),
    ("ausgegebener", "spend"),
    ("coût", "cost"),
    ("dépense", "spend"),
    ("coste", "cost"),
    ("costo", "cost"),
    ("gasto", "spend"),
    ("umsatz", "revenue"),
    ("umsätze", "revenue"),
    ("erlös", "revenue"),
    ("erlöse", "revenue"),
    ("einnahmen", "revenue"),
    ("ingreso", "revenue"),
    ("venta", "sale"),
    ("vente", "sale"),
    ("gewinn", "profit"),
    ("bestellung", "order"),
    ("bestellungen", "order"),
    ("auftrag", "order"),
    ("aufträge", "order"),
    ("commande", "order"),
    ("pedido", "order"),
    ("käufe", "purchase"),
    ("achat", "purchase"),
    ("compra", "purchase"),
    ("besuch", "visit"),
    ("besuche", "visit"),
    ("visite", "visit"),
    ("visita", "visit"),
    ("sitzung", "session"),
    ("sitzungen", "session"),
    ("sesione", "session"),
    ("nutzer", "user"),
    ("besucher", "visitor"),
    ("kunde", "customer"),
    ("kunden", "customer"),
    ("aufruf", "view"),
    ("aufrufe", "view"),
    ("öffnung", "open"),
    ("öffnungen", "open"),
    ("absprünge", "bounce"),
];

/// Words between what is divided and what it is divided by.
const PER: &[&str] = &["per", "pro", "je"];

/// A label that may be a ratio's part: its words without plurals.
pub(super) struct Part(Vec<String>);

impl Part {
    pub(super) fn of(label: &str) -> Self {
        Self(labels::words(label).iter().map(|word| stem(word)).collect())
    }

    /// What its name says besides one of `words`, sorted; `None` when it has none of them.
    fn besides(&self, words: &[&str]) -> Option<Vec<&str>> {
        let at = self.0.iter().position(|word| words.contains(&word.as_str()))?;
        Some(rest(self.0[..at].iter().chain(&self.0[at + 1..])))
    }

    /// What its name says besides a sequence of words, sorted; `None` when it does not hold it.
    fn besides_sequence(&self, sequence: &str) -> Option<Vec<&str>> {
        let wanted: Vec<String> = sequence.split(' ').map(stem).collect();
        let at = self.0.windows(wanted.len()).position(|window| window == wanted)?;
        Some(rest(self.0[..at].iter().chain(&self.0[at + wanted.len()..])))
    }
}

/// Numerator, denominator and factor of the ratio of that name. `sums` are the columns that add up, `None` where a
/// column does not; the parts of a ratio share whatever else its name says (`fb_ctr` is `fb_clicks ÷ fb_impressions`).
pub(super) fn bind(label: &str, sums: &[Option<Part>]) -> Option<Binding> {
    bindings(label, sums).into_iter().next()
}

/// Everything that the ratio of that name may be the quotient of, the likeliest first.
pub(super) fn bindings(label: &str, sums: &[Option<Part>]) -> Vec<Binding> {
    let found = |label: &str| -> Vec<Binding> {
        let mut found = by_convention(&Part::of(label), sums);
        found.extend(spelt_out(label, sums));
        found.retain(|(numerator, denominator, _)| numerator != denominator);
        found
    };
    // What stands in parentheses explains: `CPC (cost per link click)`.
    let explained = || label.split_once('(').map(|(name, _)| found(name));
    match found(label) {
        none if none.is_empty() => explained().unwrap_or_default(),
        found => found,
    }
}

/// Whether the label is that of a quotient of what people divide by each other (`cost / conv.`, `Kosten pro Klick`), not that
/// of two names for one thing (`orders/purchases`) or of two that are taken together (`profit/loss`).
pub(super) fn is_quotient(label: &str) -> bool {
    let thing = |part: &Part| {
        (DIVIDED.iter()).position(|words| part.0.iter().any(|word| words.contains(&word.as_str())))
    };
    sides(label).is_some_and(|(over, under)| {
        let things = (thing(&over), thing(&under));
        matches!(things, (Some(over), Some(under)) if over != under)
    })
}

fn by_convention(ratio: &Part, sums: &[Option<Part>]) -> Vec<Binding> {
    let bound = CONVENTIONS.iter().flat_map(|convention| {
        let mut names = convention.names.iter();
        let besides = names.find_map(|name| ratio.besides_sequence(name));
        let all = |words: &[&str]| {
            besides
                .as_ref()
                .map(|besides| find_all(sums, words, besides))
                .unwrap_or_default()
        };
        let (numerators, denominators) = (all(convention.numerator), all(convention.denominator));
        let factor = Decimal::from_count(convention.factor.unsigned_abs());
        let pairs = numerators.into_iter().flat_map(move |numerator| {
            let with = denominators.clone().into_iter();
            with.map(move |denominator| (numerator, denominator, factor))
        });
        pairs.collect::<Vec<_>>()
    });
    bound.collect()
}

/// A name like `revenue_per_visit`.
fn spelt_out(label: &str, sums: &[Option<Part>]) -> Option<Binding> {
    let (over, under) = sides(label)?;
    let whole = |side: &Part| {
        let wanted = rest(side.0.iter());
        let is_it = |sum: &Option<Part>| sum.as_ref().is_some_and(|sum| rest(sum.0.iter()) == wanted);
        let alike = || {
            let words = DIVIDED.iter().find(|words| side.besides(words).is_some())?;
            find(sums, words, &side.besides(words)?)
        };
        match wanted.is_empty() {
            true => None,
            false => sums.iter().position(is_it).or_else(alike),
        }
    };
    Some((whole(&over)?, whole(&under)?, Decimal::ONE))
}

/// What a label puts over what.
fn sides(label: &str) -> Option<(Part, Part)> {
    if let Some((over, under)) = label.split_once('/').filter(|(_, under)| !under.contains('/')) {
        return Some((Part::of(over), Part::of(under)));
    }
    let words = Part::of(label).0;
    let per = words.iter().position(|word| PER.contains(&word.as_str()))?;
    Some((Part(words[..per].to_vec()), Part(words[per + 1..].to_vec())))
}

fn find(sums: &[Option<Part>], words: &[&str], besides: &[&str]) -> Option<usize> {
    find_all(sums, words, besides).into_iter().next()
}

fn find_all(sums: &[Option<Part>], words: &[&str], besides: &[&str]) -> Vec<usize> {
    let matches = |index: &usize| {
        let sum = sums[*index].as_ref();
        sum.and_then(|sum| sum.besides(words))
            .is_some_and(|rest| rest == besides)
    };
    (0..sums.len()).filter(matches).collect()
}

fn rest<'a>(words: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut rest: Vec<&str> = words
        .map(String::as_str)
        .filter(|word| !FILLERS.contains(word))
        .collect();
    rest.sort_unstable();
    rest
}

fn stem(word: &str) -> String {
    let plural =
        word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && word != "roas" && word != "acos";
    let word = &word[..word.len() - usize::from(plural)];
    let meant = MEANINGS.iter().find(|(known, _)| *known == word);
    meant.map_or(word, |(_, meaning)| meaning).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(ratio: &str, columns: &[&str]) -> Option<(usize, usize, String)> {
        let sums: Vec<_> = columns.iter().map(|column| Some(Part::of(column))).collect();
        bind(ratio, &sums)
            .map(|(numerator, denominator, factor)| (numerator, denominator, factor.to_string()))
    }

    #[test]
    fn ratios_are_bound_by_convention() {
        let ads = [
            "Impressions",
            "Link Clicks",
            "Amount Spent (USD)",
            "purchases",
            "conversion_value",
            "Revenue",
            "sessions",
        ];
        for (ratio, numerator, denominator, factor) in [
            ("CTR", 1, 0, "1"),
            ("ctr (%)", 1, 0, "1"),
            ("cpc", 2, 1, "1"),
            ("CPM", 2, 0, "1000"),
            ("roas", 5, 2, "1"),
            ("conversion_rate", 3, 6, "1"),
            ("AOV", 5, 3, "1"),
            ("revenue_per_session", 5, 6, "1"),
        ] {
            assert_eq!(
                bound(ratio, &ads),
                Some((numerator, denominator, factor.to_owned())),
                "{ratio}"
            );
        }
        assert_eq!(
            bound("profit_margin", &["sales", "profit"]),
            Some((1, 0, "1".to_owned()))
        );
        let service = [
            "requests",
            "errors",
            "cache_hits",
            "successful_requests",
            "latency_ms",
        ];
        for (ratio, numerator) in [("error_rate", 1), ("Fehlerquote", 1), ("errors / requests", 1)] {
            assert_eq!(
                bound(ratio, &service),
                Some((numerator, 0, "1".to_owned())),
                "{ratio}"
            );
        }
        assert_eq!(bound("error_rate", &["errors", "users"]), None);
        for ratio in ["cache_hit_rate", "hit_rate"] {
            assert!(bound(ratio, &["hits", "requests"]).is_some(), "{ratio}");
        }
        assert_eq!(bound("ctr", &["clicks"]), None);
        assert_eq!(bound("interest_rate", &["interest", "clicks"]), None);
    }

    #[test]
    fn a_quotient_in_the_name_is_bound_to_what_it_names() {
        let german = [
            "Klicks",
            "Impressionen",
            "Kosten",
            "Conversions",
            "Umsatz",
            "Bestellungen",
        ];
        for (ratio, numerator, denominator) in [
            ("CTR", 0, 1),
            ("Klickrate", 0, 1),
            ("Durchschn. CPC", 2, 0),
            ("Kosten/Conv.", 2, 3),
            ("Conv.-Rate", 3, 0),
            ("Kosten pro Klick", 2, 0),
            ("Umsatz je Bestellung", 4, 5),
            ("CPC (Kosten pro Link-Klick)", 2, 0),
        ] {
            assert_eq!(
                bound(ratio, &german),
                Some((numerator, denominator, "1".to_owned())),
                "{ratio}"
            );
        }
        let english = ["Clicks", "Impr.", "Spend", "Conversions", "Conv. value", "users"];
        for (ratio, numerator, denominator) in [
            ("Cost / conv.", 2, 3),
            ("clicks/impr", 0, 1),
            ("Avg. CPC", 2, 0),
            ("Conv. value / cost", 4, 2),
            ("spend per user", 2, 5),
        ] {
            assert_eq!(
                bound(ratio, &english),
                Some((numerator, denominator, "1".to_owned())),
                "{ratio}"
            );
        }
        assert_eq!(bound("Cost per 1000 impr.", &english), None);
        assert_eq!(bound("fb clicks/impr", &english), None);
    }

    #[test]
    fn only_what_people_divide_is_a_quotient() {
        for label in [
            "cost / conv.",
            "Clicks/Impr.",
            "Kosten pro Klick",
            "revenue/user",
            "Conv. value / cost",
        ] {
            assert!(is_quotient(label), "{label}");
        }
        for label in [
            "profit/loss",
            "orders/purchases",
            "sales/revenue",
            "in/out",
            "km/h",
            "pro users",
            "a/b/c",
        ] {
            assert!(!is_quotient(label), "{label}");
        }
    }

    #[test]
    fn the_parts_share_what_else_the_name_says() {
        let columns = [
            "fb_clicks",
            "google_clicks",
            "fb_impressions",
            "google_impressions",
            "clicks",
        ];
        assert_eq!(bound("google_ctr", &columns), Some((1, 3, "1".to_owned())));
        assert_eq!(bound("ctr", &columns), None);
        assert_eq!(bound("bing_ctr", &columns), None);
    }
}
