import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { formatPurl, type PurlParts } from '../../src/model/purl.ts';
import type { Report } from '../../src/model/report.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import {
  findingsOfPurls,
  type Label,
  labelledImages,
  labelledPurl,
  languageLabels,
  reasonOfDistributionLabel,
  reasonOfLabel,
} from './labels.ts';

/** A finding that is judged by hand. */
export interface JudgedFinding {
  /** `debian:11`, `npm`. */
  readonly namespace: string;
  readonly label: Label['label'];
  /** `name version`. */
  readonly package: string;
  readonly id: string;
  readonly isFound: boolean;
  /** Why Clair differs from the label, if that is known. */
  readonly reason?: string;
}

/** How right the findings of one distribution or ecosystem are. */
export interface FindingAccuracy {
  readonly namespace: string;
  /** Right findings that Clair has. */
  readonly hits: number;
  /** Right findings that Clair lacks. */
  readonly missed: readonly JudgedFinding[];
  /** Wrong findings that Clair has. */
  readonly wrong: readonly JudgedFinding[];
  /** Wrong findings that Clair does not have. */
  readonly avoided: number;
}

/** Directory for the database and SBOMs, and the mirror of the advisories of the corpus. */
export interface MeasurePlaces {
  readonly scratch: string;
  readonly mirror: string;
}

const clair = resolve(import.meta.dirname, '../../bin/clair');

/** Measures how right findings of labelled packages are, by namespace. A label counts if an advisory names its vulnerability and package. */
export async function measureFindings(places: MeasurePlaces): Promise<FindingAccuracy[]> {
  const judged = [...judgeLanguages(places), ...(await judgeDistributions(places))];
  // Images share packages.
  const distinct = new Map(judged.map((one) => [JSON.stringify(one), one]));
  const groups = Map.groupBy(
    [...distinct.values()].filter(({ label }) => label !== '??'),
    ({ namespace }) => namespace,
  );
  return [...groups].map(([namespace, all]) => accuracyOf(namespace, all)).sort(byNamespace);
}

function byNamespace(a: FindingAccuracy, b: FindingAccuracy): number {
  return a.namespace < b.namespace ? -1 : 1;
}

function accuracyOf(namespace: string, all: readonly JudgedFinding[]): FindingAccuracy {
  const of = (label: Label['label'], isFound: boolean): JudgedFinding[] =>
    all.filter((one) => one.label === label && one.isFound === isFound);
  return {
    namespace,
    hits: of('TP', true).length,
    missed: of('TP', false),
    wrong: of('FP', true),
    avoided: of('FP', false).length,
  };
}

/** Scans an SBOM. Returns its report, also if not everything is assessed. */
export function scanWith({ scratch, mirror }: MeasurePlaces, name: string): (sbom: object) => Report {
  return (sbom) => {
    const file = join(scratch, `${name}.cdx.json`);
    writeFileSync(file, JSON.stringify(sbom));
    const args = [
      'scan',
      file,
      '--mirror',
      mirror,
      '--db',
      databaseIn(scratch),
      '--no-lookups',
      '--format',
      'json',
    ];
    return JSON.parse(execFileSync(clair, args, { encoding: 'utf8', maxBuffer: 2 ** 29 })) as Report;
  };
}

function databaseIn(scratch: string): string {
  return join(scratch, 'accuracy.db');
}

function judgeLanguages(places: MeasurePlaces): JudgedFinding[] {
  const labels = languageLabels(places.mirror);
  const found = findingsOfPurls(labels.map(labelledPurl), scanWith(places, 'languages'));
  return labels.map((one) => {
    const reason = reasonOfLabel(one);
    return {
      namespace: one.type,
      label: one.label,
      package: `${one.name} ${one.package.version}`,
      id: one.vulnerability_id,
      isFound: found.has(`${labelledPurl(one)} ${one.vulnerability_id}`),
      ...(reason !== undefined && { reason }),
    };
  });
}

/** A distribution whose release is known by the names or versions of its labelled packages. */
interface LabelledRelease {
  readonly namespace: string;
  readonly purl: Pick<PurlParts, 'type' | 'namespace'> & { readonly distro: string };
  /** Starts of the names of its images, up to the digest. */
  readonly images: readonly string[];
}

