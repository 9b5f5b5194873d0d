import { isJsonObject } from '../kit/json/shape-checks.ts';
import type { Inventory } from '../model/report.ts';
import { buildInventory } from './build-inventory.ts';
import { readClairReport } from './clair-report.ts';
import { readCyclonedx } from './cyclonedx.ts';
import type { SbomDocument } from './sbom-entry.ts';
import { corruptSbom, parseSbomJson, unsupportedSbom } from './sbom-json.ts';
import { readSpdx } from './spdx.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Supported formats: how each is recognised, and its reader. */
const formats: readonly (readonly [
  is: (fields: Fields) => boolean,
  read: (fields: Fields, name: string) => SbomDocument,
])[] = [
  [({ bomFormat }) => bomFormat === 'CycloneDX', readCyclonedx],
  [({ spdxVersion }) => typeof spdxVersion === 'string', readSpdx],
  [
    ({ schemaVersion, target, packages }) =>
      schemaVersion === 1 && isJsonObject(target) && Array.isArray(packages),
    readClairReport,
  ],
];

/** Unsupported formats: how each is recognised, its name, and how to convert it. */
const unsupportedFormats: readonly (readonly [
  is: (fields: Fields) => boolean,
  name: string,
  remedy: string,
])[] = [
  [
    (fields) => '@context' in fields && '@graph' in fields,
    'SPDX 3',
    'configure its producer to write SPDX 2.3 or CycloneDX',
  ],
  [
    ({ artifacts, descriptor }) => Array.isArray(artifacts) && isJsonObject(descriptor),
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
    'a signed envelope, whose signature clair does not verify here',
    'extract the SBOM with: jq -r .payload F | base64 -d',
  ],
];

/**
 * Reads an SBOM and returns its inventory. Recognises the format by content: CycloneDX 1.2 to 1.7 and SPDX 2.2 and 2.3,
 * each as JSON; JSON reports of clair; and CycloneDX and SPDX as the predicate of an in-toto statement. Throws
 * `target-…` errors that name the unsupported format.
 */
export function readSbom(bytes: Buffer, name: string): Inventory {
  const fields = fieldsOf(parseSbomJson(bytes, name), name);
  const document = isStatement(fields) ? fieldsOf(fields['predicate'], name) : fields;
  const format = formats.find(([is]) => is(document));
  if (format !== undefined) return buildInventory(format[1](document, name), name);
  const unsupportedFormat = unsupportedFormats.find(([is]) => is(document));
  throw unsupportedSbom(
    unsupportedFormat === undefined
      ? `${name} is not a supported SBOM: expected CycloneDX, SPDX or a JSON report of clair`
      : `${name} is ${unsupportedFormat[1]}, which is not supported; ${unsupportedFormat[2]}`,
  );
}

/** Returns whether this is an in-toto statement, as BuildKit writes them. */
function isStatement({ _type: type, predicate }: Fields): boolean {
  return (
    typeof type === 'string' && type.startsWith('https://in-toto.io/Statement/') && isJsonObject(predicate)
  );
}

function fieldsOf(value: unknown, name: string): Fields {
  if (isJsonObject(value)) return value;
  throw corruptSbom(`${name} is not an SBOM: it is not a JSON object`);
}
