import { setTimeout } from 'node:timers/promises';
import {
  type HarborItem,
  type HarborMetadata,
  type HarborReport,
  harborMetadataProblems,
  harborReportProblems,
} from './harbor-schemas.ts';

/** A request of a scan, as Harbor from 2.11 on sends it. */
export interface SimulatedScan {
  readonly registry: { readonly url: string; readonly authorization: string; readonly insecure: false };
  readonly artifact: {
    readonly repository: string;
    readonly tag: string;
    readonly digest: string;
    readonly mime_type: string;
    readonly size: number;
  };
  readonly enabled_capabilities: readonly [object];
}

/** A row of Harbor's table of vulnerabilities. */
export type HarborRow = Pick<
  HarborItem,
  'id' | 'package' | 'version' | 'severity' | 'status' | 'fix_version' | 'links'
> & { readonly score: number };

/** Options of `SimulatedHarbor`. */
export interface SimulatedHarborOptions {
  /** Headers by which Harbor proves itself. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Duration of a second, in milliseconds. Harbor waits whole seconds between polls. */
  readonly secondMs?: number;
}

const genericType = 'application/vnd.security.vulnerability.report; version=1.1';
const sbomType = 'application/vnd.security.sbom.report+json; version=1.0';

/** The calls that Harbor makes to a scanner, in their order, with its limits and its table of vulnerabilities. */
export class SimulatedHarbor {
  readonly #url: string;
  readonly #options: SimulatedHarborOptions;
  /** By CVE, package and version. */
  readonly rows = new Map<string, HarborRow>();
  /** Seconds that it waited before each further poll. */
  readonly waits: number[] = [];

  /** `url` is that of the registration. */
  constructor(url: string, options: SimulatedHarborOptions = {}) {
    this.#url = `${url.replace(/\/$/, '')}/api/v1`;
    this.#options = options;
  }

  /** Reads the metadata, as before each scan. Throws if Harbor would refuse it. */
  async ping(): Promise<HarborMetadata> {
    const accept = 'application/vnd.scanner.adapter.metadata+json; version=1.0';
    const metadata = JSON.parse(await this.#text('/metadata', 200, { accept })) as HarborMetadata;
    const problems = harborMetadataProblems(metadata);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return metadata;
  }

  /** Scans for vulnerabilities, and stores the rows. */
  async scan(scan: Omit<SimulatedScan, 'enabled_capabilities'>): Promise<HarborReport> {
    await this.ping();
    const capability = { type: 'vulnerability', produces_mime_types: [genericType], parameters: null };
    const id = await this.submit({ ...scan, enabled_capabilities: [capability] });
    const report = await this.#pollChecked(id, genericType);
    for (const item of report.vulnerabilities ?? []) this.#upsert(item);
    return report;
  }

  /** Lets an SBOM be made. */
  async sbom(
    scan: Omit<SimulatedScan, 'enabled_capabilities'>,
    mediaType = 'application/spdx+json',
  ): Promise<HarborReport> {
    const parameters = { sbom_media_types: [mediaType] };
    const capability = { type: 'sbom', produces_mime_types: [sbomType], parameters };
    const id = await this.submit({ ...scan, enabled_capabilities: [capability] });
    return await this.#pollChecked(id, sbomType, `?sbom_media_type=${encodeURIComponent(mediaType)}`);
  }

  /** Requests a scan; returns its id. */
  async submit(scan: SimulatedScan): Promise<string> {
    const accept = 'application/vnd.scanner.adapter.scan.response+json; version=1.0';
    const type = 'application/vnd.scanner.adapter.scan.request+json; version=1.0';
    const body = JSON.stringify(scan);
    const text = await this.#text('/scan', 202, { accept, 'content-type': type }, body);
    return (JSON.parse(text) as { readonly id: string }).id;
  }

  /** Polls for a report until it is there. Throws what Harbor writes into the log of its job. */
  async poll(id: string, accept: string, query = ''): Promise<string> {
    const path = `/scan/${id}/report${query}`;
    await this.#sleep(2);
    for (let polls = 0; polls < 1000; polls++) {
      const response = await this.#send(path, { accept });
      if (response.status !== 302) return await expectStatus(response, 200);
      const seconds = refreshAfter(response.headers.get('refresh-after'));
      this.waits.push(seconds);
      await this.#sleep(seconds);
    }
    throw new Error('the report is not ready yet');
  }

  /** Sends a request as Harbor's client does: without following redirects, in five seconds. */
  async #send(path: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Response> {
    return await fetch(this.#url + path, {
      headers: { ...headers, ...this.#options.headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(5000),
      ...(body !== undefined && { method: 'POST', body }),
    });
  }

  async #text(
    path: string,
    status: number,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<string> {
    return await expectStatus(await this.#send(path, headers, body), status);
  }

  async #pollChecked(id: string, accept: string, query = ''): Promise<HarborReport> {
    const report = JSON.parse(await this.poll(id, accept, query)) as HarborReport;
    const problems = harborReportProblems(report);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return report;
  }

  /** Stores a row. Harbor changes a known one only if its severity or its status differs. */
  #upsert(item: HarborItem): void {
    const {
      id,
      package: name,
      version,
      severity,
      status,
      fix_version: fix,
      links,
      preferred_cvss: cvss,
    } = item;
    const key = `${id}-${name}-${version}`;
    const known = this.rows.get(key);
    if (known !== undefined && known.severity === severity && known.status === status) return;
    const score = cvss?.score_v3 ?? 0;
    const changed = { severity, status, score, ...(fix !== undefined && { fix_version: fix }) };
    this.rows.set(key, { ...(known ?? { id, package: name, version, links }), ...changed });
  }

  async #sleep(seconds: number): Promise<void> {
    await setTimeout(seconds * (this.#options.secondMs ?? 20));
  }
}

/** Reads the header as a signed number of one byte. Any other text counts as absent. */
function refreshAfter(header: string | null): number {
  const seconds = /^[+-]?\d+$/.test(header ?? '') ? Number(header) : 5;
  return seconds >= -128 && seconds <= 127 ? seconds : 5;
}

/** Throws the error that Harbor makes of another status. */
async function expectStatus(response: Response, status: number): Promise<string> {
  const text = await response.text();
  if (response.status === status) return text;
  // A body that is not JSON hides the cause.
  const { error } = JSON.parse(text) as { readonly error: { readonly message: string } };
  throw new Error(
    `${error.message}: general response handler: unexpected status code: ${response.status}, expected: ${status}`,
  );
}
