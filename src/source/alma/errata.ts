import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonElementTextsOf } from '../../kit/json/json-stream.ts';
import type {
  FeedDocument,
  FeedRecord,
  FetchedFeed,
  Namespace,
  VulnerabilityRecord,
} from '../../plugin/index.ts';
import { withDocumentErrors } from '../feed-documents.ts';
import { type FixedRpm, rowsOfFixedRpms } from '../fixed-rpms.ts';
import { distributionDocuments } from '../osv/distribution.ts';
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

/** Yields the errata of a release. */
export function almaErrata(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  if (!content.url.endsWith('.zip'))
    return withDocumentErrors({ source: 'alma', feed, content }, errata(feed, content));
  const namespaceOf = (ecosystem: string) =>
    ecosystem === `AlmaLinux:${feed}` ? namespace(feed) : undefined;
  const linkOf = (id: string): string => pageOf(feed, id);
  return distributionDocuments({ source: 'alma', feed, namespaceOf, linkOf }, content);
}

function namespace(release: string): Namespace {
  return { name: `almalinux:${release}`, versionScheme: 'rpm' };
}

function pageOf(release: string, id: string): string {
  return `https://errata.almalinux.org/${release}/${id.replace(':', '-')}.html`;
}

async function* errata(release: string, { body, url }: FetchedFeed): AsyncGenerator<FeedDocument> {
  let count = 0;
  // The file is an array, or an object with the array in `data`.
  for await (const { bytes, value } of jsonElementTextsOf('data', inflateStream(body, url))) {
    const place = `erratum ${++count}`;
    const read = (): FeedRecord[] => securityAdvisory(release, parseFeedValue(erratum, value(), place));
    yield { kind: 'document', context: '', bytes, read };
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no erratum');
}

/** Returns a security advisory (ALSA). Skips bug fixes (ALBA) and enhancements (ALEA). */
function securityAdvisory(release: string, record: Erratum): FeedRecord[] {
  return record.type === 'security' ? [advisory(release, record)] : [];
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
    ...(issued_date && { issued: new Date(issued_date * 1000).toISOString() }),
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
