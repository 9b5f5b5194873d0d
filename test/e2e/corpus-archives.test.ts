import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import type { Report } from '../../src/model/report.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { clair } from './clair.ts';

/** The expected content of each archive, from an independent reader. */
const archives = z.array(
  z.object({
    file: z.string(),
    kind: z.enum(['docker-archive', 'oci-archive', 'oci+docker-archive', 'layer-or-rootfs']),
    layers: z.number(),
    whiteouts: z.number(),
    opaque: z.number(),
    os: z.optional(z.record(z.string(), z.string())),
    apk: z.optional(z.array(z.string())),
    dpkg: z.optional(z.array(z.string())),
  }),
);
type Archive = z.infer<typeof archives>[number];

const kinds = {
  'docker-archive': 'docker-archive',
  'oci-archive': 'oci-archive',
  // For an archive of both formats, the manifest of docker save names its only image.
  'oci+docker-archive': 'docker-archive',
  'layer-or-rootfs': 'rootfs-tar',
} as const;

const cutLayer = 'its project cut files out of the layer, which no longer matches its digest';

/** Archives that are refused, by the end of their name: the reason, and the message. */
const refused: readonly (readonly [end: string, why: string, message: RegExp])[] = [
  ['docker-save/java.tar', cutLayer, /its diffID is sha256:\w+, not sha256:/],
  ['skopeo-copy/centos-6.tar', cutLayer, /its diffID is sha256:\w+, not sha256:/],
  [
    'oci-archives/oci-with-manifest.tar',
    'its two lists of images differ',
    /different images in manifest\.json and index\.json/,
  ],
  ['testdata/null_manifest.tar', 'it holds no image', /has no image: its manifest\.json is empty/],
];

/** For two images, the expected values are of the named one. */
const references: Readonly<Record<string, string>> = { 'test_bundle.tar': ':test_image_2' };

/**
 * The reader of the expected values failed here: its index is empty, and its manifest.json has an image of one layer.
 */
const onlyInManifest = 'hello-world-v25.tar';

/** Archives that are not in the public corpus. They are tested if present. */
const heldBack = [
  'alpine.tar',
  'busybox-single-arch-with-attestation-manifest.tar',
  'busybox.amd64.tar',
  'dockergoof.tar',
  'java-uberjar.tar',
  'war-with-3-level-jar.tar',
  'busybox.tar',
  'layer_with_bad_elf_file.tar',
  'npm7-with-node-modules-only.tar',
  'pnpmlockv9.tar',
];

corpusTest('gives the content of archives of other projects that an independent reader found', (context) => {
  const all = z.parse(archives, JSON.parse(readFileSync(corpus('images/archives/expected.json'), 'utf8')));
  const present = all.filter(({ file }) => existsSync(pathOf(file)));
  const absent = all.filter((archive) => !present.includes(archive)).map(({ file }) => nameOf(file));
  assert.deepEqual(
    absent.filter((name) => !heldBack.includes(name)),
    [],
  );
  if (absent.length > 0) context.diagnostic(`not present: ${absent.join(', ')}`);
  assert.equal(all.length, 51);
  for (const archive of present) {
    const refusal = refused.find(([end]) => archive.file.endsWith(end));
    if (refusal === undefined) compare(archive);
    else assertRefused(archive.file, refusal[2]);
  }
});

function compare({ file, kind, layers, whiteouts, opaque, os, apk, dpkg }: Archive): void {
  const target = pathOf(file) + (references[nameOf(file)] ?? '');
  const { target: opened, distro, layers: read, packages } = sbom(target);
  const ofSystem = packages.filter(({ type }) => ['apk', 'deb', 'rpm'].includes(type));
  const isException = nameOf(file) === onlyInManifest;
  assert.deepEqual(
    {
      kind: opened.kind,
      layers: read.length,
      marks: marksIn(target),
      os: { ID: distro?.id, VERSION_ID: distro?.versionId },
      packages: ofSystem.map(({ name, version }) => `${name} ${version}`).sort(),
    },
    {
      kind: isException ? 'docker-archive' : kinds[kind],
      layers: isException ? 1 : layers,
      marks: { whiteouts, opaque },
      os: { ID: os?.['ID'], VERSION_ID: os?.['VERSION_ID'] },
      packages: [...(apk ?? []), ...(dpkg ?? [])].sort(),
    },
    file,
  );
  // A single layer is detected by content and may also be named explicitly; an archive of both formats opens as either.
  if (kind === 'layer-or-rootfs') assert.deepEqual(sbom(`rootfs-tar:${target}`).packages, packages, file);
  if (kind === 'oci+docker-archive') assert.deepEqual(sbom(`oci-archive:${target}`).packages, packages, file);
}

function sbom(target: string): Pick<Report, 'target' | 'distro' | 'layers' | 'packages'> {
  const { status, stdout, stderr } = clair(['sbom', target, '--format', 'json', '--db', ':memory:']);
  assert.equal(status, 0, `${target}: ${stderr}`);
  return JSON.parse(stdout) as Report;
}

/** Returns the whiteouts and opaque markers of all layers according to `clair layer`. */
function marksIn(target: string): { whiteouts: number; opaque: number } {
  const { status, stdout, stderr } = clair(['layer', target]);
  assert.equal(status, 0, `${target}: ${stderr}`);
  const sumOf = (what: string): number =>
    Array.from(stdout.matchAll(new RegExp(`^ {2}(\\d+) ${what}$`, 'gm')), ([, count]) =>
      Number(count),
    ).reduce((sum, count) => sum + count, 0);
  return { whiteouts: sumOf('whiteouts?'), opaque: sumOf('opaque director(?:y|ies)') };
}

function assertRefused(file: string, message: RegExp): void {
  const { status, stdout, stderr } = clair(['sbom', pathOf(file), '--db', ':memory:']);
  assert.deepEqual([status, stdout], [3, ''], file);
  assert.match(stderr, message, file);
}

function pathOf(file: string): string {
  return corpus(`images/archives/${file}`);
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
