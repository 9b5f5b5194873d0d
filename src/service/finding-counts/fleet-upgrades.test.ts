import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { builtIn as extensions } from '../../extensions.ts';
import type { Digest } from '../../model/digest.ts';
import type { Vulnerability } from '../../model/vulnerability.ts';
import { isKey } from '../../plugin/version-scheme.ts';
import type { WeighedScope } from '../../store/finding-index-store.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import {
  type FleetImage,
  type FleetPackage,
  type FleetVulnerability,
  type RandomFleet,
  randomFleet,
} from '../../testing/random-fleet.ts';
import { bookworm, feedUpdate, image, stream } from '../../testing/store-content.ts';
import { runsOn, type StoreEngine, storeEngines } from '../../testing/store-engines.ts';
import { keyedRecords } from '../feeds/keyed-records.ts';
import { countFindings } from './count-findings.ts';
import { type FleetUpgrade, type FleetUpgrades, planFleetUpgrades } from './fleet-upgrades.ts';
import { findOutdatedBases } from './outdated-bases.ts';

const dpkg = extensions.schemes.find(({ name }) => name === 'dpkg');
const repository = 'registry.example/app';

for (const engine of storeEngines) {
  test(`${engine.name}: ranks what images would gain one by one`, async (t) => {
    const check = async (fleet: RandomFleet): Promise<void> => {
      const store = await storeOf(t, engine, fleet);
      checkRanking(await rank(store, {}), new OpenImages(fleet));
      const scoped = fleet.images.at(-1)?.label ?? '';
      const ranked = await rank(store, { repository, label: { key: 'layer', value: scoped } });
      checkRanking(ranked, new OpenImages(fleet, { label: scoped }));
      const labels = new Set(fleet.images.map(({ label }) => label));
      const weights = Array.from(labels, (value, i) => ({
        label: { key: 'layer', value },
        weight: 1 + ((3 * i + 2) % 7),
      }));
      const byLabel = new Map(weights.map(({ label, weight }) => [label.value, weight]));
      checkRanking(await rank(store, { weights }), new OpenImages(fleet, { weights: byLabel }));
      await store[Symbol.asyncDispose]();
    };
    await fc.assert(fc.asyncProperty(randomFleet, check), { numRuns: runsOn(engine, 30) });
  });
}

/** Returns a store into which the images of a fleet are scanned and counted. */
async function storeOf(t: TestContext, engine: StoreEngine, fleet: RandomFleet): Promise<Store> {
  const clock = { at: Date.parse('2026-03-01T00:00:00Z') };
  const store = await engine.create(t)({ now: () => clock.at });
  const records = fleet.vulnerabilities.map((one) => ({ kind: 'vulnerability' as const, ...recordOf(one) }));
  const { schemes } = extensions;
  await store.advisories.apply(feedUpdate(), keyedRecords(stream(records), { schemes, from: 'the test' }));
  for (const one of fleet.images) {
    clock.at += 1000;
    await scan(store, one);
  }
  await countFindings({ store, extensions, signal: new AbortController().signal });
  return store;
}

const diffId = (layer: string): Digest =>
  `sha256:${Buffer.from(layer).toString('hex').padEnd(64, '0')}` as Digest;

async function scan(store: Store, { layers, tag, label, packages }: FleetImage): Promise<void> {
  const digest = diffId(`image ${layers.join(' ')}`);
  await store.knownImages.record({
    image: await store.images.save(image(packages.map(installedPackage), layers.join(' '))),
    isScoped: false,
    isVerified: true,
    diffIds: layers.map(diffId),
    platform: 'linux/amd64',
    reference: `${repository}:${tag}`,
    origin: 'registry',
    digest,
    hasManifest: true,
    digests: [digest],
    root: digest,
    labels: { layer: label },
    names: [{ repository, tag }],
  });
}

function versionText(version: number): string {
  return `1.${version}.0`;
}

function installedPackage({ type, name, version, parent, layer }: FleetPackage): ImagePackage {
  const text = versionText(version);
  const key = dpkg?.key(text);
  assert.ok(key !== undefined && isKey(key));
  return {
    type,
    name,
    version: text,
    purl: `pkg:${type}/${name}@${text}`,
    location: { path: `${type}/${layer}`, layer: diffId(layer) },
    foundBy: type === 'deb' ? 'dpkg' : 'npm',
    lookup: { namespace: bookworm, name, version: text, key },
    ...(parent !== undefined && { parent: { name: parent, version: '1.0.0' } }),
  };
}

