import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { shortHex } from '../../model/digest.ts';
import { alignColumns, withoutEmptyColumn } from '../align-columns.ts';
import { writeJsonOrText } from '../output.ts';
import type { RemoteServerOptions } from '../remote-scan/server-token.ts';
import { listStatus, refuseWithServer, ServerLists } from './server-list.ts';

/** Which images `clair images` lists. */
export type ImageFilter =
  | { readonly by: 'repository' | 'image'; readonly text: string }
  | { readonly by: 'untagged' };

interface RemoteImagesOptions extends RemoteServerOptions {
  readonly format: 'table' | 'json';
  readonly filter?: ImageFilter;
  readonly limit: number;
  readonly after?: string;
}

const imageEntry = z.looseObject({
  number: z.int(),
  names: z.array(z.looseObject({ name: z.string() })),
  reference: z.string(),
  digest: z.nullable(z.string()),
  platform: z.nullable(z.string()),
  lastSeen: z.string(),
  untaggedSince: z.nullable(z.string()),
  cell: z.optional(z.string()),
});

/** Runs `clair images --server`: lists the images of a server. Returns 4 if cells of the server are missing. */
export async function showImagesOfServer(options: RemoteImagesOptions): Promise<number> {
  refuseWithServer(options, { db: '--db', history: '--history' });
  const { filter, limit, after, format } = options;
  if (filter?.by === 'image')
    throw new ClairError(
      'usage',
      '--filter image= cannot be used with --server: use repository= or untagged',
    );
  const lists = await ServerLists.open(options);
  const query = {
    limit: String(Math.min(limit, 1000)),
    after,
    ...(filter?.by === 'repository' && { repository: filter.text }),
    ...(filter?.by === 'untagged' && { untagged: 'true' }),
  };
  const page = await lists.page({ path: '/api/v1/images', query, member: 'images', entry: imageEntry });
  const { entries: images, missing, next, asOf } = page;
  writeJsonOrText(format, { schemaVersion: 1, images, missing, asOf, next }, () => [
    ...tableOf(images),
    ...(next === undefined ? [] : [`\nmore images follow: add --after ${next}\n`]),
  ]);
  return listStatus(page);
}

const heading = ['NUMBER', 'IMAGE', 'DIGEST', 'PLATFORM', 'CELL', 'LAST SEEN'];

function tableOf(images: readonly z.output<typeof imageEntry>[]): string[] {
  if (images.length === 0) return ['no image\n'];
  const rows = images.map(({ number, names, reference, digest, platform, cell, lastSeen, untaggedSince }) => [
    String(number),
    names.length > 0
      ? names.map(({ name }) => name).join(', ')
      : `${reference}${untaggedSince === null ? '' : ' (untagged)'}`,
    digest === null ? '-' : shortHex(digest),
    platform ?? '-',
    cell ?? '-',
    lastSeen.slice(0, 10),
  ]);
  return alignColumns(withoutEmptyColumn([heading, ...rows], 'CELL')).map((line) => `${line}\n`);
}
