import type { V4Line } from '../../../src/testing/recordings.ts';
import type { V4Answer } from './v4-compare.ts';

/** Our names of updaters whose feeds change in the recording and in the test alike, by those of Clair. */
const changing: Readonly<Record<string, string>> = {
  'debian/updater': 'debian/tracker',
  'alpine-main-v3.20-updater': 'alpine/v3.20/main',
};

/** The names of all updaters whose operations are requested. */
const updaters: Readonly<Record<string, string>> = {
  ...changing,
  'osv/pypi': 'osv/PyPI',
  'osv/go': 'osv/Go',
};

type Operations = Readonly<Record<string, readonly { readonly ref: string }[]>>;

/** Ids and states that both servers choose: what to send in place of those in the recording. */
export class V4References {
  readonly #refs = new Map<string, string>();
  readonly #etags = new Map<string, string>();

  /** Learns the ids of the operations in a response. */
  learn({ path = '', status, response_body: theirs, response_headers: headers }: V4Line, answer: V4Answer) {
    if (!/\/update_operation(\?|$)/.test(path) || status !== 200 || answer.status !== 200) return;
    this.#learnIds(JSON.parse(theirs ?? '{}') as Operations, JSON.parse(answer.body) as Operations);
    const etag = headers?.find(([name]) => name.toLowerCase() === 'etag');
    if (etag !== undefined) this.#etags.set(etag[1], answer.headers['etag']?.[0] ?? '');
  }

  #learnIds(theirs: Operations, ours: Operations): void {
    for (const [name, operations] of Object.entries(theirs))
      for (const [place, { ref }] of operations.entries()) {
        const own = ours[updaters[name] ?? '']?.[place];
        if (own !== undefined) this.#refs.set(ref, own.ref);
      }
  }

  inPath(path: string): string {
    return path.replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, (id) => this.#refs.get(id) ?? id);
  }

  inHeader(value: string): string {
    return this.#etags.get(value) ?? value;
  }
}

/** Returns the number of operations of the updaters that are compared, by our name. */
export function comparableOperations(body: Readonly<Record<string, unknown>>): object {
  const counted = Object.entries(changing).map(([theirs, ours]) => {
    const operations = body[theirs] ?? body[ours] ?? [];
    return [ours, (operations as readonly unknown[]).length];
  });
  return { operations: Object.fromEntries(counted) as unknown };
}

interface Diff {
  readonly prev: { readonly ref: string };
  /** Clair writes null for an empty list. */
  readonly added: readonly DiffItem[] | null;
  readonly removed: readonly DiffItem[] | null;
}

interface DiffItem {
  readonly name: string;
  readonly package: { readonly name: string };
  readonly fixed_in_version: string;
}

/** Returns the vulnerabilities of a difference: name, package and fixed version. */
export function comparableDiff({ added, removed }: Diff): object {
  const texts = (items: readonly DiffItem[] | null) =>
    (items ?? [])
      .map(({ name, package: item, fixed_in_version: fixed }) => `${name} ${item.name} ${plainFix(fixed)}`)
      .sort();
  return { added: texts(added), removed: texts(removed) };
}

/** Whether a document is a difference of two updates. */
export function isDiff(body: object): body is Diff {
  return 'prev' in body && 'cur' in body;
}

/** Returns a fixed version. Clair encodes that of a language package as a query. */
export function plainFix(fixed: string): string {
  return fixed.includes('=') ? (new URLSearchParams(fixed).get('fixed') ?? '') : fixed;
}
