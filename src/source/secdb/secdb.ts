import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonObject } from '../../kit/json/json-stream.ts';
import { isCve } from '../../model/cve.ts';
import type { Affected, FetchedFeed, Namespace, VulnerabilityRecord } from '../../plugin/index.ts';
import { readIdentifiers } from './identifiers.ts';

/** The expected properties of a security database file. */
export interface SecdbFeed {
  readonly source: string;
  readonly feed: string;
  readonly namespace: Namespace;
  /**
   * The name that the file must state, if known: its repository, with the branch and a slash before it if there are
   * branches.
   */
  readonly repository?: string;
  /** Returns the vendor's page on a CVE. */
  readonly link?: (cve: string) => string;
}

/** The fixed version of a package that was never affected. */
const neverAffected = '0';

/** Accepts null, `[]` or `{}` for empty tables: Alpine's generator writes any of them. */
function orEmpty<T extends z.ZodMiniType>(empty: unknown, schema: T): z.ZodMiniPipe<z.ZodMiniTransform, T> {
  const isEmpty = (value: unknown) =>
    value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  return z.pipe(
    z.transform((value) => (isEmpty(value) ? empty : value)),
    schema,
  );
}

const secdb = z.object({
  distroversion: z.optional(z.string()),
  reponame: z.string(),
  packages: orEmpty(
    [],
    z.array(
      z.object({
        pkg: z.object({
          name: z.string(),
          secfixes: orEmpty({}, z.record(z.string(), orEmpty([], z.array(z.string())))),
        }),
      }),
    ),
  ),
});

/**
 * Yields the vulnerabilities of one file in the format of Alpine's security database, which Wolfi and Chainguard also
 * use: fixed versions by origin package.
 */
export function readSecdb(feed: SecdbFeed, content: FetchedFeed): AsyncGenerator<VulnerabilityRecord> {
  return withFeedErrors({ ...feed, content }, vulnerabilities(feed, content));
}

async function* vulnerabilities(
  feed: SecdbFeed,
  { body, url }: FetchedFeed,
): AsyncGenerator<VulnerabilityRecord> {
  const file = parseFeedValue(secdb, await jsonObject(inflateStream(body, url)), '');
  expectFeed(feed, file);
  const records = new Map<string, Draft>();
  for (const { pkg } of file.packages) {
    for (const [version, entries] of Object.entries(pkg.secfixes)) {
      const affected = affectedBy(feed.namespace, pkg.name, version);
      for (const entry of entries) add(records, entry, affected);
    }
  }
  for (const [key, draft] of records) yield finished(key, draft, feed);
}

function expectFeed({ repository }: SecdbFeed, { distroversion, reponame }: z.output<typeof secdb>): void {
  const found = distroversion === undefined ? reponame : `${distroversion}/${reponame}`;
  if (repository === undefined || found === repository) return;
  const place = distroversion === undefined ? 'reponame' : 'distroversion';
  throw new UnexpectedContent(place, `this is ${found}, another feed`);
}

/** A vulnerability of one package while its fixed versions are collected. */
interface Draft {
  readonly id: string;
  readonly aliases: Set<string>;
  /** Rows by fixed version. */
  readonly affected: Map<string, Affected>;
}

function affectedBy(namespace: Namespace, name: string, version: string): Affected {
  return version === neverAffected
    ? { namespace, package: name, range: {}, fix: { state: 'not-affected' } }
    : { namespace, package: name, range: { to: version }, fix: { state: 'fixed', version } };
}

/** Adds each CVE of an entry as a vulnerability; without a CVE, the first other name. */
function add(records: Map<string, Draft>, entry: string, affected: Affected): void {
  const { cves, others } = readIdentifiers(entry);
  for (const id of cves.length > 0 ? cves : others.slice(0, 1)) {
    const key = `${affected.package}/${id}`;
    const draft = records.get(key) ?? { id, aliases: new Set(), affected: new Map() };
    records.set(key, draft);
    for (const alias of others) if (alias !== id) draft.aliases.add(alias);
    draft.affected.set(affected.fix.state === 'fixed' ? affected.fix.version : neverAffected, affected);
  }
}

function finished(key: string, { id, aliases, affected }: Draft, { link }: SecdbFeed): VulnerabilityRecord {
  return {
    kind: 'vulnerability',
    key,
    id,
    aliases: [...aliases],
    links: link !== undefined && isCve(id) ? [link(id)] : [],
    severity: 'Unknown',
    cvss: [],
    affected: [...affected.values()],
  };
}
