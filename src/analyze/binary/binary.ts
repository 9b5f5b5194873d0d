import { bufferView } from '../../kit/bytes/bytes.ts';
import { quoteUntrusted, stripControls } from '../../kit/untrusted-text.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { type ProductRule, rulesOf } from './products.ts';

/**
 * Lists interpreters, servers and libraries that no package manager has installed, by texts in the programs. The name of the file says which
 * product may be in it, and a text in the form of that product states the version.
 */
export const binaryLister: PackageLister = {
  name: 'binary',
  version: 4,
  wants: [],
  ecosystem: { name: 'generic', versionScheme: 'semver' },
  programParts: ['version-texts'],
  programTexts: (path) => rulesOf(path).flatMap(({ texts }) => texts),
  *list() {
    // All its packages are programs.
  },
  *listProgram(path, parts) {
    const content = parts.get('version-texts');
    if (content === undefined) return;
    const texts = bufferView(content).toString('latin1');
    const proofs = rulesOf(path).flatMap((rule) => proofsOf(rule, texts));
    const [first] = proofs;
    if (first !== undefined) yield eventOf(path, first, proofs);
  },
};

/** A text that states the version of a product. */
interface Proof {
  readonly product: string;
  readonly version: string;
  readonly text: string;
}

function proofsOf({ product, form, isProven = () => true }: ProductRule, texts: string): Proof[] {
  const proofs = Array.from(texts.matchAll(form), ([text, version = '']) => ({
    product,
    version,
    text: stripControls(text).trim(),
  }));
  return proofs.filter(({ version }) => isProven(version, texts));
}

/** Returns the package that all proofs state. If they differ, the version is unknown. */
function eventOf(path: string, first: Proof, proofs: readonly Proof[]): ListerEvent {
  const { product, version, text } = first;
  const other = proofs.find((proof) => proof.product !== product || proof.version !== version);
  if (other !== undefined) {
    const both = [text, other.text].map((one) => quoteUntrusted(one)).join(' and ');
    return { kind: 'problem', path, problem: `states several versions, so its version is unknown: ${both}` };
  }
  const evidence = 'binary-string';
  return {
    kind: 'package',
    path,
    package: { type: 'generic', name: product, version, evidence, proof: text },
  };
}
