import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { testAuthority } from '../../src/testing/certificates.ts';
import { type BuiltImage, buildImage, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, type Run, scratch } from './clair.ts';
import { debianRegistry, noRegistry } from './debian-registry.ts';

const skip = noRegistry;
const images = process.env['CLAIR_TEST_IMAGES'];

function imageOf(platform: string): BuiltImage {
  const stanza = (name: string): string =>
    `Package: ${name}\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\n\n`;
  return buildImage({
    platform,
    compression: 'gzip',
    steps: ['base', 'top'].map((name) => ({
      createdBy: `RUN make ${name}`,
      tar: tar([
        { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
        { path: 'var/lib/dpkg/status', content: stanza(`${name}-${platform.split('/')[1] ?? ''}`) },
      ]),
    })),
  });
}

/** An OCI layout with one image for each platform. */
async function layoutOf(name: string, ...platforms: string[]): Promise<string> {
  const layout = join(scratch, name);
  const built = platforms.map((platform) => ({
    ...imageOf(platform),
    tags: platforms.length > 1 ? ['all'] : [],
  }));
  await writeFiles(layout, ociFiles(built, { nested: platforms.length > 1 }));
  return layout;
}

interface Home {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  /** Files that were left in it, without the command's compile cache. */
  writtenFiles(): string[];
}

/** Creates an empty home directory, cache and temporary directory. */
function homeOf(name: string): Home {
  const path = join(scratch, name);
  for (const folder of ['home', 'cache', 'tmp']) mkdirSync(join(path, folder), { recursive: true });
  return {
    path,
    env: {
      HOME: join(path, 'home'),
      XDG_CACHE_HOME: join(path, 'cache'),
      TMPDIR: join(path, 'tmp'),
      XDG_RUNTIME_DIR: '',
      DOCKER_CONFIG: '',
    },
    writtenFiles: () =>
      readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(path, 'cache/clair/code')))
        .map(({ name }) => name),
  };
}

/** Returns the report without the fields that depend on the location of the image. */
function withoutPlace(run: Run): unknown {
  // Without advisories the image is not assessed.
  assert.equal(run.status, 4, run.stderr);
  const { target, ...report } = JSON.parse(run.stdout) as Report;
  return { ...report, target: { manifest: target.manifest, platform: target.platform } };
}

function scan(target: string, home: Home, env: Readonly<Record<string, string>> = {}): Run {
  return clair(['scan', target, '--offline', '--db', ':memory:', '--format', 'json'], {
    ...home.env,
    ...env,
  });
}

test('reports a registry image like the one on disk and writes no files', {
  skip,
}, async (context) => {
  const layout = await layoutOf('one', 'linux/amd64');
  const registry = await debianRegistry(context);
  registry.push(layout, 'acme/app:1');
  const home = homeOf('plain-home');
  const target = `registry:127.0.0.1:${registry.port}/acme/app:1`;
  const run = scan(target, home);
  assert.deepEqual(withoutPlace(run), withoutPlace(scan(layout, home)));
  const { reference, kind } = (JSON.parse(run.stdout) as Report).target;
  assert.deepEqual([reference, kind], [target, 'registry']);
  assert.deepEqual(home.writtenFiles(), []);
});

test('does not fetch a layer that the database has', { skip }, async (context) => {
  const layout = await layoutOf('known', 'linux/amd64');
  const registry = await debianRegistry(context);
  registry.push(layout, 'app:1');
  const home = homeOf('known-home');
  const target = `registry:127.0.0.1:${registry.port}/app:1`;
  const db = join(home.path, 'clair.db');
  assert.equal(clair(['scan', layout, '--offline', '--db', db], home.env).status, 4);
  const again = clair(['scan', target, '--offline', '--db', db, '--format', 'json'], home.env);
  assert.equal((JSON.parse(again.stdout) as Report).packages.length, 1);
  assert.doesNotMatch(again.stderr, /reading/);
});

async function privateRegistry(
  context: TestContext,
): Promise<{ host: string; ca: string; target: string; layout: string }> {
  const authority = testAuthority(context);
  const registry = await debianRegistry(context, { tls: authority.issue('registry.test'), isPrivate: true });
  const layout = await layoutOf(`private-${registry.port}`, 'linux/amd64', 'linux/arm64');
  registry.push(`${layout}:all`, 'acme/app:1');
  const ca = join(scratch, `ca-${registry.port}.pem`);
  writeFileSync(ca, readFileSync(authority.cert));
  const host = `127.0.0.1:${registry.port}`;
  return { host, ca, target: `registry:${host}/acme/app:1`, layout };
}

test('fetches the image of each platform over TLS with each kind of credentials', {
  skip,
}, async (context) => {
  const { host, ca, target, layout } = await privateRegistry(context);
  const home = homeOf('private-home');
  const trust = { SSL_CERT_FILE: ca };
  const anonymous = scan(target, home, trust);
  assert.equal(anonymous.status, 3);
  assert.match(
    anonymous.stderr,
    /^clair: 401 from the manifest endpoint of .*no credentials were found for it/,
  );
  const byName = { ...trust, CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'secret' };
  const wrong = scan(target, home, { ...byName, CLAIR_REGISTRY_PASSWORD: 'hidden' });
  assert.match(wrong.stderr, /401 .*the credentials do not grant access/);
  assert.ok(!wrong.stderr.includes('hidden'));
  const onDisk = withoutPlace(scan(`oci:${layout}:all`, home));
  assert.deepEqual(withoutPlace(scan(target, home, byName)), onDisk);
  mkdirSync(join(home.path, 'home/.docker'));
  const auths = { [host]: { auth: Buffer.from('me:secret').toString('base64') } };
  writeFileSync(join(home.path, 'home/.docker/config.json'), JSON.stringify({ auths }));
  assert.deepEqual(withoutPlace(scan(target, home, trust)), onDisk);
  const arm = clair(['sbom', target, '--platform', 'linux/arm64', '--format', 'json', '--db', ':memory:'], {
    ...home.env,
    ...trust,
  });
  const { packages, target: found } = JSON.parse(arm.stdout) as Report;
  assert.deepEqual([packages.map(({ name }) => name), found.platform], [['top-arm64'], 'linux/arm64']);
  const layers = clair(['layer', target], { ...home.env, ...trust });
  assert.match(layers.stdout, /layer 1 .* gzip\n {2}etc\/os-release/);
});

const big = images === undefined && process.env['CI'] === undefined ? 'CLAIR_TEST_IMAGES is not set' : skip;

test('reports an image of several layers like the one on disk', { skip: big }, async (context) => {
  const layout = join(images ?? '', 'oci/debian-layers');
  const registry = await debianRegistry(context);
  registry.push(layout, 'debian-layers');
  const home = homeOf('large-home');
  const run = scan(`registry:127.0.0.1:${registry.port}/debian-layers`, home);
  assert.deepEqual(withoutPlace(run), withoutPlace(scan(`oci:${layout}`, home)));
  assert.deepEqual(home.writtenFiles(), []);
});
