import * as z from 'zod/mini';
import type { Files } from '../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { readJsonManifest } from '../manifest-lister.ts';
import { archOf, deduplicated, isWord } from './listing.ts';

const inventory = 'usr/share/bottlerocket/application-inventory.json';
/** The file, at the root, and below the directory that Bottlerocket mounts as its root. */
const places = ['', 'x86_64-bottlerocket-linux-gnu/sys-root/', 'aarch64-bottlerocket-linux-gnu/sys-root/'];

const inventorySchema = z.object({
  Content: z.array(
    z.object({
      Name: z.string(),
      Version: z.string(),
      Release: z.string(),
      /** Missing in images before 2025. */
      Epoch: z.optional(z.string()),
      Architecture: z.optional(z.string()),
      Publisher: z.optional(z.string()),
    }),
  ),
});
type Application = z.output<typeof inventorySchema>['Content'][number];

/** Lists packages of Bottlerocket, which has an inventory instead of a database of rpm. It names no files and no source packages. */
export const bottlerocketLister: PackageLister = {
  name: 'bottlerocket',
  version: 1,
  wants: places.map((place) => `${place}${inventory}`),
  *list(files: Files) {
    for (const [path, content] of files) yield* deduplicated(path, listInventory(path, content));
  },
};

function* listInventory(path: string, content: Uint8Array): Generator<ListerEvent> {
  const read = readJsonManifest(content, inventorySchema);
  if ('problem' in read) yield { kind: 'problem', path, problem: read.problem };
  else for (const application of read.value.Content) yield eventOf(path, application);
}

function eventOf(
  path: string,
  { Name: name, Version: version, Release: release, ...rest }: Application,
): ListerEvent {
  const { Epoch: epoch = '0', Architecture: arch, Publisher: vendor = '' } = rest;
  const evr = `${/^0*$/.test(epoch) ? '' : `${epoch}:`}${version}-${release}`;
  if (!isWord(name) || !isWord(evr) || version === '' || release === '')
    return { kind: 'problem', path, problem: 'has an application with an impossible name or version' };
  const found = { type: 'rpm', name, version: evr, ...archOf(arch), ...(vendor !== '' && { vendor }) };
  return { kind: 'package', path, package: found };
}
