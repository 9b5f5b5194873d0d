import type * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import type { manifestDocument } from '../format/documents.ts';
import type { FetchedManifest } from './repository-client.ts';

const configTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  // As some old tools push images.
  'application/octet-stream',
  'application/json',
]);

/** What lies in registries besides images, by how the types of its configuration begin. */
const knownArtifacts: readonly (readonly [start: string, name: string])[] = [
  ['application/vnd.cncf.helm', 'a Helm chart'],
  ['application/vnd.docker.plugin', 'a plugin of Docker'],
  ['application/vnd.dev.cosign', 'a signature'],
  ['application/vnd.cncf.notary', 'a signature'],
  ['application/vnd.wasm', 'a WebAssembly module'],
  ['application/vnd.buildkit.cacheconfig', 'a build cache'],
  ['application/vnd.oci.empty', 'an artifact without a configuration'],
];

/** Refuses manifests of the time before Docker 1.10: their layers have no diffIDs, and nobody can verify what they say. */
export function refuseSchema1(name: string, { mediaType }: FetchedManifest): void {
  if (!mediaType.startsWith('application/vnd.docker.distribution.manifest.v1+')) return;
  throw new ClairError(
    'target-unsupported',
    `${name} has a manifest of schema 1, which registries have given up; push the image again with a current tool, as skopeo copy --format oci docker://${name} docker://…`,
  );
}

/** Refuses what is kept in a registry and is no image. */
export function refuseArtifact(
  name: string,
  { config, artifactType }: z.infer<typeof manifestDocument>,
): void {
  const type = config.mediaType;
  if (type === undefined || configTypes.has(type)) return;
  const known = knownArtifacts.find(([start]) => type.startsWith(start))?.[1];
  const description = [known, artifactType ?? type].filter((word) => word !== undefined).join(', ');
  throw new ClairError('target-unsupported', `${name} is no container image: it is ${description}`);
}
