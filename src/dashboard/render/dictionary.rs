//! One dictionary of a dimension's values over all results of a view.

use crate::aggregate::{DimensionCells, OTHER};

/// The distinct values of a dimension over several results, ascending bytewise.
#[derive(Debug, Default)]
pub struct Dictionary<'a> {
    /// The values; the code after the last one stands for null.
    pub values: Vec<&'a str>,
    /// The code of what a summarised result folded together, where there is such.
    pub folded: Option<usize>,
}

impl<'a> Dictionary<'a> {
    /// The dictionary over the results that have the dimension.
    pub fn over(parts: impl IntoIterator<Item = &'a DimensionCells>) -> Self {
        let mut values: Vec<&str> = Vec::new();
        let mut previous: Option<&DimensionCells> = None;
        let mut sources = 0;
        for part in parts {
            if previous.is_none_or(|previous| previous.values != part.values) {
                values.extend(part.values.iter().flatten().map(String::as_str));
                sources += 1;
            }
            previous = Some(part);
        }
        if sources > 1 {
            values.sort();
            values.dedup();
        }
        let folded = values.iter().position(|value| *value == OTHER);
        Self { values, folded }
    }

    /// The number of codes, the one for null included.
    pub fn codes(&self) -> usize {
        self.values.len() + 1
    }

    /// The code for null.
    pub fn null(&self) -> u32 {
        self.values.len() as u32
    }

    /// For each code of one result the code here.
    pub fn translate(&self, part: &DimensionCells) -> Vec<u32> {
        let mut next = 0;
        part.values
            .iter()
            .map(|value| match value {
                None => self.null(),
                Some(text) => {
                    // Both lists ascend, so the value is most often the next one.
                    if self.values.get(next) != Some(&text.as_str()) {
                        next += self.values[next..].partition_point(|known| *known < text.as_str());
                    }
                    next += 1;
                    next as u32 - 1
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(values: &[Option<&str>]) -> DimensionCells {
        DimensionCells {
            column: 0,
            values: values.iter().map(|value| value.map(str::to_owned)).collect(),
            codes: Vec::new(),
        }
    }

    #[test]
    fn codes_agree_over_results() {
        let a = part(&[Some("b"), Some("d"), None]);
        let b = part(&[Some(OTHER), Some("a"), Some("d"), Some("e")]);
        let dictionary = Dictionary::over([&a, &b, &b]);
        assert_eq!(dictionary.values, [OTHER, "a", "b", "d", "e"]);
        assert_eq!(dictionary.translate(&a), [2, 3, 5]);
        assert_eq!(dictionary.translate(&b), [0, 1, 3, 4]);
        assert_eq!(dictionary.folded, Some(0));
    }
}
