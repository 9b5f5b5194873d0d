import type { Detector, GetAncestryResponse, V3Feature } from '../../../src/api/http/v3/types.ts';
import { builtIn } from '../../../src/extensions.ts';
import type { Deviation, Deviations } from './deviations.ts';

/** Our listers and detectors in the status: by kind, and then by name. */
export const detectors: readonly Detector[] = [
  // Like Clair's, the API has no language packages by default.
  ...detectorsOf(
    'DETECTOR_D_TYPE_FEATURE',
    builtIn.listers.filter(({ ecosystem }) => ecosystem === undefined),
  ),
  ...detectorsOf('DETECTOR_D_TYPE_NAMESPACE', builtIn.detectors),
];

function detectorsOf(
  dtype: Detector['dtype'] & string,
  extensions: readonly { readonly name: string; readonly version: number }[],
): Detector[] {
  return extensions
    .map(({ name, version }) => ({ name, version: `${version}.0`, dtype }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function fault(rule: string, status: number, [message, code]: readonly [string, number]): Deviation {
  return { rule, status, body: { error: message, code } };
}

const failures = 'Error codes show the cause';
const unread = 'Layers that cannot be fully read are refused';
const itsLayers = 'A posted ancestry replaces its layers';

const notDownloaded = fault(failures, 400, ["clair error reason: 'failed to download layer blob.'", 3]);

function notExtracted(why: string): Deviation {
  return fault(failures, 400, [`clair error reason: 'failed to extract files from layer blob.': ${why}`, 9]);
}

/** Returns changes to the layers of an ancestry. */
function withLayers(
  rule: string,
  change: (features: readonly V3Feature[], hash: string) => readonly V3Feature[],
): Deviation {
  return {
    rule,
    change: ({ ancestry, status }: GetAncestryResponse) => ({
      ancestry: {
        name: ancestry?.name,
        layers: ancestry?.layers?.map(({ layer, detected_features: features = [] }) => {
          const changed = change(features, layer?.hash ?? '');
          return { layer, ...(changed.length > 0 && { detected_features: changed }) };
        }),
      },
      status,
    }),
  };
}

const muslIsVulnerable = [
  {
    name: 'CVE-2019-14697',
    namespace_name: 'alpine:v3.10',
    link: 'https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2019-14697',
    severity: 'Unknown',
    fixed_by: '1.1.22-r3',
  },
];

/** A package built from musl, with the fields in the order of the proto. */
function vulnerable({ feature_type: type, ...rest }: V3Feature): V3Feature {
  return { ...rest, vulnerabilities: muslIsVulnerable, ...(type && { feature_type: type }) };
}

const alpineVersions: Readonly<Record<string, string>> = {
  'alpine-baselayout': '3.1.2-r0',
  'alpine-keys': '2.1-r2',
  'apk-tools': '2.10.6-r0',
  busybox: '1.30.1-r5',
  'ca-certificates-cacert': '20191127-r2',
  'libc-utils': '0.7.1-r0',
  'libcrypto1.1': '1.1.1k-r0',
  'libssl1.1': '1.1.1k-r0',
  'libtls-standalone': '2.9.1-r0',
  musl: '1.1.22-r4',
  'musl-utils': '1.1.22-r4',
  scanelf: '1.2.3-r0',
  ssl_client: '1.30.1-r5',
  zlib: '1.2.11-r1',
};

function detector(wanted: string): Detector {
  return detectors.find(({ name }) => name === wanted) ?? {};
}

/** The ancestry after other layers were posted under its name. */
const replaced: Deviation = {
  rule: itsLayers,
  change: ({ status }: GetAncestryResponse) => {
    const features = Object.entries(alpineVersions).map(([name, version]) => ({
      name,
      namespace: { name: 'alpine:v3.10', detector: detector('os-release') },
      version,
      version_format: 'dpkg',
      detector: detector('apk'),
      feature_type: 'binary',
    }));
    return {
      ancestry: { name: 'deb', layers: [{ layer: { hash: 'hX' }, detected_features: features }] },
      status,
    };
  },
};

interface RecordedSide {
  readonly ancestries: readonly { readonly index: number; readonly name: string }[];
}

interface RecordedNotification {
  readonly notification: { readonly old: RecordedSide; readonly new: RecordedSide };
}

/** One ancestry less was saved before most of these exchanges. */
const numbered: Deviation = {
  rule: unread,
  change: ({ notification: { old, new: now, ...rest } }: RecordedNotification) => {
    const side = ({ ancestries, ...more }: RecordedSide): object => ({
      ...more,
      ancestries: ancestries.map(({ index, name }) => ({ index: index === 1 ? 1 : index - 1, name })),
    });
    return { notification: { ...rest, old: side(old), new: side(now) } };
  },
};

/** Deviations in the recording of the v3 API. */
export const v3Deviations: Deviations = {
  3: withLayers('An apk package has its origin', (features) =>
    features.map((feature) => (feature.name === 'musl-utils' ? vulnerable(feature) : feature)),
  ),
  11: replaced,
  12: fault(unread, 400, ['the packages belong to no known distribution', 9]),
  13: fault(unread, 404, ["requested ancestry 'unk' is not found", 5]),
  15: withLayers('Several package databases', (features, hash) => (hash === 'hap' ? [] : features)),
  17: withLayers('Removed packages are not listed', () => []),
  24: notDownloaded,
  25: notDownloaded,
  26: notDownloaded,
  27: notExtracted(
    'layer {layers}/garbage.bin cannot be read: no tar header where one must be at byte 0 of the archive',
  ),
  32: notExtracted(
    'layer {layers}/oversize.tar.gz: var/lib/dpkg/status has 210763776 bytes; the wanted files of a layer are read up to 100663296 bytes together',
  ),
  35: fault(itsLayers, 400, ['ancestry layer hash should not be empty', 3]),
  47: { rule: 'Two APIs on one port', body: '404 page not found\n' },
  53: replaced,
  54: {
    rule: 'Names with a slash',
    contentType: 'application/json',
    body: `{"error":"requested ancestry 'a/b' is not found","code":5}`,
  },
  55: replaced,
  66: numbered,
  67: numbered,
  68: numbered,
  69: fault(failures, 400, ["clair error reason: 'invalid or expired pagination token'", 3]),
};
