import { gzipSync, zstdCompressSync } from 'node:zlib';
import {
  type BuiltImage,
  buildImage,
  dockerArchive,
  legacyFiles,
  ociArchive,
  ociFiles,
} from '../../src/testing/image-builder.ts';
import { base256, tar } from '../../src/testing/tar-writer.ts';

const long = 'd/'.repeat(60);

/** Returns layers in the style of different tar writers. */
export function layerTars(): Uint8Array[] {
  const sparseHeader = Buffer.concat([Buffer.from('00000000000\x0000000000012\0'), Buffer.alloc(72)]);
  return [
    tar([]),
    tar([
      { path: 'etc/' },
      { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
      {
        path: 'var/lib/dpkg/status',
        content: 'Package: bash\nStatus: install ok installed\nVersion: 5.2-1\nArchitecture: amd64\n\n',
      },
      { path: 'lib/apk/db/installed', content: 'P:musl\nV:1.2.4-r2\nA:x86_64\no:musl\n\n' },
      { path: 'usr/bin/bash', content: 'x'.repeat(700) },
    ]),
    tar([
      { path: './var/lib/dpkg/status.d/.wh.old' },
      { path: 'var/lib/.wh..wh..opq' },
      { path: 'usr/lib/os-release', target: '../../etc/os-release' },
      { path: 'etc/os-release', type: 'hardlink', target: 'usr/lib/os-release' },
      { path: 'dev/null', type: 'character-device' },
      { path: 'etc/alpine-release', content: '3.19.1\n', raw: { size: base256(7) } },
    ]),
    tar(
      [
        { path: `${long}x`, content: 'x' },
        { path: 'lib', target: `${long}y` },
      ],
      { longNames: 'gnu', recordBytes: 10240 },
    ),
    tar(
      [
        { path: `${long}x`, content: 'x', pax: { mtime: '1.5', path: 'etc/lsb-release', size: '1' } },
        { path: 'g', type: 'pax-global-header', content: '12 comment=x\n' },
      ],
      { endBlocks: 0 },
    ),
    tar([
      {
        path: 'etc/os-release',
        type: 'gnu-sparse',
        content: 'ID=alpine\n',
        raw: { prefix: Buffer.concat([Buffer.alloc(41), sparseHeader]) },
      },
      {
        path: 'x',
        content: `1\n0\n10\n${'\0'.repeat(505)}ID=alpine\n`,
        pax: {
          'GNU.sparse.major': '1',
          'GNU.sparse.minor': '0',
          'GNU.sparse.name': 'etc/os-release',
          'GNU.sparse.realsize': '20',
        },
      },
    ]),
  ];
}

/** Returns the same layers with different compressions. */
export function storedLayers(): Uint8Array[] {
  const tars = layerTars();
  return [...tars, ...tars.map((bytes) => gzipSync(bytes)), ...tars.map((bytes) => zstdCompressSync(bytes))];
}

/** Returns image archives in all supported formats. */
export function imageArchives(): Uint8Array[] {
  const [, base = new Uint8Array(), top = new Uint8Array()] = layerTars();
  const steps = [
    { tar: base, createdBy: 'ADD rootfs' },
    { createdBy: 'ENV a=b' },
    { tar: top, createdBy: 'RUN x' },
  ];
  const image = buildImage({ steps, tags: ['clair:1'] });
  const packed = buildImage({ steps, compression: 'gzip', tags: ['clair:2'], platform: 'linux/arm64/v8' });
  const nested = tar(ociFiles([image, packed], { nested: true }));
  const docker = dockerArchive(image);
  return [
    docker,
    dockerArchive(image, packed),
    gzipSync(docker),
    ociArchive(packed),
    nested,
    zstdCompressSync(nested),
    legacy(image),
    base,
  ];
}

function legacy(image: BuiltImage): Uint8Array {
  return tar(legacyFiles([image]));
}
