//! What a view shows: its time, its dimensions and its measures, with their ids.

use super::columns::Columns;
use super::experiment::Experiment;
use super::json;
use super::measures::{Measure, Slots, Source, declared_measure, found_measure, outcome, row_count};
use super::names::{Ids, snake_case};
use super::spread::spread;
use super::totals::{Formula, Keeps};
use crate::aggregate::Sketch;
use crate::dashboard::VisualizationConfig;
use crate::dashboard::config::Format;
use crate::event::ColumnRole;
use crate::rows::Values;
use crate::rows::roles::tells_rows_apart;

/// The most dimensions found in results that are shown.
const MAX_FOUND_DIMENSIONS: usize = 12;

/// A column of a dataset.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its id: the key in the rows.
    pub id: String,
    /// Its label.
    pub label: String,
    /// `time`, `dimension`, `measure` or `ratio`.
    pub role: &'static str,
    /// `date`, `string` or `number`.
    pub kind: &'static str,
    /// Its unit; empty when it has none.
    pub unit: String,
    /// How its numbers are written, where no metric of its id says so.
    pub format: Option<Format>,
}

/// A shown dimension.
#[derive(Debug)]
pub struct Dimension {
    /// Its field.
    pub field: Field,
    /// Its column in the view.
    pub column: usize,
}

/// Everything a view shows.
#[derive(Debug)]
pub struct Fields {
    /// The time.
    pub time: Field,
    /// The dimensions: declared ones, then those found, in column order.
    pub dimensions: Vec<Dimension>,
    /// The measures: exactly the declared ones, else those found in column order, else the number of rows.
    pub measures: Vec<Measure>,
    /// For each slot of the aggregates where its numbers come from.
    pub slots: Vec<Source>,
    /// For each sketch of the aggregates its column in the view and its kind.
    pub sketches: Vec<(usize, Sketch)>,
    /// For each slot what is needed beside count and sum.
    pub keeps: Vec<Keeps>,
    /// The labels of columns whose numbers only identify something or are left out.
    pub unjudged: Vec<String>,
    /// The label of each column of the view.
    pub labels: Vec<String>,
    /// The experiment that the view is about, where it is about one.
    pub experiment: Option<Experiment>,
    ranked: Option<usize>,
    /// A sentence on each measure that lies spread over columns.
    spread: Vec<String>,
    /// What else has to be known of the columns.
    told: Vec<String>,
}

impl Field {
    /// The field of a dimension's values.
    pub fn dimension(id: &str, label: &str) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            role: "dimension",
            kind: "string",
            unit: String::new(),
            format: None,
        }
    }

    /// The field of numbers that are computed for one dataset.
    pub fn number(id: &str, label: &str, role: &'static str, unit: &str, format: Format) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            role,
            kind: "number",
            unit: unit.to_owned(),
            format: (format != Format::Number).then_some(format),
        }
    }

    /// Appends the description as a JSON object.
    pub fn write(&self, out: &mut String) {
        out.push('{');
        if let Some(format) = self.format {
            out.extend(["\"format\":\"", format.name(), "\","]);
        }
        out.push_str("\"id\":");
        json::string(out, &self.id);
        out.push_str(",\"label\":");
        json::string(out, &self.label);
        out.extend([
            ",\"role\":\"",
            self.role,
            "\",\"type\":\"",
            self.kind,
            "\",\"unit\":",
        ]);
        json::string(out, &self.unit);
        out.push('}');
    }
}

