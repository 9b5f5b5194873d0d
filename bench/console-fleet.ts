import { sql } from 'kysely';
import { severities } from '../src/model/severity.ts';
import { BulkWriter, type Value } from '../src/store/sql/bulk-writer.ts';
import type { EngineConnection } from '../src/store/sql/engine.ts';
import type { Tables } from '../src/store/sql/schema.ts';
import { requireKey } from '../src/testing/version-scheme.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { baseCountOf, describeImage } from './fleet-names.ts';
import {
  advisoriesOf,
  benchNames,
  type FleetNames,
  idOf,
  isExploited,
  isFixable,
  kindsOf,
  packageNameOf,
  type SeededAdvisory,
  type SetKind,
  severityAt,
  versionsPerName,
  vulnerabilityCount,
} from './fleet-rules.ts';
import { random } from './random.ts';

/** Name of a package of the base of an image, and a vulnerability that it has. */
export const popular = { namespace: 'debian:4', name: 'debian-0', vulnerability: idOf(0, benchNames) };

/** A fleet to seed. */
export interface SeededFleet {
  readonly images: number;
  readonly names: FleetNames;
  /** When the images came, in milliseconds since 1970; now by default. */
  readonly now?: number;
}

/**
 * Seeds a fleet whose images are counted, but not the images of findings, vulnerabilities and packages: the job does that next. The first
 * images are the bases of the others. The database can have other images. Returns the number of findings of all seeded images.
 */
