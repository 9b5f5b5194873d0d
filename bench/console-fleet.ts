import { sql } from 'kysely';
import { severities } from '../src/model/severity.ts';
import type { KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import { BulkWriter, type Value } from '../src/store/sql/bulk-writer.ts';
import type { EngineConnection } from '../src/store/sql/engine.ts';
import type { Tables } from '../src/store/sql/schema.ts';
import { keys } from '../src/testing/store-content.ts';
import { requireKey } from '../src/testing/version-scheme.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { random } from './random.ts';

/** A kind of package sets. Each image has one set of each kind. */
interface SetKind {
  readonly namespaces: readonly string[];
  readonly sets: number;
  readonly names: number;
  readonly packages: number;
  /** Number of vulnerabilities of the oldest version of a name that has any. */
  readonly vulnerabilities: number;
}

const versionsPerName = 10;
const vulnerabilities = 30_000;
const imagesPerRepository = 50;

/** Returns the kinds: bases, runtimes, and applications of which each has four tags on average. */
function kindsOf(images: number): readonly SetKind[] {
  const debian = Array.from({ length: 10 }, (_, i) => `debian:${i + 4}`);
  return [
    { namespaces: debian, sets: 400, names: 400, packages: 80, vulnerabilities: 2 },
    { namespaces: ['pypi', 'golang'], sets: 2000, names: 1000, packages: 40, vulnerabilities: 2 },
    { namespaces: ['npm'], sets: Math.ceil(images / 4), names: 8000, packages: 40, vulnerabilities: 1 },
  ];
}

/**
 * Seeds a fleet whose images are counted, but not the images of findings, vulnerabilities and packages: the job does that next. Returns the
 * number of findings of all images.
 */
export async function seedFleet(connection: EngineConnection, images: number): Promise<number> {
  const findings = await new FleetSeed(connection).write(images);
  await connection.write(async (db) => {
    await db.updateTable('finding').set({ due: 1 }).execute();
    await db.updateTable('found_vulnerability').set({ due: 1, summary_due: 1 }).execute();
    const names = db
      .selectFrom('package')
      .select(['namespace_id', 'lookup_name', sql<number>`0`.as('images'), sql<number>`1`.as('due')])
      .$narrowType<{ namespace_id: number; lookup_name: string }>()
      .distinct();
    await db
      .insertInto('installed_name')
      .columns(['namespace_id', 'name', 'images', 'due'])
      .expression(names)
      .execute();
  });
  return findings;
}

/** Name of a package of the base of an image, and the vulnerability that `baseRecords` has for it. */
export const popular = { namespace: 'debian:4', name: 'debian-0', vulnerability: nameOf(0) };

/** Returns records about packages of bases, so that lists of affected images have something to find. */
export function baseRecords(): KeyedVulnerabilityRecord[] {
  return Array.from({ length: 400 }, (_, name) => ({
    kind: 'vulnerability' as const,
    key: nameOf(name),
    id: nameOf(name),
    aliases: [],
    links: [],
    cvss: [],
    severity: severities[severityAt(name)] ?? 'Unknown',
    affected: Array.from({ length: 10 }, (__, i) => ({
      namespace: { name: `debian:${i + 4}`, versionScheme: 'dpkg' },
      package: `debian-${name}`,
      range: { to: '1.9' },
      fix: { state: 'fixed' as const, version: '1.9' },
      keys: keys([], [...requireKey(dpkg, '1.9')]),
    })),
  }));
}

function nameOf(vulnerability: number): string {
  return `CVE-${2018 + (vulnerability % 9)}-${1000 + vulnerability}`;
}

/** Returns the index of a severity. One in twenty is critical. */
function severityAt(vulnerability: number): number {
  const place = vulnerability % 20;
  if (place === 0) return severities.indexOf('Critical');
  return place < 6 ? severities.indexOf('High') : place < 14 ? severities.indexOf('Medium') : 2;
}

function isExploited(vulnerability: number): boolean {
  return vulnerability % 200 === 0;
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
    fixable: findings.filter(([, vulnerability]) => vulnerability % 3 > 0).length,
    exploited: findings.filter(([, vulnerability]) => isExploited(vulnerability)).length,
  };
}

class FleetSeed {
  readonly #connection: EngineConnection;
  readonly #next = random(7);
  #namespaces = 0;
  #packages = 0;
  #findings = 0;
  readonly #sets: SeededSet[] = [];

  constructor(connection: EngineConnection) {
    this.#connection = connection;
  }

