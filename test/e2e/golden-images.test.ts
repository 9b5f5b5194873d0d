import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { report } from './clair.ts';

const evr = z.object({ version: z.string(), release: z.string(), epoch: z.number() });

/** A case of another scanner's golden files: complete packages, or name and version if only some are known. */
const golden = z.object({
  image: z.object({ os: z.object({ Family: z.optional(z.string()), Name: z.optional(z.string()) }) }),
  rebuilt_image: z.optional(z.object({ file: z.string() })),
  real_image: z.optional(z.object({ file: z.string() })),
  packages: z.array(
    z.union([
      z.extend(evr, { name: z.string(), arch: z.string(), source: z.extend(evr, { name: z.string() }) }),
      z.object({ name: z.string(), version_full: z.string() }),
    ]),
  ),
});
type Golden = z.infer<typeof golden>;

/** The other scanner's name of a distribution, if it differs from the ID of os-release. */
const families: Readonly<Record<string, string>> = {
  alma: 'almalinux',
  amazon: 'amzn',
  oracle: 'ol',
  redhat: 'rhel',
};

corpusTest('lists exactly the packages of the golden cases for their images', () => {
  const names = readdirSync(corpus('golden/trivy-image')).sort();
  const compared = new Set<string>();
  for (const name of names) {
    const text = readFileSync(corpus(`golden/trivy-image/${name}`), 'utf8');
    const image = z.parse(golden, JSON.parse(text));
    const file = image.rebuilt_image ? `golden/${image.rebuilt_image.file}` : image.real_image?.file;
    // The images of the other cases are not available.
    if (file === undefined) continue;
    compare(name, file, image);
    compared.add(file);
  }
  // For this image only its source list is known.
  compareWithList('golden/images/fedora-35.tar.gz', 'pkgdb/rpmdb/rebuilt/fedora-35/expected.tsv');
  const images = readdirSync(corpus('golden/images')).map((file) => `golden/images/${file}`);
  const left = images.filter((file) => !compared.has(file));
  assert.deepEqual(left, ['golden/images/fedora-35.tar.gz']);
  assert.ok(existsSync(corpus('images/alpine-39.tar.gz')) && compared.has('images/alpine-39.tar.gz'));
});

corpusTest('lists what rpm lists for root file systems compressed with xz', () => {
  for (const name of ['almalinux-8-20230523-s390x-micro', 'almalinux-9.0-beta-aarch64-micro'])
    compareWithList(`images/${name}.tar.xz`, `pkgdb/rpmdb/${name}/expected.tsv`);
});

function compare(name: string, file: string, { image, packages }: Golden): void {
  const actual = report('sbom', corpus(file), '--db', ':memory:');
  const listed = actual.packages.map((item) => ({
    ...item,
    source: item.source ?? { name: '', version: '' },
  }));
  const isFull = packages.every((item) => 'source' in item);
  const found = isFull
    ? listed.map(({ name, version, arch, source }) => [name, version, arch, source.name, source.version])
    : listed.map(({ name, version }) => [name, version]);
  const isRpm = listed.some(({ type }) => type === 'rpm');
  const wanted = packages.filter(isListed).map((item) => wantedRow(item, isRpm));
  assert.deepEqual(found.sort(), wanted.sort(), name);
  const { Family: family = '', Name: release = '' } = image.os;
  const distro = actual.distro;
  assert.ok(distro, name);
  assert.equal(distro.id, families[family] ?? family, name);
  assert.ok(isSameRelease(distro.versionId ?? '', release), `${name}: ${distro.versionId}`);
  assert.ok(
    actual.statuses.every(({ status }) => status === 'succeeded'),
    name,
  );
}

/** Rule: signature keys are not packages, although rpm stores them among packages. */
function isListed({ name }: { readonly name: string }): boolean {
  return name !== 'gpg-pubkey';
}

/**
 * Rule: an rpm names its source by a file name, which has no epoch. The other scanner adds the epoch of the binary
 * package; clair adds none.
 */
function wantedRow(item: Golden['packages'][number], isRpm: boolean): string[] {
  if ('version_full' in item) return [item.name, item.version_full];
  const { source } = item;
  return [
    item.name,
    fullVersion(item),
    item.arch,
    source.name,
    fullVersion(isRpm ? { ...source, epoch: 0 } : source),
  ];
}

function fullVersion({ epoch, version, release }: z.infer<typeof evr>): string {
  return `${epoch === 0 ? '' : `${epoch}:`}${version}${release === '' ? '' : `-${release}`}`;
}

/**
 * Rule: the other scanner takes the release from other files, more or less precise: `10.1` of debian_version, `AMI
 * release 2018.03`.
 */
function isSameRelease(versionId: string, release: string): boolean {
  const exact = release.replace('AMI release ', '');
  return exact === versionId || exact.startsWith(`${versionId}.`) || versionId.startsWith(`${exact}_`);
}

function compareWithList(file: string, list: string): void {
  const { packages } = report('sbom', corpus(file), '--db', ':memory:');
  const [head = '', ...lines] = readFileSync(corpus(list), 'utf8').trimEnd().split('\n');
  assert.ok(head.startsWith('name\tepoch\tversion\trelease\tarch\tsourcerpm\t'));
  const rows = lines.map((line) => line.split('\t')).filter(([name = '']) => isListed({ name }));
  assert.deepEqual(
    packages.map(({ name, version, arch, source }) => [
      name,
      version,
      arch,
      source === undefined ? '' : `${source.name}-${source.version}`,
    ]),
    rows
      .map(([name = '', epoch, version = '', release = '', arch = '', sourceRpm = '']) => [
        name,
        fullVersion({ epoch: Number(epoch), version, release }),
        arch,
        sourceRpm.replace(/\.src\.rpm$/, ''),
      ])
      .sort(),
  );
}
