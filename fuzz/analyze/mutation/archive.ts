import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { tar } from '../../../src/testing/tar-writer.ts';
import { untar } from '../../../src/testing/untar.ts';
import type { Random } from '../../random.ts';
import { byteMutations } from './bytes.ts';
import type { Mutation } from './mutation.ts';
import { textMutations, words } from './text.ts';

type Members = Map<string, Buffer>;

const jsonWords = words(
  'null',
  '[]',
  '{}',
  '""',
  '-1',
  '1e400',
  'true',
  '"../x"',
  '"/etc/passwd"',
  '"sha256:"',
  '"layer.tar"',
  '[[[[',
  '"__proto__":',
  '"Layers":',
  '"manifests":',
  '"mediaType":"application/vnd.oci.image.index.v1+json",',
  '"parent":',
  '"platform":{"os":"linux","architecture":"amd64"},',
);

/** Changes a document of the archive, and renames blobs that are named by their digest. */
const changeDocument: Mutation = (bytes, random) =>
  changeMember(bytes, random, (content) => content[0] === 0x7b || content[0] === 0x5b, [
    ...textMutations,
    jsonWords,
    jsonWords,
    jsonWords,
    repeatValue,
  ]);

const changeMemberBytes: Mutation = (bytes, random) => changeMember(bytes, random, () => true, byteMutations);

const compressWhole: Mutation = (bytes) => (bytes[0] === 0x1f ? bytes : gzipSync(bytes));

function changeMember(
  bytes: Buffer,
  random: Random,
  fits: (content: Buffer) => boolean,
  mutations: readonly Mutation[],
): Buffer {
  const members = open(bytes);
  const names = [...members].filter(([, content]) => fits(content)).map(([name]) => name);
  if (names.length === 0) return bytes;
  const name = random.pick(names);
  const changed = random.pick(mutations)(members.get(name) ?? Buffer.alloc(0), random);
  return close(random.chance(0.9) ? renamed(members, name, changed) : members.set(name, changed));
}

/** Repeats an element of a list as often as the size limit allows. Documents that refer to each other then grow with each level. */
function repeatValue(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1');
  const elements = [...text.matchAll(/(?<=[[,])(?:\{[^{}]*\}|"[^"]*"|\{[^[\]]*\})(?=[\],])/g)];
  if (elements.length === 0) return bytes;
  const { 0: element, index } = random.pick(elements);
  const times = 1 + random.below(60);
  return Buffer.from(`${text.slice(0, index)}${`${element},`.repeat(times)}${text.slice(index)}`, 'latin1');
}

function renamed(members: Members, name: string, content: Buffer): Members {
  const pending: [string, Buffer][] = [[name, content]];
  // A document that refers to itself never reaches a stable digest.
  for (let left = 40, next = pending.pop(); next !== undefined && left > 0; left--, next = pending.pop()) {
    const [path, bytes] = next;
    const [, old] = /([0-9a-f]{64})/.exec(path) ?? [];
    if (old === undefined) members.set(path, bytes);
    else {
      members.delete(path);
      const hex = createHash('sha256').update(bytes).digest('hex');
      members.set(path.replace(old, hex), bytes);
      pending.push(...referring(members, old, hex));
    }
  }
  return members;
}

function referring(members: Members, old: string, hex: string): [string, Buffer][] {
  return [...members]
    .filter(([, content]) => content.length < 20_000 && content.includes(old))
    .map(([path, content]) => [
      path,
      Buffer.from(
        content
          .toString('latin1')
          .replaceAll(old, hex)
          .replaceAll(/"size":\d+/g, '"size":1'),
        'latin1',
      ),
    ]);
}

function open(bytes: Buffer): Members {
  try {
    const archive = bytes[0] === 0x1f ? gunzipSync(bytes, { maxOutputLength: 1024 * 1024 }) : bytes;
    return new Map(untar(archive));
  } catch {
    return new Map();
  }
}

function close(members: Members): Buffer {
  return Buffer.from(tar([...members].map(([path, content]) => ({ path, content, type: 'file' as const }))));
}

/** Mutations of image archives. */
export const archiveMutations: readonly Mutation[] = [
  changeDocument,
  changeDocument,
  changeDocument,
  changeMemberBytes,
  compressWhole,
];
