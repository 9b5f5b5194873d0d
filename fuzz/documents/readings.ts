import { ClairError } from '../../src/core/errors.ts';
import {
  configDocument,
  type Descriptor,
  dockerManifestDocument,
  indexDocument,
  legacyLayerDocument,
  manifestDocument,
  parseDocument,
  repositoriesDocument,
} from '../../src/image/format/documents.ts';
import type { Sample } from './grammar.ts';

/** Returns our reading of a document, in the forms that the oracle may return. Returns undefined if the document is refused. */
export function readingsOf(sample: Sample): readonly unknown[] | undefined {
  try {
    return readers[sample.kind](sample.bytes);
  } catch (error) {
    if (error instanceof ClairError) return undefined;
    throw error;
  }
}

const readers: Readonly<Record<Sample['kind'], (bytes: Buffer) => readonly unknown[]>> = {
  manifest(bytes) {
    const { config, layers } = parseDocument(bytes, 'it', manifestDocument);
    return [[config.digest, layers.map(({ mediaType = '', digest }) => [mediaType, digest])]];
  },
  index(bytes) {
    const { manifests } = parseDocument(bytes, 'it', indexDocument);
    return [
      ['long', (manifests ?? []).map(longEntry)],
      ['short', (manifests ?? []).map(shortEntry)],
    ];
  },
  config(bytes) {
    const { os = '', architecture = '', variant, rootfs } = parseDocument(bytes, 'it', configDocument);
    return [[os, architecture, variant ?? '', rootfs?.diff_ids ?? []]];
  },
  docker(bytes) {
    const images = parseDocument(bytes, 'it', dockerManifestDocument);
    return [images.map(({ Config, RepoTags, Layers }) => [Config, RepoTags ?? [], Layers ?? []])];
  },
  repositories: (bytes) => [parseDocument(bytes, 'it', repositoriesDocument)],
  legacy(bytes) {
    const { os = '', parent } = parseDocument(bytes, 'it', legacyLayerDocument);
    return [[os, parent ?? '']];
  },
};

function shortEntry({ mediaType = '', digest, platform }: Descriptor): string[] {
  if (!platform) return [mediaType, digest];
  return [mediaType, digest, platform.os ?? '', platform.architecture ?? '', platform.variant ?? ''];
}

function longEntry(entry: Descriptor): string[] {
  const name = entry.annotations?.['org.opencontainers.image.ref.name'] ?? '';
  const type = entry.annotations?.['vnd.docker.reference.type'] ?? '';
  return [...shortEntry(entry), `name ${name}`, `type ${type}`];
}
