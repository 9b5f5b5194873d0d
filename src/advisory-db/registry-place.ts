import { ClairError } from '../core/errors.ts';
import type { RangeResponse } from '../kit/http/resumable-download.ts';
import type { Digest } from '../model/digest.ts';
import { databaseForm } from './documents.ts';
import { downloadBlob } from './download-blob.ts';
import { damaged } from './manifest.ts';
import type { DatabasePlace, PlaceManifest } from './place.ts';

/** The repository of a registry, as far as a published database needs it. */
export interface DatabaseRepository {
  /** `registry.example/advisories` */
  readonly name: string;
  /** Fetches a manifest by tag or digest, unless it is still the known one. */
  fetchManifestIfChanged(
    reference: string,
    known: Digest | undefined,
  ): Promise<Omit<PlaceManifest, 'fingerprint'> | 'unchanged'>;
  /** Fetches a blob from an offset on, if the registry supports ranges. */
  fetchBlob(digest: Digest, from: number, signal?: AbortSignal): Promise<RangeResponse>;
}

/** Returns the place in a repository of a registry. `tag` is the form of published databases by default. */
export function registryPlace(repository: DatabaseRepository, tag: string = databaseForm): DatabasePlace {
  const name = `registry:${repository.name}`;
  return {
    name: `${name}:${tag}`,
    isLocal: false,
    readManifest: async ({ digest, known }) => {
      const found = await withPlaceErrors(name, () =>
        repository.fetchManifestIfChanged(digest ?? tag, digest === undefined ? known?.digest : undefined),
      );
      return found === 'unchanged' ? found : { bytes: found.bytes, digest: found.digest, fingerprint: '' };
    },
    locate: (digest) => `${name}@${digest}`,
    readBlob: async (reference, options) =>
      await downloadBlob(
        {
          reference,
          location: `${name}@${reference.digest}`,
          open: (from) => withPlaceErrors(name, () => repository.fetchBlob(reference.digest, from)),
        },
        options,
      ),
  };
}

/** Converts the errors of a registry into those of places. */
async function withPlaceErrors<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ClairError)) throw error;
    if (error.code === 'target-corrupt') throw damaged(name, error.message, error);
    throw new ClairError('feed-unavailable', error.message, { cause: error.cause ?? error });
  }
}
