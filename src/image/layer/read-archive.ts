import { inflateFile } from '../../kit/decompress/inflate-file.ts';
import { statsOf } from '../container/local-file.ts';
import type { ImageLayer, LayerPlace } from '../image-layer.ts';
import { nameOfLayer, withLayerName } from './layer-name.ts';
import { LayerReader } from './layer-reader.ts';
import type { LayerReadResult, ReadOptions } from './layer-walk.ts';

type Member = Extract<LayerPlace, { kind: 'archive-member' }>;

interface MemberLayer {
  readonly layer: ImageLayer;
  readonly place: Member;
}

/** The result for each layer that is a member of a compressed archive. */
export type MemberResults<T> = ReadonlyMap<ImageLayer, { readonly result: T }>;

/** Reads the layers that are members of compressed archives, in one pass over each archive. Passes on each layer where it ends. */
export async function readArchiveMembers<T>(
  layers: readonly ImageLayer[],
  options: ReadOptions,
  take: (layer: LayerReadResult) => T | Promise<T>,
): Promise<MemberResults<T>> {
  const results = new Map<ImageLayer, { readonly result: T }>();
  const members = layers.flatMap((layer) =>
    layer.place.kind === 'archive-member' ? [{ layer, place: layer.place }] : [],
  );
  const archives = Map.groupBy(members, ({ place }) => place.path);
  for (const [path, ofArchive] of archives) {
    await readArchive(path, ofArchive, options, (layer, read) => {
      const keep = (result: T): void => {
        results.set(layer, { result });
      };
      const made = take(read);
      if (made instanceof Promise) return made.then(keep);
      keep(made);
      return undefined;
    });
  }
  return results;
}

async function readArchive(
  path: string,
  members: readonly MemberLayer[],
  options: ReadOptions,
  take: (layer: ImageLayer, read: LayerReadResult) => Promise<void> | undefined,
): Promise<void> {
  const storedBytes = statsOf(path)?.size ?? 0;
  let open = members.map((member) => ({
    ...member,
    // Several members are open at a time.
    reader: new LayerReader(member.layer, { ...options, startHash: undefined }, storedBytes),
  }));
  let position = 0;
  /** Ends the layers before an offset. Ends them synchronously if possible, to free their memory early. */
  const endBefore = (place: number): Work[] => {
    const ended = open.filter((member) => endOf(member) <= place);
    if (ended.length > 0) open = open.filter((member) => endOf(member) > place);
    return ended.map(({ layer, reader }) => {
      const read = withLayerName(nameOfLayer(layer), () => reader.end());
      return read instanceof Promise ? read.then((later) => take(layer, later)) : take(layer, read);
    });
  };
  await inflateFile(path, (bytes) => {
    const works: Work[] = [];
    for (const { layer, place, reader } of open) {
      const from = Math.max(place.offset - position, 0);
      const to = Math.min(place.offset + place.size - position, bytes.length);
      if (from < to)
        works.push(withLayerName(nameOfLayer(layer), () => reader.push(bytes.subarray(from, to))));
    }
    position += bytes.length;
    works.push(...endBefore(position));
    return allOf(works);
  });
  await allOf(endBefore(Number.POSITIVE_INFINITY));
}

/** A completed step, or its promise. */
type Work = ReturnType<LayerReader['push']>;

function allOf(works: readonly Work[]): Promise<void> | undefined {
  const pending = works.filter((work) => work instanceof Promise);
  return pending.length === 0 ? undefined : Promise.all(pending).then(() => undefined);
}

function endOf({ place }: MemberLayer): number {
  return place.offset + place.size;
}