const releases: readonly LabelledRelease[] = [
  {
    namespace: 'almalinux:8',
    purl: { type: 'rpm', namespace: 'almalinux', distro: 'almalinux-8' },
    images: ['docker.io/almalinux@sha256:cd49d725'],
  },
  {
    namespace: 'rhel:8',
    purl: { type: 'rpm', namespace: 'redhat', distro: 'rhel-8' },
    images: ['registry.access.redhat.com/ubi8@sha256:68fecea0'],
  },
  {
    namespace: 'oracle:8',
    purl: { type: 'rpm', namespace: 'ol', distro: 'ol-8' },
    images: ['docker.io/anchore/test_images@sha256:c8d664b0'],
  },
  {
    namespace: 'debian:11',
    purl: { type: 'deb', namespace: 'debian', distro: 'debian-11' },
    images: [
      ...['docker.io/ghost@sha256:42137b9b', 'docker.io/jenkins/jenkins@sha256:6fd5699a'],
      ...['docker.io/neo4j@sha256:fcfcbb02', 'gcr.io/distroless/python3-debian11@sha256:69ae7f13'],
    ],
  },
  {
    namespace: 'debian:10',
    purl: { type: 'deb', namespace: 'debian', distro: 'debian-10' },
    images: ['docker.io/postgres@sha256:1a67ab96', 'docker.io/cloudbees/cloudbees-core-oc@sha256:9cd85ee8'],
  },
  {
    namespace: 'wolfi',
    purl: { type: 'apk', namespace: 'wolfi', distro: 'wolfi' },
    images: [
      'cgr.dev/chainguard/wolfi-base@sha256:be383459',
      'ghcr.io/chainguard-images/scanner-test@sha256:59bddc10',
    ],
  },
];

async function judgeDistributions(places: MeasurePlaces): Promise<JudgedFinding[]> {
  const judged: JudgedFinding[] = [];
  for (const release of releases) judged.push(...(await judgeRelease(release, places)));
  return judged;
}

async function judgeRelease(release: LabelledRelease, places: MeasurePlaces): Promise<JudgedFinding[]> {
  const labels = labelledImages()
    .filter(({ image }) => release.images.some((start) => image.startsWith(start)))
    .flatMap((image) => image.labels)
    // Labels have no ecosystem. A version without a release is of a language.
    .filter((label) => label.package.version.includes('-'));
  const purlOf = ({ package: item }: Label): string => releasePurl(item, release);
  const found = findingsOfPurls(labels.map(purlOf), scanWith(places, release.namespace.replace(':', '-')));
  await using store = await openSqliteStore(databaseIn(places.scratch));
  const judged: JudgedFinding[] = [];
  for (const label of labels) {
    if (!(await isNamed(label, release.namespace, store))) continue;
    const reason = reasonOfDistributionLabel(release.namespace, label);
    judged.push({
      namespace: release.namespace,
      label: label.label,
      package: `${label.package.name} ${label.package.version}`,
      id: label.vulnerability_id,
      isFound: found.has(`${purlOf(label)} ${label.vulnerability_id}`),
      ...(reason !== undefined && { reason }),
    });
  }
  return judged;
}

function releasePurl({ name, version }: Label['package'], { purl }: LabelledRelease): string {
  const [, epoch, rest = version] = (purl.type === 'rpm' ? /^(\d+):(.*)$/.exec(version) : null) ?? [];
  const { distro, ...parts } = purl;
  return formatPurl({
    ...parts,
    name,
    version: rest,
    qualifiers: { distro, epoch: epoch === '0' ? undefined : epoch },
  });
}

/** Whether an advisory of the namespace names the vulnerability and the package. Labels do not have source packages. */
async function isNamed(
  { vulnerability_id: id, package: item }: Label,
  namespace: string,
  { vulnerabilities }: Pick<Store, 'vulnerabilities'>,
): Promise<boolean> {
  const records = await vulnerabilities.findByNumbers(await vulnerabilities.findNumbersById(id));
  return records.some(({ affected }) =>
    affected.some((row) => row.namespace.name === namespace && row.package === item.name),
  );
}