function recordOf({ id, package: name, fixed, isKnownFixed, severity }: FleetVulnerability): Vulnerability {
  const version = versionText(fixed);
  return {
    key: id,
    id,
    severity,
    aliases: [],
    links: [],
    cvss: [],
    affected: [
      {
        namespace: bookworm,
        package: name,
        range: { to: version },
        fix: isKnownFixed ? { state: 'fixed', version } : { state: 'unfixed' },
      },
    ],
  };
}

async function rank(store: Store, scope: WeighedScope): Promise<FleetUpgrades> {
  const bases = await findOutdatedBases(store);
  const plan = await planFleetUpgrades(
    { ...scope, bases, limit: 100 },
    { store, schemes: extensions.schemes },
  );
  return plan ?? assert.fail('nothing is counted');
}

/** A finding of one image. */
interface OpenFinding {
  readonly of: FleetVulnerability;
  /** The package to upgrade. */
  readonly upgrade: string;
  /** The part of the image that has the package: two parts with equal packages are one. */
  readonly part: string;
  /** The tag of the base image that replaces it. */
  readonly replacedBy: string | undefined;
}

/** The effect of an upgrade on all images. */
interface Effect {
  readonly gain: number;
  readonly closes: number;
  readonly images: number;
  readonly apply: () => void;
}

/** The risks of docs/upgrade.md for findings without a score. */
const risks = { High: 0.005 * 0.75, Low: 0.001 * 0.3 };

