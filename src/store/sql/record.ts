import { hash } from 'node:crypto';
import { bufferView } from '../../kit/bytes/buffer-view.ts';
import type { CvssVector } from '../../model/vulnerability.ts';
import type { KeyedAffected, KeyedVulnerability } from '../store.ts';

/** What of a vulnerability is only shown, never searched for. */
export interface Details {
  readonly aliases: readonly string[];
  readonly description: string | null;
  readonly links: readonly string[];
  readonly cvss: readonly CvssVector[];
  readonly modified: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly title?: string;
}

/** The details as they are stored: JSON of a list, because the names of the members would be the better part of it. */
export function writeDetails(record: KeyedVulnerability): string {
  const { aliases, description = null, links, cvss, modified = null, metadata, title } = record;
  const vectors = cvss.map(({ source, vector, score }) => [source, vector, score]);
  // Records without metadata and title hash as they did before there were any.
  return JSON.stringify([
    ...[aliases, description, links, vectors, modified],
    ...(metadata === undefined && title === undefined ? [] : [metadata ?? null]),
    ...(title === undefined ? [] : [title]),
  ]);
}

/** The details as `writeDetails` wrote them. */
export function readDetails(text: string): Details {
  // The database holds what was written above: nothing from outside that would have to be checked again.
  const [aliases, description, links, vectors, modified, metadata, title] = JSON.parse(text) as [
    string[],
    string | null,
    string[],
    [string, string, number | null][],
    string | null,
    (Record<string, unknown> | null)?,
    string?,
  ];
  const cvss = vectors.map(([source, vector, score]) =>
    score === null ? { source, vector } : { source, vector, score },
  );
  return {
    ...{ aliases, description, links, cvss, modified },
    ...(metadata != null && { metadata }),
    ...(title !== undefined && { title }),
  };
}

/** A hash of all that a record says, its keys included: a scheme that writes keys in another way changes the records too. */
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
    // Rows without conditions hash as they did before there were any.
    ...(only === undefined ? [] : [only]),
  ];
}

/** Bytes as text, one character a byte. */
function textOf(bytes: Uint8Array): string {
  // Most ranges begin at the beginning, whose key is empty.
  return bytes.length === 0 ? '' : bufferView(bytes).toString('latin1');
}
