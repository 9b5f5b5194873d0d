import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { limits } from '../../core/limits.ts';
import { compareSeverity, type Severity, severities } from '../../model/severity.ts';
import { type AgeScene, ageScene, partsOfFinding } from '../../testing/age-scene.ts';
import { runsOn, type StoreEngine, storeEngines } from '../../testing/store-engines.ts';
import type { AgeFigures, AgeQuantile, AgeScope, FindingAges } from '../finding-age-store.ts';

const all: AgeScope = { kind: 'all' };
const web = 'registry.example/shop/web';
const ofWeb: AgeScope = { kind: 'repository', name: web };

/** Returns the figures of severities that have any, as `High open 2: 3, >=5` for two findings with a median and a ninth decile. */
function figures(ages: FindingAges | undefined): string[] | null | undefined {
  return ages?.severities?.flatMap(({ severity, open, closed }) => [
    ...textOf(`${severity} open`, open),
    ...textOf(`${severity} closed`, closed),
  ]);
}

function textOf(title: string, { findings, median, p90 }: AgeFigures): string[] {
  const one = (quantile: AgeQuantile | null): string =>
    quantile === null ? '-' : `${quantile.isExact ? '' : '>='}${quantile.days}`;
  return findings === 0 ? [] : [`${title} ${findings}: ${one(median)}, ${one(p90)}`];
}

const seen = async ({ store }: AgeScene, scope: AgeScope = all, days = 90): Promise<unknown> =>
  figures(await store.findingAges.findAges(scope, days));

