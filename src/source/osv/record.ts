import * as z from 'zod/mini';
import { isCve } from '../../model/cve.ts';
import { toCvssVector } from '../../model/cvss.ts';
import type {
  Affected,
  CvssVector,
  Namespace,
  Severity,
  VersionScheme,
  Vulnerability,
} from '../../plugin/index.ts';
import { vendorSeverity } from '../vendor-severity.ts';
import { parseModified } from '../vendor-values.ts';
import { osvRanges } from './range.ts';

/** Present, or absent in either of the ways JSON has for it. */
function absentOrNull<T extends z.ZodMiniType>(schema: T): z.ZodMiniOptional<z.ZodMiniNullable<T>> {
  return z.optional(z.nullable(schema));
}

const names = absentOrNull(z.array(z.string()));

const event = z.object({
  introduced: z.optional(z.string()),
  fixed: z.optional(z.string()),
  last_affected: z.optional(z.string()),
  limit: z.optional(z.string()),
});

const severities = absentOrNull(z.array(z.object({ type: z.string(), score: z.string() })));

const entry = z.object({
  package: absentOrNull(
    z.object({ ecosystem: z.string(), name: z.string(), purl: absentOrNull(z.string()) }),
  ),
  severity: severities,
  ranges: absentOrNull(z.array(z.object({ type: z.string(), events: z.array(event) }))),
  versions: names,
  ecosystem_specific: z.optional(z.unknown()),
  database_specific: z.optional(z.unknown()),
});

/** A record of OSV schema 1.7, as far as it is read here. */
export const osvRecord = z.object({
  id: z.string(),
  modified: absentOrNull(z.string()),
  withdrawn: absentOrNull(z.string()),
  aliases: names,
  upstream: names,
  related: names,
  summary: absentOrNull(z.string()),
  details: absentOrNull(z.string()),
  severity: severities,
  affected: absentOrNull(z.array(entry)),
  references: absentOrNull(z.array(z.object({ type: z.string(), url: z.string() }))),
  database_specific: z.optional(z.unknown()),
});

/** A record as its schema reads it. */
export type OsvRecord = z.output<typeof osvRecord>;

/** One package that a record speaks of. */
export type OsvEntry = z.output<typeof entry>;

/** Where the package of an entry is known by which name. */
export interface PackageKey {
  readonly namespace: Namespace;
  readonly package: string;
  /** Orders the events of ranges; see `osvRanges` for where there is none. */
  readonly scheme?: VersionScheme;
}

/** What an entry says of its package, a row for each range of versions. */
export function rowsOfEntry(
  affected: OsvEntry,
  { namespace, package: name, scheme }: PackageKey,
): Affected[] {
  const common = { namespace, package: name };
  return osvRanges(affected, scheme).map(({ range, fixed }): Affected => {
    // Fixed before its first version: it was never affected. So Chainguard writes what a secdb calls version 0.
    if (fixed === '0' && range.from === undefined) {
      return { ...common, range: {}, fix: { state: 'not-affected' } };
    }
    if (fixed !== undefined) return { ...common, range, fix: { state: 'fixed', version: fixed } };
    return {
      ...common,
      range: { ...range, ...lastKnownAffected(affected, range) },
      fix: { state: 'unfixed' },
    };
  });
}

/** GitHub's end of a range that has no fix, `<= 1.2.3`: versions after it came out later than the advisory was looked at. */
function lastKnownAffected(
  { database_specific }: OsvEntry,
  { to }: { readonly to?: string },
): Affected['range'] {
  const text = textIn(database_specific, 'last_known_affected_version_range');
  const [, sign, version] = /^(<=?)\s*(\S+)$/.exec(text ?? '') ?? [];
  if (to !== undefined || version === undefined) return {};
  return sign === '<=' ? { to: version, toIncluded: true } : { to: version };
}

/** The member of this name in what a vendor added to a record, where it is a text. */
export function textIn(specific: unknown, name: string): string | undefined {
  if (typeof specific !== 'object' || specific === null || !Object.hasOwn(specific, name)) return undefined;
  const value = (specific as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : undefined;
}

/** Every CVSS vector of the record, scored. */
export function vectorsOf(source: string, { severity }: Pick<OsvRecord, 'severity'>): CvssVector[] {
  return (severity ?? []).flatMap(({ type, score }) =>
    type.startsWith('CVSS_') ? [toCvssVector(source, score)] : [],
  );
}

/** What a record says apart from packages, under its own id. */
export function commonOf(record: OsvRecord): Pick<Vulnerability, 'key' | 'id' | 'description' | 'modified'> {
  const { id, details, summary, modified } = record;
  const description = details?.trim() || summary?.trim();
  return {
    key: id,
    id,
    ...(description && { description }),
    ...parseModified(modified ?? undefined),
  };
}

/** The title of a distribution's advisory. */
export function titleOf({ id, summary }: OsvRecord): string {
  return summary?.trim() || id;
}

/** The severity of a distribution's advisory, which stands nowhere but in the summary: `Important: kernel security update`. */
export function severityInSummary({ summary }: OsvRecord): Severity {
  return vendorSeverity(/^(\w+):/.exec(summary ?? '')?.[1]);
}

/** The CVEs that a distribution's advisory is about, which vendors put under any of three names. */
export function cvesOf({ upstream, related, aliases }: OsvRecord): string[] {
  const all = [...(upstream ?? []), ...(related ?? []), ...(aliases ?? [])];
  return [...new Set(all.filter(isCve))];
}
