import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc64 } from './crc64.ts';

/** A checksum over the inflated bytes of a block, as stored after the block. */
export interface BlockCheck {
  readonly sizeBytes: number;
  update(bytes: Uint8Array): void;
  /** Returns the sum and resets it. */
  digest(): Buffer;
}

/** The check with this number. Undefined if the xz file format, section 2.1.1.2, does not define it. */
export function blockCheckOf(number: number): BlockCheck | undefined {
  switch (number) {
    case 0:
      return { sizeBytes: 0, update: () => undefined, digest: () => Buffer.alloc(0) };
    case 1:
      return new Crc32();
    case 4:
      return new Crc64();
    case 10:
      return new Sha256();
    default:
      return undefined;
  }
}

class Crc32 implements BlockCheck {
  readonly sizeBytes = 4;
  #crc = 0;

  update(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc);
  }

  digest(): Buffer {
    const result = Buffer.alloc(4);
    result.writeUInt32LE(this.#crc);
    this.#crc = 0;
    return result;
  }
}

class Sha256 implements BlockCheck {
  readonly sizeBytes = 32;
  #hash = createHash('sha256');

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  digest(): Buffer {
    const result = this.#hash.digest();
    this.#hash = createHash('sha256');
    return result;
  }
}
