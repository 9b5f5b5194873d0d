import * as z from 'zod/mini';
import { hashesInMember } from '../../model/package-hash.ts';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  fromElsewhere,
  readEntries,
} from './declared-format.ts';
import { decodeText, readJson, tableSchema } from './documents.ts';
import { isNpmVersion, splitAtVersion } from './npm-names.ts';

const lockSchema = z.object({ lockfileVersion: z.number(), packages: z.optional(tableSchema) });

/** A package: its name and version, then values that depend on its source. */
const packageSchema = z.tuple([z.string()], z.unknown());

/** Sources that are the project itself. */
const localSources = ['workspace:', 'root:', 'link:'];

/** Lock files of Bun: JSON with comments and trailing commas. */
export const bunLock: DeclaredFormat = {
  name: 'bun-lock',
  type: 'npm',
  files: ['bun.lock'],
  *read(content) {
    const json = withoutExtensions(Buffer.from(decodeText(content)));
    const { packages = {} } = readJson(json, lockSchema);
    yield* readEntries(Object.entries(packages), packageSchema, packageItems);
  },
};

function* packageItems(
  [id, ...values]: readonly [string, ...unknown[]],
  key: string,
): Generator<DeclaredItem> {
  const { name, version } = splitAtVersion(id) ?? { name: key, version: id };
  if (localSources.some((source) => version.startsWith(source))) return;
  // The last value of a package of a registry is its integrity.
  const hashes = hashesInMember(values.at(-1));
  yield isNpmVersion(version) ? declaredPackage(name, version, hashes) : fromElsewhere(name, version);
}

/** Blanks out comments and trailing commas. Other bytes keep their offset. */
function withoutExtensions(json: Buffer): Buffer {
  const plain = Buffer.from(json);
  /** Offset of a comma that only blanks follow so far. */
  let comma = -1;
  for (let i = 0; i < plain.length; i++) {
    const end = endOfToken(plain, i);
    const byte = plain[i] ?? 0;
    if (byte === slash && end > i + 1) plain.fill(blank, i, end);
    else if (comma !== -1 && closingBrackets.has(byte)) plain[comma] = blank;
    if (byte !== slash && byte > blank) comma = byte === commaByte ? i : -1;
    i = end - 1;
  }
  return plain;
}

const [blank, commaByte, slash] = [0x20, 0x2c, 0x2f];
const closingBrackets: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Returns the end of the string, comment or single byte that starts at an offset. */
function endOfToken(json: Buffer, start: number): number {
  const [first, second] = [json[start], json[start + 1]];
  if (first === 0x22) return endOfString(json, start + 1);
  if (first !== slash || (second !== slash && second !== 0x2a)) return start + 1;
  const end = second === slash ? json.indexOf('\n', start) : json.indexOf('*/', start + 2);
  return end === -1 ? json.length : end + (second === slash ? 0 : 2);
}

function endOfString(json: Buffer, from: number): number {
  for (let i = from; i < json.length; i++) {
    if (json[i] === 0x5c) i++;
    else if (json[i] === 0x22) return i + 1;
  }
  return json.length;
}
