import { inflateFile } from '../../kit/decompress/inflate-file.ts';
import type { ImageLayer, LayerPlace } from '../image.ts';
import { LayerInflow } from './inflow.ts';
import { namingLayer, type ReadLayer, type ReadOptions } from './reading.ts';

type Member = Extract<LayerPlace, { kind: 'archive-member' }>;

interface MemberLayer {
  readonly layer: ImageLayer;
  readonly place: Member;
}

/** Reads the layers that are members of compressed archives, in one pass over each archive. */
export async function readArchiveMembers(
  layers: readonly ImageLayer[],
  options: ReadOptions,
): Promise<ReadonlyMap<ImageLayer, ReadLayer>> {
  const results = new Map<ImageLayer, ReadLayer>();
  const members = layers.flatMap((layer) =>
    layer.place.kind === 'archive-member' ? [{ layer, place: layer.place }] : [],
  );
  const archives = Map.groupBy(members, ({ place }) => place.path);
  for (const [path, ofArchive] of archives) await readArchive(path, ofArchive, options, results);
  return results;
}

async function readArchive(
  path: string,
  members: readonly MemberLayer[],
  options: ReadOptions,
  results: Map<ImageLayer, ReadLayer>,
): Promise<void> {
  const open = members.map((member) => ({ ...member, inflow: new LayerInflow(member.layer, options) }));
  let position = 0;
  await inflateFile(path, (bytes) => {
    const pushed: Promise<void>[] = [];
    for (const { layer, place, inflow } of open) {
      const from = Math.max(place.offset - position, 0);
      const to = Math.min(place.offset + place.size - position, bytes.length);
      if (from < to) pushed.push(namingLayer(layer, () => inflow.push(bytes.subarray(from, to))));
    }
    position += bytes.length;
    return pushed.length === 0 ? undefined : Promise.all(pushed).then(() => undefined);
  });
  for (const { layer, inflow } of open) results.set(layer, await namingLayer(layer, () => inflow.end()));
}