for (const engine of storeEngines) {
  test(`${engine.name}: a finding is open from its first day until no image of its repository has it`, async (t) => {
    const scene = await ageScene(t, engine);
    assert.equal(await scene.store.findingAges.findAges(all, 90), undefined);
    await scene.scan(`${web}:1`, ['High-1']);
    await scene.countOn(0);
    assert.deepEqual(await seen(scene), ['High open 1: >=0, >=0']);
    // A second finding, in another image.
    await scene.scan(`${web}:2`, ['High-1', 'High-2', 'Low-3']);
    await scene.countOn(2);
    await scene.countOn(5);
    assert.deepEqual(await seen(scene), ['High open 2: 3, >=5', 'Low open 1: 3, 3']);
    // The name moves to an image without one of them.
    await scene.scan(`${web}:2`, ['High-1', 'Low-3']);
    await scene.countOn(6);
    assert.deepEqual(await seen(scene), ['High open 1: >=6, >=6', 'High closed 1: 4, 4', 'Low open 1: 4, 4']);
    // It comes back.
    await scene.scan(`${web}:2`, ['High-1', 'High-2']);
    await scene.countOn(8);
    assert.deepEqual(await seen(scene), ['High open 2: 0, >=8', 'High closed 1: 4, 4', 'Low closed 1: 6, 6']);
    // An image that is built again and still has it does not begin again.
    await scene.scan(`${web}:2`, ['High-1', 'High-2', 'Medium-4']);
    await scene.countOn(9);
    assert.deepEqual(await seen(scene, ofWeb), [
      'High open 2: 1, >=9',
      'High closed 1: 4, 4',
      'Medium open 1: 0, 0',
      'Low closed 1: 6, 6',
    ]);
    assert.deepEqual(((await seen(scene, all, 3)) as string[])[1], 'Medium open 1: 0, 0');
    const found = await scene.store.findingAges.findAges(all, 90);
    assert.deepEqual([found?.countedSince, found?.countedAt], ['2026-03-01', '2026-03-10T12:00:00.000Z']);
  });

  test(`${engine.name}: ages of a repository that comes later are lower bounds, too`, async (t) => {
    const scene = await ageScene(t, engine);
    await scene.countOn(0);
    assert.deepEqual(await seen(scene), []);
    assert.equal(await seen(scene, ofWeb), undefined);
    await scene.scan(`${web}:1`, ['High-1']);
    await scene.countOn(3);
    await scene.scan(`${web}:1`, ['High-1', 'High-2']);
    await scene.countOn(4);
    const found = await scene.store.findingAges.findAges(ofWeb, 90);
    const high = found?.severities?.find(({ severity }) => severity === 'High');
    assert.deepEqual(high?.open, {
      findings: 2,
      atLeast: 1,
      median: { days: 0, isExact: true },
      p90: { days: 1, isExact: false },
    });
  });

  test(`${engine.name}: closes the findings of a forgotten image, and forgets them after their time`, async (t) => {
    const scene = await ageScene(t, engine);
    const number = await scene.scan(`${web}:1`, ['High-1']);
    await scene.countOn(0);
    await scene.store.knownImages.forget([number]);
    await scene.countOn(4);
    assert.deepEqual(await seen(scene, ofWeb), ['High closed 1: >=4, >=4']);
    assert.deepEqual(await seen(scene, { kind: 'below', path: 'registry.example' }), [
      'High closed 1: >=4, >=4',
    ]);
    await scene.countOn(4 + limits.closedFindingDays - 1);
    assert.deepEqual(await seen(scene, ofWeb), ['High closed 1: >=4, >=4']);
    await scene.countOn(4 + limits.closedFindingDays);
    assert.equal(await seen(scene, ofWeb), undefined);
    assert.equal(await seen(scene, { kind: 'below', path: 'registry.example' }), undefined);
    assert.deepEqual(await seen(scene), []);
  });

  test(`${engine.name}: closes nothing while an image of the repository is not counted`, async (t) => {
    const scene = await ageScene(t, engine);
    await scene.scan(`${web}:1`, ['High-1']);
    await scene.countOn(0);
    await scene.scan(`${web}:1`, ['High-2']);
    scene.goTo(1);
    // The old image has lost its name, and the sets of the new one are due.
    await scene.store.findingCounts.updateImages({ signal: scene.signal });
    await scene.store.findingAges.update({ signal: scene.signal });
    assert.deepEqual(await seen(scene), ['High open 1: >=1, >=1']);
    await scene.countOn(2);
    assert.deepEqual(await seen(scene), ['High open 1: 0, 0', 'High closed 1: >=2, >=2']);
  });

  test(`${engine.name}: an interrupted comparison continues`, async (t) => {
    const scene = await ageScene(t, engine);
    for (let i = 0; i < 120; i++) await scene.scan(`registry.example/r${i}/app:1`, ['High-1']);
    await scene.count();
    const { store } = scene;
    for (let checks = 1; (await store.findingAges.findAges(all, 90)) === undefined; checks++) {
      assert.ok(checks < 20);
      let left = checks;
      const signal = {
        get aborted() {
          return left-- <= 0;
        },
      } as AbortSignal;
      await store.findingAges.update({ signal });
    }
    assert.deepEqual(await seen(scene), ['High open 120: >=0, >=0']);
    assert.deepEqual(await seen(scene, { kind: 'below', path: 'registry.example/r7' }), [
      'High open 1: >=0, >=0',
    ]);
  });

  test(`${engine.name}: compares again on another day, or when it takes a hundredth of the time`, async (t) => {
    const scene = await ageScene(t, engine);
    const { clock, store, signal } = scene;
    // A comparison takes one minute of this clock, so it is due after 100 minutes.
    const updateAt = async (time: string): Promise<unknown> => {
      Object.assign(clock, { now: Date.parse(time) - 60_000, readMs: 60_000 });
      await store.findingAges.update({ signal });
      clock.readMs = 0;
      return (await store.findingAges.findAges(all, 90))?.countedAt;
    };
    assert.equal(await updateAt('2026-03-01T12:00:00.000Z'), '2026-03-01T12:00:00.000Z');
    assert.equal(await updateAt('2026-03-01T13:39:59.000Z'), '2026-03-01T12:00:00.000Z');
    assert.equal(await updateAt('2026-03-01T13:40:00.000Z'), '2026-03-01T13:40:00.000Z');
    assert.equal(await updateAt('2026-03-01T23:59:00.000Z'), '2026-03-01T23:59:00.000Z');
    assert.equal(await updateAt('2026-03-02T00:00:00.000Z'), '2026-03-02T00:00:00.000Z');
  });

  test(`${engine.name}: has the ages of a plain model after any days`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(dayArbitrary, { minLength: 1, maxLength: 8 }), (days) =>
        comparesWithModel(t, engine, days),
      ),
      { numRuns: runsOn(engine, 30) },
    );
  });
}

const repositories = ['r/a/x', 'r/a', 'r/a-b/x', 'r/a/x/y', 'plain'];
// A vulnerability can have another severity in each package.
const findings = ['Critical-1', 'High-1', 'High-2', 'Low-3'];

/** A change of a name on a day: it means an image with these findings, or is deleted. */
interface NameChange {
  readonly name: string;
  readonly findings: readonly string[] | null;
}

interface Day {
  /** Days since the last one. */
  readonly later: number;
  readonly changes: readonly NameChange[];
}

const dayArbitrary: fc.Arbitrary<Day> = fc.record({
  later: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(limits.closedFindingDays - 1)),
  changes: fc.array(
    fc.record({
      name: fc
        .tuple(fc.constantFrom(...repositories), fc.constantFrom('1', '2'))
        .map((parts) => parts.join(':')),
      findings: fc.option(fc.subarray(findings)),
    }),
    { maxLength: 4 },
  ),
});

