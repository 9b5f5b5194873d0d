import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { applyNetworkEnv } from '../../kit/http/http-environment.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import { ServerApi } from '../../service/cells/server-api.ts';
import type { ConsoleOptions } from '../progress.ts';
import { serverAdvice } from '../remote-scan/server-client.ts';
import { type RemoteServerOptions, serverToken } from '../remote-scan/server-token.ts';
import { warn } from '../warn.ts';

/** A page of a list of a server. */
export interface ServerPage<T> {
  readonly entries: readonly T[];
  /** Cells of the server that did not answer, and why. */
  readonly missing: readonly { readonly cell: string; readonly reason: string }[];
  /** The `after` of the next page. */
  readonly next: string | undefined;
  /** The time of the answer, ISO 8601. Undefined if the server states none. */
  readonly asOf: string | undefined;
}

/** A list of a server. */
export interface ServerListRequest<T extends z.ZodMiniType> {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly member: 'images' | 'jobs';
  readonly entry: T;
}

const stateSchema = z.object({
  missing: z._default(z.array(z.object({ cell: z.string(), reason: z.string() })), []),
  next: z.optional(z.union([z.string(), z.int()])),
  asOf: z.optional(z.string()),
});

/** Exit status if cells of a server did not answer. */
const incompleteStatus = 4;

const reasonCharactersMax = 500;

/** Reads lists of a server. Throws `server-unavailable` or `server-refused`. */
export class ServerLists {
  readonly #api: ServerApi;

  private constructor(api: ServerApi) {
    this.#api = api;
  }

  /** Returns the lists of the server of the options. Throws `config-invalid` without a usable token. */
  static async open(options: RemoteServerOptions & ConsoleOptions): Promise<ServerLists> {
    applyNetworkEnv();
    const address = { url: options.server, token: await serverToken(options) };
    return new ServerLists(new ServerApi(address, serverAdvice(address)));
  }

  /** Returns a page, also if cells of the server are missing. */
  async page<T extends z.ZodMiniType>({
    path,
    query,
    member,
    entry,
  }: ServerListRequest<T>): Promise<ServerPage<z.output<T>>> {
    const request = { path, query: { ...query, partial: 'true' }, limit: 'cellPageBytes' } as const;
    const answer = await this.#api.request(request);
    const { next, ...rest } = this.#api.parse(stateSchema, answer);
    const list = this.#api.parse(z.object({ [member]: z.array(entry) }), answer);
    const entries = list[member] ?? [];
    return {
      entries,
      next: next === undefined ? undefined : String(next),
      asOf: rest.asOf,
      missing: rest.missing,
    };
  }

  /** Returns all pages as one. A cell is missing if it is on the last page: before, its entries may still come. */
  async all<T extends z.ZodMiniType>(request: ServerListRequest<T>): Promise<ServerPage<z.output<T>>> {
    const entries: z.output<T>[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.page({ ...request, query: { ...request.query, after } });
      entries.push(...page.entries);
      if (page.next === undefined) return { ...page, entries };
      if (page.next === after)
        throw new ClairError('server-refused', `${this.#api.name} returns the same page again`);
      after = page.next;
    }
  }
}

/** Returns the exit status of a list, and names the missing cells on standard error, even with `--quiet`. */
export function listStatus({ missing }: Pick<ServerPage<unknown>, 'missing'>): number {
  for (const { cell, reason } of missing)
    warn(`the list is incomplete: cell ${cell} is missing: ${toSingleLine(reason, reasonCharactersMax)}`, {});
  return missing.length === 0 ? 0 : incompleteStatus;
}

/** Throws `usage` if options were given that concern the database of this machine. */
export function refuseWithServer(options: object, names: Readonly<Record<string, string>>): void {
  const given = Object.entries(names).filter(([key]) => {
    const value = options[key as keyof typeof options] as unknown;
    return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  });
  if (given.length === 0) return;
  const list = given.map(([, name]) => name).join(' and ');
  throw new ClairError('usage', `${list} cannot be used with --server: the server has a database of its own`);
}
