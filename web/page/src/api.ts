// The API as this page uses it: a token where there is a login, problems as errors.

const TOKEN = "dashloom.token";

/** A request that was refused, in the service's own words; `status` 0 when nobody answered. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly trace: string | null,
  ) {
    super(message);
  }
}

export function keepToken(token: string | null): void {
  if (token) sessionStorage.setItem(TOKEN, token);
  else sessionStorage.removeItem(TOKEN);
}

export function headers(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { authorization: `Bearer ${token}` } : {};
}

export interface Answer<T> {
  body: T;
  etag: string | null;
}

/** Reads a resource; null when the caller has it already (`etag` still fits). */
export async function read<T>(path: string, etag?: string | null): Promise<Answer<T> | null> {
  const response = await ask(path, { headers: etag ? { "if-none-match": etag } : {} });
  if (response.status === 304) return null;
  return { body: (await response.json()) as T, etag: response.headers.get("etag") };
}

/** Makes something new. */
export async function post<T>(path: string, body: unknown): Promise<T> {
  const sent = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return (await (await ask(path, sent)).json()) as T;
}

/** Reads a file. */
export async function file(path: string): Promise<Blob> {
  return (await ask(path, {})).blob();
}

/** One request; what is refused becomes an error, "not modified" does not. */
async function ask(path: string, request: { method?: string; headers?: Record<string, string>; body?: string }): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, { ...request, headers: { ...headers(), ...request.headers }, cache: "no-store" });
  } catch {
    throw new Refused(0, "The service does not answer. It may be restarting, or the network is away.", null);
  }
  if (response.ok || response.status === 304) return response;
  const problem = await response.json().catch(() => null);
  throw new Refused(response.status, problem?.detail ?? response.statusText, problem?.trace_id ?? null);
}

/** Reads a resource that has no etag. */
export async function get<T>(path: string): Promise<T> {
  const answer = await read<T>(path);
  return (answer as Answer<T>).body;
}
