import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { testAuthority } from '../../src/testing/certificates.ts';
import type { HarborItem } from '../../src/testing/harbor-schemas.ts';
import { type BuiltImage, buildImage, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { type MemoryRegistry, memoryRegistry, respondWithError } from '../../src/testing/memory-registry.ts';
import { SimulatedHarbor } from '../../src/testing/simulated-harbor.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { alpineMirror } from './alpine-mirror.ts';
import { clair, scratch } from './clair.ts';
import { type DebianRegistry, debianRegistry, noRegistry, robotAccount } from './debian-registry.ts';
import { engines } from './fleet.ts';
import { runServer, type ServeProcess } from './serve-process.ts';

const timeout = 240_000;
const skip = noRegistry;

const mirror = alpineMirror('harbor-mirror', { '1.36.1-r0': ['CVE-2026-1', 'CVE-2026-2'] });

const alpine = tar([
  { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' },
  {
    path: 'lib/apk/db/installed',
    content:
      'C:Q1\nP:busybox\nV:1.36.0-r0\nA:x86_64\no:busybox\n\nC:Q1\nP:ssl_client\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n',
  },
]);
const debian = tar([
  { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
  {
    path: 'var/lib/dpkg/status',
    content: 'Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.15-2\n\n',
  },
]);
const alpineImage = buildImage({ compression: 'gzip', steps: [{ tar: alpine }] });
const debianImage = buildImage({ compression: 'gzip', steps: [{ tar: debian }] });
const zstdImage = buildImage({ compression: 'zstd', steps: [{ tar: alpine }] });

async function push(registry: DebianRegistry, image: BuiltImage, name: string): Promise<void> {
  const layout = join(scratch, `harbor ${registry.port} ${name.replace(/\W/g, ' ')}`);
  await writeFiles(layout, ociFiles([image]));
  registry.push(layout, name);
}

const token = 'harbor-credential';
const basic = `Basic ${Buffer.from(robotAccount).toString('base64')}`;

function settings(...registries: readonly string[]): Record<string, string> {
  return {
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_API_TOKENS: `scan:${createHash('sha256').update(token).digest('hex')}:harbor`,
    CLAIR_API_HARBOR_REGISTRIES: registries.join(','),
    CLAIR_API_HARBOR_KEY: Buffer.alloc(32, 7).toString('base64'),
    CLAIR_UPDATER_MIRROR: mirror,
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.19/main,v3.19/community',
  };
}

/** The ways in which Harbor sends the credential of a registration. */
const proofs = [
  { 'X-ScannerAdapter-API-Key': token },
  { Authorization: `Bearer ${token}` },
  { Authorization: `Basic ${Buffer.from(`clair:${token}`).toString('base64')}` },
] as const;

function harborOf({ ports }: ServeProcess, headers: Readonly<Record<string, string>> = proofs[0]) {
  return new SimulatedHarbor(`http://127.0.0.1:${ports.api}/harbor`, { headers });
}

function scanOf(image: BuiltImage, repository: string, registry: string, authorization = basic) {
  const mimeType = 'application/vnd.oci.image.manifest.v1+json';
  return {
    registry: { url: registry, authorization, insecure: false },
    artifact: { repository, tag: '', digest: image.manifest.digest, mime_type: mimeType, size: 1 },
  } as const;
}

const findingOf = (...parts: readonly string[]): string => parts.join(' ');

for (const [name, place] of engines) {
  test(`${name}: Harbor gets the findings and the SBOM that a command gives, also from another server`, {
    skip,
    timeout,
  }, async (t) => {
    const registry = await debianRegistry(t, { isPrivate: true });
    await push(registry, alpineImage, 'shop/web:1');
    await push(registry, debianImage, 'shop/other:1');
    await push(registry, zstdImage, 'shop/zstd:1');
    const url = `http://127.0.0.1:${registry.port}`;
    const database: Readonly<Record<string, string>> = await place(t);
    const server = await runServer(t, ['serve', '--log-level', 'trace'], { ...settings(url), ...database });
    const harbor = harborOf(server);
    const scan = scanOf(alpineImage, 'shop/web', url);

    // Advisories may still be loaded, so that the first report is late.
    const { vulnerabilities = [], severity } = await harbor.scan(scan);
    assertFindingsOfCommand(vulnerabilities, `127.0.0.1:${registry.port}/shop/web`);
    assert.equal(severity, 'Unknown');
    assert.deepEqual([...new Set(vulnerabilities.map(({ status }) => status))], ['fixed']);

    let { properties } = await harbor.ping();
    // The server reads the ages of feeds once a second.
    while (properties['clair.source/alpine'] === 'not loaded') ({ properties } = await harbor.ping());
    assert.match(properties['clair.source/alpine'] ?? '', /^checked \d{4}-/);
    assert.match(properties['harbor.scanner-adapter/vulnerability-database-updated-at'] ?? '', /^\d{4}-.*Z$/);

    const { sbom, media_type: mediaType } = await harbor.sbom(scan);
    assert.deepEqual([mediaType, sbom?.['spdxVersion']], ['application/spdx+json', 'SPDX-2.3']);
    const cyclonedx = await harbor.sbom(scan, 'application/vnd.cyclonedx+json');
    assert.equal(cyclonedx.sbom?.['bomFormat'], 'CycloneDX');

    const zstd = await harbor.scan(scanOf(zstdImage, 'shop/zstd', url));
    assert.deepEqual(
      zstd.vulnerabilities?.map(({ id }) => id).sort(),
      vulnerabilities.map(({ id }) => id).sort(),
    );

    const before = harbor.rows.size;
    for (const proof of proofs) await harborOf(server, proof).scan(scan);
    await harbor.scan(scan);
    assert.equal(harbor.rows.size, before);

    // Only Alpine's advisories are loaded, and an empty report would be shown as clean.
    await assert.rejects(
      harbor.scan(scanOf(debianImage, 'shop/other', url)),
      /^Error: not assessed: debian:12: .*: 500/,
    );

    const type = 'application/vnd.security.vulnerability.report; version=1.1';
    const capability = { type: 'vulnerability', produces_mime_types: [type], parameters: null };
    const id = await harbor.submit({ ...scan, enabled_capabilities: [capability] });
    await server.end();
    const other = await runServer(t, ['serve'], { ...settings(url), ...database });
    assert.match(await harborOf(other).poll(id, type), /CVE-2026-1/);

    if (name === 'sqlite') assertNoCredentials(database['CLAIR_DATABASE_OPTIONS_PATH'] ?? '');
    const log = server.written().join('\n');
    assert.doesNotMatch(log, new RegExp(basic.slice('Basic '.length).replace(/[+/=]/g, '.')));
    assert.doesNotMatch(log, /a:b\+c|harbor-credential/);
  });
}

/** Adds an artifact as Harbor stores SBOMs. Returns what a scan request names. */
function sbomArtifactIn(registry: MemoryRegistry): BuiltImage {
  const type = 'application/vnd.goharbor.harbor.sbom.v1';
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  const digest = registry.putBlob(Buffer.from('{}'));
  const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: 2 }];
  const config = { mediaType: type, digest, size: 2 };
  const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers };
  const stored = { ...alpineImage.manifest, digest: registry.put(manifest, manifestType) };
  return { ...alpineImage, manifest: stored as BuiltImage['manifest'] };
}

