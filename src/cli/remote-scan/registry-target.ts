import { ClairError } from '../../core/errors.ts';
import { statsOf } from '../../image/container/local-file.ts';

/** Prefixes of targets that only this machine has. */
const local = /^(?:docker-archive|oci|oci-archive|rootfs-tar|dir|aci|docker|podman|containerd|sbom):|^-$/;

/** Returns the reference of an image of a registry. Throws `usage` for any other target, which a server cannot read. */
export function requireRegistryTarget(target: string): string {
  if (target.startsWith('registry:')) return target.slice('registry:'.length);
  if (!local.test(target) && statsOf(target) === undefined) return target;
  throw new ClairError(
    'usage',
    `${target} is on this machine, and the server reads images of registries only: push the image and name it in its registry, or leave out --server`,
  );
}