async function comparesWithModel(t: TestContext, engine: StoreEngine, days: readonly Day[]): Promise<void> {
  const scene = await ageScene(t, engine);
  const model = new AgeModel();
  let today = 0;
  for (const { later, changes } of days) {
    today += later;
    for (const { name, findings: found } of changes) {
      if (found === null) await scene.endName(name);
      else await scene.scan(name, found);
      model.names.set(name, found);
    }
    await scene.countOn(today);
    model.count(today);
    for (const period of [1, 90])
      for (const scope of scopes)
        assert.deepEqual(
          await seen(scene, scope, period),
          model.figures(scope, period),
          `${JSON.stringify(scope)} on day ${today}`,
        );
  }
  await scene.store[Symbol.asyncDispose]();
}

const scopes: readonly AgeScope[] = [
  all,
  ...repositories.map((name) => ({ kind: 'repository' as const, name })),
  ...['r', 'r/a', 'r/a/x', 'r/none'].map((path) => ({ kind: 'below' as const, path })),
];

/** A vulnerability of a repository in the model. */
interface ModelRow {
  readonly repository: string;
  readonly vulnerability: string;
  severity: Severity;
  readonly since: number;
  readonly isLowerBound: boolean;
  closed: number | null;
}

/** The ages of findings as a list that is searched from its beginning to its end. */
class AgeModel {
  readonly names = new Map<string, readonly string[] | null>();
  readonly #known = new Set<string>();
  #rows: ModelRow[] = [];
  #today = 0;

  count(today: number): void {
    this.#today = today;
    for (const repository of repositories) {
      const lists = ['1', '2'].flatMap((tag) => {
        const found = this.names.get(`${repository}:${tag}`) ?? null;
        return found === null ? [] : [found];
      });
      const found = worstSeverities(lists.flat());
      for (const row of this.#openOf(repository)) if (!found.has(row.vulnerability)) row.closed = today;
      const open = this.#openOf(repository);
      const isLowerBound = !this.#known.has(repository);
      for (const [vulnerability, severity] of found) {
        const known = open.find((row) => row.vulnerability === vulnerability);
        if (known !== undefined) known.severity = severity;
        else
          this.#rows.push({ repository, vulnerability, severity, since: today, isLowerBound, closed: null });
      }
      this.#rows = this.#rows.filter(
        ({ closed }) => closed === null || closed > today - limits.closedFindingDays,
      );
      if (lists.length > 0) this.#known.add(repository);
      else if (this.#rows.every((row) => row.repository !== repository)) this.#known.delete(repository);
    }
  }

  #openOf(repository: string): ModelRow[] {
    return this.#rows.filter((row) => row.repository === repository && row.closed === null);
  }

  figures(scope: AgeScope, days: number): string[] | undefined {
    const isIn = (repository: string): boolean =>
      scope.kind === 'all' ||
      (scope.kind === 'repository' ? repository === scope.name : repository.startsWith(`${scope.path}/`));
    if (scope.kind !== 'all' && ![...this.#known].some(isIn)) return undefined;
    const rows = this.#rows.filter(({ repository }) => isIn(repository));
    return severities.toReversed().flatMap((severity) => {
      const ofSeverity = rows.filter((row) => row.severity === severity);
      const open = ofSeverity.filter(({ closed }) => closed === null);
      const closed = ofSeverity.filter((row) => row.closed !== null && row.closed > this.#today - days);
      return [...this.#line(severity, 'open', open), ...this.#line(severity, 'closed', closed)];
    });
  }

  #line(severity: Severity, state: string, rows: readonly ModelRow[]): string[] {
    if (rows.length === 0) return [];
    const age = (row: ModelRow): number => (row.closed ?? this.#today) - row.since;
    const ages = rows.map(age).sort((a, b) => a - b);
    const quantile = (percent: number): string => {
      const place = Math.ceil((rows.length * percent) / 100);
      const value = ages[place - 1] ?? Number.NaN;
      // The smallest and the greatest value that the quantile can have, if lower bounds may be any number of days higher.
      const highest = rows.map((row) => (row.isLowerBound ? Number.POSITIVE_INFINITY : age(row)));
      const isExact = highest.sort((a, b) => a - b)[place - 1] === value;
      return `${isExact ? '' : '>='}${value}`;
    };
    return [`${severity} ${state} ${rows.length}: ${quantile(50)}, ${quantile(90)}`];
  }
}

/** Returns the worst severity of each vulnerability of some findings. */
function worstSeverities(found: readonly string[]): ReadonlyMap<string, Severity> {
  const parts = found.map(partsOfFinding).sort(([a], [b]) => compareSeverity(a, b));
  return new Map(parts.map(([severity, vulnerability]) => [vulnerability, severity]));
}
