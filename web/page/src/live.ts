// Live updates: server-sent events over fetch, because they carry the token; after a break from the last place.
import { headers } from "./api";
import { h } from "./dom";

export interface Told {
  dashboard_id: string;
  report_id: string;
  version: number;
}

type Listener = (told: Told | null) => void;

const RETRY_MS = [1000, 2000, 5000, 10000];
/** The service says something every 15 s; past this the connection is dead. */
const SILENCE_MS = 40000;
const listeners = new Set<Listener>();
let lastId: string | null = null;
let running = false;

/** Calls back for every new version (null: something was missed, read anew) until the returned function is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  if (!running) {
    running = true;
    void run();
  }
  return () => listeners.delete(listener);
}

async function run(): Promise<void> {
  for (let failures = 0; ; failures += 1) {
    show(failures === 0 ? "connecting" : "waiting");
    try {
      await follow(() => {
        failures = 0;
        show("on");
      });
    } catch {
      // Told by the sign; tried again below.
    }
    show("waiting");
    await new Promise((done) => setTimeout(done, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]));
  }
}

async function follow(connected: () => void): Promise<void> {
  const sent = headers();
  if (lastId) sent["last-event-id"] = lastId;
  const abort = new AbortController();
  const response = await fetch("/api/v1/live", { headers: sent, cache: "no-store", signal: abort.signal });
  if (!response.ok || !response.body) throw new Error(String(response.status));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let silence = 0;
  const patience = (): void => {
    clearTimeout(silence);
    silence = window.setTimeout(() => abort.abort(), SILENCE_MS);
  };
  patience();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    patience();
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      hear(text.slice(0, end), connected);
      text = text.slice(end + 2);
    }
  }
  clearTimeout(silence);
}

function hear(message: string, connected: () => void): void {
  const field = (name: string): string =>
    message
      .split("\n")
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? "";
  if (field("id")) lastId = field("id");
  const event = field("event");
  if (event === "ready") connected();
  if (event === "reset") {
    connected();
    for (const listener of listeners) listener(null);
  }
  if (event === "dashboard") {
    const told = JSON.parse(field("data")) as Told;
    for (const listener of listeners) listener(told);
  }
}

function show(state: "connecting" | "on" | "waiting"): void {
  const place = document.getElementById("live");
  if (!place || place.dataset.state === state) return;
  place.dataset.state = state;
  const words = { connecting: "Connecting", on: "Live", waiting: "Not live, trying again" };
  place.replaceChildren(h("span", { class: "dot", "aria-hidden": "true" }), words[state]);
}
