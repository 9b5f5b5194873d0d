import { sql } from 'kysely';
import type { Engine } from '../src/store/sql/engine.ts';

/** How to copy images. */
export interface CopyPlan {
  /** Number of images that were saved. They have the lowest numbers. */
  readonly contents: number;
  /** Number of images in the end. */
  readonly images: number;
  /** Returns further statements for a copy, whose numbers are greater by `further`. */
  readonly more?: (copy: number, further: number) => readonly string[];
}

/** Copies images and their ancestries under other identities and names. The copies have the same package sets. */
export async function copyImages(
  { db }: Engine,
  { contents, images, more = () => [] }: CopyPlan,
): Promise<void> {
  for (let copy = 1; copy < images / contents; copy++) {
    const further = copy * contents;
    const statements = [
      `insert into image (id, identity, distro, repositories, package_layers, package_order, last_used_at)
        select id + ${further}, identity || ' ${copy}', distro, repositories, package_layers, package_order, last_used_at
        from image where id <= ${contents}`,
      `insert into image_set (image_id, part, set_id, layer, repositories, path, paths)
        select image_id + ${further}, part, set_id, layer, repositories, path, paths
        from image_set where image_id <= ${contents} order by image_id, part`,
      `insert into ancestry (name, number, image_id, engine_version)
        select name || '-${copy}', number + ${further}, image_id + ${further}, engine_version
        from ancestry where image_id <= ${contents}`,
      ...more(copy, further),
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  }
}
