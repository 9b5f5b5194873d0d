import type { IncomingHttpHeaders } from 'node:http';
import type * as z from 'zod/mini';
import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { parseBySchema, parseJson } from '../../../kit/json/json-document.ts';
import { type RegistryClient, readResponseBody } from '../registry-client.ts';

/** A list of several pages. */
export interface PageRequests<T extends z.ZodMiniType> {
  /** From the origin on, with a query. */
  readonly path: string;
  /** The list in messages: `the catalogue of registry.example`. */
  readonly name: string;
  readonly schema: T;
  readonly authorization?: string | undefined;
  /** Returns the next page. By default, it is that of the header `Link`. */
  readonly next?: (page: z.output<T>, headers: IncomingHttpHeaders) => string | undefined;
}

/**
 * Yields the pages of a list. OCI distribution-spec, "Listing Tags"; RFC 8288. Throws `registry-refused` if a page leads to an earlier one
 * or to another list, and `limit-exceeded` after `limits.listPages`.
 */
export async function* pagesOf<T extends z.ZodMiniType>(
  client: RegistryClient,
  { path: first, name, schema, authorization, next }: PageRequests<T>,
): AsyncGenerator<z.output<T>> {
  const read = new Set<string>();
  for (let path: string | undefined = first; path !== undefined; ) {
    if (read.has(path))
      throw new ClairError('registry-refused', `${name}: page ${read.size} leads back to an earlier page`);
    if (read.size === limits.listPages)
      throw new ClairError('limit-exceeded', `${name} has more than ${limits.listPages} pages`, {
        limit: 'listPages',
      });
    read.add(path);
    const headers = { accept: 'application/json' };
    const response = await client.fetch({ path, endpointLabel: name, headers, authorization });
    const bytes = await readResponseBody(response, { max: limits.listPageBytes, what: name });
    const refuse = (fault: string): ClairError => new ClairError('registry-refused', `${name} ${fault}`);
    const page: z.output<T> = parseBySchema(schema, parseJson(bytes, refuse), ({ fault }) => refuse(fault));
    yield page;
    path = next === undefined ? linkedPath(response.headers, path, name) : next(page, response.headers);
  }
}

/** Returns the path of the next page. The link may change the query only, so that credentials stay with this list. */
function linkedPath(headers: IncomingHttpHeaders, path: string, name: string): string | undefined {
  const link = headers['link'];
  const [, target] =
    /<([^<>]{1,4096})>\s{0,8};[^,]{0,256}rel="?next"?/.exec([link ?? ''].flat().join(',')) ?? [];
  if (target === undefined) return undefined;
  const base = new URL(path, 'http://registry.invalid');
  const next = URL.parse(target, base.href) ?? undefined;
  if (next?.pathname === base.pathname) return next.pathname + next.search;
  throw new ClairError('registry-refused', `${name}: a page leads to another list`);
}
