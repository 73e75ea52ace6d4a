//! What may be written in a `visualization_config`: the one source of the checker and of the JSON Schema.

use super::shape::{Field, Shape, Text};

/// The most bytes a configuration may have.
pub(super) const MAX_BYTES: usize = 65_536;

const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field {
        name,
        doc,
        shape,
        required: false,
    }
}

const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field {
        name,
        doc,
        shape,
        required: true,
    }
}

/// The whole configuration.
pub(super) static ROOT: Shape = Shape::Object(&[
    optional("version", Shape::Integer(1, 1), "The language's version; 1."),
    optional(
        "period",
        Shape::Word(
            &[
                "rolling",
                "all",
                "execution",
                "day",
                "week",
                "month",
                "quarter",
                "year",
            ],
            &[],
        ),
        "How results are cut into views. Default rolling: one view that ends at the newest covered date and holds 371 \
         days, or 180 steps of a coarser cadence.",
    ),
    optional(
        "timezone",
        Shape::Text(Text::Timezone),
        "The IANA time zone in which timestamps with an offset become dates and dates end. Default UTC.",
    ),
    optional(
        "measures",
        Shape::Map(Text::Id, &MEASURE, 50),
        "The measures and ratios by id. Where given, exactly these are shown, by `order`, then id; else those found in \
         the results, in column order.",
    ),
    optional(
        "dimensions",
        Shape::Map(Text::Id, &Shape::Object(DIMENSION), 20),
        "Dimensions and the time column by id, shown first, by `order`, then id; others found in the results follow.",
    ),
    optional(
        "columns",
        Shape::Map(Text::Column, &Shape::Object(COLUMN), 200),
        "Roles of columns by their label, for those that are neither a measure nor a dimension above: identifiers, \
         columns to ignore, or a role that was guessed wrong.",
    ),
    optional(
        "comparison",
        Shape::Object(COMPARISON),
        "What a comparison dashboard compares. Default: the newest period with the one before it, and where there is \
         none, the two values of a dimension.",
    ),
    optional(
        "panels",
        Shape::List(&Shape::Object(PANEL), 0, 24),
        "The panels of a custom dashboard, in their order.",
    ),
    optional("insights", Shape::Object(INSIGHTS), "Which insights are shown."),
]);

static MEASURE: Shape = Shape::Either(AGGREGATE, "ratio", RATIO);

const LABEL: Field = optional(
    "label",
    Shape::Text(Text::Label),
    "The name to show. Default: the column's label.",
);
const MEASURE_LABEL: Field = optional(
    "label",
    Shape::Text(Text::Label),
    "The name to show. Default: the column's label, with how it is aggregated where that is no sum (\"Largest price\").",
);
const UNIT: Field = optional("unit", Shape::Text(Text::Unit), "The unit (EUR, ms, …).");
const FORMAT: Field = optional(
    "format",
    Shape::Word(&["number", "integer", "percent", "currency"], &[]),
    "How values are shown. Default: number; percent for a ratio of like units.",
);
const GOOD: Field = optional(
    "good",
    Shape::Word(&["up", "down", "neutral"], &[]),
    "Which direction of change is good news. Default: neutral.",
);
const ORDER: Field = optional(
    "order",
    Shape::Integer(0, 999),
    "The place among its like; those without one follow, by id.",
);

static AGGREGATE: &[Field] = &[
    required(
        "agg",
        Shape::Word(
            &["sum", "mean", "min", "max", "count", "distinct", "quantile"],
            &[],
        ),
        "How the column's values become one: their sum, mean, smallest, largest, the number of non-null ones (count \
         without a column counts rows), the number of different ones (an estimate: two of three within 1.6 %), or \
         the quantile q (within 1.5 %).",
    ),
    optional(
        "column",
        Shape::Text(Text::Column),
        "The column's label; needed unless agg is count.",
    ),
    optional(
        "q",
        Shape::Fraction,
        "For agg quantile, and needed there: the share of values at or below, 0.5 for the median.",
    ),
    MEASURE_LABEL,
    UNIT,
    FORMAT,
    GOOD,
    ORDER,
];

