import { hash } from 'node:crypto';
import { bufferView } from '../../kit/bytes/bytes.ts';
import type { CvssVector } from '../../model/vulnerability.ts';
import type { KeyedAffected, KeyedVulnerability } from '../advisory-store.ts';

/** The fields of a vulnerability that are only displayed, never searched. */
export interface Details {
  readonly aliases: readonly string[];
  readonly description: string | null;
  readonly links: readonly string[];
  readonly cvss: readonly CvssVector[];
  readonly modified: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly title?: string;
  readonly issued?: string;
}

/** Encodes the details as a JSON list: member names would take more space than the values. */
export function writeDetails(record: KeyedVulnerability): string {
  const { aliases, description = null, links, cvss, modified = null, metadata, title, issued } = record;
  const vectors = cvss.map(({ source, vector, score }) => [source, vector, score]);
  const later = [metadata, title, issued];
  // Records without the later fields keep the hash that they had before these fields existed.
  const length = 1 + later.findLastIndex((value) => value !== undefined);
  return JSON.stringify([
    ...[aliases, description, links, vectors, modified],
    ...later.slice(0, length).map((value) => value ?? null),
  ]);
}

/** Decodes the details that `writeDetails` wrote. */
export function readDetails(text: string): Details {
  // The text was written by `writeDetails`, so it needs no validation.
  const [aliases, description, links, vectors, modified, metadata, title, issued] = JSON.parse(text) as [
    string[],
    string | null,
    string[],
    [string, string, number | null][],
    string | null,
    (Record<string, unknown> | null)?,
    (string | null)?,
    string?,
  ];
  const cvss = vectors.map(([source, vector, score]) =>
    score === null ? { source, vector } : { source, vector, score },
  );
  return {
    aliases,
    description,
    links,
    cvss,
    modified,
    ...(metadata != null && { metadata }),
    ...(title != null && { title }),
    ...(issued !== undefined && { issued }),
  };
}

/** Hashes all fields of a record, its keys included: a scheme that writes other keys also changes the records. */
export function hashOf(record: KeyedVulnerability, details: string): string {
  const rest = JSON.stringify([record.id, record.severity, record.affected.map(contentOf)]);
  return hash('sha256', `${details}\n${rest}`, 'base64');
}

function contentOf({ namespace, package: name, range, fix, severity, keys, only }: KeyedAffected): unknown[] {
  return [
    namespace.name,
    namespace.versionScheme,
    name,
    range.from,
    range.fromExcluded,
    range.to,
    range.toIncluded,
    fix.state,
    fix.state === 'fixed' ? fix.version : null,
    severity,
    keys && textOf(keys.lo),
    keys && textOf(keys.hi),
    // Rows without conditions keep the hash that they had before conditions existed.
    ...(only === undefined ? [] : [only]),
  ];
}

/** Returns bytes as text, one character per byte. */
function textOf(bytes: Uint8Array): string {
  // Most ranges have no lower bound, whose key is empty.
  return bytes.length === 0 ? '' : bufferView(bytes).toString('latin1');
}
