import { parseSigningKey, signToken } from '../kit/json-web-token.ts';
import type { V4IndexReport, V4NotificationPage, V4VulnerabilityReport } from '../report/clair4/types.ts';
import { indexReportProblems, vulnerabilityReportProblems } from './v4-report-schemas.ts';

/** A layer of a manifest, as Quay names it to Clair. */
export interface QuayLayer {
  readonly hash: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** The state of a manifest in Quay's table. */
export interface QuayStatus {
  readonly state: 'completed' | 'failed' | 'unsupported';
  /** The state of the indexer that read it. */
  readonly indexerHash: string;
}

/** A response that was read to its end. */
interface QuayResponse extends Pick<Response, 'status' | 'ok' | 'headers'> {
  readonly text: string;
}

/** Milliseconds after which Quay gives up a request. */
const [indexTimeoutMs, reportTimeoutMs] = [600_000, 30_000];

/** The requests that Quay's workers make, in their order, with Quay's limits and what it requires of the responses. */
export class SimulatedQuay {
  readonly #url: string;
  readonly #key: string;
  /** By the digest of the manifest. */
  readonly #statuses = new Map<string, QuayStatus>();

  /** `key` is the shared key, base64. */
  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** Posts a manifest unless its report is of the current state of the indexer. */
  async work(digest: string, layers: readonly QuayLayer[]): Promise<QuayStatus> {
    const known = this.#statuses.get(digest);
    const { state } = (await this.#json('/indexer/api/v1/index_state')) as { readonly state: string };
    // A manifest that Clair called wrong is never posted again.
    if (known?.state === 'unsupported' || known?.indexerHash === state) return known;
    const status = await this.#index(digest, layers);
    this.#statuses.set(digest, status);
    return status;
  }

  async #index(digest: string, layers: readonly QuayLayer[]): Promise<QuayStatus> {
    const body = JSON.stringify({ hash: digest, layers });
    const response = await this.#send('/indexer/api/v1/index_report', { method: 'POST', body });
    const indexerHash = response.headers.get('etag')?.replaceAll('"', '') ?? '';
    if (response.status === 400) return { state: 'unsupported', indexerHash };
    if (!response.ok) return { state: 'failed', indexerHash };
    const report = JSON.parse(response.text) as Omit<V4IndexReport, 'state'> & { readonly state: string };
    throwProblems(indexReportProblems(report));
    if (indexerHash === '') throw new Error('Quay requires an etag');
    return { state: report.state === 'IndexFinished' ? 'completed' : 'failed', indexerHash };
  }

  /** Returns what Quay shows: package, version, vulnerability and fix. Undefined while the manifest is queued. */
  async features(digest: string): Promise<readonly string[] | undefined> {
    const response = await this.#send(`/matcher/api/v1/vulnerability_report/${digest}`);
    if (response.status === 404) return undefined;
    const report = JSON.parse(response.text) as V4VulnerabilityReport;
    throwProblems(vulnerabilityReportProblems(report));
    return Object.entries(report.packages).flatMap(([id, { name, version }]) => {
      // Quay shows an error if a package has no environment.
      if (report.environments[id]?.[0]?.introduced_in === undefined) throw new Error(`no layer of ${name}`);
      return (report.package_vulnerabilities[id] ?? []).map((one) => {
        const { name: called = '', fixed_in_version: fixed = '' } = report.vulnerabilities[one] ?? {};
        return [called, name, version, fixed].join(' ');
      });
    });
  }

  /** Reads all pages of a notification, and deletes it. */
  async notification(id: string): Promise<readonly V4NotificationPage['notifications'][number][]> {
    const path = `/notifier/api/v1/notification/${id}`;
    const found: V4NotificationPage['notifications'][number][] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const page = (await this.#json(next === '' ? path : `${path}?next=${next}`)) as V4NotificationPage;
      found.push(...page.notifications);
      next = page.page.next;
    }
    const { status } = await this.#send(path, { method: 'DELETE' });
    if (status !== 200) throw new Error(`DELETE of a notification: ${status}`);
    return found;
  }

  /** Deletes the report of a manifest that has no tag. */
  async collect(digest: string): Promise<number> {
    this.#statuses.delete(digest);
    return (await this.#send(`/indexer/api/v1/index_report/${digest}`, { method: 'DELETE' })).status;
  }

  async #json(path: string): Promise<unknown> {
    const response = await this.#send(path);
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    return JSON.parse(response.text) as unknown;
  }

  /** Sends a request with a token of five minutes, as Quay signs it. */
  async #send(path: string, init: RequestInit = {}): Promise<QuayResponse> {
    const exp = Math.floor(Date.now() / 1000) + 300;
    const token = signToken({ iss: 'quay', exp }, parseSigningKey('key', this.#key));
    // The signal of `AbortSignal.timeout` would hold the response until its time is over.
    const controller = new AbortController();
    const ms = path.startsWith('/indexer') ? indexTimeoutMs : reportTimeoutMs;
    const timer = setTimeout(() => {
      controller.abort(new Error(`no response to ${path} within ${ms / 1000} s`));
    }, ms);
    try {
      const response = await fetch(this.#url + path, {
        ...init,
        headers: { 'Content-Type': 'application/json', authorization: `Bearer ${token}` },
        signal: controller.signal,
      });
      const { status, ok, headers } = response;
      return { status, ok, headers, text: await response.text() };
    } finally {
      clearTimeout(timer);
    }
  }
}

function throwProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`Quay refuses the response: ${problems.join('; ')}`);
}
