import type { Schema } from '../go-schema.ts';
import { describedList, type RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const count: Schema = { type: 'integer' };
const nullableCount: Schema = { type: ['integer', 'null'] };

const imageProperties = {
  digest: nullableText,
  names: { type: 'array', items: text },
  reference: text,
  platform: nullableText,
  layers: count,
};
const newer: Schema = { type: 'object', properties: { name: text, since: text, digest: nullableText } };
const base: Schema = {
  type: 'object',
  properties: {
    ...imageProperties,
    images: nullableCount,
    direct: nullableCount,
    onOlder: nullableCount,
    replacedBy: { type: 'array', items: newer },
  },
};

/** Description of `GET /api/v1/bases` for the OpenAPI document. */
export const basesDescription: RouteDescription = describedList({
  name: 'bases',
  things: 'base images',
  summary:
    'Lists images that are the base of others, those with the most images first: all layers of a base are the lowest ones of the image. `images` counts all images on it, `direct` those without another known image in between, and `onOlder` those on images whose name it has taken over. As of the last count.',
  query: {
    outdated: { type: 'string', summary: '`true`: only those that have lost a name to a newer image.' },
  },
  row: base,
  head: { countedAt: nullableText },
  refusals: [403],
});

/** Description of `GET /api/v1/images/{digest}/bases` for the OpenAPI document. */
export const imageBasesDescription: RouteDescription = describedList({
  name: 'images',
  summary:
    'Returns the known bases of an image, the one with the most layers first, and a page of the images on it. Numbers are null until servers have counted them.',
  query: {
    platform: { type: 'string', summary: 'The platform, if the digest is that of several images.' },
  },
  row: { type: 'object', properties: imageProperties },
  head: { countedAt: nullableText, ...imageProperties, bases: { type: 'array', items: base } },
  refusals: [403, 404],
});

const rebuild: Schema = {
  type: 'object',
  properties: { ...imageProperties, base: { type: 'object', properties: imageProperties }, newer },
};

/** Description of `GET /api/v1/rebuilds` for the OpenAPI document. */
export const rebuildsDescription: RouteDescription = describedList({
  name: 'rebuilds',
  things: 'images',
  summary:
    'Lists images to build again: a newer known image has the name of their base. A page can have fewer rows than `limit`; the list ends with the page without `next`.',
  row: rebuild,
  head: { countedAt: nullableText },
  refusals: [403],
});