export async function seedFleet(connection: EngineConnection, fleet: SeededFleet): Promise<number> {
  const findings = await new FleetSeed(connection, fleet, await lastNumber(connection)).write(fleet.images);
  await connection.write(async (db) => {
    await db.updateTable('finding').set({ due: 1 }).execute();
    await db.updateTable('found_vulnerability').set({ due: 1, summary_due: 1 }).execute();
    const names = db
      .selectFrom('package')
      .select(['namespace_id', 'lookup_name', sql<number>`0`.as('images'), sql<number>`1`.as('due')])
      .$narrowType<{ namespace_id: number; lookup_name: string }>()
      .where('lookup_name', 'is not', null)
      .distinct();
    await db
      .insertInto('installed_name')
      .columns(['namespace_id', 'name', 'images', 'due'])
      .expression(names)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
  return findings;
}

const numberedTables = [
  ...(['image', 'known_image', 'namespace', 'package', 'package_set'] as const),
  ...(['finding', 'found_package', 'found_vulnerability'] as const),
];

/** Returns the greatest number of a row. The seeded ones are behind it. */
async function lastNumber({ db }: EngineConnection): Promise<number> {
  let last = 0;
  for (const table of numberedTables) {
    const { rows } = await sql<{
      last: number | null;
    }>`select max(id) as last from ${sql.table(table)}`.execute(db);
    last = Math.max(last, rows[0]?.last ?? 0);
  }
  return last;
}

/** A version of a package with the numbers of its findings and their vulnerabilities. */
interface SeededPackage {
  readonly id: number;
  readonly findings: readonly (readonly [finding: number, vulnerability: number])[];
}

/** Numbers of findings of a set. */
interface SeededSet {
  readonly namespace: string;
  /** Numbers of findings by the index of their severity, of those with a fix, and of exploited ones. */
  readonly severities: readonly number[];
  readonly fixable: number;
  readonly exploited: number;
}

function countedSet(namespace: string, findings: SeededPackage['findings']): SeededSet {
  const counts = severities.map(() => 0);
  for (const [, vulnerability] of findings) {
    const severity = severityAt(vulnerability);
    counts[severity] = 1 + (counts[severity] ?? 0);
  }
  return {
    namespace,
    severities: counts,
    fixable: findings.filter(([, vulnerability]) => isFixable(vulnerability)).length,
    exploited: findings.filter(([, vulnerability]) => isExploited(vulnerability)).length,
  };
}

class FleetSeed {
  readonly #connection: EngineConnection;
  readonly #names: FleetNames;
  readonly #now: number;
  /** The greatest number of a row before. */
  readonly #last: number;
  readonly #next = random(7);
  /** The packages of an image that is no base: its sets one after the other. */
  #packageOrder = '';
  #namespaces = 0;
  #packages = 0;
  #findings = 0;
  readonly #sets: SeededSet[] = [];

  constructor(connection: EngineConnection, { names, now = Date.now() }: SeededFleet, last: number) {
    this.#connection = connection;
    this.#names = names;
    this.#now = now;
    this.#last = last;
  }

  async write(images: number): Promise<number> {
    const vulnerabilities = vulnerabilityRows(this.#names, this.#last);
    await this.#insert('found_vulnerability', vulnerabilities, vulnerabilityColumns);
    const firsts: (readonly [first: number, count: number])[] = [];
    const kinds = kindsOf(images, this.#names);
    this.#packageOrder = JSON.stringify(kinds.flatMap(({ packages }, part) => [part, packages]));
    for (const kind of kinds) {
      firsts.push([this.#sets.length + 1, kind.sets]);
      const packages = new Map<string, readonly SeededPackage[]>();
      for (const namespace of kind.namespaces)
        packages.set(namespace, await this.#writePackages(kind, namespace));
      await this.#writeSets(kind, packages);
    }
    return await this.#writeImages(images, firsts);
  }

  /** Writes the packages of a namespace with their findings. */
  async #writePackages(kind: SetKind, namespace: string): Promise<SeededPackage[]> {
    const number = ++this.#namespaces;
    const namespaceId = await this.#writeNamespace(this.#last + number, namespace);
    const packages: SeededPackage[] = [];
    const rows: { readonly package: Value[][]; readonly found: Value[][]; readonly finding: Value[][] } = {
      package: [],
      found: [],
      finding: [],
    };
    for (let name = 0; name < kind.names; name++) {
      const advisories = advisoriesOf(kind, number, name);
      for (let version = 0; version < versionsPerName; version++) {
        const id = this.#last + ++this.#packages;
        const text = [packageNameOf(namespace, name), `1.${version}`] as const;
        const affecting = advisories.filter(({ versions }) => version < versions);
        const findings = affecting.map((one) => [this.#last + ++this.#findings, one.vulnerability] as const);
        packages.push({ id, findings });
        rows.package.push(packageRow(id, namespaceId, text));
        if (affecting.length > 0) rows.found.push(foundRow(id, namespace, text));
        for (const [i, advisory] of affecting.entries())
          rows.finding.push([
            findings[i]?.[0] ?? 0,
            id,
            ...this.#findingColumns(advisory, namespace, text[0]),
          ]);
      }
    }
    await this.#insert('package', rows.package, packageColumns);
    await this.#insert('found_package', rows.found, foundColumns);
    await this.#insert('finding', rows.finding, findingColumns);
    return packages;
  }

  /** Returns the number of a namespace. The seeded advisories may have inserted it. */
  async #writeNamespace(number: number, namespace: string): Promise<number> {
    const known = await this.#connection.db
      .selectFrom('namespace')
      .select('id')
      .where('name', '=', namespace)
      .executeTakeFirst();
    if (known !== undefined) return known.id;
    await this.#insert('namespace', [[number, namespace, 'dpkg']], ['id', 'name', 'version_scheme']);
    return number;
  }

  #findingColumns({ vulnerability, versions }: SeededAdvisory, namespace: string, name: string): Value[] {
    const fix = isFixable(vulnerability) ? ['fixed', `1.${versions}`] : ['unfixed', null];
    return [
      ...[this.#last + vulnerability + 1, rankAt(vulnerability), idOf(vulnerability, this.#names)],
      ...[name, namespace, Number(isExploited(vulnerability)), ...fix],
    ];
  }

  async #writeSets(kind: SetKind, packages: ReadonlyMap<string, readonly SeededPackage[]>): Promise<void> {
    const sets: Value[][] = [];
    const members: Value[][] = [];
    const found: Value[][] = [];
    const counts: Value[][] = [];
    for (let i = 0; i < kind.sets; i++) {
      const namespace = kind.namespaces[i % kind.namespaces.length] ?? '';
      const of = packages.get(namespace) ?? [];
      const chosen = this.#choose(kind, of);
      const findings = chosen.flatMap((one) => one.findings);
      const set = this.#sets.push(countedSet(namespace, findings));
      const number = this.#last + set;
      sets.push([number, `set ${set}`, 1, 0]);
      for (const [position, { id }] of chosen.entries()) members.push([number, position, id]);
      for (const [finding] of findings) found.push([number, finding]);
      counts.push(...countRows(number, findings));
    }
    await this.#insert('package_set', sets, ['id', 'identity', 'has_versions', 'count_due']);
    await this.#insert('set_package', members, ['set_id', 'position', 'package_id']);
    await this.#insert('set_finding', found, ['set_id', 'finding_id']);
    await this.#insert('set_count', counts, ['set_id', 'severity', 'is_fixable', 'exploited', 'findings']);
  }

  /** Chooses packages of different names; the first names are in most sets. */
  #choose({ names, packages: count }: SetKind, of: readonly SeededPackage[]): SeededPackage[] {
    const chosen = new Map<number, SeededPackage>();
    while (chosen.size < count) {
      const name = Math.floor(names * this.#next() ** 2);
      const one = of[name * versionsPerName + Math.floor(versionsPerName * this.#next())];
      if (one !== undefined) chosen.set(name, one);
    }
    return [...chosen.values()];
  }

  async #writeImages(images: number, kinds: readonly (readonly [number, number])[]): Promise<number> {
    const now = this.#now;
    const bases = baseCountOf(images, kinds[0]?.[1] ?? 0);
    const rows: Record<keyof typeof imageColumns, Value[][]> = {
      image: [],
      image_set: [],
      known_image: [],
      image_name: [],
      image_digest: [],
      counted_set: [],
      counted_image: [],
    };
    let findings = 0;
    for (let image = 1; image <= images; image++) {
      const id = this.#last + image;
      const digest = `sha256:${image.toString(16).padStart(64, '0')}`;
      const sets = this.#setsOf(image, bases, kinds);
      const { names, diffIds, reference } = describeImage(image, { bases, now, base: sets[0] ?? 0 });
      rows.image.push([id, digest, now, id, sets.length === 1 ? null : this.#packageOrder]);
      for (const [part, set] of sets.entries()) rows.image_set.push([id, part, this.#last + set, 'usr/lib']);
      for (const set of sets) rows.counted_set.push([id, this.#last + set]);
      const ofImage = sets.flatMap((set) => this.#sets[set - 1] ?? []);
      rows.counted_image.push([id, digest, now, ...countedColumnsOf(ofImage)]);
      for (const one of ofImage) findings += sum(one.severities);
      rows.known_image.push([
        ...[id, digest, id, 0, 1, reference, 'registry', digest],
        ...[JSON.stringify({ team: `team-${image % 97}` }), JSON.stringify(diffIds), now, now],
      ]);
      for (const { repository, tag, since, until } of names)
        rows.image_name.push([repository, tag, '', since, until, id]);
      rows.image_digest.push([digest, id]);
    }
    for (const [table, columns] of Object.entries(imageColumns))
      await this.#insert(table as keyof typeof rows, rows[table as keyof typeof rows], columns);
    return findings;
  }

  /** Chooses the sets of an image. The first images are bases, each with one set. */
  #setsOf(image: number, bases: number, kinds: readonly (readonly [number, number])[]): number[] {
    const first = kinds[0]?.[0] ?? 1;
    if (image <= bases) return [first + image - 1];
    return kinds.map(
      ([start, count], part) =>
        start + (part === 2 ? Math.floor(image / 4) % count : Math.floor(count * this.#next())),
    );
  }

  async #insert(
    table: keyof Tables,
    rows: Iterable<readonly Value[]>,
    columns: readonly string[],
  ): Promise<void> {
    await this.#connection.write(async (db) => {
      // The columns of these tables have integers of two sizes, which a copy cannot write.
      const isMixed = table === 'package_set' || table === 'set_count';
      const writer = isMixed
        ? new BulkWriter(db, table, columns)
        : this.#connection.bulkWriter(db, table, columns);
      for (const row of rows) await writer.add(row);
      await writer.finish();
    });
  }
}

const imageColumns = {
  image: ['id', 'identity', 'last_used_at', 'known_image', 'package_order'],
  image_set: ['image_id', 'part', 'set_id', 'path'],
  counted_set: ['image_id', 'set_id'],
  counted_image: [
    ...['image_id', 'identity', 'counted_at', 'namespaces', 'unknown', 'negligible', 'low', 'medium', 'high'],
    ...['critical', 'defcon1', 'fixable', 'exploited', 'risk'],
  ],
  known_image: [
    ...['id', 'identity', 'image_id', 'is_scoped', 'is_verified', 'reference', 'origin', 'digest'],
    ...['labels', 'diff_ids', 'first_seen', 'last_seen'],
  ],
  image_name: ['repository', 'tag', 'platform', 'since', 'until', 'known_image_id'],
  image_digest: ['digest', 'known_image_id'],
} as const;

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** Returns what is counted of an image, in the order of the columns. */
function countedColumnsOf(sets: readonly SeededSet[]): Value[] {
  const bySeverity = severities.map((_, i) => sum(sets.map((set) => set.severities[i] ?? 0)));
  const [fixable, exploited] = [sum(sets.map((set) => set.fixable)), sum(sets.map((set) => set.exploited))];
  const [, , low = 0, medium = 0, high = 0, critical = 0] = bySeverity;
  const risk = [exploited, critical, high, medium, low].reduce((all, part) => all * 1024 + part, 0);
  const namespaces = JSON.stringify(sets.map(({ namespace }) => namespace).sort());
  return [namespaces, ...bySeverity, fixable, exploited, risk];
}

const vulnerabilityColumns = [
  ...['id', 'name', 'rank', 'exploited', 'is_fixable', 'epss', 'packages', 'summary_due'],
];

function* vulnerabilityRows(names: FleetNames, last: number): Generator<Value[]> {
  for (let i = 0; i < vulnerabilityCount; i++)
    yield [
      ...[last + i + 1, idOf(i, names), rankAt(i), Number(isExploited(i)), Number(isFixable(i))],
      ...[Math.round(((i * 7919) % 100_000) * 1e4), 1, 0],
    ];
}

function rankAt(vulnerability: number): number {
  return severities.length - 1 - severityAt(vulnerability);
}

const packageColumns = [
  ...['id', 'identity', 'namespace_id', 'lookup_name', 'lookup_version', 'key', 'type', 'name', 'version'],
  ...['purl', 'found_by'],
];

function packageRow(id: number, namespace: number, [name, version]: readonly [string, string]): Value[] {
  const key = requireKey(dpkg, version);
  return [
    id,
    `package ${id}`,
    namespace,
    name,
    version,
    key,
    'deb',
    name,
    version,
    `pkg:${name}@${version}`,
    'x',
  ];
}

const foundColumns = [
  'id',
  'identity',
  'namespace',
  'lookup_name',
  'type',
  'name',
  'version',
  'purl',
  'source_name',
];

function foundRow(id: number, namespace: string, [name, version]: readonly [string, string]): Value[] {
  return [id, `package ${id}`, namespace, name, 'deb', name, version, `pkg:${name}@${version}`, name];
}

const findingColumns = [
  ...['id', 'package_id', 'vulnerability_id', 'rank', 'name', 'package', 'namespace', 'exploited'],
  ...['fix_state', 'fix_version'],
];

function countRows(set: number, findings: SeededPackage['findings']): Value[][] {
  const counts = new Map<string, number>();
  for (const [, vulnerability] of findings) {
    const key = [
      severityAt(vulnerability),
      Number(isFixable(vulnerability)),
      Number(isExploited(vulnerability)),
    ];
    counts.set(key.join(' '), 1 + (counts.get(key.join(' ')) ?? 0));
  }
  return [...counts].map(([key, count]) => [set, ...key.split(' ').map(Number), count]);
}