static RATIO: &[Field] = &[
    required(
        "ratio",
        Shape::List(&Shape::Text(Text::Reference), 2, 2),
        "Ids of the numerator and the denominator, both measures that are no ratios; computed from their totals, never \
         averaged.",
    ),
    optional(
        "factor",
        Shape::Integer(1, 1_000_000),
        "What the quotient is multiplied by (1000 for a CPM). Default 1.",
    ),
    LABEL,
    UNIT,
    FORMAT,
    GOOD,
    ORDER,
];

static DIMENSION: &[Field] = &[
    required("column", Shape::Text(Text::Column), "The column's label."),
    optional(
        "type",
        Shape::Word(&["category", "time"], &[]),
        "time for the column that places rows in time (one at most). Default category.",
    ),
    LABEL,
    ORDER,
];

static COLUMN: &[Field] = &[
    required(
        "role",
        Shape::Word(
            &["time", "dimension", "measure", "ratio", "id", "stage", "ignore"],
            &[],
        ),
        "What the column means. Identifiers are never summed; ignored columns are left out.",
    ),
    optional(
        "stages",
        Shape::List(&Shape::Text(Text::Label), 2, 12),
        "For the role stage: the column's values a funnel goes through, in order. Default: by the numbers they begin \
         with, else from the largest to the smallest.",
    ),
    optional(
        "counting",
        Shape::Word(&["each", "furthest"], &[]),
        "For the role stage: each (the default): a row counts at the stage it names; furthest: it names the furthest \
         stage reached and counts at all stages before it too.",
    ),
];

static COMPARISON: &[Field] = &[
    required(
        "with",
        Shape::Word(&["previous_period", "previous_year", "segment"], &[]),
        "previous_period: the window before, of equal length · previous_year: the same window a year before, on the same \
         weekdays · segment: one value of a dimension against another.",
    ),
    optional(
        "dimension",
        Shape::Text(Text::Reference),
        "For segments: the dimension's id.",
    ),
    optional(
        "segments",
        Shape::List(&Shape::Text(Text::Label), 2, 2),
        "For segments: the two values, the one compared with first. Default: the two largest.",
    ),
];

static PANEL: &[Field] = &[
    required("id", Shape::Text(Text::Id), "The panel's id, once in the list."),
    optional(
        "title",
        Shape::Text(Text::Label),
        "The heading. Default: made from the measures and dimensions.",
    ),
    required(
        "mark",
        Shape::Word(
            &[
                "line",
                "bar",
                "area",
                "scatter",
                "heatmap",
                "funnel",
                "waterfall",
                "kpi",
                "table",
            ],
            &[],
        ),
        "How it is drawn. line, bar and area: y over x · scatter: two measures · heatmap: dimensions x and y, measure \
         color · funnel: stages · waterfall: change of y by x · kpi: y as one number · table: y by x.",
    ),
    optional(
        "x",
        Shape::Text(Text::Reference),
        "A dimension's id (for scatter a measure's).",
    ),
    optional(
        "y",
        Shape::OneOrMany(&Shape::Text(Text::Reference), 6),
        "A measure's id (for heatmap a dimension's), or a list of them.",
    ),
    optional(
        "color",
        Shape::Text(Text::Reference),
        "A dimension's id to split by (for heatmap the measure's).",
    ),
    optional(
        "stages",
        Shape::List(&Shape::Text(Text::Reference), 2, 12),
        "The measures' ids a funnel goes through, in order.",
    ),
    optional(
        "top",
        Shape::Object(TOP),
        "Keep the largest values only: of color where x is the time, else of x (for scatter of color).",
    ),
    optional(
        "compare",
        Shape::Word(&["previous_period", "previous_year"], &[]),
        "What the value is compared with: the window before, or the same window a year before, on the same weekdays.",
    ),
];

static TOP: &[Field] = &[
    required("n", Shape::Integer(1, 50), "How many values are kept."),
    optional(
        "by",
        Shape::Text(Text::Reference),
        "The measure's id they are ranked by. Default: y where it adds up, else the first measure that does.",
    ),
    optional(
        "other",
        Shape::Flag,
        "Whether the rest is shown as one value \"Other\". Default true.",
    ),
];

static INSIGHTS: &[Field] = &[optional(
    "min_confidence",
    Shape::Fraction,
    "The least confidence of an insight that is shown. Default 0.5.",
)];
