import { readAllBytes } from '../../kit/bytes/bytes.ts';
import { readTruncatedBody } from '../../kit/http/http-client.ts';
import type { Digest } from '../../model/digest.ts';
import type { LayerRange } from '../partial/range-plan.ts';
import type { ReadRange } from '../partial/stored-layer.ts';
import { TableError } from '../partial/table-document.ts';
import type { RegistryResponse } from './registry-client.ts';
import type { RepositoryClient } from './repository-client.ts';

const noRanges = 'cannot be used: the registry does not serve parts of layers';

/** Fetches parts of blobs. Remembers that a registry does not serve them, and does not ask again. */
export class BlobRanges {
  readonly #repository: Pick<RepositoryClient, 'fetchBlobRange'>;
  #isRefused = false;

  constructor(repository: Pick<RepositoryClient, 'fetchBlobRange'>) {
    this.#repository = repository;
  }

  /** Returns a function that reads parts of a blob of this size. */
  of(digest: Digest, sizeBytes: number): ReadRange {
    return async (range) => {
      if (this.#isRefused) throw new TableError(noRanges);
      const response = await this.#repository.fetchBlobRange(digest, range);
      if (!isAnswerTo(range, sizeBytes, response)) {
        this.#isRefused = true;
        // It may have the whole layer: its first bytes are enough.
        await readTruncatedBody(response, 0);
        throw new TableError(noRanges);
      }
      const size = range.end - range.offset;
      const tooMany = (): TableError =>
        new TableError('cannot be used: the registry sends other parts than were asked for');
      const bytes = await readAllBytes(response.body, size, tooMany);
      if (bytes.length !== size) throw tooMany();
      return bytes;
    };
  }
}

/** Whether a response has exactly the range. RFC 9110 §14.4 */
function isAnswerTo(
  { offset, end }: LayerRange,
  sizeBytes: number,
  { status, headers }: RegistryResponse,
): boolean {
  const [, first, last, size] =
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  const isOfBlob = size === '*' || Number(size) === sizeBytes;
  return status === 206 && Number(first) === offset && Number(last) === end - 1 && isOfBlob;
}
