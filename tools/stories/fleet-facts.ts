import assert from 'node:assert/strict';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { lateVulnerability, type StoryFacts } from '../../test/console/stories.ts';

/** Returns a JSON document of `/api/v1`. */
export type GetJson = <T>(path: string) => Promise<T>;

/** An upgrade as `/upgrades` returns it. */
interface ListedUpgrade {
  readonly namespace: string | null;
  readonly package: string | null;
  readonly fixedVersion: string | null;
}

type Row = Readonly<Record<string, string | number | null>>;

/**
 * Computes what the stories must find from the tables of packages, advisories and events. No statement is one of the product. None reads
 * the index of findings, except for the sum of all findings.
 */
export class FleetFacts {
  readonly #db: DatabaseSync;

  constructor(database: string) {
    this.#db = new DatabaseSync(database, { readOnly: true });
  }

  all(statement: string, ...values: SQLInputValue[]): Row[] {
    return this.#db.prepare(statement).all(...values) as Row[];
  }

  number(statement: string, ...values: SQLInputValue[]): number {
    return Number(Object.values(this.all(statement, ...values)[0] ?? {})[0] ?? 0);
  }

  /** Returns what all stories but those of two vulnerabilities must find. */
  async stories(get: GetJson, firstReport: string): Promise<StoryFacts> {
    const first = JSON.parse(firstReport) as { readonly matches: readonly object[] };
    return {
      digestOf: (name) => Promise.resolve(this.#digestOf(name)),
      upgrades: await this.#upgrades(get),
      openFindings: this.number(openFindings),
      affected: this.affectedBy(lateVulnerability, ['libexpat1']),
      news: this.#news(),
      past: {
        day: dayBefore(3),
        findings: first.matches.length,
        report: firstReport,
      },
      attention: '2 of 6 sources need attention',
      base: this.#base(),
      days: this.#days(),
    };
  }

  /** Returns the digest of each image once for each of some packages that it has. Every version is affected. */
  affectedBy(id: string, packages: readonly string[]): StoryFacts['affected'] {
    const names = packages.map(() => '?').join(', ');
    const rows = this.all(
      `select distinct known_image.digest, package.name from package
       join set_package on set_package.package_id = package.id
       join image_set on image_set.set_id = set_package.set_id
       join known_image on known_image.image_id = image_set.image_id
       where package.name in (${names})`,
      ...packages,
    );
    const row = new RegExp(`(?:${packages.join('|')}) \\d`);
    return { id, row, digests: rows.map(({ digest }) => String(digest)).sort() };
  }

  #digestOf(name: string): string {
    const [row] = this.all('select digest from known_image where reference like ?', `%/${name}`);
    assert.ok(row, name);
    return String(row['digest']);
  }

  /** Names and order are those of the server. The numbers of images are not. */
  async #upgrades(get: GetJson): Promise<StoryFacts['upgrades']> {
    const { upgrades } = await get<{ readonly upgrades: readonly ListedUpgrade[] }>('/upgrades?limit=20');
    return upgrades.slice(0, 10).map((upgrade) => {
      const { namespace, package: name, fixedVersion } = upgrade;
      // The versions of the seeded packages alone can be compared by SQL.
      assert.ok(
        namespace !== null && name !== null && /^1\.\d+$/.test(fixedVersion ?? ''),
        JSON.stringify(upgrade),
      );
      const to = fixedVersion ?? '';
      const row = new RegExp(`${name} .*→ ${to.replace('.', '\\.')} ${namespace}`);
      return { row, images: this.#imagesToUpgrade(namespace, name, to) };
    });
  }

