//! Ids of measures and dimensions, made from the labels of columns.

use std::collections::HashSet;

/// A label in lower snake_case: runs of other than letters and digits become one `_`, an upper-case letter after a
/// lower-case one or a digit starts a word, outer `_` are trimmed. Empty where the label has no letter or digit.
pub fn snake_case(label: &str) -> String {
    let mut id = String::with_capacity(label.len() + 4);
    let mut previous = ' ';
    for c in label.chars() {
        if c.is_alphanumeric() {
            let starts_word = c.is_uppercase() && (previous.is_lowercase() || previous.is_numeric());
            let after_gap = !previous.is_alphanumeric();
            if (starts_word || after_gap) && !id.is_empty() {
                id.push('_');
            }
            id.extend(c.to_lowercase().filter(|c| c.is_alphanumeric()));
        }
        previous = c;
    }
    id
}

/// Ids handed out so far in one view; no two are equal.
#[derive(Debug, Default)]
pub struct Ids {
    taken: HashSet<String>,
}

impl Ids {
    /// Keeps an id that the configuration gives.
    pub fn reserve(&mut self, id: &str) {
        self.taken.insert(id.to_owned());
    }

    /// The wished id, or the first of `<id>_2`, `<id>_3`, … that is free.
    pub fn take(&mut self, wished: &str) -> String {
        let mut id = wished.to_owned();
        let mut next = 2;
        while !self.taken.insert(id.clone()) {
            id = format!("{wished}_{next}");
            next += 1;
        }
        id
    }

    /// Ids of columns given as (position from 0, label), in the same order. Among columns of the same name the bytewise
    /// smaller label goes first; a column without a name is `column_<position from 1>`.
    pub fn of_columns(&mut self, columns: &[(usize, &str)]) -> Vec<String> {
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_unstable_by_key(|index| (columns[*index].1.as_bytes(), columns[*index].0));
        let mut ids = vec![String::new(); columns.len()];
        for index in order {
            let (position, label) = columns[index];
            let id = snake_case(label);
            ids[index] = match id.is_empty() {
                true => self.take(&format!("column_{}", position + 1)),
                false => self.take(&id),
            };
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_snake_case() {
        for (label, id) in [
            ("DriversKilled", "drivers_killed"),
            ("dep_delay_n", "dep_delay_n"),
            ("Sub-Category", "sub_category"),
            ("Cost / click (EUR)", "cost_click_eur"),
            ("Q4Sales", "q4_sales"),
            ("CTR", "ctr"),
            ("__x__", "x"),
            ("2nd Item", "2nd_item"),
            ("Größe", "größe"),
            ("İ", "i"),
            ("-", ""),
            ("", ""),
        ] {
            assert_eq!(snake_case(label), id, "{label}");
        }
    }

    #[test]
    fn collisions_are_numbered_by_label() {
        let mut ids = Ids::default();
        ids.reserve("kept");
        let columns = [
            (0, "spend"),
            (1, "Spend"),
            (2, "SPEND"),
            (3, ""),
            (4, "spend_2"),
            (5, "Kept"),
        ];
        assert_eq!(
            ids.of_columns(&columns),
            ["spend_3", "spend_2", "spend", "column_4", "spend_2_2", "kept_2"]
        );
    }
}
