import { sql } from 'kysely';
import type { CompatibleMigration } from './migration.ts';

/** Adds the order of images by their layers. Servers of the previous version ignore it, and the next count fills it. */
export const addBaseImages: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await db.schema
      .createTable('placed_image')
      .addColumn('known_image_id', types.integer, (column) => column.notNull().primaryKey())
      .addColumn('path', types.bytes, (column) => column.notNull())
      .addColumn('is_current', types.integer, (column) => column.notNull())
      .addColumn('images', types.integer, (column) => column.notNull())
      .addColumn('direct', types.integer, (column) => column.notNull())
      .modifyEnd(types.plain)
      .execute();
    await db.schema
      .createIndex('placed_image_path')
      .on('placed_image')
      .columns(['path', 'known_image_id', 'is_current'])
      .execute();
    await db.schema
      .createIndex('placed_image_images')
      .on('placed_image')
      .columns(['images', 'known_image_id'])
      .where(sql.ref('images'), '>', 0)
      .execute();
  },
};
