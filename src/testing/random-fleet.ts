import fc from 'fast-check';

/** A package of an image, in a version from 1 to 4. */
export interface FleetPackage {
  readonly type: 'deb' | 'npm';
  readonly name: string;
  readonly version: number;
  /** The package that contains it. */
  readonly parent?: string | undefined;
  /** The layer that has it. */
  readonly layer: string;
}

/** An image of a random fleet. */
export interface FleetImage {
  readonly layers: readonly string[];
  /** The tag that it takes over when it is scanned. */
  readonly tag: string;
  readonly label: string;
  readonly packages: readonly FleetPackage[];
}

/** A vulnerability of a random fleet. */
export interface FleetVulnerability {
  readonly id: string;
  readonly type: FleetPackage['type'];
  readonly package: string;
  /** The first version without it. */
  readonly fixed: number;
  /** Whether the vendor says so. Otherwise, only another base image can bring a version without it. */
  readonly isKnownFixed: boolean;
  readonly severity: 'High' | 'Low';
}

/** Images in the order in which they are scanned, and the vulnerabilities of their packages. */
export interface RandomFleet {
  readonly images: readonly FleetImage[];
  readonly vulnerabilities: readonly FleetVulnerability[];
}

const debNames = ['a', 'b', 'c', 'd'] as const;
const version = fc.integer({ min: 1, max: 4 });
const anyVersion = fc.option(version, { nil: undefined, freq: 2 });
const content = fc.record({
  a: anyVersion,
  b: anyVersion,
  c: anyVersion,
  d: anyVersion,
  lib: anyVersion,
  isBundled: fc.boolean(),
});
type Content = typeof content extends fc.Arbitrary<infer T> ? T : never;

/** Arrays of these lengths. Those of `fc.array` are nearly all short. */
function someOf<T>(item: fc.Arbitrary<T>, lengths: readonly number[]): fc.Arbitrary<T[]> {
  return fc
    .constantFrom(...lengths)
    .chain((length) => fc.array(item, { minLength: length, maxLength: length }));
}

const plan = fc.record({
  /** Generations of the base image; whether each is built on the one before. */
  bases: someOf(content, [1, 2, 3]),
  isStacked: fc.boolean(),
  /** Whether the last generation of each has no vulnerability, so that a move to it may come first. */
  isImproved: fc.boolean(),
  /** Generations of an image on a base image, which is a base itself. */
  middles: someOf(fc.tuple(content, fc.nat(2)), [0, 2, 3]),
  /** On a base image, on an image in the middle, or on none. */
  apps: someOf(fc.tuple(content, fc.constantFrom('base', 'middle', 'middle', 'none'), fc.nat(2)), [1, 3, 6]),
});

/** Fleets of a few images on generations of base images, which may be nested. */
export const randomFleet: fc.Arbitrary<RandomFleet> = plan.map(
  ({ bases, isStacked, isImproved, middles, apps }) => {
    const improve = (packages: Content, isLast: boolean): Content =>
      isLast && isImproved ? newest(packages) : packages;
    const base: FleetImage[] = [];
    for (const [i, packages] of bases.entries())
      base.push(
        imageOn(isStacked ? base.at(-1)?.layers : [], `b${i}`, {
          tag: 'base',
          packages: improve({ ...packages, a: packages.a ?? 1 }, i === bases.length - 1),
        }),
      );
    const middle = middles.map(([packages, on], i) => {
      const isLast = i === middles.length - 1;
      const below = isLast && isImproved ? base.at(-1) : base[on % base.length];
      return imageFrom(below, `m${i}`, { tag: 'middle', packages: improve(packages, isLast) });
    });
    const top = apps.map(([packages, kind, on], i) => {
      const below = { base, middle, none: [] }[kind];
      return imageFrom(below[on % below.length], `t${i}`, {
        tag: `app${i}`,
        packages: { ...packages, a: packages.a ?? 2 },
      });
    });
    return { images: [...base, ...middle, ...top], vulnerabilities };
  },
);

const vulnerabilities: readonly FleetVulnerability[] = [
  ...debNames.flatMap((name) => vulnerabilitiesOf('deb', name)),
  ...vulnerabilitiesOf('npm', 'lib'),
];

function vulnerabilitiesOf(type: FleetPackage['type'], name: string): FleetVulnerability[] {
  return [
    { id: `CVE-${name}-1`, type, package: name, fixed: 3, isKnownFixed: false, severity: 'High' },
    { id: `CVE-${name}-2`, type, package: name, fixed: 3, isKnownFixed: true, severity: 'Low' },
    { id: `CVE-${name}-3`, type, package: name, fixed: 4, isKnownFixed: true, severity: 'High' },
  ];
}

function newest({ isBundled, ...versions }: Content): Content {
  const entries = Object.entries(versions).map(([name, old]) => [name, old === undefined ? undefined : 4]);
  return { ...(Object.fromEntries(entries) as Omit<Content, 'isBundled'>), isBundled };
}

interface NewLayer {
  readonly tag: string;
  readonly packages: Content;
}

function imageOn(layers: readonly string[] = [], layer: string, { tag, packages }: NewLayer): FleetImage {
  return { layers: [...layers, layer], tag, label: layer, packages: packagesOf(packages, layer) };
}

/** Packages of a distribution replace those below; a package of a language is a copy beside them. */
function imageFrom(below: FleetImage | undefined, layer: string, added: NewLayer): FleetImage {
  const own = imageOn(below?.layers, layer, added);
  const replaced = new Set(own.packages.flatMap(({ type, name }) => (type === 'deb' ? [name] : [])));
  return {
    ...own,
    packages: [...(below?.packages ?? []).filter(({ name }) => !replaced.has(name)), ...own.packages],
  };
}

function packagesOf({ lib, isBundled, ...debs }: Content, layer: string): FleetPackage[] {
  const ofDistribution = debNames.flatMap((name) => {
    const installed = debs[name];
    return installed === undefined ? [] : [{ type: 'deb' as const, name, version: installed, layer }];
  });
  if (lib === undefined) return ofDistribution;
  const parent = isBundled ? 'bundle' : undefined;
  return [...ofDistribution, { type: 'npm' as const, name: 'lib', version: lib, parent, layer }];
}
