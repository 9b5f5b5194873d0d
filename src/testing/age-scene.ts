import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import type { TestContext } from 'node:test';
import { dayMs } from '../core/duration.ts';
import type { Digest } from '../model/digest.ts';
import { type Severity, severities } from '../model/severity.ts';
import type { DueImage, SetFinding, SetFindings } from '../store/finding-count-store.ts';
import type { Store } from '../store/store.ts';
import { image, installed } from './store-content.ts';
import type { StoreEngine } from './store-engines.ts';

const start = Date.parse('2026-03-01T12:00:00Z');

/** A store whose images have the findings that a test names, on days from the first one of March 2026 on. */
export interface AgeScene {
  readonly store: Store;
  readonly signal: AbortSignal;
  /** The clock of the store, in milliseconds. Each reading takes `readMs`, 0 at first. */
  readonly clock: { now: number; readMs: number };
  /** Scans an image with some findings that a name means now: `High-1` is the vulnerability `1`. Returns its number. */
  readonly scan: (name: string, findings: readonly string[]) => Promise<number>;
  readonly endName: (name: string) => Promise<unknown>;
  /** Counts the findings of all images, without their ages. */
  readonly count: () => Promise<void>;
  /** Sets the clock to the noon of a day, by its number from 0. */
  readonly goTo: (day: number) => void;
  /** Counts findings and their ages on a day. */
  readonly countOn: (day: number) => Promise<void>;
}

/** Makes such a store. */
export async function ageScene(t: TestContext, engine: StoreEngine): Promise<AgeScene> {
  const clock = { now: start, readMs: 0 };
  const read = (): number => {
    clock.now += clock.readMs;
    return clock.now;
  };
  const store = await engine.create(t)({ now: read });
  const { signal } = new AbortController();
  const goTo = (day: number): void => {
    clock.now = start + day * dayMs;
  };
  const count = async (): Promise<void> => {
    for (const due of await store.findingCounts.findDue(1000))
      await store.findingCounts.save(await findingsOf(store, due));
    await store.findingCounts.updateImages({ signal });
  };
  return {
    store,
    signal,
    goTo,
    count,
    clock,
    scan: (name, findings) => scan(store, name, findings),
    endName: (name) => store.knownImages.endNames([tagOf(name)]),
    countOn: async (day) => {
      goTo(day);
      await count();
      await store.findingAges.update({ signal });
    },
  };
}

/** Returns the severity and the vulnerability of a finding of a scene. */
export function partsOfFinding(finding: string): [severity: Severity, vulnerability: string] {
  const [name, vulnerability = ''] = finding.split('-');
  return [severities.find((severity) => severity === name) ?? assert.fail(finding), vulnerability];
}

function tagOf(name: string): { repository: string; tag: string } {
  const [repository = '', tag = ''] = name.split(':');
  return { repository, tag };
}

async function scan(store: Store, name: string, findings: readonly string[]): Promise<number> {
  const digest = `sha256:${hash('sha256', findings.join(' '))}` as Digest;
  const number = await store.knownImages.record({
    image: await store.images.save(image(findings.map((one) => installed(one)))),
    isScoped: false,
    isVerified: true,
    diffIds: [digest],
    platform: 'linux/amd64',
    reference: name,
    origin: 'registry',
    digest,
    hasManifest: true,
    digests: [digest],
    root: digest,
    labels: {},
    names: [tagOf(name)],
  });
  return number ?? assert.fail('not recorded');
}

/** Returns the findings of the due sets of an image: of each package the one that it is named after. */
async function findingsOf(store: Store, due: DueImage): Promise<SetFindings[]> {
  const { packages } = await store.images.findByNumber(due.image);
  return due.sets.map((set) => ({
    ...set,
    findings: packages
      .filter((_, position) => due.setOf(position)?.set === set.set)
      .map(({ name }) => findingOf(name)),
  }));
}

function findingOf(name: string): SetFinding {
  const [severity, vulnerability] = partsOfFinding(name);
  return {
    vulnerability,
    severity,
    exploited: 'no',
    epss: null,
    fix: { state: 'fixed', version: '5' },
    package: {
      namespace: 'debian:12',
      lookupName: name,
      type: 'deb',
      name,
      version: '3',
      purl: `pkg:deb/debian/${name}@3`,
      source: null,
    },
  };
}
