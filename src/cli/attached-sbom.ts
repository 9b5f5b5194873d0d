import { ClairError } from '../core/errors.ts';
import { openRegistryTarget } from '../image/open-reference.ts';
import { fetchAttachedSbom, type SbomForm } from '../image/registry/attached-sbom.ts';
import { writeResult } from './output.ts';

/** Options of `clair sbom --attached`. */
export interface AttachedOptions {
  /** The form to fetch; true accepts any form. */
  readonly attached: SbomForm | true;
  readonly platform?: string;
  readonly output?: string;
}

/** Runs `clair sbom --attached`: prints the SBOM that is attached to an image in its registry, unchanged. */
export async function showAttached(target: string, options: AttachedOptions): Promise<number> {
  const opened = await openRegistryTarget(target, options);
  if (opened === undefined)
    throw new ClairError(
      'usage',
      '--attached shows what is attached to an image of a registry: registry:REF',
    );
  const { bytes } = await fetchAttachedSbom(opened, options.attached === true ? undefined : options.attached);
  await writeResult([bytes.toString('utf8')], options.output);
  return 0;
}
