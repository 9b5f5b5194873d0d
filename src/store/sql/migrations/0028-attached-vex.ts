import { sql } from 'kysely';
import type { CompatibleMigration } from './migration.ts';

/** Adds VEX documents that are attached to images in registries. Programs of the previous version do not apply them. */
export const addAttachedVex: CompatibleMigration = {
  minimumSchema: 14,
  change: async (db, types) => {
    await db.schema
      .createTable('attached_vex')
      .addColumn('known_image_id', types.integer, (column) => column.notNull())
      .addColumn('repository', 'text', (column) => column.notNull())
      .addColumn('documents', 'text')
      .addColumn('refused', types.integer, (column) => column.notNull())
      .addColumn('unreadable', 'text', (column) => column.notNull())
      .addColumn('read_at', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('attached_vex_key', ['known_image_id', 'repository'])
      .modifyEnd(types.plain)
      .execute();
    await db.schema.alterTable('audit_entry').addColumn('known_image', types.integer).execute();
    // The last change of files is looked up often, and images may have many changes after it.
    await db.schema
      .createIndex('audit_entry_of_files')
      .on('audit_entry')
      .column('number')
      .where(sql.ref('known_image'), 'is', null)
      .execute();
  },
};
