import type { Kysely } from 'kysely';
import type { ImageIndex, ImagePackage, ImageStore } from '../store.ts';
import { BulkWriter, type Value } from './bulk-writer.ts';
import type { Engine } from './engine.ts';
import { matches } from './matches.ts';
import type { Namespaces } from './namespaces.ts';
import type { Tables } from './schema.ts';

const packageColumns = [
  'image_id',
  'position',
  'namespace_id',
  'lookup_name',
  'lookup_version',
  'key',
  'type',
  'name',
  'version',
  'arch',
  'source_name',
  'source_version',
  'purl',
  'path',
  'layer',
  'found_by',
] as const;

/** The images of a store. */
export function imageStore(engine: Engine, namespaces: Namespaces): ImageStore {
  return {
    save: async (image) => (await find(engine.db, image)) ?? (await save(engine, namespaces, image)),
    matches: (image) => matches(engine.db, image),
  };
}

async function find(db: Kysely<Tables>, { identity }: ImageIndex): Promise<number | undefined> {
  const row = await db.selectFrom('image').select('id').where('identity', '=', identity).executeTakeFirst();
  return row?.id;
}

async function save(engine: Engine, namespaces: Namespaces, image: ImageIndex): Promise<number> {
  const numbers: (number | null)[] = [];
  for (const { lookup } of image.packages) {
    numbers.push(
      lookup === null
        ? null
        : (namespaces.known(lookup.namespace) ?? (await namespaces.number(engine, lookup.namespace))),
    );
  }
  return await engine.write(async (db) => {
    const added = await db
      .insertInto('image')
      .values({ identity: image.identity, distro: image.distro && JSON.stringify(image.distro) })
      .onConflict((conflict) => conflict.column('identity').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (added !== undefined) await addContent(db, added.id, image, numbers);
    // Another process may have saved it in the meantime.
    const id = added?.id ?? (await find(db, image));
    if (id === undefined) throw new Error(`the image ${image.identity} vanished`);
    return id;
  });
}

async function addContent(
  db: Kysely<Tables>,
  id: number,
  image: ImageIndex,
  namespaces: readonly (number | null)[],
): Promise<void> {
  const layers = new BulkWriter(db, 'image_layer', ['image_id', 'position', 'layer']);
  for (const [position, layer] of image.layers.entries()) await layers.add([id, position, layer]);
  await layers.finish();
  const packages = new BulkWriter(db, 'image_package', packageColumns);
  for (const [position, item] of image.packages.entries())
    await packages.add([id, position, namespaces[position] ?? null, ...packageValues(item)]);
  await packages.finish();
}

function packageValues(item: ImagePackage): Value[] {
  return [
    item.lookup?.name ?? null,
    item.lookup?.version ?? null,
    item.lookup?.key ?? null,
    item.type,
    item.name,
    item.version,
    item.arch ?? null,
    item.source?.name ?? null,
    item.source?.version ?? null,
    item.purl,
    item.location.path,
    item.location.layer,
    item.foundBy,
  ];
}
