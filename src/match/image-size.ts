import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { LayerEvidence } from '../model/evidence/layer-evidence.ts';
import type { LayerIndex, LayerLicenses } from '../model/layer-index.ts';

/** Limits what is kept of the layers of an image. A hostile image may have a thousand layers of maximum size. */
export class ImageSize {
  #things = 0;
  #evidence = 0;
  #detailCharacters = 0;

  /** Counts one more layer. Throws `limit-exceeded`. */
  add({
    whiteouts,
    opaques,
    nodes,
    packages,
    packageFiles,
    owned,
    evidence,
    licenses = [],
    code,
  }: LayerIndex): void {
    this.#addDetails(packages, licenses);
    if (packageFiles !== undefined) this.#addDetails(packageFiles.packages, []);
    this.#things += whiteouts.length + opaques.length + nodes.length + owned.length;
    this.#things += countNames(code);
    this.#things += (packageFiles?.withoutPackage.length ?? 0) + (packageFiles?.others.length ?? 0);
    for (const { files } of owned) this.#things += files.length;
    if (this.#things > limits.imageThings) throw tooManyThings();
    this.#addEvidence(evidence);
  }

  #addEvidence({ found, links, whiteouts, opaques }: LayerEvidence): void {
    this.#evidence += links.length + whiteouts.length + opaques.length;
    for (const { paths } of found) this.#evidence += paths.length;
    if (this.#evidence > limits.evidencePerImage)
      throw new ClairError(
        'limit-exceeded',
        `the layers of the image hold more than ${limits.evidencePerImage} language packages, programs and whiteouts`,
        { limit: 'evidencePerImage' },
      );
  }

  /** Counts packages, and the characters of their details. */
  #addDetails(packages: LayerIndex['packages'], licenses: readonly LayerLicenses[]): void {
    for (const found of licenses)
      this.#detailCharacters += charactersOf('licenses' in found ? found.licenses : [found.sameAs]);
    for (const { packages: listed } of packages) {
      this.#things += listed.length;
      for (const { requires, provides, licenses: declared } of listed)
        this.#detailCharacters += charactersOf(requires) + charactersOf(provides) + charactersOf(declared);
    }
    if (this.#detailCharacters > limits.imageDetailCharacters)
      throw new ClairError(
        'limit-exceeded',
        `the layers of the image hold more than ${limits.imageDetailCharacters} characters of licences and dependencies`,
        { limit: 'imageDetailCharacters' },
      );
  }
}

function countNames(code: LayerIndex['code']): number {
  if (code === undefined || code === 'unknown') return 0;
  return code.reduce((sum, { names }) => sum + names.length, 0);
}

/** Returns the error for an image above `limits.imageThings`. One layer may be above it alone. */
export function tooManyThings(): ClairError {
  return new ClairError(
    'limit-exceeded',
    `the layers of the image hold more than ${limits.imageThings} packages, files of packages, links and whiteouts`,
    { limit: 'imageThings' },
  );
}

function charactersOf(texts: readonly string[] | undefined): number {
  return texts === undefined ? 0 : texts.reduce((sum, text) => sum + text.length, 0);
}
