import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../../src/model/digest.ts';
import { blobPath, sha256 } from '../../../src/testing/image-builder.ts';
import { type Descriptor, OciLayout } from './containers.ts';
import type { Answer, HostileImage } from './hostile-image.ts';
import { writeLayer } from './layer-file.ts';
import { end, manyMembers, members, system } from './tar-pieces.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';
const absent = sha256('nowhere');

/** OCI layouts whose documents differ from their claims. */
export function oddContainers(): HostileImage[] {
  return [
    odd('an index that names itself', { refused: /deep|nested|digest/ }, selfReferring),
    odd('indexes inside indexes', { refused: /deep|nested/ }, nestedIndexes),
    odd('ten thousand layers', { refused: /10000 layers, more than 1000/ }, (layout) => {
      const layer = plain(layout);
      layout.image(Array.from({ length: 10_000 }, () => layer));
    }),
    odd('a manifest of 100 MB', { refused: /too many for a manifest/ }, (layout) => {
      layout.index(layout.document(' '.repeat(100_000_000)));
    }),
    odd('an index of 100 MB', { refused: /too many for a manifest/ }, (layout) => {
      plain(layout);
      writeFileSync(join(layout.directory, 'index.json'), ' '.repeat(100_000_000));
    }),
    odd(
      'a layer that does not match its digest',
      { refused: /its digest is sha256:\w+, not/ },
      (layout) => {
        const layer = plain(layout);
        writeFileSync(join(layout.directory, blobPath(layer.digest)), Buffer.concat([system, end, end]));
        layout.image([layer]);
      },
      true,
    ),
    odd('a manifest that does not match its digest', { refused: /digest/ }, (layout) => {
      layout.index(layout.document({ layers: [], config: plain(layout) }, absent));
    }),
    odd('a layer that is missing', { refused: /has no blobs\/sha256\/\w+/ }, (layout) => {
      const layer = plain(layout);
      layout.image([layer]);
      rmSync(join(layout.directory, blobPath(layer.digest)));
    }),
    odd('a manifest that is missing', { refused: /has no blob sha256:\w+/ }, (layout) => {
      layout.index({ digest: absent, size: 1 });
    }),
    odd('a digest that is a path', { refused: /digest/ }, (layout) => {
      layout.index({ digest: 'sha256:../../../../etc/passwd' as Digest, size: 1 });
    }),
    odd('a manifest of brackets', { refused: /is not JSON|exceeds the nesting limit/ }, (layout) => {
      layout.index(layout.document('['.repeat(4_000_000)));
    }),
    odd('a layer of no bytes', { packages: [] }, (layout) => {
      layout.image([layout.layer('none', [])]);
    }),
    odd('a layer of noise', { refused: /no tar header/ }, (layout) => {
      layout.image([layout.layer('none', [Buffer.alloc(10_000, 'noise')])]);
    }),
    {
      name: 'an archive of 30,000 members before its manifest',
      write: crowdedArchive,
      answer: { refused: /members/ },
    },
    odd('a gzip layer that is cut', { refused: /layer sha256:\w+ cannot be read/ }, (layout) => {
      const layer = layout.layer('gzip', [system, end]);
      layout.image([cut(layout, layer)]);
    }),
  ];
}

function plain(layout: OciLayout): Descriptor {
  return layout.layer('none', [system, end]);
}

/** Writes an archive with many members. docker save writes its manifest last. */
function crowdedArchive(directory: string): string {
  const path = join(directory, 'image.tar');
  const manifest = JSON.stringify([{ Config: 'config.json', Layers: ['layer.tar'] }]);
  writeLayer(path, 'none', [
    ...manyMembers(30_000, { path: '#/json', content: '{}' }),
    members(
      { path: 'layer.tar', content: Buffer.concat([system, end]) },
      { path: 'config.json', content: '{}' },
      { path: 'manifest.json', content: manifest },
    ),
    end,
  ]);
  return path;
}

/** Writes the first half of a layer under its own digest. */
function cut(layout: OciLayout, { digest, size }: Descriptor): Descriptor {
  const whole = readFileSync(join(layout.directory, blobPath(digest)));
  return layout.layer('none', [whole.subarray(0, size / 2)]);
}

/** Writes an index with a false digest of itself: no document can contain its own digest. */
function selfReferring(layout: OciLayout): void {
  const manifests = [{ mediaType: indexType, digest: absent, size: 1 }];
  layout.index(layout.document({ schemaVersion: 2, mediaType: indexType, manifests }, absent), indexType);
}

function nestedIndexes(layout: OciLayout): void {
  const layer = plain(layout);
  const config = layout.document({});
  let inner: Descriptor & { mediaType?: string } = layout.document({ config, layers: [layer] });
  for (let depth = 0; depth < 20; depth++) {
    inner = { ...layout.document({ schemaVersion: 2, manifests: [inner] }), mediaType: indexType };
  }
  layout.index(inner, indexType);
}

function odd(name: string, answer: Answer, fill: (layout: OciLayout) => void, verify?: true): HostileImage {
  return {
    name,
    write: (directory) => {
      fill(new OciLayout(directory));
      return directory;
    },
    answer,
    ...(verify && { verify }),
  };
}
