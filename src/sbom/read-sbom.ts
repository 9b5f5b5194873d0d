import type { Inventory } from '../model/inventory.ts';
import { buildInventory } from './build-inventory.ts';
import { readClairReport } from './clair-report.ts';
import { readCyclonedx } from './cyclonedx.ts';
import type { SbomDocument } from './sbom-entry.ts';
import { corruptSbom, parseSbomJson, unsupportedSbom } from './sbom-json.ts';
import { readSpdx } from './spdx.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Formats that are read: what tells each, and its reader. */
const formats: readonly (readonly [
  is: (fields: Fields) => boolean,
  read: (fields: Fields, name: string) => SbomDocument,
])[] = [
  [({ bomFormat }) => bomFormat === 'CycloneDX', readCyclonedx],
  [({ spdxVersion }) => typeof spdxVersion === 'string', readSpdx],
  [
    ({ schemaVersion, target, packages }) =>
      schemaVersion === 1 && isFields(target) && Array.isArray(packages),
    readClairReport,
  ],
];

/** Formats that are not read: what tells each, what it is, and what makes it something that is read. */
const unsupportedFormats: readonly (readonly [
  is: (fields: Fields) => boolean,
  name: string,
  remedy: string,
])[] = [
  [
    (fields) => '@context' in fields && '@graph' in fields,
    'SPDX 3',
    'have its maker write SPDX 2.3 or CycloneDX',
  ],
  [
    ({ artifacts, descriptor }) => Array.isArray(artifacts) && isFields(descriptor),
    'the JSON of syft',
    'convert it with: syft convert F -o cyclonedx-json',
  ],
  [
    ({ SchemaVersion: version, ArtifactName: name }) => version !== undefined && name !== undefined,
    'the JSON of trivy',
    'convert it with: trivy convert --format cyclonedx F',
  ],
  [
    ({ payloadType, payload }) => typeof payloadType === 'string' && typeof payload === 'string',
    'a signed envelope, whose signature is not verified here',
    'take the SBOM out of it with: jq -r .payload F | base64 -d',
  ],
];

/**
 * What a document says an image is made of, recognised by its content: CycloneDX 1.2 to 1.7, SPDX 2.2 and 2.3, each as JSON, the
 * JSON reports of clair, and the first two as the predicate of an in-toto statement. Throws `target-…` errors that say what it is instead.
 */
export function readSbom(bytes: Buffer, name: string): Inventory {
  const fields = fieldsOf(parseSbomJson(bytes, name), name);
  const document = isStatement(fields) ? fieldsOf(fields['predicate'], name) : fields;
  const format = formats.find(([is]) => is(document));
  if (format !== undefined) return buildInventory(format[1](document, name), name);
  const unsupportedFormat = unsupportedFormats.find(([is]) => is(document));
  throw unsupportedSbom(
    unsupportedFormat === undefined
      ? `${name} is no SBOM that is known: neither CycloneDX nor SPDX nor a JSON report of clair`
      : `${name} is ${unsupportedFormat[1]}, which is not read; ${unsupportedFormat[2]}`,
  );
}

/** An attestation of in-toto, as BuildKit makes them. */
function isStatement({ _type: type, predicate }: Fields): boolean {
  return typeof type === 'string' && type.startsWith('https://in-toto.io/Statement/') && isFields(predicate);
}

function fieldsOf(value: unknown, name: string): Fields {
  if (isFields(value)) return value;
  throw corruptSbom(`${name} is no SBOM: it is no JSON object`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
