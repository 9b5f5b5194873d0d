import type { VersionKey } from '../plugin/version-scheme.ts';

/**
 * Default first byte of a number token. Tokens begin with 80…FD: above every class byte and every ASCII letter, below
 * FF.
 */
export const numberBase = 0x80;

/** The writer's buffer grows as needed. A buffer larger than this is not reused for the next version. */
const keptBytes = 4096;

/**
 * Writes the bytes of version keys, one version after the other, into a reused buffer. No token that a scheme writes is
 * a prefix of another: bytes then compare as the tokens do, and later tokens decide only if the earlier ones are equal.
 */
export class KeyWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** Discards the last version. */
  start(): void {
    this.#length = 0;
    if (this.#bytes.length > keptBytes) this.#bytes = new Uint8Array(256);
  }

  /** Bytes written since `start`. */
  get length(): number {
    return this.#length;
  }

  /** Writes one byte: a class, an end mark or a letter. It is the low byte of a greater number. */
  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /**
   * Writes the decimal digits `text[from…to)` as a number of any size, without leading zeros. No digits are zero. Up to
   * 95 takes one byte. A larger number takes a byte for the count of digits, and then two digits per byte. Uses the
   * bytes from `base` to `base + 125`.
   */
  number(text: string, from: number, to: number, base: number = numberBase): void {
    let start = from;
    while (start < to && text.charCodeAt(start) === 0x30) start++;
    const digits = to - start;
    if (digits === 0) {
      this.byte(base);
    } else if (digits === 1) {
      this.byte(base + text.charCodeAt(start) - 0x30);
    } else if (digits === 2) {
      this.#twoDigits(text.charCodeAt(start) - 0x30, text.charCodeAt(start + 1) - 0x30, base);
    } else {
      this.#sizedNumber(text, start, to, base);
    }
  }

  /** Writes `text[from…to)` as UTF-8 and a 00, which orders "a" before "aa". The text must not contain 00. */
  string(text: string, from: number = 0, to: number = text.length): void {
    for (let index = from; index < to; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x80) {
        this.byte(code);
      } else {
        this.#utf8(text.slice(index, to));
        break;
      }
    }
    this.byte(0);
  }

  /** Returns a copy of the written bytes as a key. */
  take(): VersionKey {
    return this.#bytes.slice(0, this.#length) as VersionKey;
  }

  /** Compares the written bytes with those of another writer, as their keys would compare. */
  compare(other: KeyWriter): number {
    const length = Math.min(this.#length, other.#length);
    for (let index = 0; index < length; index++) {
      const difference = (this.#bytes[index] ?? 0) - (other.#bytes[index] ?? 0);
      if (difference !== 0) return difference;
    }
    return this.#length - other.#length;
  }

  #twoDigits(tens: number, ones: number, base: number): void {
    const value = tens * 10 + ones;
    if (value <= 95) {
      this.byte(base + value);
    } else {
      this.byte(base + 96);
      this.byte((tens << 4) | ones);
    }
  }

  /** Writes a number of three or more digits: the count of digits, then the digits. */
  #sizedNumber(text: string, start: number, to: number, base: number): void {
    const digits = to - start;
    if (digits <= 30) {
      this.byte(base + 94 + digits);
    } else {
      this.byte(base + 125);
      for (const shift of [24, 16, 8, 0]) this.byte(digits >>> shift);
    }
    let index = start;
    if (digits % 2 === 1) this.byte(text.charCodeAt(index++) - 0x30);
    for (; index < to; index += 2) {
      this.byte(((text.charCodeAt(index) - 0x30) << 4) | (text.charCodeAt(index + 1) - 0x30));
    }
  }

  #utf8(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #grow(bytes: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#bytes.length + bytes));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
