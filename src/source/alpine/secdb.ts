import * as z from 'zod/mini';
import { jsonObject } from '../../kit/json-stream.ts';
import type { Affected, Fetched, Namespace, Vulnerability } from '../../plugin/index.ts';
import { checked, fromFeed, UnexpectedContent } from '../corrupt-feed.ts';
import { readIdentifiers } from './identifiers.ts';

/** The fixed version of what never touched the package. */
const neverAffected = '0';

/** Empty tables come out of Alpine's generator as null, `[]` or `{}` alike, whatever they would hold. */
function orEmpty<T extends z.ZodMiniType>(empty: unknown, schema: T): z.ZodMiniPipe<z.ZodMiniTransform, T> {
  const isEmpty = (value: unknown) =>
    value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  return z.pipe(
    z.transform((value) => (isEmpty(value) ? empty : value)),
    schema,
  );
}

const secdb = z.object({
  distroversion: z.string(),
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

/** The vulnerabilities of one file of the database. */
export function readSecdb(feed: string, content: Fetched): AsyncGenerator<Vulnerability> {
  return fromFeed({ source: 'alpine', feed, content }, vulnerabilities(feed, content));
}

async function* vulnerabilities(feed: string, content: Fetched): AsyncGenerator<Vulnerability> {
  const { distroversion, reponame, packages } = checked(secdb, await jsonObject(content.body), '');
  if (`${distroversion}/${reponame}` !== feed) {
    throw new UnexpectedContent('distroversion', `this is ${distroversion}/${reponame}, another feed`);
  }
  const namespace = { name: `alpine:${distroversion}`, versionScheme: 'apk' };
  const records = new Map<string, Draft>();
  for (const { pkg } of packages) {
    for (const [version, entries] of Object.entries(pkg.secfixes)) {
      const affected = affectedBy(namespace, pkg.name, version);
      for (const entry of entries) add(records, entry, affected);
    }
  }
  for (const [key, draft] of records) yield finished(key, draft);
}

/** A vulnerability of one package while its mentions under several fixed versions are gathered. */
interface Draft {
  readonly id: string;
  readonly aliases: Set<string>;
  /** By fixed version. */
  readonly affected: Map<string, Affected>;
}

function affectedBy(namespace: Namespace, name: string, version: string): Affected {
  return version === neverAffected
    ? { namespace, package: name, range: {}, fix: { state: 'not-affected' } }
    : { namespace, package: name, range: { to: version }, fix: { state: 'fixed', version } };
}

/** Each CVE of an entry is a vulnerability by itself; where there is none, the first of the other names is. */
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

function finished(key: string, { id, aliases, affected }: Draft): Vulnerability {
  return {
    key,
    id,
    aliases: [...aliases],
    links: /^CVE-\d{4}-\d{4,}$/.test(id) ? [`https://security.alpinelinux.org/vuln/${id}`] : [],
    severity: 'Unknown',
    cvss: [],
    affected: [...affected.values()],
  };
}
