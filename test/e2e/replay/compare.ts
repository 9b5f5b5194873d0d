import type { Exchange } from '../../../src/testing/recordings.ts';

/** The parts of a response that are compared. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly location: string;
  readonly body: string;
}

/** Returns the response of a recorded exchange. */
export function recordedAnswer({ status, response_headers: headers, response_body: body }: Exchange): Answer {
  const header = (name: string): string => headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
  return { status, contentType: header('content-type'), location: header('location'), body: body ?? '' };
}

/** Length from which bodies are truncated in the recordings. */
const wholeCharacters = 4000;

/** Whether the recorded body is truncated or describes the recorded process. */
export function isIncomparable({ path, request_body: sent }: Exchange): boolean {
  return /^(\/v1)?\/metrics/.test(path) || (sent ?? '').length >= wholeCharacters;
}

/**
 * Returns a response without what varies between runs: the order of unordered lists, tokens, times and names of notifications. Text that is
 * not JSON stays unchanged.
 */
export function normalized({ status, contentType, location, body }: Answer): Answer {
  return { status, contentType, location, body: contentType.includes('json') ? normalizedBody(body) : body };
}

const tokens = new Set(['NextPage', 'Page', 'current_page', 'next_page']);
const times = new Set(['Created', 'Notified', 'Deleted', 'created', 'last_update_time']);
const unordered = new Set(['Features', 'Vulnerabilities', 'detected_features', 'ancestries']);

function normalizedBody(body: string): string {
  const ending = body.endsWith('}\n') && !body.slice(0, -1).includes('\n') ? '\n' : ' (not one line)';
  return (
    JSON.stringify(JSON.parse(body), (key, value: unknown) => {
      if (tokens.has(key)) return '(token)';
      if (times.has(key)) return '(time)';
      const isUnordered = unordered.has(key);
      return isUnordered && Array.isArray(value) ? value.toSorted(byText) : value;
    }) + ending
  );
}

function byText(a: unknown, b: unknown): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : Number(left > right);
}
