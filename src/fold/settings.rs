//! A report configuration as folding uses it: parsed once, with the hash that views keep of it.

use crate::aggregate::PartialSpec;
use crate::dashboard::config::config_sha256;
use crate::dashboard::{ConfigError, DashboardType, VisualizationConfig};
use crate::ids::ConfigurationId;
use crate::store::configurations::{Configuration, NewConfiguration, Reporting};

/// A valid report configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which configuration.
    pub id: ConfigurationId,
    /// The dashboard's type.
    pub dashboard_type: DashboardType,
    /// What to show and how.
    pub visualization: VisualizationConfig,
    /// The hash of type and visualization; views rendered by another one are stale.
    pub sha256: [u8; 32],
    /// The shape it asks of partials.
    pub shape: [u8; 32],
}

/// Why a report configuration cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SettingsError {
    /// There is none.
    #[error("report configuration: the workflow has none")]
    Missing,
    /// `dashboard_type` is none of the four.
    #[error(
        "report configuration: dashboard_type {0:?} is unknown; use standard, funnel, comparison or custom"
    )]
    Type(String),
    /// `visualization_config` is wrong.
    #[error("report configuration: visualization_config is invalid: {0}")]
    Visualization(ConfigError),
}

impl SettingsError {
    /// What every such error's text begins with, by which it is known on an execution's row.
    pub const PREFIX: &'static str = "report configuration: ";
}

impl Settings {
    /// Reads a configuration row.
    pub fn parse(row: &Configuration) -> Result<Self, SettingsError> {
        let dashboard_type: DashboardType = row
            .dashboard_type
            .parse()
            .map_err(|_| SettingsError::Type(row.dashboard_type.clone()))?;
        let visualization =
            VisualizationConfig::parse(&row.visualization_config).map_err(SettingsError::Visualization)?;
        let sha256 = config_sha256(&row.visualization_config, dashboard_type);
        let shape = visualization.partial_spec().shape();
        Ok(Self {
            id: row.id,
            dashboard_type,
            visualization,
            sha256,
            shape,
        })
    }

    /// What this configuration asks of partials.
    pub fn partial_spec(&self) -> PartialSpec {
        self.visualization.partial_spec()
    }
}

/// The configuration to make for a workflow that is to be reported but has none: its template's defaults where those
/// are valid, else `standard` and `{}`.
pub fn suggested(reporting: &Reporting) -> NewConfiguration {
    let suggested = &reporting.suggested;
    let dashboard_type = suggested
        .dashboard_type
        .as_deref()
        .and_then(|name| name.parse::<DashboardType>().ok());
    let visualization = suggested.visualization_config.as_deref();
    let visualization = visualization
        .filter(|json| VisualizationConfig::parse(json).is_ok())
        .unwrap_or("{}");
    NewConfiguration {
        workflow_id: reporting.workflow_id,
        dashboard_type: dashboard_type.unwrap_or_default().name(),
        visualization_config: visualization.to_owned(),
    }
}