impl Fields {
    /// What the columns and the configuration say is shown; `time_label` is the label of the newest result's time
    /// column, for where no column of the view is decided to be the time.
    pub fn of(columns: &Columns<'_>, config: &VisualizationConfig, time_label: Option<&str>) -> Self {
        let mut ids = Ids::default();
        config
            .measures()
            .iter()
            .for_each(|measure| ids.reserve(&measure.id));
        config
            .dimensions()
            .iter()
            .for_each(|dimension| ids.reserve(&dimension.id));
        let found = Found::of(columns, config, time_label);
        let names = found.ids(columns, &mut ids);
        let mut slots = Slots::default();
        let dimensions = found.dimensions(columns, config, &names);
        let mut measures = match config.measures() {
            [] => found.measures(columns, &names, &mut slots, &mut ids),
            declared => declared
                .iter()
                .map(|measure| declared_measure(measure, declared, columns, &mut slots))
                .collect(),
        };
        columns
            .currencies
            .settle(columns, &dimensions, &mut measures, &mut slots);
        let is_timed = found.time.is_some() || config.dimensions().iter().any(|dimension| dimension.is_time);
        let ranks = |measure: &Measure| match measure.formula {
            Formula::Level(_) => true,
            ref formula => !is_timed && formula.is_quotient(),
        };
        let ranked = (measures.iter().position(|measure| measure.formula.is_additive()))
            .or_else(|| measures.iter().position(ranks));
        let keeps = |slot: usize| {
            let needed = measures.iter().map(|measure| measure.formula.keeps(slot));
            needed.fold(Keeps::default(), |all, one| Keeps {
                extremes: all.extremes || one.extremes,
                dates: all.dates || one.dates,
            })
        };
        Self {
            time: found.time(columns, config, &names, &mut ids),
            dimensions,
            keeps: (0..slots.sources.len()).map(keeps).collect(),
            unjudged: unjudged(columns),
            labels: columns
                .list
                .iter()
                .map(|column| column.label.to_owned())
                .collect(),
            slots: slots.sources,
            sketches: slots.sketches,
            spread: match (is_timed, config.measures()) {
                (false, []) => found.spread(columns),
                _ => Vec::new(),
            },
            told: columns.notes.clone(),
            measures,
            experiment: None,
            ranked,
        }
    }

    /// The formula by which values of dimensions are ranked: the first measure that adds up, else the first level or, without a
    /// time, the first quotient, else the rows.
    pub fn ranked_by(&self) -> &Formula {
        self.ranked
            .map_or(&Formula::Rows, |index| &self.measures[index].formula)
    }

    /// Whether a dimension names the currency of some measure's amounts.
    pub fn names_currency(&self, id: &str) -> bool {
        let mut currencies = self.measures.iter().flat_map(|measure| &measure.currencies);
        currencies.any(|currency| currency == id)
    }

    /// What has to be known of the measures: why values are missing, and which of them are one.
    pub fn notes(&self) -> Vec<&str> {
        let lacks =
            |measure: &&Measure| matches!(measure.formula, Formula::OneCurrency(..) | Formula::Unknown);
        let mut notes: Vec<&str> = self
            .measures
            .iter()
            .filter(lacks)
            .filter_map(|measure| measure.reason.as_deref())
            .collect();
        notes.dedup();
        notes.extend(self.spread.iter().chain(&self.told).map(String::as_str));
        notes.extend(
            self.experiment
                .as_ref()
                .map(|experiment| experiment.note.as_str()),
        );
        notes
    }

    /// The measure by which values of dimensions are ranked.
    pub fn ranked(&self) -> Option<usize> {
        self.ranked
    }

    /// What each sketch answers.
    pub fn kinds_of_sketches(&self) -> Vec<Sketch> {
        self.sketches.iter().map(|(_, kind)| *kind).collect()
    }

    /// Shows these measures instead.
    pub fn set_measures(&mut self, measures: Vec<Measure>) {
        self.ranked = measures.iter().position(|measure| measure.formula.is_additive());
        self.measures = measures;
    }

    /// The measure with an id.
    pub fn measure(&self, id: &str) -> Option<usize> {
        self.measures.iter().position(|measure| measure.field.id == id)
    }

    /// The dimension with an id.
    pub fn dimension(&self, id: &str) -> Option<usize> {
        self.dimensions
            .iter()
            .position(|dimension| dimension.field.id == id)
    }

