import type { Exchange } from '../../../src/testing/recordings.ts';

/** What a server answered, as far as it is compared. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly location: string;
  readonly body: string;
}

/** The answer in a recording. */
export function recordedAnswer({ status, response_headers: headers, response_body: body }: Exchange): Answer {
  const header = (name: string): string => headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
  return { status, contentType: header('content-type'), location: header('location'), body: body ?? '' };
}

/** Bodies longer than this are cut in the recordings. */
const wholeCharacters = 4000;

/** Whether the body of an exchange is there only in part, or tells of the process it came from. */
export function isIncomparable({ path, request_body: sent }: Exchange): boolean {
  return /^(\/v1)?\/metrics/.test(path) || (sent ?? '').length >= wholeCharacters;
}

/**
 * An answer without what varies by nature: the order of lists that Clair does not order, tokens, times, and the names of
 * notifications. Text that is no JSON stays as it is.
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
