import * as z from 'zod/mini';
import { parseJson } from '../../kit/json/json-document.ts';
import type { Fix } from '../../model/fix.ts';
import { namespaceOfWire } from '../../model/namespace.ts';
import { parseSeverity } from '../../model/severity.ts';
import type { KeyedVulnerabilityRecord } from '../../store/advisory-store.ts';
import type { Clair2Vulnerability } from '../../store/clair2-database.ts';
import {
  findNamespace,
  type RecordDeps,
  recordOfUser,
  type VulnerabilityName,
} from '../ingest/write-vulnerability.ts';

/** Clair's versions above all others, and below. */
const [aboveAll, belowAll] = ['#MAXV#', '#MINV#'];

const metadataDocument = z.record(z.string(), z.unknown());

/** A row that cannot be taken over, and why. */
export class DamagedRow extends Error {}

/** Returns the name of a vulnerability in this store. Throws `DamagedRow` if it has none. */
export function nameOf({
  namespace,
  name,
}: Pick<Clair2Vulnerability, 'namespace' | 'name'>): VulnerabilityName {
  if (namespace === '' || name === '') throw new DamagedRow('it has no name or no namespace');
  return { namespace: namespaceOfWire(namespace), id: name };
}

/** Returns the record of a vulnerability, as if a user had written it. Learns its namespace. Throws `DamagedRow`. */
export async function recordOfClair2(
  vulnerability: Clair2Vulnerability,
  deps: RecordDeps,
): Promise<KeyedVulnerabilityRecord> {
  const { versionFormat, description, link, severity: word, fixedIn } = vulnerability;
  const name = nameOf(vulnerability);
  const severity = parseSeverity(word);
  if (severity === undefined) throw new DamagedRow(`its severity is ${word}`);
  const metadata = metadataOf(vulnerability);
  const stored = await findNamespace(name.namespace, deps.store);
  const versionScheme = stored.versionScheme || (versionFormat ?? '');
  await deps.store.advisories.saveNamespace({ name: name.namespace, versionScheme });
  const fields = { description: description ?? '', link: link ?? '', severity, metadata };
  const fixes = fixedIn
    .filter(({ version }) => version !== belowAll)
    .map(({ package: of, version }) => ({ package: of, fix: fixOf(version) }));
  return await recordOfUser(name, fields, { fixes, deps });
}

function fixOf(version: string): Fix {
  return version === aboveAll || version === '' ? { state: 'unfixed' } : { state: 'fixed', version };
}

function metadataOf({ metadata }: Clair2Vulnerability): Readonly<Record<string, unknown>> | undefined {
  if (metadata === null) return undefined;
  const value = parseJson(Buffer.from(metadata), (problem) => new DamagedRow(`its metadata: ${problem}`));
  if (value === null) return undefined;
  const parsed = metadataDocument.safeParse(value);
  if (!parsed.success) throw new DamagedRow('its metadata is not an object');
  return Object.keys(parsed.data).length === 0 ? undefined : parsed.data;
}
