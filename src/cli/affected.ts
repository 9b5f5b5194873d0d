import { ClairError } from '../kit/errors.ts';
import type { Match } from '../model/report.ts';
import { type AffectedEntry, affectedBy, plainEntry } from '../service/notices/affected.ts';
import { columns } from './columns.ts';
import { writeAnswer } from './output.ts';
import { type DatabaseOptions, openRoom, type Room } from './room.ts';

/** Options of `clair affected`. */
export interface AffectedOptions extends Pick<DatabaseOptions, 'db' | 'plugged'> {
  readonly format: 'table' | 'json';
}

/** So many images are read at a time. */
const imagesAtATime = 500;

/** `clair affected`: the images of the database that a vulnerability affects, with the package, its layer and the fix. */
export async function showAffected(id: string, { db, format, plugged }: AffectedOptions): Promise<number> {
  await using room = await openRoom({ offline: true, plugged, ...(db !== undefined && { db }) });
  const entries: AffectedEntry[] = [];
  for await (const entry of allAffected(id, room)) entries.push(entry);
  const answer = { schemaVersion: 1, vulnerability: id, images: entries.map(plainEntry) };
  writeAnswer(format, answer, () => tableOf(id, entries));
  return 0;
}

async function* allAffected(id: string, { store, extensions }: Room): AsyncGenerator<AffectedEntry> {
  for (let after: string | undefined; ; ) {
    const page = { limit: imagesAtATime, ...(after !== undefined && { after }) };
    const list = await affectedBy(id, page, { store, extensions });
    if (list === undefined)
      throw new ClairError(
        'usage',
        `no advisory in the database speaks of ${id}: check the spelling, or fetch advisories with clair db update`,
      );
    yield* list.images;
    if (list.next === undefined) return;
    after = list.next;
  }
}

const heading = ['IMAGE', 'PACKAGE', 'INSTALLED', 'FIXED IN', 'LAYER'];

function tableOf(id: string, entries: readonly AffectedEntry[]): string[] {
  if (entries.length === 0) return [`${id} affects no image in the database\n`];
  const rows = entries.flatMap(({ identity, names, findings, isCertain }) =>
    findings.map((finding) => [
      names.length > 0 ? names.join(', ') : topOf(identity),
      finding.package.name,
      `${finding.package.version}${isCertain ? '' : ' (perhaps)'}`,
      fixOf(finding),
      shortOf(finding.package.location.layer ?? '-'),
    ]),
  );
  return columns([heading, ...rows]).map((line) => `${line}\n`);
}

function fixOf({ fix }: Match): string {
  return fix.state === 'fixed' ? fix.version : fix.state.replaceAll('-', ' ');
}

/** The uppermost layer of an image, which ends its identity: a digest, or the file it was read from. */
function topOf(identity: string): string {
  const [top = ''] = identity.split('\n').slice(-1);
  return shortOf(top.replace(/#[^#/]*$/, ''));
}

/** As much of a hash as tells it from others. */
function shortOf(hash: string): string {
  return hash.replace(/^(sha256:)?([\da-f]{12})[\da-f]{20,}$/, '$2');
}