  /** Counts the images with a version that an advisory affects up to a fixed version. Seeded versions are `1.0` to `1.9`. */
  #imagesToUpgrade(namespace: string, name: string, fixedVersion: string): number {
    return this.number(
      `select count(distinct image_set.image_id) from package
       join namespace on namespace.id = package.namespace_id
       join set_package on set_package.package_id = package.id
       join image_set on image_set.set_id = set_package.set_id
       where namespace.name = ?1 and package.name = ?2 and exists (
         select 1 from affected
         where affected.namespace_id = package.namespace_id and affected.package = package.name
           and affected.fix_state = 'fixed'
           and cast(substr(package.version, 3) as integer) < cast(substr(coalesce(affected.fix_version, affected.range_to), 3) as integer)
           and cast(substr(coalesce(affected.fix_version, affected.range_to), 3) as integer) <= cast(substr(?3, 3) as integer))`,
      namespace,
      name,
      fixedVersion,
    );
  }

  #news(): StoryFacts['news'] {
    const [row] = this.all(
      `select date(at / 1000, 'unixepoch') as day, count(*) as count from event where kind = 'new'
       group by 1 order by 1 desc limit 1`,
    );
    const [added] = this.all(addedToday);
    return {
      day: String(row?.['day']),
      count: Number(row?.['count']),
      source: 'debian',
      images: Number(added?.['images']),
      imageFindings: Number(added?.['findings']),
    };
  }

  /** Returns the base that most images are on, by the package set of its layer, and the images on bases that are not `stable` any more. */
  #base(): StoryFacts['base'] {
    const on = `select own.set_id, count(*) - 1 as images from image_set as own
      join image_set as other on other.set_id = own.set_id
      join image_name on image_name.known_image_id = own.image_id
      where own.part = 0 and image_name.repository like 'registry.example/base/%' and image_name.tag = 'stable'`;
    const images = this.number(`select max(images) from (${on} group by own.image_id)`);
    const rebuilds = this.number(
      `select sum(images) from (${on} and image_name.until is not null group by own.image_id)`,
    );
    return {
      row: new RegExp(`registry\\.example/base/os-\\d+:(?:stable|v\\d+) .* 1 ${images} ${images} `),
      link: /registry\.example\/base\/os-/,
      images,
      rebuilds,
    };
  }

  #days(): StoryFacts['days'] {
    const rows = this.all(
      `select day, json_extract(one.value, '$.severity') as severity,
         sum(json_extract(one.value, '$.findings')) as findings
       from finding_day, json_each(finding_day.content, '$.findings') as one
       where day > date('now', '-90 days') group by 1, 2 order by 1 desc`,
    );
    const byDay = Map.groupBy(rows, ({ day }) => day);
    return [...byDay.values()].map((ofDay) =>
      Object.fromEntries(ofDay.map((row) => [String(row['severity']), Number(row['findings'])])),
    );
  }
}

/** Each finding of a package set counts once for each image with the set, unless the image has lost all of its names. */
const openFindings = `
  select sum(findings) from (
    select (select count(*) from set_finding where set_finding.set_id = image_set.set_id) * count(*) as findings
    from image_set where image_set.image_id in (
      select known_image.image_id from known_image
      join image_name on image_name.known_image_id = known_image.id where image_name.until is null)
    group by image_set.set_id) as of_set`;

/** The images with findings that were first seen today, and whose names no image had before. Those of other names were rebuilt. */
const addedToday = `
  select count(distinct known_image.id) as images,
    sum((select count(*) from set_finding where set_finding.set_id = image_set.set_id)) as findings
  from known_image join image_set on image_set.image_id = known_image.image_id
  where known_image.first_seen >= unixepoch('now', 'start of day') * 1000
    and exists (select 1 from set_finding where set_finding.set_id = image_set.set_id)
    and not exists (
      select 1 from image_name as held join image_name as lost using (repository, tag, platform)
      where held.known_image_id = known_image.id and lost.known_image_id <> held.known_image_id)`;

/** Returns a day before today, in UTC. */
export function dayBefore(ago: number): string {
  return new Date(Date.now() - ago * 24 * 3_600_000).toISOString().slice(0, 10);
}
