import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { formatPurl } from '../../src/model/purl.ts';
import type { Report } from '../../src/model/report.ts';
import { registryName } from '../../src/testing/app-images.ts';
import { corpus } from '../../src/testing/corpus.ts';

/** A judgement by hand: whether a finding of a package in an image is right (`TP`) or wrong (`FP`). */
export interface Label {
  readonly label: 'TP' | 'FP' | '??';
  readonly vulnerability_id: string;
  readonly package: { readonly name: string; readonly version: string };
  readonly note?: string;
}

/** A label of a package that an advisory of its ecosystem names. */
export interface LanguageLabel extends Label {
  readonly type: string;
  /** The name in the advisory. Labels have only the artifact of Maven packages. */
  readonly name: string;
}

/** Advisories of OSV, as far as this test needs them. */
interface OsvRecord {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly affected?: readonly { readonly package?: { readonly ecosystem: string; readonly name: string } }[];
}

const types: Readonly<Record<string, string>> = {
  npm: 'npm',
  PyPI: 'pypi',
  Maven: 'maven',
  Go: 'golang',
  RubyGems: 'gem',
  Packagist: 'composer',
  'crates.io': 'cargo',
  NuGet: 'nuget',
  Hex: 'hex',
};

/** Why the result differs from a label. `packages`: `name version`. */
interface LabelRule {
  readonly reason: string;
  readonly label: 'TP' | 'FP';
  readonly note?: RegExp;
  readonly packages?: readonly string[];
}

const rules: readonly LabelRule[] = [
  {
    label: 'FP',
    reason:
      'No other module can import the code, says the label. A list of packages does not show that; a program does.',
    note: /not.?importable|not.?go.?code|effectively.?private/i,
  },
  {
    label: 'FP',
    reason:
      'Labels have no ecosystem. Software of another one, or an editor extension, has this name and version.',
    note: /vs ?code/i,
    packages: [
      ...['npm 1.0.1', 'swift 1.0.0', 'org.jenkins-ci.plugins:git 1.11.0'],
      ...['org.jenkins-ci.plugins:groovy 1.0.0', 'org.jenkins-ci.plugins:groovy 0.0.0-DEVELOPMENT'],
      ...['org.apache.httpcomponents:httpclient 2.8.3', 'cookie 0.4.2', 'cookie 0.5.0'],
    ],
  },
  {
    label: 'FP',
    reason:
      'The distribution owns the package in that image, so its advisories decide. A list has no owners.',
    note: /\bRPM\b|\bdeb\b/,
    packages: ['urllib3 1.24.2'],
  },
  {
    label: 'FP',
    reason: 'The advisory of the ecosystem covers the package, and the label follows another source.',
    packages: [
      ...['org.jboss.netty:netty 3.9.5.Final', 'org.eclipse.jetty:jetty-server 9.1.0.M0'],
      ...['org.apache.maven:maven-core 3.5.4', 'org.apache.maven:maven-compat 3.5.4'],
      'org.apache.httpcomponents:httpclient 4.5.5',
      'github.com/prometheus/prometheus v0.37.0',
      'github.com/prometheus/prometheus v1.8.2-0.20201105135750-00f16d1ac3a4',
    ],
  },
  {
    label: 'TP',
    reason: 'The advisory was corrected after the label: its ranges begin above the version, or end at it.',
    packages: ['rdoc 6.2.1.1', 'cryptiles 2.0.5', 'tar 1.0.3', 'tar 2.2.1'],
  },
];

/** Rules for packages of distributions, by `namespace name version`. `clair explain` shows each. */
const distributionRules: readonly LabelRule[] = [
  {
    label: 'TP',
    reason: 'The advisory covers FIPS builds only. This is an ordinary build.',
    packages: ['oracle:8 gnutls 3.6.16-4.el8', 'oracle:8 libgcrypt 1.8.5-7.el8_6'],
  },
  {
    label: 'TP',
    reason: 'The vendor says that this version has the fix.',
    packages: [
      ...['debian:11 openssl 1.1.1n-0+deb11u3', 'debian:11 openssl 1.1.1n-0+deb11u5'],
      'rhel:8 libarchive 3.3.3-3.el8_5',
    ],
  },
  {
    label: 'FP',
    reason: 'The same finding is labelled as right in two other images.',
    packages: ['debian:11 coreutils 8.32-4+b1'],
  },
];