    /// The wished id, or the first of `<id>_2`, `<id>_3`, … that no field has.
    pub fn free_id(&self, wished: &str) -> String {
        let mut id = wished.to_owned();
        let mut next = 2;
        while self.has_id(&id) {
            id = format!("{wished}_{next}");
            next += 1;
        }
        id
    }

    /// Whether a field has the id.
    pub fn has_id(&self, id: &str) -> bool {
        let dimensions = self.dimensions.iter().map(|dimension| &dimension.field);
        let measures = self.measures.iter().map(|measure| &measure.field);
        dimensions
            .chain(measures)
            .chain([&self.time])
            .any(|field| field.id == id)
    }
}

/// Columns of the view that are shown without being declared.
#[derive(Debug)]
struct Found {
    time: Option<usize>,
    dimensions: Vec<usize>,
    measures: Vec<usize>,
    /// Columns of yes and no, the share of which is shown in their place.
    outcomes: Vec<usize>,
}

impl Found {
    fn spread(&self, columns: &Columns<'_>) -> Vec<String> {
        let columns = self.measures.iter().map(|index| {
            let column = &columns.list[*index];
            (column.label, column.evidence.may_be_answers())
        });
        spread(&columns.collect::<Vec<_>>())
    }

    fn of(columns: &Columns<'_>, config: &VisualizationConfig, time_label: Option<&str>) -> Self {
        let with_role = |roles: &[ColumnRole]| -> Vec<usize> {
            (0..columns.list.len())
                .filter(|index| roles.contains(&columns.decisions[*index].role))
                .collect()
        };
        let declared = |index: &usize| {
            config
                .dimensions()
                .iter()
                .any(|dimension| dimension.column == columns.list[*index].label)
        };
        let time = with_role(&[ColumnRole::Time]).first().copied();
        let time = time.or_else(|| columns.find(time_label?));
        let mut dimensions = with_role(&[ColumnRole::Dimension, ColumnRole::Stage]);
        // A column nobody has given a value or a role says nothing.
        let has_values = |index: &usize| {
            let column = &columns.list[*index];
            column.evidence.values() != Values::Empty || column.hint.is_some_and(|hint| hint.role.is_some())
        };
        let is_shown = |index: &usize| {
            !columns.decisions[*index].is_other_date || is_asked_for(columns.list[*index].label, config)
        };
        dimensions
            .retain(|index| !declared(index) && Some(*index) != time && has_values(index) && is_shown(index));
        // Without the currency nothing could be said of money.
        let names_currency =
            |index: &usize| columns.currencies.mixed.iter().any(|(column, _)| column == index);
        let mut rest = dimensions.split_off(dimensions.len().min(MAX_FOUND_DIMENSIONS));
        rest.retain(names_currency);
        dimensions.append(&mut rest);
        let (measures, outcomes): (Vec<usize>, Vec<usize>) = match config.measures() {
            [] => (
                with_role(&[ColumnRole::Measure, ColumnRole::Ratio]),
                dimensions
                    .iter()
                    .copied()
                    .filter(|index| columns.decisions[*index].is_outcome)
                    .collect(),
            ),
            _ => (Vec::new(), Vec::new()),
        };
        // By what happened the share of what happened is all or nothing.
        dimensions
            .retain(|index| !outcomes.contains(index) || is_asked_for(columns.list[*index].label, config));
        Self {
            time,
            dimensions,
            measures,
            outcomes,
        }
    }

    /// The ids of all found columns, by column.
    fn ids(&self, columns: &Columns<'_>, ids: &mut Ids) -> Vec<String> {
        let mut shown: Vec<usize> = self
            .dimensions
            .iter()
            .chain(&self.measures)
            .chain(&self.outcomes)
            .chain(&self.time)
            .copied()
            .collect();
        shown.sort_unstable();
        shown.dedup();
        let labels: Vec<_> = shown
            .iter()
            .map(|index| (*index, columns.list[*index].label))
            .collect();
        let mut names = vec![String::new(); columns.list.len()];
        for (index, id) in shown.iter().zip(ids.of_columns(&labels)) {
            names[*index] = id;
        }
        names
    }

