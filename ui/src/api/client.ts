import { type Signal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { needsSignIn } from './session.ts';

/** Why a request failed. Status 0: there was no answer. */
export interface Failure {
  readonly status: number;
  readonly detail: string;
}

/** The last answer for a path of the API, and the state of its request. Data stays when a later request fails. */
export interface Resource<T> {
  readonly data: T | undefined;
  readonly failure: Failure | undefined;
  readonly isLoading: boolean;
  /** When the data arrived, in milliseconds since 1970. */
  readonly arrivedAt: number | undefined;
}

const prefix = '/api/v1';
const requestMs = 30_000;
/** Age up to which an answer counts for a further component that shows it, in milliseconds. */
const sharedMs = 30_000;
/** Answers that are kept; the least recently used one goes first. */
const keptMax = 200;

type Entry = Signal<Resource<unknown>>;

const entries = new Map<string, Entry>();

/** A failed request. */
export class RequestFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.detail);
    this.failure = failure;
  }
}

/**
 * Reads a path of the API each time that a component shows it, and keeps the last answer. Undefined reads nothing. A component that shows what
 * another one shows already shares its request, or its answer for a while.
 */
export function useResource<T>(
  path: string | undefined,
  { everyMs }: { everyMs?: number } = {},
): Resource<T> {
  const entry = entryOf(path ?? '');
  useEffect(() => {
    if (path === undefined) return undefined;
    const shown = entryOf(path);
    const others = shownBy.get(shown) ?? 0;
    shownBy.set(shown, others + 1);
    if (others === 0 || !isRecent(shown)) void load(path);
    const reload = (): void => {
      if (!document.hidden) void load(path);
    };
    const timer = everyMs === undefined ? undefined : setInterval(reload, everyMs);
    return () => {
      shownBy.set(shown, (shownBy.get(shown) ?? 1) - 1);
      clearInterval(timer);
    };
  }, [path, everyMs]);
  return entry.value as Resource<T>;
}

/** Numbers of components that show a path now. */
const shownBy = new WeakMap<Entry, number>();

/** Returns whether the answer for a path is on its way, or has just arrived. */
function isRecent(entry: Entry): boolean {
  return lastRequests.has(entry) || Date.now() - (entry.value.arrivedAt ?? 0) < sharedMs;
}

/** Reads all shown paths again, as after a sign-in. */
export function reloadAll(): void {
  // A copy, because each load moves its entry to the end.
  for (const [path, entry] of [...entries]) {
    if (path === '') continue;
    if (entry.value.failure !== undefined || entry.value.data !== undefined) void load(path);
  }
}

/** The last request for each path that waits for its answer. An answer to an earlier one may arrive later, and is not shown. */
const lastRequests = new WeakMap<Entry, symbol>();

/** Reads one path again. */
export async function load(path: string): Promise<void> {
  const entry = entryOf(path);
  const own = Symbol(path);
  lastRequests.set(entry, own);
  entry.value = { ...entry.value, isLoading: true };
  const result = await read(path);
  if (lastRequests.get(entry) !== own) return;
  lastRequests.delete(entry);
  entry.value = { ...entry.value, ...result, isLoading: false };
}

async function read(path: string): Promise<Partial<Resource<unknown>>> {
  try {
    const response = await request(path);
    const data: unknown = await response.json();
    return { data, failure: undefined, arrivedAt: Date.now() };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function entryOf(path: string): Entry {
  const known = entries.get(path);
  const entry =
    known ??
    signal<Resource<unknown>>({
      data: undefined,
      failure: undefined,
      isLoading: path !== '',
      arrivedAt: undefined,
    });
  entries.delete(path);
  entries.set(path, entry);
  const [oldest] = entries.keys();
  if (entries.size > keptMax && oldest !== undefined) entries.delete(oldest);
  return entry;
}

/** Time for a file to arrive. A list of all images takes a minute on a busy server. */
export const fileMs = 10 * 60_000;

/** Sends a request to the API. Throws `RequestFailure` for an error response, and without a whole response in time. */
export async function request(
  path: string,
  options: RequestInit = {},
  timeoutMs = requestMs,
): Promise<Response> {
  const headers = new Headers(options.headers);
  if (!headers.has('Accept')) headers.set('Accept', 'application/json');
  let response: Response;
  try {
    response = await fetch(path.startsWith('/affected/') ? path : prefix + path, {
      ...options,
      headers,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new RequestFailure({ status: 0, detail: error instanceof Error ? error.message : String(error) });
  }
  if (response.ok) return response;
  if (response.status === 401) needsSignIn.value = true;
  throw new RequestFailure({ status: response.status, detail: await detailOf(response) });
}

/** Returns the detail of a problem document (RFC 9457), or the beginning of any other text. */
async function detailOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  try {
    const problem = JSON.parse(text) as { detail?: unknown };
    if (typeof problem.detail === 'string') return problem.detail;
  } catch {
    // The answer of a proxy is often a page.
  }
  return text.slice(0, 200);
}

/** Returns why a request failed. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RequestFailure) return error.failure;
  return { status: 0, detail: error instanceof Error ? error.message : String(error) };
}

/** Returns a path of the API with those parameters that have a value. */
export function pathOf(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const kept = Object.entries(query).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '');
  const text = new URLSearchParams(kept).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Whether a server has no such route. An unknown object gets a problem document instead. */
export function isMissingRoute({ status, detail }: Failure): boolean {
  return status === 404 && detail.startsWith('404 page not found');
}
