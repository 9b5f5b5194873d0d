import type { Part } from '../rows.ts';

/** A product of SUSE. */
export interface Product {
  /** Namespace of the images that it is in: `sles:15.6`. */
  readonly namespace: string;
  /** Whether it covers every service pack of the release. */
  readonly isSeries?: true;
  /** CPE of a product with separate updates, such as LTSS. Absent for the general updates of the release. */
  readonly cpe?: string;
}

/** CPE names of products whose updates are separate from those of the release. */
const cpeNames: ReadonlyMap<string, string> = new Map([
  ['Server', 'sles'],
  ['Server for SAP Applications', 'sles_sap'],
  ['High Performance Computing', 'sle_hpc'],
  ['Desktop', 'sled'],
  ['Server LTSS Extended Security', 'sles-ltss-extended-security'],
]);

/**
 * Parses a product name of SUSE, `SUSE Linux Enterprise Server 15 SP3-LTSS`. Returns undefined if it is not an
 * operating system or part of one, such as SUSE Manager. Modules and extensions have the general updates of a release.
 * Long-term channels (LTSS, ESPOS, BCL…) and the SAP product continue after those have ended, for subscribers only.
 */
export function productOf(name: string): Product | undefined {
  if (name === 'openSUSE Tumbleweed') return { namespace: 'opensuse-tumbleweed' };
  const [, family = '', release] =
    /^(openSUSE Leap|SUSE Linux Enterprise Micro|SUSE Linux Micro) (\d+\.\d+)(?: NonFree)?$/.exec(name) ?? [];
  return release === undefined ? enterprise(name) : { namespace: `${families[family]}:${release}` };
}

/** Longer names are not products. The limit bounds the time of the pattern. */
const nameCharactersMax = 1000;

const enterpriseName =
  /^(?:SUSE Linux Enterprise (?!Micro\b)|SUSE (?=.+ Module \d|Package Hub \d))(.+?) (\d+(?:\.\d+)?)(?: SP(\d+))?(?:[- ](LTSS|ESPOS|BCL|TERADATA|CLIENT-TOOLS).*)?$/;

function partsOf(name: string): RegExpExecArray | null {
  return name.length > nameCharactersMax ? null : enterpriseName.exec(name);
}

function enterprise(name: string): Product | undefined {
  const [matched, kind = '', version = '', servicePack = '', suffix = ''] = partsOf(name) ?? [];
  if (matched === undefined) return undefined;
  const namespace = `sles:${version}${servicePack && `.${servicePack}`}`;
  const channel = channelOf(kind, suffix);
  if (channel !== undefined) {
    return { namespace, cpe: `cpe:/o:suse:${channel}:${version}${servicePack && `:sp${servicePack}`}` };
  }
  // From 15 on, a module is for one service pack; no service pack means the first release.
  const isSeries = name.endsWith(' 12') && /\bModule\b/.test(name);
  return { namespace, ...(isSeries && { isSeries }) };
}

/** Returns the CPE name of a product with separate updates. */
function channelOf(kind: string, suffix: string): string | undefined {
  if (suffix === '' && kind !== 'Server for SAP Applications' && !kind.includes('LTSS')) return undefined;
  const base = cpeNames.get(kind) ?? kind.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return suffix === '' ? base : `${base}-${suffix.toLowerCase()}`;
}

/** Returns the releases that a product has packages for. A module of a series is for each of its service packs. */
export function partsOn(name: string): readonly Pick<Part, 'namespace' | 'product'>[] {
  const product = productOf(name);
  if (product === undefined) return [];
  const { namespace, cpe, isSeries } = product;
  const packs = isSeries ? servicePacks.map((pack) => `${namespace}.${pack}`) : [];
  return [namespace, ...packs].map((release) => ({
    namespace: release,
    ...(cpe !== undefined && { product: cpe }),
  }));
}

/** Service packs of 12, the last series whose modules are for all of them. */
const servicePacks = [1, 2, 3, 4, 5];

/** Products whose names map regularly to their namespaces. */
const families: Readonly<Record<string, string>> = {
  'openSUSE Leap': 'opensuse-leap',
  'SUSE Linux Enterprise Micro': 'sle-micro',
  'SUSE Linux Micro': 'sl-micro',
};
