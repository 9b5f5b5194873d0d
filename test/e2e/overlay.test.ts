import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { buildImage, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, scratch } from './clair.ts';
import { type OverlayCase, overlayCases } from './overlay-cases.ts';

const hasUmoci = spawnSync('umoci', ['--version']).status === 0;
const skip = hasUmoci || process.env['CI'] !== undefined ? false : 'umoci is not installed';

for (const { name, layers } of overlayCases) {
  test(`overlay: ${name}`, { skip }, async () => {
    const directory = mkdtempSync(join(scratch, 'overlay-'));
    // Uncompressed layers are read with seeks, compressed ones as a stream.
    const [seeked, streamed] = await Promise.all([
      writeLayout(join(directory, 'none'), layers, 'none'),
      writeLayout(join(directory, 'gzip'), layers, 'gzip'),
    ]);
    const expected = visible(unpack(directory, streamed), directory);
    assert.deepEqual(found(seeked), expected);
    assert.deepEqual(found(streamed), expected);
  });
}

async function writeLayout(
  layout: string,
  layers: OverlayCase['layers'],
  compression: 'none' | 'gzip',
): Promise<string> {
  const steps = layers.map((entries) => ({ tar: tar(entries) }));
  await writeFiles(layout, ociFiles([buildImage({ steps, compression, tags: ['latest'] })]));
  return layout;
}

/** Content of an image that matters here: `id version` of the distribution, `name version` of the packages. */
interface Content {
  readonly distro: string;
  readonly packages: readonly string[];
}

function found(layout: string): Content {
  const { status, stdout, stderr } = clair(['sbom', layout, '--format', 'json', '--db', ':memory:']);
  assert.equal(status, 0, stderr);
  const { distro, packages } = JSON.parse(stdout) as Pick<Report, 'distro' | 'packages'>;
  return {
    distro: distro === null ? 'none' : `${distro.id} ${distro.versionId ?? ''}`,
    packages: packages.map(({ name, version }) => `${name} ${version}`).sort(),
  };
}

/** Unpacks the root file system with umoci. */
function unpack(directory: string, layout: string): string {
  const bundle = join(directory, 'bundle');
  const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
  execFileSync('umoci', ['unpack', ...rootless, '--image', `${layout}:latest`, bundle], { stdio: 'pipe' });
  return join(bundle, 'rootfs');
}

/**
 * Reads files as a process of the container would: after chroot, where the kernel follows the links. Imports every module before, because
 * the root has no Python.
 */
const reader = `
import base64, json, os, sys
os.chroot(sys.argv[1])
os.chdir('/')
def read(path):
    try:
        with open(path, 'rb') as file: return base64.b64encode(file.read()).decode('ascii')
    except OSError: return None
def names(path):
    try: return sorted(os.listdir(path))
    except OSError: return []
paths = sys.argv[2:] + ['/var/lib/dpkg/status.d/' + name for name in names('/var/lib/dpkg/status.d')]
print(json.dumps({path: read(path) for path in paths}))
`;

const databases = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed'];
const releases = ['/etc/os-release', '/usr/lib/os-release'];

/** Reads the same from the unpacked root: packages by dpkg-query if there is a dpkg database, the rest from the plain files. */
function visible(root: string, directory: string): Content {
  const chroot = process.getuid?.() === 0 ? [] : ['unshare', '--map-root-user'];
  const [command = '', ...args] = [
    ...chroot,
    'python3',
    '-c',
    reader,
    root,
    '/var/lib/dpkg/status',
    ...databases,
    ...releases,
  ];
  const texts = new Map(
    Object.entries(
      JSON.parse(execFileSync(command, args, { encoding: 'utf8' })) as Record<string, string | null>,
    )
      .filter((entry): entry is [string, string] => entry[1] !== null)
      .map(([path, base64]) => [path, Buffer.from(base64, 'base64').toString()]),
  );
  const release = releases.map((path) => texts.get(path)).find((text) => text !== undefined) ?? '';
  const status = texts.get('/var/lib/dpkg/status');
  const packages = [...texts].flatMap(([path, text]) => {
    if (databases.includes(path)) return pairsIn(text, /^P:(.*)\nV:(.*)$/gm);
    return path.includes('status.d/') ? pairsIn(text, /^Package: (.*)\nVersion: (.*)$/gm) : [];
  });
  const [id] = pairsIn(release, /^ID=(.*)\nVERSION_ID=(.*)$/gm);
  const ofDpkg = status === undefined ? [] : dpkgQuery(status, directory);
  return { distro: id ?? 'none', packages: [...new Set([...packages, ...ofDpkg])].sort() };
}

function pairsIn(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, first, second]) => `${first} ${second}`);
}

function dpkgQuery(status: string, directory: string): string[] {
  const admin = join(directory, 'dpkg');
  mkdirSync(admin);
  writeFileSync(join(admin, 'status'), status);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the format of dpkg-query
  const format = '${Package} ${Version}\n';
  const lines = execFileSync('dpkg-query', ['--admindir', admin, '--show', '--showformat', format], {
    encoding: 'utf8',
  });
  return lines.split('\n').filter((line) => line !== '');
}