/** Returns why the result differs from a label of a package of a distribution. Undefined if no rule explains it. */
export function reasonOfDistributionLabel(
  namespace: string,
  { label, package: { name, version } }: Label,
): string | undefined {
  const key = `${namespace} ${name} ${version}`;
  return distributionRules.find((rule) => rule.label === label && rule.packages?.includes(key) === true)
    ?.reason;
}

/** Returns the packages that the advisories of languages name, by the ids and aliases of the advisories. */
function namedPackages(mirror: string): Map<string, { type: string; name: string }[]> {
  const byId = new Map<string, { type: string; name: string }[]>();
  const feeds = join(mirror, 'osv-vulnerabilities.storage.googleapis.com');
  for (const [ecosystem, type] of Object.entries(types))
    for (const bytes of Object.values(unzipSync(readFileSync(join(feeds, ecosystem, 'all.zip'))))) {
      const { id, aliases = [], affected = [] } = JSON.parse(Buffer.from(bytes).toString()) as OsvRecord;
      const names = new Set(affected.flatMap(({ package: found }) => found?.name ?? []));
      for (const each of [id, ...aliases])
        byId.set(each, [...(byId.get(each) ?? []), ...Array.from(names, (name) => ({ type, name }))]);
    }
  return byId;
}

/** An image whose findings were judged. */
export interface LabelledImage {
  /** With its digest. The images themselves are not to be had. */
  readonly image: string;
  readonly labels: readonly Label[];
}

/** Returns all labels of the corpus. */
export function labelledImages(): LabelledImage[] {
  const text = zstdDecompressSync(readFileSync(corpus('golden/match-labels.jsonl.zst'))).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LabelledImage);
}

/** Returns the labels of packages that the advisories of languages in a mirror name. */
export function languageLabels(mirror: string): LanguageLabel[] {
  const named = namedPackages(mirror);
  const labels = labelledImages().flatMap((image) => image.labels);
  return labels.flatMap((label) => {
    const candidates = named.get(label.vulnerability_id) ?? [];
    const found = candidates.find(({ type, name }) => {
      const own = type === 'maven' ? name.slice(name.indexOf(':') + 1) : name;
      return registryName(type, own) === registryName(type, label.package.name);
    });
    return found === undefined ? [] : [{ ...label, ...found }];
  });
}

/** Returns the package URL of the package of a label. */
export function labelledPurl({ type, name, package: { version } }: LanguageLabel): string {
  const at = name.lastIndexOf(type === 'maven' ? ':' : '/');
  const namespace = at === -1 ? {} : { namespace: name.slice(0, at) };
  return formatPurl({ type, ...namespace, name: name.slice(at + 1), version });
}

/** Scans an SBOM of packages. Returns `purl id` of each finding. */
export function findingsOfPurls(purls: Iterable<string>, scan: (sbom: object) => Report): Set<string> {
  const components = Array.from(new Set(purls), (purl) => ({
    type: 'library',
    name: purl,
    version: '1',
    purl,
  }));
  const scanned = scan({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components });
  return new Set(
    scanned.matches.flatMap(({ vulnerability: { id, aliases }, package: { purl } }) =>
      [id, ...aliases].map((each) => `${purl} ${each}`),
    ),
  );
}

/** Returns why the result differs from a label of a language package. Undefined if no rule explains it. */
export function reasonOfLabel({
  label,
  note = '',
  name,
  package: { version },
}: LanguageLabel): string | undefined {
  return rules.find(
    (rule) =>
      rule.label === label &&
      (rule.note?.test(note) === true || rule.packages?.includes(`${name} ${version}`) === true),
  )?.reason;
}
