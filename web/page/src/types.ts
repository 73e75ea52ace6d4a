// What the API answers, as far as the page reads it.

export interface Page<T> {
  items: T[];
  next: string | null;
}

export type Status = "disabled" | "failed" | "waiting" | "behind" | "current";

export interface Report {
  id: string;
  workflow_id: string;
  name: string | null;
  status: Status;
  dashboard_type: string;
  configuration_errors: { path: string; message: string; hint?: string }[];
  dashboards: number;
  last_updated: string | null;
  newest: {
    id: string;
    period_key: string;
    data_start_date: string;
    data_end_date: string;
    version: number;
    headline: Metric[];
  } | null;
  pending_executions: number;
  error: string | null;
}

export interface DashboardHead {
  id: string;
  report_id: string;
  workflow_id: string;
  period_key: string;
  data_start_date: string;
  data_end_date: string;
  version: number;
  last_updated: string | null;
  archived_at: string | null;
}

export interface Dashboard extends DashboardHead {
  execution_ids: string[];
  processed_data: {
    grain?: string;
    datasets?: Record<string, Row[]>;
    columns?: Record<string, Column[]>;
    data_quality?: Record<string, unknown>;
    stale_executions?: string[];
  };
  charts_config: { charts?: Chart[]; layout?: { columns?: number; blocks?: Block[] } };
  metrics_summary: { metrics?: Metric[] };
  insights: Insight[];
}

export type Cell = string | number | boolean | null | undefined;
export type Row = Record<string, Cell>;

export interface Column {
  id: string;
  label: string;
  role: string;
  type: string;
  unit: string;
  format?: string;
}

export interface Chart {
  id: string;
  title: string;
  kind: string;
  dataset: string;
  spec: Record<string, unknown>;
}

export interface Block {
  kind: string;
  span?: number;
  chart?: string;
  dataset?: string;
}

export interface Metric {
  id: string;
  label: string;
  value: number | null;
  unit: string;
  format: string;
  good: "up" | "down" | "neutral";
  numerator: number | null;
  denominator: number | null;
  ratio?: [string, string];
  compare: {
    window: [string, string];
    value: number | null;
    previous_window: [string, string];
    previous: number | null;
    change: number | null;
    /** In how many steps of time each window holds a value, where that differs. */
    with_values?: { window: number; previous: number; step: string };
  } | null;
  compare_reason?: string | null;
  /** Why it has no value, or none over several rows. */
  reason?: string | null;
}

export interface Insight {
  id: string;
  type: string;
  text: string;
  narration: string | null;
  confidence: number | null;
  evidence: Evidence | null;
  generated_at: string | null;
  model_version: string | null;
}

export interface Evidence {
  claim_class?: string;
  subject?: { measure?: string; filters?: { dim: string; eq: string }[] };
  window?: { cur?: [string, string]; ref?: [string, string]; grain?: string; aligned?: string };
  values?: Record<string, { v?: number; num?: number; den?: number; unit?: string } | null>;
  effect?: { name?: string; v?: number; ci95?: [number, number]; floor?: number };
  test?: Record<string, unknown>;
  score?: { impact?: number; rank?: number };
  caveats?: string[];
  provenance?: { executions?: string[]; of?: number; series?: string };
}

export interface Entry {
  version: number;
  changes: string[];
  reason: string;
  occurred_at: string;
  metrics: { id: string; before: string | null; after: string | null; unit: string }[];
  execution_ids: string[];
}

export interface Export {
  id: string;
  file_name: string;
  size_bytes: number;
}
