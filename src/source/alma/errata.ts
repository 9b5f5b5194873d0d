import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonElementsOf } from '../../kit/json/json-stream.ts';
import type { FeedRecord, FetchedFeed, Namespace, VulnerabilityRecord } from '../../plugin/index.ts';
import { type FixedRpm, rowsOfFixedRpms } from '../fixed-rpms.ts';
import { readDistribution } from '../osv/distribution.ts';
import { vendorSeverity } from '../vendor-values.ts';

const erratum = z.object({
  id: z.string(),
  type: z.string(),
  severity: z.optional(z.nullable(z.string())),
  description: z.optional(z.nullable(z.string())),
  title: z.optional(z.nullable(z.string())),
  /** Seconds since 1970. */
  issued_date: z.optional(z.nullable(z.number())),
  updated_date: z.optional(z.nullable(z.number())),
  packages: z.array(
    z.object({
      name: z.string(),
      epoch: z.optional(z.nullable(z.string())),
      version: z.string(),
      release: z.string(),
      arch: z.string(),
      /** Example: `container-tools:1.0:8040020210617090548:830d479e:aarch64`. */
      module: z.optional(z.nullable(z.string())),
    }),
  ),
  references: z.optional(
    z.array(z.object({ type: z.string(), id: z.optional(z.string()), href: z.optional(z.string()) })),
  ),
});

type Erratum = z.output<typeof erratum>;

/** Yields the security advisories (ALSA) of a release. Skips bug fixes (ALBA) and enhancements (ALEA). */
export function readAlmaErrata(feed: string, content: FetchedFeed): AsyncGenerator<FeedRecord> {
  if (!content.url.endsWith('.zip'))
    return withFeedErrors({ source: 'alma', feed, content }, advisories(feed, content));
  const namespaceOf = (ecosystem: string) =>
    ecosystem === `AlmaLinux:${feed}` ? namespace(feed) : undefined;
  return readDistribution({ source: 'alma', feed, namespaceOf, linkOf: (id) => pageOf(feed, id) }, content);
}

function namespace(release: string): Namespace {
  return { name: `almalinux:${release}`, versionScheme: 'rpm' };
}

function pageOf(release: string, id: string): string {
  return `https://errata.almalinux.org/${release}/${id.replace(':', '-')}.html`;
}

async function* advisories(release: string, { body, url }: FetchedFeed): AsyncGenerator<FeedRecord> {
  let count = 0;
  // The file is an array, or an object with the array in `data`.
  for await (const value of jsonElementsOf('data', inflateStream(body, url))) {
    const record = parseFeedValue(erratum, value, `erratum ${++count}`);
    if (record.type === 'security') yield advisory(release, record);
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no erratum');
}

function advisory(release: string, record: Erratum): VulnerabilityRecord {
  const { id, severity, description, title, updated_date, issued_date, references = [] } = record;
  const seconds = updated_date ?? issued_date;
  const cves = references.flatMap((reference) =>
    reference.type === 'cve' && reference.id ? [reference.id] : [],
  );
  const own = references.find((reference) => reference.type === 'self')?.href;
  return {
    kind: 'vulnerability',
    key: id,
    id,
    aliases: [...new Set(cves)],
    ...(description && { description }),
    title: title?.trim() || id,
    links: [own ?? pageOf(release, id)],
    severity: vendorSeverity(severity),
    cvss: [],
    ...(seconds && { modified: new Date(seconds * 1000).toISOString() }),
    affected: rowsOfFixedRpms(rpmsOf(release, record)),
  };
}

function rpmsOf(release: string, { packages }: Erratum): FixedRpm[] {
  return packages.map(({ name, epoch, version, release: build, arch, module }) => ({
    namespace: namespace(release),
    name,
    epoch: epoch ?? undefined,
    version,
    release: build,
    arch,
    module: module ? module.split(':').slice(0, 2).join(':') : undefined,
  }));
}
