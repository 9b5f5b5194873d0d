import { limits } from '../../../core/limits.ts';
import type { EntryProblem } from '../../package/listing.ts';
import { cutHeader, type ModelHeader } from './model-header.ts';

const magic = Buffer.from('GGUF');
/** Versions of the format with counts of 8 bytes, which the first one lacks. */
const versions: ReadonlySet<number> = new Set([2, 3]);
/** Bytes of the values of a type, by its number. Texts and arrays have a length of their own. */
const valueBytes: readonly (number | undefined)[] = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8];
const [textType, arrayType] = [8, 9];

/**
 * Reads the members `general.*` of a file in the GGUF format of ggml. The tensors and the vocabulary of a large model are behind them. So what
 * is beyond the beginning of the file is not missing.
 */
export function readGguf(beginning: Buffer): ModelHeader | EntryProblem {
  if (!beginning.subarray(0, magic.length).equals(magic)) return { problem: 'does not begin as GGUF' };
  const cursor = new Cursor(beginning, magic.length);
  const version = cursor.begin();
  if (version === undefined) return cutHeader;
  if (!versions.has(version)) return { problem: `has the version ${version} of GGUF, which is not read` };
  const tensors = cursor.count();
  const members = cursor.count();
  if (tensors === undefined || members === undefined) return cutHeader;
  const texts = new Map<string, string>();
  for (let i = 0; i < members; i++) {
    const isRead = cursor.readMember(texts);
    // A shorter file was passed whole.
    if (isRead === undefined)
      return beginning.length < limits.modelBeginningBytes ? cutHeader : headerOf(texts);
    if (!isRead) return { problem: `has a member of an unknown type at byte ${cursor.position}` };
  }
  return headerOf(texts);
}

function headerOf(texts: ReadonlyMap<string, string>): ModelHeader {
  return {
    name: texts.get('general.name'),
    version: texts.get('general.version'),
    license: texts.get('general.license'),
    author: texts.get('general.author') ?? texts.get('general.organization'),
  };
}

/** Reads values in the order of bytes of the file. Undefined means that the beginning of the file ends before. */
class Cursor {
  readonly #bytes: Buffer;
  #isBigEndian = false;
  position: number;

  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  /** Reads the version, which also shows the order of bytes: only its lowest bytes are used. */
  begin(): number | undefined {
    const at = this.#take(4);
    if (at === undefined) return undefined;
    this.#isBigEndian = this.#bytes.readUInt16LE(at) === 0;
    return this.#isBigEndian ? this.#bytes.readUInt32BE(at) : this.#bytes.readUInt32LE(at);
  }

  /** Reads a number of 8 bytes. One that no file can have is infinite. */
  count(): number | undefined {
    const at = this.#take(8);
    if (at === undefined) return undefined;
    return Number(this.#isBigEndian ? this.#bytes.readBigUInt64BE(at) : this.#bytes.readBigUInt64LE(at));
  }

  /** Reads a member, and adds it if it is a text about the model. Returns false for a type that is not known. */
  readMember(texts: Map<string, string>): boolean | undefined {
    const key = this.#text();
    const type = this.#number();
    if (key === undefined || type === undefined) return undefined;
    if (type === arrayType) return this.#skipArray();
    if (type !== textType) return this.#skipValues(type, 1);
    const value = this.#text();
    if (value === undefined) return undefined;
    if (key.startsWith('general.')) texts.set(key, value);
    return true;
  }

  #number(): number | undefined {
    const at = this.#take(4);
    if (at === undefined) return undefined;
    return this.#isBigEndian ? this.#bytes.readUInt32BE(at) : this.#bytes.readUInt32LE(at);
  }

  #text(): string | undefined {
    const length = this.count();
    const at = length === undefined ? undefined : this.#take(length);
    return at === undefined ? undefined : this.#bytes.toString('utf8', at, this.position);
  }

  #skipArray(): boolean | undefined {
    const type = this.#number();
    const length = this.count();
    if (type === undefined || length === undefined) return undefined;
    if (type !== textType) return this.#skipValues(type, length);
    for (let i = 0; i < length; i++) if (this.#skipText() === undefined) return undefined;
    return true;
  }

  #skipText(): number | undefined {
    const length = this.count();
    return length === undefined ? undefined : this.#take(length);
  }

  #skipValues(type: number, count: number): boolean | undefined {
    const bytes = valueBytes[type];
    if (bytes === undefined) return false;
    return this.#take(count * bytes) === undefined ? undefined : true;
  }

  /** Moves behind this many bytes, and returns where they begin. */
  #take(bytes: number): number | undefined {
    const at = this.position;
    if (!(at + bytes <= this.#bytes.length)) return undefined;
    this.position = at + bytes;
    return at;
  }
}
