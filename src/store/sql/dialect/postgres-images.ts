import { CompiledQuery, type Kysely } from 'kysely';
import type { ImageRows, InsertedImage, PartInput } from '../image-rows.ts';
import type { Tables } from '../schema.ts';
import { JsonRows, jsonOf } from './postgres-rows.ts';

interface InsertedRow {
  /** Null if the image existed. */
  readonly id: number | null;
  readonly parts: readonly number[];
}

/**
 * Inserts an image, its layers and the parts whose sets exist by one statement: a round trip costs more than the rest. The rows are JSON, so
 * the text of the statement recurs. The scalar query of sets prevents a plan that scans all of them.
 */
export async function insertImageAtOnce(
  db: Kysely<Tables>,
  { image, layers, parts }: ImageRows,
): Promise<InsertedImage | undefined> {
  const rows = { image, layers, parts: parts.map(partJson) };
  const {
    rows: [row],
  } = await db.executeQuery<InsertedRow>(
    CompiledQuery.raw(statement, [new JsonRows(JSON.stringify(rows, wellFormed))]),
  );
  if (row === undefined) throw new Error('the statement that inserts an image returned no row');
  return row.id === null ? undefined : { id: row.id, parts: new Set(row.parts) };
}

const statement = `
  with given as (select $1::json as rows),
  part as (
    select part.*, (select id from package_set where identity = part.set) as set_id
    from given, json_to_recordset(rows->'parts')
      as part (part int, set text, layer int, repositories int, path text, paths bytea)
  ),
  added as (
    insert into image
      (identity, distro, detector, repositories, package_layers, package_order, unread, last_used_at)
    select identity, distro, detector, repositories, package_layers, package_order, unread, last_used_at
    from given, json_populate_record(null::image, rows->'image')
    on conflict (identity) do nothing returning id
  ),
  added_layer as (
    insert into image_layer (image_id, position, layer)
    select added.id, layer.number - 1, layer.identity
    from added, given, json_array_elements_text(rows->'layers') with ordinality as layer (identity, number)
  ),
  added_part as (
    insert into image_set (image_id, part, set_id, layer, repositories, path, paths)
    select added.id, part, set_id, layer, part.repositories, path, paths
    from added, part where set_id is not null
    returning part
  )
  select (select id from added) as id, array(select part from added_part) as parts`;

function partJson({ paths, ...part }: PartInput): object {
  return { ...part, paths: jsonOf(paths) };
}

function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}
