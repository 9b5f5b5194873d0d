import { createHash } from 'node:crypto';
import type { Digest } from '../src/model/digest.ts';
import type { Namespace } from '../src/model/namespace.ts';
import type { KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import type { ImagePackage } from '../src/store/image-store.ts';
import { requireKey } from '../src/testing/version-scheme.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { random } from './random.ts';

const bases = 200;
const packagesOfBase = 90;
const packagesOfExtension = 60;
export const imagesPerExtension = 50;
const packagesOfApplication = 900;
const imagesPerApplication = 5;
const layersOfImage = 10;
export const layersOfBase = 5;
/** Packages of the distribution, each in up to ten versions. */
export const catalogue = 15_000;
/** Language packages. */
const languageCatalogue = 200_000;

const namespace = { name: 'debian:12', versionScheme: 'dpkg' };

/** Options of `FleetContents`. */
export interface FleetOptions {
  /** Whether every other content has an application with language packages. */
  readonly hasLanguages: boolean;
}

/**
 * The contents of the images of a fleet, by number. They share packages as in a registry: few bases, some of them popular; one list of
 * further packages of the distribution for every 50 images; ten layers, of which five belong to the base. Equal numbers give equal
 * contents only in the same order of calls.
 */
export class FleetContents {
  /** Images that have one content. */
  readonly imagesPerContent: number;
  readonly #hasLanguages: boolean;
  readonly #next = random(31);
  readonly #bases: readonly (readonly ImagePackage[])[];
  /** The packages of the last extension: contents with the same one follow each other. */
  #lastExtension: { readonly number: number; readonly packages: readonly ImagePackage[] } | undefined;

  constructor({ hasLanguages }: FleetOptions) {
    this.#hasLanguages = hasLanguages;
    this.imagesPerContent = hasLanguages ? imagesPerApplication : imagesPerExtension;
    this.#bases = Array.from({ length: bases }, (_, base) =>
      this.#somePackages(packagesOfBase, digestOf(`base ${base}`)),
    );
  }

  /** Returns the packages of a popular or rare base, of an extension, and sometimes of an application. */
  packages(content: number): ImagePackage[] {
    const base = Math.floor(bases * this.#next() ** 3);
    const extension = Math.floor((content * this.imagesPerContent) / imagesPerExtension);
    const hasApplication = this.#hasLanguages && content % 2 === 0;
    return [
      ...(this.#bases[base] ?? []),
      ...this.#extension(extension),
      ...(hasApplication ? this.#application(content, digestOf(`application ${content}`)) : []),
    ];
  }

  /** Returns a package of the distribution. */
  package(number: number, layer: Digest): ImagePackage {
    return debianPackage(`package-${number}`, this.#version(number), { namespace, layer });
  }

  #version(number: number): string {
    return `${1 + (number % 9)}.${number % 17}.${Math.floor(10 * Math.sqrt(this.#next()))}-1+deb12u1`;
  }

  /** Chooses packages; one in a hundred of them is in nearly every list. */
  #somePackages(count: number, layer: Digest): ImagePackage[] {
    const chosen = new Set<number>();
    while (chosen.size < count) chosen.add(Math.floor(catalogue * this.#next() ** 2));
    return [...chosen].map((number) => this.package(number, layer));
  }

  #extension(number: number): readonly ImagePackage[] {
    if (this.#lastExtension?.number !== number) {
      const packages = this.#somePackages(packagesOfExtension, digestOf(`extension ${number}`));
      this.#lastExtension = { number, packages };
    }
    return this.#lastExtension.packages;
  }

  #application(content: number, layer: Digest): ImagePackage[] {
    return Array.from({ length: packagesOfApplication }, (_, i) => {
      const number = Math.floor(languageCatalogue * this.#next() ** 3);
      const [name, version] = [
        `library-${number}`,
        `${number % 9}.${number % 20}.${Math.floor(6 * this.#next())}`,
      ];
      return {
        type: 'npm',
        name,
        version,
        purl: `pkg:npm/${name}@${version}`,
        location: { path: `srv/app-${content}/node_modules/${name}-${i}/package.json`, layer },
        foundBy: 'npm',
        lookup: { namespace, name, version, key: requireKey(dpkg, version) },
      };
    });
  }
}

/** Returns a package of a release of Debian, with a source package of the same name and version. */
export function debianPackage(
  name: string,
  version: string,
  { namespace, layer }: { readonly namespace: Namespace; readonly layer: Digest | null },
): ImagePackage {
  return {
    type: 'deb',
    name,
    version,
    arch: 'amd64',
    source: { name, version },
    purl: `pkg:deb/debian/${name}@${version}?arch=amd64&distro=${namespace.name.replace(':', '-')}`,
    location: { path: 'var/lib/dpkg/status', layer },
    foundBy: 'dpkg',
    lookup: { namespace, name, version, key: requireKey(dpkg, version) },
  };
}

/** Returns an advisory that affects all versions of a package before `to`. */
export function advisoryOf(number: number, name: string, to: string): KeyedVulnerabilityRecord {
  const id = `CVE-2026-${number}`;
  return {
    kind: 'vulnerability',
    key: `${name}/${id}`,
    id,
    aliases: [],
    description: `A flaw in ${name} lets an attacker who sends a crafted message crash the service.`,
    links: [],
    severity: 'Medium',
    cvss: [],
    affected: [
      {
        namespace,
        package: name,
        range: { to },
        fix: { state: 'fixed', version: to },
        keys: { lo: new Uint8Array(), hi: requireKey(dpkg, to) },
      },
    ],
  };
}

/** Returns the layers of a content, the base first. */
export function layersOf(content: number): Digest[] {
  return Array.from({ length: layersOfImage }, (_, i) =>
    digestOf(i < layersOfBase ? `base ${content % bases} ${i}` : `own ${content} ${i}`),
  );
}

export function digestOf(text: string): Digest {
  return `sha256:${createHash('sha256').update(text).digest('hex')}` as Digest;
}

/** Returns what `images.save` takes. The suffix makes another image of the same content. */
export function imageOf(content: number, packages: readonly ImagePackage[], suffix: string = '') {
  const layers = layersOf(content);
  const identity = [`index-4 analyzers ${'x'.repeat(40)}`, ...layers].join('\n') + suffix;
  return { identity, layers, distro: { id: 'debian', like: [] }, packages };
}
