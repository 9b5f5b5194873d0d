import { nameBytes } from '../../../src/kit/tar/header.ts';
import { base256, type TarEntryPlan, tar } from '../../../src/testing/tar-writer.ts';

const MiB = 1024 * 1024;

/** Returns members without the end blocks, so that more can follow. */
export function members(...entries: readonly TarEntryPlan[]): Uint8Array {
  return tar(entries, { endBlocks: 0 });
}

/** The blocks that end an archive. */
export const end: Uint8Array = new Uint8Array(1024);

/** Returns the header of a file that claims a size, whatever follows. */
export function headerOf(path: string, sizeBytes: number): Uint8Array {
  return members({ path, raw: { size: base256(sizeBytes) } });
}

const zeros = new Uint8Array(64 * MiB);

/** Yields a file of zeros; `sizeBytes` is a multiple of 64 MiB. */
export function* fileOfZeros(path: string, sizeBytes: number): Generator<Uint8Array> {
  yield headerOf(path, sizeBytes);
  for (let written = 0; written < sizeBytes; written += zeros.length) yield zeros;
}

const chunkEntries = 2048;
const blank = '9999999';

/**
 * Yields a million members in a second: repeated blocks of `entry`. A `#` in its path becomes a counter of seven
 * digits.
 */
export function* manyMembers(count: number, entry: TarEntryPlan): Generator<Uint8Array> {
  const template = Buffer.from(members({ ...entry, path: entry.path.replace('#', blank) }));
  const counter = template.indexOf(blank, 0, 'latin1');
  const checksum =
    counter < nameBytes ? Number.parseInt(template.toString('latin1', 148, 154), 8) : undefined;
  for (let first = 0; first < count; first += chunkEntries) {
    const entries = Math.min(chunkEntries, count - first);
    const chunk = Buffer.alloc(entries * template.length, template);
    if (counter !== -1) {
      for (let i = 0; i < entries; i++) {
        const blocks = chunk.subarray(i * template.length, (i + 1) * template.length);
        setCounter(blocks, first + i, counter, checksum);
      }
    }
    yield chunk;
  }
}

/** Writes the number and, if it is in the header itself, the resulting checksum. */
function setCounter(blocks: Buffer, value: number, at: number, checksum: number | undefined): void {
  const digits = String(value).padStart(blank.length, '0');
  blocks.write(digits, at, 'latin1');
  if (checksum === undefined) return;
  const less = Array.from(digits, (digit) => 9 - Number(digit)).reduce((sum, step) => sum + step);
  blocks.write((checksum - less).toString(8).padStart(6, '0'), 148, 'latin1');
}

/** Returns a stanza of the dpkg database. */
export function stanza(name: string, description = ''): string {
  const text = description === '' ? '' : `Description: ${description}\n`;
  return `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1-1\n${text}\n`;
}

/** A Debian system with one package, so that a correct result differs from none. */
export const system: Uint8Array = members(
  { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
  { path: 'var/lib/dpkg/status', content: stanza('hello') },
);
