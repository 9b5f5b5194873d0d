import * as z from 'zod/mini';
import { platformForm } from '../../../image/format/platform.ts';
import {
  type DescribedBase,
  listBases,
  listBasesOf,
  listRebuilds,
  type NeededRebuild,
  type NewerBase,
  type RebuildPlace,
} from '../../../service/fleet/list-bases.ts';
import type { BasePlace, OnBasePlace } from '../../../store/base-image-store.ts';
import type { KnownImage } from '../../../store/known-image-store.ts';
import { parseQuery } from '../native/query.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import { basesDescription, imageBasesDescription, rebuildsDescription } from './base-descriptions.ts';
import type { CsvColumns } from './csv.ts';
import { flagParameter, limitParameter } from './filters.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { listResponse, type RowList } from './list-response.ts';
import { pageCursor } from './page-cursor.ts';
import { readableImage } from './visible-image.ts';

const basePlace = z.readonly(z.tuple([z.int(), z.int()]));
const onBasePlace = z.readonly(z.tuple([z.string().check(z.regex(/^(?:[0-9a-f]{2})*$/)), z.int()]));
const cursors = {
  bases: pageCursor<BasePlace>('bases', basePlace),
  images: pageCursor<OnBasePlace>('images on a base', onBasePlace),
  rebuilds: pageCursor<RebuildPlace>('rebuilds', z.readonly(z.tuple([basePlace, z.nullable(onBasePlace)]))),
};

const basesQuery = z.strictObject({
  limit: limitParameter,
  after: z.optional(cursors.bases.parameter),
  outdated: flagParameter,
});

/** `GET /bases`: returns a page of the images that are the base of others, those with the most images first. */
async function getBasesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { outdated: isOutdated, ...page } = parseQuery(request, basesQuery);
  const list: RowList<DescribedBase, BasePlace> = {
    name: 'bases',
    read: async (wanted) => {
      const { bases, next } = await listBases({ isOutdated }, wanted, deps.store);
      return { rows: bases, next };
    },
    toJson: toBaseJson,
    columns: baseColumns,
    nextOf: cursors.bases.write,
    head: () => countedAt(deps),
  };
  return await listResponse(list, page, { request, listLimiter: deps.listLimiter });
}

async function countedAt({ store }: Pick<FleetDeps, 'store'>): Promise<object> {
  return { countedAt: (await store.baseImages.findCountedAt()) ?? null };
}

const imageBasesQuery = z.strictObject({
  platform: z.optional(z.string().check(z.regex(platformForm, 'must be like linux/arm64'))),
  limit: limitParameter,
  after: z.optional(cursors.images.parameter),
});

/** `GET /images/:digest/bases`: returns the bases of an image, and a page of the images on it. */
async function getImageBasesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { platform, ...page } = parseQuery(request, imageBasesQuery);
  const { store } = deps;
  const image = await readableImage(request.params['digest'] ?? '', platform, { request, store });
  const list: RowList<KnownImage, OnBasePlace> = {
    name: 'images',
    read: async (wanted) => {
      const { images, next } = await store.baseImages.pageImagesOn(image, wanted);
      return { rows: images, next };
    },
    toJson: toImageJson,
    columns: imageColumns,
    nextOf: cursors.images.write,
    head: async () => {
      const bases = await listBasesOf(image, store);
      return { ...(await countedAt(deps)), ...toImageJson(image), bases: bases.map(toBaseJson) };
    },
  };
  return await listResponse(list, page, { request, listLimiter: deps.listLimiter });
}

const rebuildsQuery = z.strictObject({
  limit: limitParameter,
  after: z.optional(cursors.rebuilds.parameter),
});

/** `GET /rebuilds`: returns a page of the images to build again, because a newer image has the name of their base. */
async function getRebuildsRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const list: RowList<NeededRebuild, RebuildPlace> = {
    name: 'rebuilds',
    read: (wanted) => listRebuilds(wanted, deps.store),
    toJson: ({ image, base, newer }) => ({
      ...toImageJson(image),
      base: toImageJson(base.image),
      newer: toNewerJson(newer),
    }),
    columns: rebuildColumns,
    nextOf: cursors.rebuilds.write,
    head: () => countedAt(deps),
  };
  const page = parseQuery(request, rebuildsQuery);
  return await listResponse(list, page, { request, listLimiter: deps.listLimiter });
}

function toBaseJson({ image, on, onOlder, replacedBy }: DescribedBase): object {
  return {
    ...toImageJson(image),
    images: on?.images ?? null,
    direct: on?.direct ?? null,
    onOlder,
    replacedBy: replacedBy.map(toNewerJson),
  };
}

function toNewerJson({ image, since, ...name }: NewerBase): object {
  return { name: nameText(name), since, digest: image.digest };
}

function toImageJson({ digest, names, reference, platform, diffIds }: KnownImage): object {
  return { digest, names: names.map(nameText), reference, platform, layers: diffIds.length };
}

function nameText({ repository, tag }: Pick<NewerBase, 'repository' | 'tag'>): string {
  return `${repository}:${tag}`;
}

const imageColumns: CsvColumns<KnownImage> = {
  digest: ({ digest }) => digest,
  reference: ({ reference }) => reference,
  names: ({ names }) => names.map(nameText),
  platform: ({ platform }) => platform,
  layers: ({ diffIds }) => diffIds.length,
};

const baseColumns: CsvColumns<DescribedBase> = {
  ...columnsOf(imageColumns, ({ image }: DescribedBase) => image),
  images: ({ on }) => on?.images ?? null,
  direct: ({ on }) => on?.direct ?? null,
  onOlder: ({ onOlder }) => onOlder,
  replacedBy: ({ replacedBy }) => replacedBy.map(({ image, ...name }) => `${nameText(name)} ${image.digest}`),
};

const rebuildColumns: CsvColumns<NeededRebuild> = {
  ...columnsOf(imageColumns, ({ image }: NeededRebuild) => image),
  base: ({ base }) => base.image.digest,
  name: ({ newer }) => nameText(newer),
  newer: ({ newer }) => newer.image.digest,
  since: ({ newer }) => newer.since,
};

/** Returns the columns of a part of a row. */
function columnsOf<Row, Part>(columns: CsvColumns<Part>, partOf: (row: Row) => Part): CsvColumns<Row> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, cell]) => [name, (row: Row) => cell(partOf(row))]),
  );
}

/** The routes of `/api/v1` on base images. */
export const baseRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/getBases',
    method: 'GET',
    path: '/bases',
    handler: getBasesRoute,
    description: basesDescription,
  },
  {
    name: 'api/v1/getImageBases',
    method: 'GET',
    path: '/images/:digest/bases',
    handler: getImageBasesRoute,
    description: imageBasesDescription,
  },
  {
    name: 'api/v1/getRebuilds',
    method: 'GET',
    path: '/rebuilds',
    handler: getRebuildsRoute,
    description: rebuildsDescription,
  },
];
