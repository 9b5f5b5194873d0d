import type * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import type { manifestDocument } from './documents.ts';

const configTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  // Some old tools push images with this type.
  'application/octet-stream',
  'application/json',
]);

/** Artifacts other than images, by the prefix of their configuration's media type. */
const knownArtifacts: readonly (readonly [start: string, name: string])[] = [
  ['application/vnd.cncf.helm', 'a Helm chart'],
  ['application/vnd.docker.plugin', 'a Docker plugin'],
  ['application/vnd.dev.cosign', 'a signature'],
  ['application/vnd.cncf.notary', 'a signature'],
  ['application/vnd.goharbor.harbor.sbom', 'an SBOM that Harbor made'],
  ['application/vnd.wasm', 'a WebAssembly module'],
  ['application/vnd.buildkit.cacheconfig', 'a build cache'],
  ['application/vnd.oci.empty', 'an artifact without a configuration'],
];

/** Throws `target-unsupported` for manifests from before Docker 1.10. Their layers have no diffIDs, so their content cannot be verified. */
export function refuseSchema1(name: string, { mediaType }: { readonly mediaType: string }): void {
  if (!mediaType.startsWith('application/vnd.docker.distribution.manifest.v1+')) return;
  throw new ClairError(
    'target-unsupported',
    `${name} has a manifest of schema 1, which registries no longer support; push the image again with a current tool, such as skopeo copy --format oci docker://${name} docker://…`,
  );
}

/** Throws `target-unsupported` for an artifact that is not an image. */
export function refuseArtifact(
  name: string,
  { config, artifactType }: z.infer<typeof manifestDocument>,
): void {
  const type = config.mediaType;
  if (type === undefined || configTypes.has(type)) return;
  const known = knownArtifacts.find(([start]) => type.startsWith(start))?.[1];
  const description = [known, artifactType ?? type].filter((word) => word !== undefined).join(', ');
  throw new ClairError('target-unsupported', `${name} is not a container image: it is ${description}`);
}
