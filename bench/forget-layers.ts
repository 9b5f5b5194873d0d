import { existsSync } from 'node:fs';
import * as z from 'zod/mini';

/** Tables of images, and of what is known of them. */
const tablesOfImages = [
  ...['image_description', 'image_digest', 'image_name', 'image_source', 'known_image', 'layer_extract'],
  ...['image_set', 'set_package', 'package_set', 'package', 'image_layer', 'image', 'layer'],
];

/** Removes the layers and images of a SQLite database, so that the next scan reads all layers. The advisories stay. */
export function forgetLayers(database: string): void {
  if (!existsSync(database)) return;
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const db = new DatabaseSync(database);
  const tables = z.parse(
    z.array(z.object({ name: z.string() })),
    db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all(),
  );
  // All of them are emptied, so their order does not matter.
  db.exec('PRAGMA foreign_keys = OFF');
  for (const name of tablesOfImages)
    if (tables.some((known) => known.name === name)) db.exec(`DELETE FROM ${name}`);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}
