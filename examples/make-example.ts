import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { buildImage, dockerArchive } from '../src/testing/image-builder.ts';
import { type TarEntry, tar } from '../src/testing/tar-writer.ts';

/** The example files by their path in this folder, byte for byte the same wherever they are made. */
export function exampleFiles(): ReadonlyMap<string, Uint8Array | string> {
  return new Map<string, Uint8Array | string>([
    ['image.tar', exampleImage()],
    ['mirror/secdb.alpinelinux.org/v3.20/main.json', secdb('main', mainFixes)],
    ['mirror/secdb.alpinelinux.org/v3.20/community.json', secdb('community', communityFixes)],
  ]);
}

const origins: Readonly<Record<string, string>> = {
  libcrypto3: 'openssl',
  libssl3: 'openssl',
  'ca-certificates-bundle': 'ca-certificates',
  ssl_client: 'busybox',
};

/** What the base layer has installed: plausible, not copied from any image. */
const basePackages = {
  'alpine-baselayout': '3.6.5-r0',
  'apk-tools': '2.14.4-r0',
  busybox: '1.36.1-r28',
  'ca-certificates-bundle': '20240705-r0',
  libcrypto3: '3.3.0-r2',
  libssl3: '3.3.0-r2',
  musl: '1.2.5-r0',
  ssl_client: '1.36.1-r28',
  zlib: '1.3.1-r1',
};

/** The upper layer upgrades OpenSSL, though not far enough, and adds a package of the community repository. */
const upperPackages = { ...basePackages, libcrypto3: '3.3.1-r0', libssl3: '3.3.1-r0', redis: '7.2.5-r0' };

/** Fixed version → CVEs, by origin package, as Alpine 3.20 published them. Version `0`: never affected. */
type Fixes = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const mainFixes: Fixes = {
  'apk-tools': { '2.12.5-r0': ['CVE-2021-30139'], '2.12.6-r0': ['CVE-2021-36159'] },
  busybox: {
    '1.36.1-r25': ['CVE-2023-42366'],
    '1.36.1-r27': ['CVE-2023-42363'],
    '1.36.1-r29': ['CVE-2023-42364', 'CVE-2023-42365'],
  },
  curl: { '8.9.1-r0': ['CVE-2024-7264'], '8.10.0-r0': ['CVE-2024-8096'] },
  musl: { '1.2.2_pre2-r0': ['CVE-2020-28928'] },
  openssl: {
    '0': ['CVE-2022-1292', 'CVE-2022-2068', 'CVE-2022-2274', 'CVE-2023-0466', 'CVE-2023-4807'],
    '3.3.0-r3': ['CVE-2024-4741'],
    '3.3.1-r1': ['CVE-2024-5535'],
    '3.3.2-r0': ['CVE-2024-6119'],
    '3.3.2-r1': ['CVE-2024-9143'],
  },
  zlib: { '0': ['CVE-2023-45853', 'CVE-2023-6992'], '1.2.12-r2': ['CVE-2022-37434'] },
};

const communityFixes: Fixes = {
  redis: {
    '7.2.4-r0': ['CVE-2023-41056'],
    '7.2.5-r1': ['CVE-2024-31227', 'CVE-2024-31228', 'CVE-2024-31449'],
  },
  runc: { '1.1.4-r7': ['CVE-2023-27561'] },
};

function exampleImage(): Uint8Array {
  const image = buildImage({
    tags: ['example/alpine:3.20'],
    steps: [
      { tar: tar(baseLayer()), createdBy: 'ADD rootfs.tar.gz / # buildkit' },
      { createdBy: 'CMD ["/bin/sh"]' },
      { tar: tar(upperLayer()), createdBy: 'RUN apk upgrade && apk add redis && rm /etc/motd' },
    ],
  });
  return dockerArchive(image);
}

function baseLayer(): TarEntry[] {
  return [
    { path: 'bin/' },
    { path: 'bin/busybox', content: 'an executable\n', mode: 0o755 },
    { path: 'bin/sh', target: '/bin/busybox' },
    { path: 'etc/' },
    { path: 'etc/alpine-release', content: '3.20.3\n' },
    { path: 'etc/motd', content: 'Welcome to Alpine!\n' },
    { path: 'etc/os-release', content: osRelease },
    { path: 'lib/' },
    { path: 'lib/apk/' },
    { path: 'lib/apk/db/' },
    { path: 'lib/apk/db/installed', content: installed(basePackages) },
  ];
}

/** A whiteout removes what lies below it: OCI image-spec, layer.md. */
function upperLayer(): TarEntry[] {
  return [
    { path: 'etc/' },
    { path: 'etc/.wh.motd' },
    { path: 'lib/' },
    { path: 'lib/apk/' },
    { path: 'lib/apk/db/' },
    { path: 'lib/apk/db/installed', content: installed(upperPackages) },
  ];
}

const osRelease = `NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.20.3
PRETTY_NAME="Alpine Linux v3.20"
`;

/** An apk database: one paragraph a package. apk-installed(5). */
function installed(packages: Readonly<Record<string, string>>): string {
  const paragraphs = Object.entries(packages).map(
    ([name, version]) => `P:${name}\nV:${version}\nA:x86_64\no:${origins[name] ?? name}\n\n`,
  );
  return paragraphs.join('');
}

function secdb(reponame: string, fixes: Fixes): string {
  const packages = Object.entries(fixes).map(([name, secfixes]) => ({ pkg: { name, secfixes } }));
  return `${JSON.stringify({ archs: ['x86_64'], reponame, distroversion: 'v3.20', packages }, null, 2)}\n`;
}

if (import.meta.main) {
  for (const [path, content] of exampleFiles()) {
    const target = resolve(import.meta.dirname, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}
