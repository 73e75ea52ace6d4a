// Live updates: server-sent events over fetch, because they carry the token; after a break from the last place.
import { headers } from "./api";
import { h } from "./dom";

export interface Told {
  dashboard_id: string;
  report_id: string;
  version: number;
}

/** Called with null where something may have been missed: read anew. */
type Listener = (told: Told | null) => void;

const RETRY_MS = [1000, 2000, 5000, 10000];
/** The service says something every 15 s; past this the connection is dead. */
const SILENCE_MS = 40000;
/** A result that cannot be taken in makes no version: how a report stands is looked up so often. */
const LOOK_MS = 60000;
const listeners = new Set<Listener>();
let lastId: string | null = null;
let running = false;
let state: "connecting" | "on" | "waiting" = "connecting";
let isBehind = false;

/** Calls back for every new version, and now and then to read anew, until the returned function is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  if (!running) {
    running = true;
    setInterval(() => {
      if (!document.hidden) tell(null);
    }, LOOK_MS);
    void run();
  }
  return () => listeners.delete(listener);
}

/** Says whether what is shown could not be read anew. */
export function behind(is: boolean): void {
  isBehind = is;
  show(state);
}

function tell(told: Told | null): void {
  for (const listener of listeners) listener(told);
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
  // Whoever has to sign in again is told so by what is read.
  if (response.status === 401) tell(null);
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
  if (event === "ready" || event === "reset") {
    connected();
    // What landed between reading and connecting is told by nobody.
    tell(null);
  }
  if (event === "dashboard") tell(JSON.parse(field("data")) as Told);
}

function show(now: typeof state): void {
  state = now;
  const shown = isBehind ? "behind" : state;
  const place = document.getElementById("live");
  if (!place || place.dataset.state === shown) return;
  place.dataset.state = shown;
  const words = { connecting: "Connecting", on: "Live", waiting: "Not live, trying again", behind: "Not up to date, trying again" };
  place.replaceChildren(h("span", { class: "dot", "aria-hidden": "true" }), words[shown]);
}
