import * as z from 'zod/mini';
import { severities } from '../../model/severity.ts';
import type { ShownEntry } from '../affected-csv.ts';
import type { ConsoleOptions } from '../progress.ts';
import type { RemoteServerOptions } from '../remote-scan/server-token.ts';
import { refuseWithServer, ServerLists, type ServerPage } from './server-list.ts';

const affectedEntry = z.looseObject({
  identity: z.string(),
  names: z.array(z.string()),
  reference: z.optional(z.string()),
  untaggedSince: z.optional(z.nullable(z.string())),
  certain: z.boolean(),
  cell: z.optional(z.string()),
  packages: z.array(
    z.looseObject({
      type: z.string(),
      name: z.string(),
      version: z.string(),
      location: z.looseObject({ path: z.string(), layer: z.optional(z.nullable(z.string())) }),
      fix: z.looseObject({ state: z.string(), version: z.optional(z.string()) }),
      severity: z.enum(severities),
    }),
  ),
});

/** Entries of a page of a server. */
const entriesAtATime = '500';

const localOptions = {
  db: '--db',
  from: '--from',
  digest: '--digest',
  root: '--root',
  acceptExpired: '--accept-expired',
  ignore: '--ignore',
  vex: '--vex',
  suppressed: '--suppressed',
};

/** Reads the images of a server that a vulnerability affects. Throws `usage` for options of the database of this machine. */
export async function readAffectedOfServer(
  id: string,
  options: RemoteServerOptions & ConsoleOptions,
): Promise<ServerPage<ShownEntry & { readonly document: object }>> {
  refuseWithServer(options, localOptions);
  const lists = await ServerLists.open(options);
  const path = `/affected/${encodeURIComponent(id)}`;
  const query = { limit: entriesAtATime };
  const page = await lists.all({ path, query, member: 'images', entry: affectedEntry });
  return { ...page, entries: page.entries.map((document) => shownEntry(id, document)) };
}

function shownEntry(
  id: string,
  document: z.output<typeof affectedEntry>,
): ShownEntry & { readonly document: object } {
  const { identity, names, reference, untaggedSince = null, certain, cell = '', packages } = document;
  return {
    image: `${cell} ${identity}`,
    identity,
    names,
    isCertain: certain,
    document,
    known: reference === undefined ? null : { reference, untaggedSince },
    findings: packages.map(({ fix, severity, ...found }) => ({
      package: found,
      fix,
      vulnerability: { id, severity },
    })),
  };
}
