//! Migration files are templates: `{{name}}` stands for SQL, `{{'name.suffix'}}` for the same SQL as a string literal.

use std::collections::BTreeMap;

/// What the names in migration files stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    values: BTreeMap<&'static str, String>,
}

/// A migration file that cannot be filled in: a defect of this release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It names something that is not known.
    #[error("`{{{{{0}}}}}` stands for nothing")]
    Unknown(String),
    /// A `{{` has no `}}`.
    #[error("a placeholder is not closed")]
    Unclosed,
}

impl Template {
    /// Lets `{{name}}` stand for `sql`.
    pub(super) fn set(&mut self, name: &'static str, sql: String) {
        self.values.insert(name, sql);
    }

    /// `sql` with every placeholder filled in.
    pub(super) fn render(&self, sql: &str) -> Result<String, TemplateError> {
        let mut out = String::with_capacity(sql.len());
        let mut rest = sql;
        while let Some((before, after)) = rest.split_once("{{") {
            let (placeholder, after) = after.split_once("}}").ok_or(TemplateError::Unclosed)?;
            out.push_str(before);
            out.push_str(&self.value(placeholder)?);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, placeholder: &str) -> Result<String, TemplateError> {
        let unknown = || TemplateError::Unknown(placeholder.to_owned());
        let quoted = placeholder
            .strip_prefix('\'')
            .and_then(|inner| inner.strip_suffix('\''));
        let Some(inner) = quoted else {
            return self.values.get(placeholder).cloned().ok_or_else(unknown);
        };
        let (name, suffix) = inner.find('.').map_or((inner, ""), |dot| inner.split_at(dot));
        let value = self.values.get(name).ok_or_else(unknown)?;
        Ok(format!("'{}'", format!("{value}{suffix}").replace('\'', "''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_sql_and_literals() {
        let mut template = Template::default();
        template.set("schema", "\"public\"".to_owned());
        template.set("also", " and a = 'b'".to_owned());
        assert_eq!(
            template
                .render("x {{schema}}.t {{'schema.t'}} {{'also'}}")
                .unwrap(),
            "x \"public\".t '\"public\".t' ' and a = ''b'''"
        );
        assert_eq!(
            template.render("{{nothing}}"),
            Err(TemplateError::Unknown("nothing".to_owned()))
        );
        assert_eq!(template.render("{{schema"), Err(TemplateError::Unclosed));
    }
}