  async write(images: number): Promise<number> {
    await this.#insert('found_vulnerability', vulnerabilityRows(), vulnerabilityColumns);
    const firsts: (readonly [first: number, count: number])[] = [];
    for (const kind of kindsOf(images)) {
      firsts.push([this.#sets.length + 1, kind.sets]);
      const packages = new Map<string, readonly SeededPackage[]>();
      for (const namespace of kind.namespaces)
        packages.set(namespace, await this.#writePackages(kind, namespace));
      await this.#writeSets(kind, packages);
    }
    return await this.#writeImages(images, firsts);
  }

  /** Writes the packages of a namespace with their findings. Every other name has vulnerabilities, older versions more. */
  async #writePackages(
    { names, vulnerabilities: most }: SetKind,
    namespace: string,
  ): Promise<SeededPackage[]> {
    const number = ++this.#namespaces;
    const type = namespace.split(':')[0] ?? '';
    await this.#insert('namespace', [[number, namespace, 'dpkg']], ['id', 'name', 'version_scheme']);
    const packages: SeededPackage[] = [];
    const rows: { readonly package: Value[][]; readonly found: Value[][]; readonly finding: Value[][] } = {
      package: [],
      found: [],
      finding: [],
    };
    for (let name = 0; name < names; name++)
      for (let version = 0; version < versionsPerName; version++) {
        const id = ++this.#packages;
        const text = [`${type}-${name}`, `1.${version}`] as const;
        const count = name % 2 === 0 ? Math.ceil(most * (1 - version / versionsPerName)) : 0;
        const findings = Array.from({ length: count }, (_, i) => {
          const vulnerability =
            i === 0 ? name % vulnerabilities : (name * 37 + i * 101 + number) % vulnerabilities;
          return [++this.#findings, vulnerability] as const;
        });
        packages.push({ id, findings });
        rows.package.push(packageRow(id, number, text));
        if (count > 0) rows.found.push(foundRow(id, namespace, text));
        for (const [finding, vulnerability] of findings)
          rows.finding.push(findingRow(finding, vulnerability, { id, namespace, name: text[0] }));
      }
    await this.#insert('package', rows.package, packageColumns);
    await this.#insert('found_package', rows.found, foundColumns);
    await this.#insert('finding', rows.finding, findingColumns);
    return packages;
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
      sets.push([set, `set ${set}`, 1, 0]);
      for (const [position, { id }] of chosen.entries()) members.push([set, position, id]);
      for (const [finding] of findings) found.push([set, finding]);
      counts.push(...countRows(set, findings));
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
    const now = Date.now();
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
      const digest = `sha256:${image.toString(16).padStart(64, '0')}`;
      const repository = `registry.example/team-${image % 97}/app-${Math.floor(image / imagesPerRepository)}`;
      rows.image.push([image, digest, now, image]);
      const sets = kinds.map(
        ([first, count], part) =>
          first + (part === 2 ? Math.floor(image / 4) % count : Math.floor(count * this.#next())),
      );
      for (const [part, set] of sets.entries()) rows.image_set.push([image, part, set, 'usr/lib']);
      for (const set of sets) rows.counted_set.push([image, set]);
      const ofImage = sets.flatMap((set) => this.#sets[set - 1] ?? []);
      rows.counted_image.push([image, digest, now, ...countedColumnsOf(ofImage)]);
      for (const one of ofImage) findings += sum(one.severities);
      rows.known_image.push([
        ...[image, digest, image, 0, 1, `${repository}:${image}`, 'registry', digest],
        ...[JSON.stringify({ team: `team-${image % 97}` }), '[]', now, now],
      ]);
      rows.image_name.push([repository, String(image), '', now, image]);
      rows.image_digest.push([digest, image]);
    }
    for (const [table, columns] of Object.entries(imageColumns))
      await this.#insert(table as keyof typeof rows, rows[table as keyof typeof rows], columns);
    return findings;
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
  image: ['id', 'identity', 'last_used_at', 'known_image'],
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
  image_name: ['repository', 'tag', 'platform', 'since', 'known_image_id'],
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
  'id',
  'name',
  'rank',
  'exploited',
  'is_fixable',
  'epss',
  'packages',
  'summary_due',
];

function* vulnerabilityRows(): Generator<Value[]> {
  for (let i = 0; i < vulnerabilities; i++)
    yield [
      ...[i + 1, nameOf(i), rankAt(i), Number(isExploited(i)), Number(i % 3 > 0)],
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

function findingRow(
  finding: number,
  vulnerability: number,
  { id, namespace, name }: { readonly id: number; readonly namespace: string; readonly name: string },
): Value[] {
  const isFixable = vulnerability % 3 > 0;
  return [
    ...[finding, id, vulnerability + 1, rankAt(vulnerability), nameOf(vulnerability), name, namespace],
    ...[Number(isExploited(vulnerability)), isFixable ? 'fixed' : 'unfixed', isFixable ? '1.9' : null],
  ];
}

function countRows(set: number, findings: SeededPackage['findings']): Value[][] {
  const counts = new Map<string, number>();
  for (const [, vulnerability] of findings) {
    const key = [
      severityAt(vulnerability),
      Number(vulnerability % 3 > 0),
      Number(isExploited(vulnerability)),
    ];
    counts.set(key.join(' '), 1 + (counts.get(key.join(' ')) ?? 0));
  }
  return [...counts].map(([key, count]) => [set, ...key.split(' ').map(Number), count]);
}
