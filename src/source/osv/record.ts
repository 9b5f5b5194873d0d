import * as z from 'zod/mini';
import { isCve } from '../../model/cve.ts';
import { toCvssVector } from '../../model/cvss.ts';
import type {
  Affected,
  CvssVector,
  GoImport,
  Namespace,
  Severity,
  VersionScheme,
  Vulnerability,
} from '../../plugin/index.ts';
import { parseModified, vendorSeverity } from '../vendor-values.ts';
import { osvRanges } from './range.ts';

/** Accepts the two ways in which JSON writes an absent member. */
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

/** The members of a record of OSV schema 1.7 that are read. */
export const osvRecord = z.object({
  id: z.string(),
  modified: absentOrNull(z.string()),
  published: absentOrNull(z.string()),
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

/** A parsed record. */
export type OsvRecord = z.output<typeof osvRecord>;

/** A package of a record. */
export type OsvEntry = z.output<typeof entry>;

/** The namespace and name of a package. */
export interface PackageKey {
  readonly namespace: Namespace;
  readonly package: string;
  /** Orders the events of ranges. Without it, `osvRanges` uses them as written. */
  readonly scheme?: VersionScheme;
}

/** Returns the rows of an entry, one for each range of versions. */
export function rowsOfEntry(
  affected: OsvEntry,
  { namespace, package: name, scheme }: PackageKey,
): Affected[] {
  const common = { namespace, package: name };
  return osvRanges(affected, scheme).map(({ range, fixed }): Affected => {
    // Fixed before its first version: never affected. Chainguard writes version 0 of a secdb so.
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

/**
 * Returns GitHub's end of a range without a fix, `<= 1.2.3`. Later versions were released after the advisory was
 * reviewed.
 */
function lastKnownAffected(
  { database_specific }: OsvEntry,
  { to }: { readonly to?: string },
): Affected['range'] {
  const text = textIn(database_specific, 'last_known_affected_version_range');
  const [, sign, version] = /^(<=?)\s*(\S+)$/.exec(text ?? '') ?? [];
  if (to !== undefined || version === undefined) return {};
  return sign === '<=' ? { to: version, toIncluded: true } : { to: version };
}

const importsSchema = z.object({
  imports: z.array(z.object({ path: z.string(), symbols: absentOrNull(z.array(z.string())) })),
});

/** Returns the packages and functions that advisories of Go name. Others name none, and nothing follows from that. */
export function importsOf({ ecosystem_specific: specific }: OsvEntry): GoImport[] | undefined {
  const { data } = importsSchema.safeParse(specific);
  if (data === undefined || data.imports.length === 0) return undefined;
  return data.imports.map(({ path, symbols }) =>
    symbols == null || symbols.length === 0 ? { path } : { path, symbols },
  );
}

/** Returns a vendor-specific member of a record if it is text. */
export function textIn(specific: unknown, name: string): string | undefined {
  if (typeof specific !== 'object' || specific === null || !Object.hasOwn(specific, name)) return undefined;
  const value = (specific as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : undefined;
}

/** Returns every CVSS vector of the record with its score. */
export function vectorsOf(source: string, { severity }: Pick<OsvRecord, 'severity'>): CvssVector[] {
  return (severity ?? []).flatMap(({ type, score }) =>
    type.startsWith('CVSS_') ? [toCvssVector(source, score)] : [],
  );
}

/** Returns the members of a record that do not depend on packages, under its own id. */
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

/** Returns the title of a distribution's advisory. */
export function titleOf({ id, summary }: OsvRecord): string {
  return summary?.trim() || id;
}

/**
 * Returns the severity of a distribution's advisory, which is only in the summary: `Important: kernel security update`.
 */
export function severityInSummary({ summary }: OsvRecord): Severity {
  return vendorSeverity(/^(\w+):/.exec(summary ?? '')?.[1]);
}

/** Returns the CVEs of a distribution's advisory. Vendors use any of three members for them. */
export function cvesOf({ upstream, related, aliases }: OsvRecord): string[] {
  const all = [...(upstream ?? []), ...(related ?? []), ...(aliases ?? [])];
  return [...new Set(all.filter(isCve))];
}