test('Harbor sees why a scan failed, and the step', { skip, timeout }, async (t) => {
  const registry = await debianRegistry(t, { isPrivate: true });
  await push(registry, alpineImage, 'shop/web:1');
  const url = `http://127.0.0.1:${registry.port}`;
  const expiring = await memoryRegistry(t);
  expiring.push(alpineImage);
  expiring.intercept = (request, response) => {
    const isLayer = request.url?.endsWith(alpineImage.layers[0]?.digest ?? '') === true;
    if (isLayer) respondWithError(response, 401, 'UNAUTHORIZED', 'the token has expired');
    return isLayer;
  };
  const env = {
    ...settings(url, `http://${expiring.host}`, 'http://127.0.0.1:9'),
    CLAIR_DATABASE_OPTIONS_PATH: ':memory:',
  };
  const server = await runServer(t, ['serve'], env);
  const harbor = harborOf(server);
  const sbomImage = sbomArtifactIn(expiring);
  const wrong = `Basic ${Buffer.from('me:wrong').toString('base64')}`;
  const missing = {
    ...alpineImage,
    manifest: { ...alpineImage.manifest, digest: `sha256:${'0'.repeat(64)}` },
  };
  for (const [scan, problem] of [
    [
      scanOf(alpineImage, 'shop/web', url, wrong),
      /^Error: open the image: 401 from the manifest endpoint of .*: 500/,
    ],
    [
      scanOf(missing as BuiltImage, 'shop/web', url),
      /^Error: open the image: 404 from .*: manifest unknown.*: 500/,
    ],
    [
      scanOf(alpineImage, 'app', `http://${expiring.host}`, 'Bearer x'),
      /^Error: read layers: 401 from the blob endpoint of .*: the token has expired.*: 500/,
    ],
    [
      scanOf(sbomImage, 'app', `http://${expiring.host}`, 'Bearer x'),
      /^Error: open the image: .* is not a container image: it is an SBOM that Harbor made.*: 500/,
    ],
    [
      scanOf(alpineImage, 'shop/web', 'http://10.0.0.1'),
      /^Error: registry\.url http:\/\/10\.0\.0\.1 is refused.*: 422/,
    ],
    [
      scanOf(alpineImage, 'shop/web', url.replace('http', 'https')),
      /^Error: registry\.url https:.* is refused.*: 422/,
    ],
    [scanOf(alpineImage, 'SHOP', url), /^Error: invalid artifact\.repository.*: 422/],
  ] as const)
    await assert.rejects(harbor.scan(scan), problem);
  const sent = expiring.requests.map(({ headers }) => headers.authorization);
  assert.deepEqual([...new Set(sent)], ['Bearer x']);
  await assert.rejects(harborOf(server, {}).ping(), /a valid token is required.*: 401/);
  await assert.rejects(harbor.poll('unknown', '*/*'), /cannot find scan job: unknown.*: 404/);
  await assert.rejects(harbor.poll('unknown', 'text/html'), /unsupported media type: "text\/html".*: 415/);
});

