import { ClairError } from '../core/errors.ts';
import { shortHex } from '../model/digest.ts';
import { pluralize } from '../report/report-text.ts';
import { findKnownImages, knownTagOf, toKnownJson } from '../service/images/find-known-images.ts';
import type { KnownImage, KnownImagePage, NamePeriod } from '../store/known-image-store.ts';
import { alignColumns } from './align-columns.ts';
import { type DatabaseOptions, openCommandContext } from './command-context.ts';
import { writeJsonOrText } from './output.ts';
import { type ImageFilter, showImagesOfServer } from './remote-list/remote-images.ts';
import type { RemoteServerOptions } from './remote-scan/server-token.ts';

/** Options of `clair images`. */
export interface ImagesOptions extends Pick<DatabaseOptions, 'db' | 'loaded'>, Partial<RemoteServerOptions> {
  readonly format: 'table' | 'json';
  /** The condition of `--filter`; all images without it. */
  readonly filter?: ImageFilter;
  /** A name whose history is listed instead. */
  readonly history?: string;
  readonly limit: number;
  /** The number of the last image of the previous page, or the token of a server. */
  readonly after?: string;
}

/** Runs `clair images`: lists the images of the database with their names. */
export async function showImages(options: ImagesOptions): Promise<number> {
  const { server } = options;
  if (server !== undefined) return await showImagesOfServer({ ...options, server });
  await using context = await openCommandContext({ ...options, offline: true });
  if (options.history !== undefined) {
    await showHistory(options.history, context, options);
    return 0;
  }
  const { images, next } = await pageOf(options, context);
  const result = { schemaVersion: 1, images: images.map(toKnownJson), ...(next !== undefined && { next }) };
  writeJsonOrText(options.format, result, () => [
    ...tableOfImages(images),
    ...(next === undefined ? [] : [`\nmore images follow: add --after ${next}\n`]),
  ]);
  return 0;
}

type Context = Awaited<ReturnType<typeof openCommandContext>>;

async function pageOf(
  { filter, limit, after }: ImagesOptions,
  { store }: Pick<Context, 'store'>,
): Promise<KnownImagePage> {
  if (filter?.by === 'image') return { images: await findKnownImages(filter.text, store) };
  const page = { limit, ...(after !== undefined && { after: numberIn(after) }) };
  if (filter?.by === 'untagged') return await store.knownImages.page({ isUntagged: true }, page);
  return await store.knownImages.page(
    filter === undefined ? {} : { repository: knownTagOf(filter.text).repository },
    page,
  );
}

function numberIn(after: string): number {
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw new ClairError(
    'usage',
    '--after takes the number of an image, or with --server a token of the server',
  );
}

const imageHeading = ['NUMBER', 'IMAGE', 'DIGEST', 'PLATFORM', 'FROM', 'LAST SEEN'];

function tableOfImages(images: readonly KnownImage[]): string[] {
  if (images.length === 0) return ['no image\n'];
  const rows = images.map((image) => [
    String(image.number),
    displayName(image),
    image.digest === null ? '-' : shortHex(image.digest),
    image.platform ?? '-',
    image.origin,
    image.lastSeen.slice(0, 10),
  ]);
  return alignColumns([imageHeading, ...rows]).map((line) => `${line}\n`);
}

function displayName({ names, reference, untaggedSince }: KnownImage): string {
  if (names.length > 0) return names.map(({ repository, tag }) => `${repository}:${tag}`).join(', ');
  return untaggedSince === null ? reference : `${reference} (untagged)`;
}

/** Periods of a name that are shown. */
const periodsMax = 100;

async function showHistory(
  name: string,
  { store }: Pick<Context, 'store'>,
  { format }: ImagesOptions,
): Promise<void> {
  const periods = await store.knownImages.findNameHistory(knownTagOf(name), periodsMax);
  if (periods.length === 0) throw unknownImageError(name);
  writeJsonOrText(format, { schemaVersion: 1, name, periods }, () => tableOfPeriods(periods));
}

function tableOfPeriods(periods: readonly NamePeriod[]): string[] {
  const heading = ['SINCE', 'UNTIL', 'DIGEST', 'PLATFORM', 'NUMBER'];
  const rows = periods.map(({ since, until, digest, platform, number }) => [
    since,
    until ?? 'now',
    digest === null ? '-' : shortHex(digest),
    platform ?? '-',
    String(number),
  ]);
  return alignColumns([heading, ...rows]).map((line) => `${line}\n`);
}

function unknownImageError(reference: string): ClairError {
  return new ClairError(
    'usage',
    `the database has no image ${reference}: clair images lists all names and digests`,
  );
}

/** Runs `clair forget`: deletes an image with its names and its history. */
export async function forgetImage(
  reference: string,
  options: Pick<DatabaseOptions, 'db' | 'loaded'>,
): Promise<number> {
  await using context = await openCommandContext({ ...options, offline: true }, 'write');
  const images = await findKnownImages(reference, context.store);
  if (images.length === 0) throw unknownImageError(reference);
  await context.store.knownImages.forget(images.map(({ number }) => number));
  writeJsonOrText('table', {}, () => [
    ...images.map((image) => `forgot ${displayName(image)}\n`),
    `${pluralize(images.length, 'image')} deleted\n`,
  ]);
  return 0;
}