    fn time(
        &self,
        columns: &Columns<'_>,
        config: &VisualizationConfig,
        names: &[String],
        ids: &mut Ids,
    ) -> Field {
        let declared = config.dimensions().iter().find(|dimension| dimension.is_time);
        let (id, label) = match (declared, self.time) {
            (Some(declared), _) => (
                declared.id.clone(),
                declared.label.as_ref().unwrap_or(&declared.column).clone(),
            ),
            (None, Some(index)) => (names[index].clone(), columns.list[index].label.to_owned()),
            (None, None) => (ids.take("date"), "Date".to_owned()),
        };
        Field {
            id,
            label,
            role: "time",
            kind: "date",
            unit: String::new(),
            format: None,
        }
    }

    fn dimensions(
        &self,
        columns: &Columns<'_>,
        config: &VisualizationConfig,
        names: &[String],
    ) -> Vec<Dimension> {
        let declared = config.dimensions().iter().filter(|dimension| !dimension.is_time);
        let declared = declared.filter_map(|dimension| {
            let label = dimension.label.as_ref().unwrap_or(&dimension.column);
            Some(Dimension {
                field: Field::dimension(&dimension.id, label),
                column: columns.find(&dimension.column)?,
            })
        });
        let found = self.dimensions.iter().map(|index| Dimension {
            field: Field::dimension(&names[*index], columns.list[*index].label),
            column: *index,
        });
        declared.chain(found).collect()
    }

    fn measures(
        &self,
        columns: &Columns<'_>,
        names: &[String],
        slots: &mut Slots,
        ids: &mut Ids,
    ) -> Vec<Measure> {
        let mut found: Vec<usize> = self.measures.iter().chain(&self.outcomes).copied().collect();
        found.sort_unstable();
        let mut measures: Vec<Measure> = found
            .into_iter()
            .map(|index| match self.outcomes.contains(&index) {
                true => outcome(
                    index,
                    columns,
                    ids.take(&format!("{}_share", names[index])),
                    slots,
                ),
                false => found_measure(index, columns, names, slots),
            })
            .collect();
        // Shares say nothing of how many rows there are, those without their parts nothing of more than one.
        let is_share =
            |measure: &Measure| matches!(measure.formula, Formula::SingleRow(_) | Formula::Ratio(..));
        // Where each is an order, a ticket or a patient, how many there are is what is asked first.
        let is_counted = |index: usize| {
            let column = &columns.list[index];
            columns.decisions[index].role == ColumnRole::Id
                && tells_rows_apart(column.label, &column.evidence)
        };
        if measures.iter().all(is_share) || (0..columns.list.len()).any(is_counted) {
            measures.push(row_count(ids.take("rows")));
        }
        measures
    }
}

/// Whether the configuration names a column that it does not declare, by the id that the column is given.
pub fn is_asked_for(label: &str, config: &VisualizationConfig) -> bool {
    let id = snake_case(label);
    let panels = config.panels().iter().flat_map(|panel| {
        let axes = [&panel.x, &panel.color].into_iter().flatten();
        axes.chain(&panel.y).chain(&panel.stages)
    });
    let segments = config
        .comparison()
        .and_then(|comparison| comparison.dimension.as_ref());
    panels.chain(segments).any(|named| *named == id)
}

/// The columns that are no matter of quality.
fn unjudged(columns: &Columns<'_>) -> Vec<String> {
    let decided = columns.list.iter().zip(&columns.decisions);
    let only_identify =
        decided.filter(|(_, decision)| matches!(decision.role, ColumnRole::Id | ColumnRole::Ignore));
    only_identify.map(|(column, _)| column.label.to_owned()).collect()
}
