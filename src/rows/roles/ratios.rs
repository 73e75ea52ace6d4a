//! Which columns a ratio is the quotient of, by the field's conventions.

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
const IMPRESSIONS: &[&str] = &["impression", "impr", "imp"];
const REVENUE: &[&str] = &["revenue", "sale", "turnover", "gmv"];
const CONVERSIONS: &[&str] = &["conversion", "conv", "purchase", "order", "transaction"];
const SESSIONS: &[&str] = &["session", "visit"];
const ORDERS: &[&str] = &["order", "purchase", "transaction"];
const SENT: &[&str] = &["delivered", "sent", "send", "email"];

/// The first whose columns are there is taken. Words are without a plural s.
const CONVENTIONS: &[Convention] = &[
    convention(
        &["ctr", "click through rate", "clickthrough rate", "click rate"],
        &["click"],
        IMPRESSIONS,
    ),
    convention(
        &["cvr", "conversion rate", "conv rate"],
        &["conversion", "conv"],
        &["click"],
    ),
    convention(&["cvr", "conversion rate", "conv rate"], CONVERSIONS, SESSIONS),
    convention(&["cvr", "conversion rate", "conv rate"], ORDERS, &["click"]),
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
        &["conversion", "conv", "acquisition", "order", "purchase"],
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
    convention(&["bounce rate"], &["bounce"], SESSIONS),
    convention(&["exit rate"], &["exit"], &["pageview", "view", "session"]),
    convention(&["open rate"], &["open"], SENT),
    convention(&["unsubscribe rate"], &["unsubscribe", "unsubscribed"], SENT),
    convention(&["vtr", "view through rate", "view rate"], &["view"], IMPRESSIONS),
    convention(&["arpu"], REVENUE, &["user", "customer"]),
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
];

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
pub(super) fn bind(label: &str, sums: &[Option<Part>]) -> Option<(usize, usize, Decimal)> {
    let ratio = Part::of(label);
    let by_convention = CONVENTIONS.iter().find_map(|convention| {
        let besides = convention
            .names
            .iter()
            .find_map(|name| ratio.besides_sequence(name))?;
        let numerator = find(sums, convention.numerator, &besides)?;
        let denominator = find(sums, convention.denominator, &besides)?;
        Some((
            numerator,
            denominator,
            Decimal::from_count(convention.factor.unsigned_abs()),
        ))
    });
    by_convention
        .or_else(|| spelt_out(&ratio, sums))
        .filter(|(numerator, denominator, _)| numerator != denominator)
}

/// A name like `revenue_per_visit`.
fn spelt_out(ratio: &Part, sums: &[Option<Part>]) -> Option<(usize, usize, Decimal)> {
    let per = ratio.0.iter().position(|word| word == "per")?;
    let whole = |words: &[String]| {
        let wanted = rest(words.iter());
        sums.iter().position(|sum| {
            sum.as_ref()
                .is_some_and(|sum| !wanted.is_empty() && rest(sum.0.iter()) == wanted)
        })
    };
    Some((whole(&ratio.0[..per])?, whole(&ratio.0[per + 1..])?, Decimal::ONE))
}

fn find(sums: &[Option<Part>], words: &[&str], besides: &[&str]) -> Option<usize> {
    let matches = |sum: &Option<Part>| {
        sum.as_ref()
            .and_then(|sum| sum.besides(words))
            .is_some_and(|rest| rest == besides)
    };
    sums.iter().position(matches)
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
    word[..word.len() - usize::from(plural)].to_owned()
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
        assert_eq!(bound("ctr", &["clicks"]), None);
        assert_eq!(bound("interest_rate", &["interest", "clicks"]), None);
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