/** The findings of each image, computed from its own packages alone. */
class OpenImages {
  readonly #fleet: RandomFleet;
  readonly #moved = new Set<string>();
  readonly #images: {
    readonly of: FleetImage;
    readonly weight: number;
    readonly leaves: FleetImage | undefined;
    open: OpenFinding[];
  }[];

  /** Only images of a label, if one is given. Images weigh 1, unless their label has another weight. */
  constructor(
    fleet: RandomFleet,
    { label, weights }: { readonly label?: string; readonly weights?: ReadonlyMap<string, number> } = {},
  ) {
    this.#fleet = fleet;
    const current = fleet.images.filter((one) => this.#holderOf(one.tag) === one);
    this.#images = current
      .filter((one) => label === undefined || one.label === label)
      .map((of) => {
        const leaves = this.#baseToLeave(of);
        const weight = weights?.get(of.label) ?? 1;
        return { of, weight, leaves, open: this.#findingsOf(of, leaves) };
      });
  }

  #holderOf(tag: string): FleetImage | undefined {
    return this.#fleet.images.findLast((one) => one.tag === tag);
  }

  /** The nearest image below whose tag another image has, unless the image is on that one. */
  #baseToLeave(image: FleetImage): FleetImage | undefined {
    const below = this.#fleet.images.filter((one) => one !== image && isOn(image, one));
    return below
      .filter((one) => {
        const holder = this.#holderOf(one.tag);
        return holder !== undefined && holder !== one && holder !== image && !isOn(image, holder);
      })
      .sort((a, b) => b.layers.length - a.layers.length)[0];
  }

  #findingsOf({ packages }: FleetImage, leaves: FleetImage | undefined): OpenFinding[] {
    const libs = packages.filter(({ type }) => type === 'npm');
    const copiesOf = (item: FleetPackage): readonly FleetPackage[] =>
      item.type === 'deb' ? [item] : libs.filter((lib) => partOf(lib) === partOf(item));
    const distinct = packages.filter((item) => copiesOf(item)[0] === item);
    return distinct.flatMap((item) => {
      const copies = copiesOf(item);
      const isOfBase = copies.every(({ layer }) => leaves?.layers.includes(layer) === true);
      const replacedBy = isOfBase ? leaves?.tag : undefined;
      const upgrade = `${item.type} ${item.parent ?? item.name}`;
      return this.#vulnerabilitiesOf(item).map((of) => ({ of, upgrade, part: partOf(item), replacedBy }));
    });
  }

  #vulnerabilitiesOf({ type, name, version }: FleetPackage): FleetVulnerability[] {
    return this.#fleet.vulnerabilities.filter(
      (one) => one.type === type && one.package === name && version < one.fixed,
    );
  }

  /** Number of all open findings. */
  get findings(): number {
    return this.#images.reduce((sum, { open }) => sum + open.length, 0);
  }

  get risk(): number {
    return this.#images.reduce((sum, { open, weight }) => sum + weight * riskOf(open), 0);
  }

  /** Returns all upgrades that remove risk, by their kind and package. */
  effects(): Map<string, Effect> {
    const names = new Set(this.#images.flatMap(({ open }) => open.map(({ upgrade }) => upgrade)));
    const tags = new Set(this.#images.flatMap(({ leaves }) => (leaves === undefined ? [] : [leaves.tag])));
    const effects = new Map<string, Effect>();
    for (const name of names)
      effects.set(
        name,
        this.#effectOf(({ of, upgrade }) => upgrade === name && of.isKnownFixed),
      );
    for (const tag of tags)
      if (!this.#moved.has(tag)) effects.set(`base ${repository}:${tag}`, this.#moveTo(tag));
    return new Map([...effects].filter(([, { gain }]) => gain > 1e-9));
  }

  #effectOf(closes: (finding: OpenFinding) => boolean): Effect {
    const closed = this.#images.map(({ open }) => open.filter(closes));
    const weightOf = (index: number): number => this.#images[index]?.weight ?? 0;
    return {
      gain: closed.reduce((sum, findings, index) => sum + weightOf(index) * riskOf(findings), 0),
      closes: closed.flat().length,
      // An image counts for each of its parts.
      images: closed.reduce((sum, findings) => sum + new Set(findings.map(({ part }) => part)).size, 0),
      apply: () => {
        for (const one of this.#images) one.open = one.open.filter((finding) => !closes(finding));
      },
    };
  }

  #moveTo(tag: string): Effect {
    const holder = this.#holderOf(tag);
    const moved = this.#images.filter(({ leaves }) => leaves?.tag === tag);
    const { gain, closes, apply } = this.#effectOf(({ replacedBy }) => replacedBy === tag);
    const opened = holder === undefined ? [] : this.#findingsOf(holder, undefined);
    const distinct = [
      ...new Map(opened.map((finding) => [`${finding.part} ${finding.of.id}`, finding])).values(),
    ];
    const added = distinct.map((finding) => ({ ...finding, part: `new ${tag}` }));
    return {
      gain: gain - moved.reduce((sum, { weight }) => sum + weight, 0) * riskOf(added),
      closes: closes - moved.length * added.length,
      images: moved.length,
      apply: () => {
        apply();
        for (const one of moved) one.open.push(...added);
        this.#moved.add(tag);
      },
    };
  }
}

/** Images have packages of a language once for each version and parent. */
function partOf({ type, version, parent = '', layer }: FleetPackage): string {
  return type === 'deb' ? layer : `lib ${version} ${parent}`;
}

function isOn(image: FleetImage, base: FleetImage): boolean {
  return (
    base.layers.length < image.layers.length && base.layers.every((layer, i) => image.layers[i] === layer)
  );
}

function riskOf(findings: readonly OpenFinding[]): number {
  return findings.reduce((sum, { of }) => sum + risks[of.severity], 0);
}

/** Checks that each upgrade is one that removes most risk after those before it, and does what it says. */
function checkRanking({ upgrades, before, after, risk }: FleetUpgrades, images: OpenImages): void {
  assert.equal(before.findings, images.findings);
  assertClose(risk.before, images.risk);
  for (const upgrade of upgrades) {
    const effects = images.effects();
    const effect = effects.get(nameOf(upgrade));
    assert.ok(effect, `${upgrade.text} removes nothing`);
    assertClose(effect.gain, Math.max(...Array.from(effects.values(), ({ gain }) => gain)));
    assertClose(upgrade.gain, effect.gain);
    assert.equal(upgrade.closes.findings, effect.closes, upgrade.text);
    assert.equal(upgrade.images, effect.images, upgrade.text);
    effect.apply();
    assertClose(upgrade.residual, images.risk);
  }
  assert.deepEqual([...images.effects().keys()], []);
  assert.equal(after.findings, images.findings);
  assertClose(risk.after, images.risk);
}

const nameOfKind: Readonly<Record<string, string>> = {
  'distro-package': 'deb',
  'language-package': 'npm',
  'base-image': 'base',
};

function nameOf({ kind, package: name }: FleetUpgrade): string {
  return `${nameOfKind[kind]} ${name}`;
}

/** Risks are rounded. */
function assertClose(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 2e-6, `${actual} is not ${expected}`);
}
