import { zstdDecompressSync } from 'node:zlib';
import * as z from 'zod/mini';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { quoteUntrusted } from '../../kit/untrusted-text.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { Lines } from '../text-lines.ts';
import { archOf, deduplicated, isWord } from './listing.ts';
import { isOwnable, Ownership } from './ownable.ts';

const manifest = 'var/lib/chisel/manifest.wall';
const format = '1.0';

const headSchema = z.object({ jsonwall: z.string(), schema: z.string(), count: z.number() });
const recordSchema = z.object({
  kind: z.string(),
  name: z.optional(z.string()),
  version: z.optional(z.string()),
  arch: z.optional(z.string()),
  path: z.optional(z.string()),
  slices: z.optional(z.array(z.string())),
});
type ManifestRecord = z.infer<typeof recordSchema>;

/**
 * Lists the packages of images that Chisel cut from Ubuntu packages, from the manifest that replaces the database. The
 * manifest names no source packages, so packages are looked up by their own names. Ubuntu's advisories are for source
 * packages, so a matcher must first map the names with Ubuntu's own data.
 */
export const chiselLister: PackageLister = {
  name: 'chisel',
  version: 2,
  wants: [manifest],
  *list(files: Files) {
    const content = files.get(manifest);
    if (content === undefined || content.length === 0) return;
    const ownership = new Ownership();
    yield* deduplicated(manifest, listManifest(content, ownership));
    yield* ownership.problems(manifest);
  },
};

function* listManifest(content: Uint8Array, ownership: Ownership): Generator<ListerEvent> {
  const text = inflate(content);
  if (typeof text === 'string') {
    yield problem(`cannot be decompressed: ${text}`);
    return;
  }
  const lines = linesOf(text);
  const head = parse(headSchema, lines.next().value ?? '');
  if (head?.jsonwall !== format || head.schema !== format) {
    yield problem(
      `is not a Chisel manifest in the format ${format}; it begins with ${quoteUntrusted(text.toString('utf8', 0, 256))}`,
    );
    return;
  }
  const owned = new Map<string, string[]>();
  const count = 1 + (yield* listRecords(lines, owned, ownership));
  if (count !== head.count)
    yield problem(`has ${count} lines instead of ${head.count}; a part of it may be lost`);
  for (const [owner, files] of owned) yield { kind: 'owned-files', path: manifest, owner, files };
}

/** Yields the packages, collects their owned files, and returns the number of lines. */
function* listRecords(
  lines: Iterable<string>,
  owned: Map<string, string[]>,
  ownership: Ownership,
): Generator<ListerEvent, number> {
  let count = 0;
  for (const line of lines) {
    count++;
    const record = parse(recordSchema, line);
    if (record === undefined) yield problem(`line ${count + 1} is not a record`);
    else if (record.kind === 'package') yield packageOf(record, count + 1);
    else if (record.kind === 'path') claim(record, owned, ownership);
    if (count > limits.chiselLines) break;
  }
  return count;
}

function problem(words: string): ListerEvent {
  return { kind: 'problem', path: manifest, problem: words };
}

/** Returns the bytes of the manifest, or the reason why they cannot be read. */
function inflate(content: Uint8Array): Buffer | string {
  try {
    const options = { maxOutputLength: limits.chiselBytes };
    return zstdDecompressSync(content, options);
  } catch (error) {
    return messageOf(error);
  }
}

function* linesOf(content: Buffer): Generator<string, undefined> {
  const lines = new Lines(content);
  while (lines.next()) yield lines.bytes.toString('utf8', lines.start, lines.end);
  return undefined;
}

function parse<T>(schema: z.ZodMiniType<T>, line: string): T | undefined {
  if (line.length > limits.chiselLineCharacters) return undefined;
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function packageOf({ name = '', version = '', arch }: ManifestRecord, line: number): ListerEvent {
  if (!isWord(name)) return problem(`line ${line} has an impossible package name ${quoteUntrusted(name)}`);
  if (!isWord(version))
    return problem(`package ${name} has an impossible version ${quoteUntrusted(version)}`);
  return { kind: 'package', path: manifest, package: { type: 'deb', name, version, ...archOf(arch) } };
}

/**
 * Adds a path to the packages of its slices. A slice is named `openssl_bins`, after its package; several may provide
 * the same file. Directories end with a slash.
 */
function claim(
  { path = '', slices = [] }: ManifestRecord,
  owned: Map<string, string[]>,
  ownership: Ownership,
): void {
  const file = path.replace(/^\//, '');
  if (file.endsWith('/') || !isOwnable(file)) return;
  for (const owner of new Set(slices.map((slice) => slice.slice(0, slice.lastIndexOf('_'))))) {
    if (!isWord(owner)) continue;
    const files = owned.get(owner) ?? [];
    owned.set(owner, files);
    ownership.add(files, file);
  }
}
