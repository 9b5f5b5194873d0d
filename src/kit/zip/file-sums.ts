import { crc32 } from 'node:zlib';
import type { Sizes } from './records.ts';

/** A digest of the data of many files that does not depend on their order. */
export class FileSums {
  count = 0;
  #sum = 0;

  add(path: string, offset: number, { crc, compressedBytes, bytes }: Sizes): void {
    this.count++;
    this.#sum = (this.#sum + crc32(`${offset} ${crc} ${compressedBytes} ${bytes} ${path}`)) >>> 0;
  }

  equals(other: FileSums): boolean {
    return this.count === other.count && this.#sum === other.#sum;
  }
}
