import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  type HarborMetadata,
  type HarborReport,
  harborMetadataProblems,
  harborReportProblems,
} from '../../../src/testing/harbor-schemas.ts';
import type { HarborLine } from '../../../src/testing/recordings.ts';
import type { HarborDeviation, HarborDeviations } from './harbor-deviations.ts';

/** Values of the recording and what is sent in their place. */
export type HarborNames = ReadonlyMap<string, string>;

/** Repeats recorded exchanges with Harbor's adapter of Trivy, and collects the differences. */
export class HarborReplay {
  readonly #url: string;
  readonly #names: Map<string, string>;
  readonly #deviations: HarborDeviations;
  readonly #unlisted: string[] = [];
  #exchanges = 0;
  #deviating = 0;

  /** `url` is that of the registration. `names` has the registry, the repositories and the digests. */
  constructor(url: string, names: HarborNames, deviations: HarborDeviations) {
    this.#url = url;
    this.#names = new Map(names);
    this.#deviations = deviations;
  }

  async repeat(line: HarborLine): Promise<void> {
    if (line.status === undefined) return;
    const deviation = this.#deviations[line.n];
    this.#exchanges++;
    if (deviation !== undefined) this.#deviating++;
    if (deviation?.isAbsent === true) return;
    const answer = line.note.startsWith('finished') ? await this.#poll(line) : await this.#send(line);
    if (line.status === 202 && answer.status === 202)
      this.#names.set(idOf(line.response_body ?? ''), idOf(answer.body));
    // A report that is ready is sent at once, so that either response is right.
    if (deviation === undefined && line.note.startsWith('at once')) return;
    this.#compare(line, answer, deviation);
  }

  #compare(line: HarborLine, answer: HarborAnswer, deviation: HarborDeviation | undefined): void {
    const theirs = comparableHarbor(this.#recordedAnswer(line));
    const ours = comparableHarbor(answer);
    const problems = problemsOf(answer);
    const expected =
      deviation === undefined ? theirs : { ...ours, status: deviation.status ?? theirs.status };
    if (!isDeepStrictEqual(ours, expected) || problems.length > 0)
      this.#unlisted.push(
        `#${line.n} ${line.note} ${line.method} ${line.path}`,
        `  theirs ${JSON.stringify(theirs)}`,
        `  ours   ${JSON.stringify(ours)} ${problems.join('; ')}`,
      );
    if (deviation !== undefined) assert.notDeepEqual(ours, theirs, `#${line.n} is as the adapter's`);
  }

  /** Asserts that there were no differences besides the listed deviations. */
  finish(context: TestContext): void {
    const equal = this.#exchanges - this.#deviating;
    context.diagnostic(`${this.#exchanges} exchanges, ${equal} equal, ${this.#deviating} listed deviations`);
    assert.equal(this.#unlisted.join('\n'), '');
  }

  /** Polls until the scan has ended. A scan whose registry is away is tried again after half a minute, which is not awaited. */
  async #poll(line: HarborLine): Promise<HarborAnswer> {
    const isRetried = this.#deviations[line.n]?.status === 302;
    for (let polls = 0; ; polls++) {
      const answer = await this.#send(line);
      if (answer.status !== 302 || isRetried || polls === pollsMax) return answer;
      await setTimeout(pollMs);
    }
  }

  async #send({
    method = 'GET',
    path = '',
    request_headers: headers = {},
    request_body: body,
  }: HarborLine): Promise<HarborAnswer> {
    const response = await fetch(this.#url + this.#outgoing(path), {
      method,
      headers,
      redirect: 'manual',
      ...(body != null && body !== '' && { body: this.#outgoing(body) }),
    });
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, body: await response.text() };
  }

  #recordedAnswer({
    status = 0,
    response_headers: headers = [],
    response_body: body,
  }: HarborLine): HarborAnswer {
    const [, type = ''] = headers.find(([name]) => name.toLowerCase() === 'content-type') ?? [];
    return { status, type, body: this.#outgoing(body ?? '') };
  }

  #outgoing(text: string): string {
    let outgoing = text;
    for (const [theirs, ours] of this.#names) outgoing = outgoing.replaceAll(theirs, ours);
    return outgoing;
  }
}

/** The longest time that a scan of a small image takes, in polls. */
const pollsMax = 400;
const pollMs = 25;

interface HarborAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function idOf(body: string): string {
  return (JSON.parse(body) as { readonly id: string }).id;
}

interface ComparableHarbor {
  readonly status: number;
  readonly type?: string;
  /** The findings of a report. */
  readonly rows?: readonly string[];
  /** The message of an error of the request. A scanner words those of a scan. */
  readonly message?: string;
  /** The kind of an SBOM. */
  readonly sbom?: string;
}

/** Returns the parts of a response on which Harbor depends. */
function comparableHarbor({ status, type, body }: HarborAnswer): ComparableHarbor {
  if (status === 405 || status === 302) return { status };
  if (status === 404 && !body.startsWith('{')) return { status };
  const document = parsedOrUndefined(body);
  const known = type.replace('adapter.error;', 'adapter.error+json;');
  if (document === undefined) return { status, type: known };
  const { vulnerabilities, media_type: sbom, error } = document;
  const isOfRequest = error !== undefined && status < 500;
  return {
    status,
    type: known,
    ...(status === 200 && type.includes('vulnerability.report') && { rows: rowTexts(vulnerabilities ?? []) }),
    ...(sbom !== undefined && { sbom }),
    ...(isOfRequest && { message: error.message.replace(/^(unmarshalling scan request): .*$/s, '$1') }),
  };
}

type HarborDocument = HarborReport & { readonly error?: { readonly message: string } };

/** Long bodies are cut in the recording. */
function parsedOrUndefined(body: string): HarborDocument | undefined {
  try {
    return JSON.parse(body) as HarborDocument;
  } catch {
    return undefined;
  }
}

function rowTexts(items: NonNullable<HarborReport['vulnerabilities']>): string[] {
  return items
    .map((item) => [item.id, item.package, item.version, item.fix_version ?? '', item.status].join(' '))
    .sort();
}

/** Returns what Harbor would refuse. */
function problemsOf({ status, type, body }: HarborAnswer): string[] {
  if (status !== 200 || type.endsWith('raw')) return [];
  const document = JSON.parse(body) as HarborReport & HarborMetadata;
  return 'capabilities' in document ? harborMetadataProblems(document) : harborReportProblems(document);
}