test('Harbor gets findings of a registry with a private certificate authority, or with any certificate if it is insecure', {
  skip,
  timeout,
}, async (t) => {
  const authority = testAuthority(t);
  const registry = await debianRegistry(t, { tls: authority.issue('registry.test'), isPrivate: true });
  await push(registry, alpineImage, 'shop/web:1');
  const host = `127.0.0.1:${registry.port}`;
  const scan = scanOf(alpineImage, 'shop/web', `https://${host}`);
  const start = async (trust: Readonly<Record<string, string>>) =>
    harborOf(
      await runServer(t, ['serve'], {
        ...settings(`https://${host}`),
        CLAIR_DATABASE_OPTIONS_PATH: ':memory:',
        ...trust,
      }),
    );
  for (const trust of [{ SSL_CERT_FILE: authority.cert }, { CLAIR_REGISTRY_INSECURE: host }]) {
    const { vulnerabilities = [] } = await (await start(trust)).scan(scan);
    assert.equal(vulnerabilities.length, 4, JSON.stringify(trust));
  }
});

/** Compares findings with those of `clair scan` on the same image. */
function assertFindingsOfCommand(vulnerabilities: readonly HarborItem[], repository: string): void {
  const local = clair(
    [
      ...['scan', `registry:${repository}@${alpineImage.manifest.digest}`],
      ...['--mirror', mirror, '--no-lookups', '--format', 'json', '--db', ':memory:'],
    ],
    { CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'secret' },
  );
  const { matches } = JSON.parse(local.stdout) as Report;
  const expected = matches.map(({ vulnerability, package: found, fix }) =>
    findingOf(vulnerability.id, found.name, found.version, fix.state === 'fixed' ? fix.version : ''),
  );
  assert.equal(expected.length, 4);
  const ours = vulnerabilities.map((item) =>
    findingOf(item.id, item.package, item.version, item.fix_version ?? ''),
  );
  assert.deepEqual(ours.sort(), expected.sort());
}

function assertNoCredentials(path: string): void {
  using database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare('select state, access, subject from scan_job').all();
  assert.ok(rows.length > 5);
  for (const { state, access, subject } of rows) {
    assert.ok(state === 'done' || state === 'failed');
    assert.equal(access, null);
    assert.doesNotMatch(String(subject), /Basic/);
  }
}
