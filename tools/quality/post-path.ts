import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { StackFrame } from './scan-path.ts';

/** A frame, and the position where its function starts. Two functions of a file may have one name. */
interface Frame extends StackFrame {
  readonly start: string;
}

/** A function at which a wanted part of the path ends. */
interface Leaf extends StackFrame {
  /** The file of a function that calls it; any by default. */
  readonly calledIn?: string;
  /** Leaves out the frames from the first of these files on. */
  readonly upTo?: RegExp;
}

const namedLayers = 'src/store/sql/named-layers.ts';

/** In the order of the path. */
const leaves: readonly Leaf[] = [
  { function: 'inspect', file: 'src/api/http/protocol-demux.ts' },
  { function: 'closure', file: 'src/api/http/v1/layers.ts' },
  { function: 'ingestLayer', file: 'src/service/ingest/ingest-layer.ts' },
  { function: 'run', file: 'src/layer-pool/layer-thread.ts' },
  { function: 'body', file: 'src/kit/http/bulk-transport.ts' },
  { function: 'readLayerStream', file: 'src/image/layer/read-stream.ts' },
  { function: '[Symbol.asyncIterator]', file: 'src/layer-pool/transfer.ts' },
  { function: 'push', file: 'src/image/layer/layer-reader.ts' },
  { function: 'write', file: 'src/store/sql/dialect/sqlite-engine.ts', calledIn: namedLayers },
  { function: 'add', file: namedLayers, upTo: /^src\/(?:store\/sql\/dialect\/|kit\/async\/retry)/ },
];

/** Functions between a request and its result. */
export interface PostPath {
  /** From the first bytes of the connection to the row of the layer, on both threads. */
  readonly toRow: readonly StackFrame[];
  /** On the thread of the layer, from the start of its task to the lister of dpkg. */
  readonly toLister: readonly StackFrame[];
}

/**
 * Posts a layer to a server from the sources, and returns the functions on its call stacks. A function that returns a promise without
 * awaiting it is on the stacks before the first pause. The dialect of the database counts as one function, `write`.
 */
export function postPath(): PostPath {
  const folder = import.meta.dirname;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', join(folder, 'stack-probes.ts'), join(folder, 'post-layer.ts')],
    { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0) throw new Error(`the layer was not posted: ${stderr.slice(-2000)}`);
  const stacks = stderr
    .split('\n')
    .filter((line) => line.startsWith('{"calling"'))
    .map((line) => JSON.parse(line) as { readonly calling: string; readonly frames: readonly Frame[] });
  const all = stacks.map(({ frames }) => frames);
  const lister = { function: 'list', file: 'src/analyze/package/dpkg.ts' };
  const listing = stacks.filter(({ calling }) => calling === 'list').map(({ frames }) => frames);
  return {
    toRow: distinct(leaves.flatMap((leaf) => all.flatMap((frames) => pathTo(leaf, frames)))),
    toLister: [...distinct(listing.slice(0, 1).flatMap((frames) => frames.toReversed())), lister],
  };
}

/** Returns the frames of a stack from the outermost to a leaf; none if the leaf is not on it. */
function pathTo({ function: name, file, calledIn, upTo }: Leaf, frames: readonly Frame[]): Frame[] {
  const at = frames.findIndex((frame) => frame.function === name && frame.file === file);
  if (at === -1) return [];
  const path = frames.slice(at);
  if (calledIn !== undefined && !path.some((frame) => frame.file === calledIn)) return [];
  const end = upTo === undefined ? -1 : path.findIndex((frame) => upTo.test(frame.file));
  return path.slice(0, end === -1 ? undefined : end).reverse();
}

function distinct(frames: readonly Frame[]): StackFrame[] {
  const byStart = new Map(frames.map((frame) => [`${frame.file}:${frame.start}`, frame]));
  return Array.from(byStart.values(), ({ function: name, file }) => ({ function: name, file }));
}
