import {
  hashesOfIntegrity,
  hashOfBase64,
  isPackageHash,
  type PackageHash,
  packageHashOf,
  packageHashParts,
} from '../../../src/model/package-hash.ts';
import { InvariantViolation } from '../invariants.ts';
import { goBack, textMutations, words } from '../mutation/text.ts';
import { bytesOf, single, type Target } from './target.ts';

const algorithms: readonly string[] = ['sha1', 'sha256', 'sha384', 'sha512'];
const bytesOfHash: readonly number[] = [20, 32, 48, 64];

/** A hash of each algorithm in base64, in hexadecimal digits, and as integrity metadata with an option. */
const samples: readonly string[] = algorithms.flatMap((algorithm, i) => {
  const bytes = Buffer.alloc(bytesOfHash[i] ?? 0, 0xa5 + i);
  const base64 = bytes.toString('base64');
  return [`${algorithm}-${base64}`, `${algorithm}-${base64}?x sha1-A= md5-B=`, base64, bytes.toString('hex')];
});

const someWords = words(
  'sha1-',
  'sha512-',
  'sha512:',
  '?',
  '==',
  '\u2028',
  '__proto__',
  'constructor',
  'md5-',
);

/** Readers of the hashes that lock files and metadata state. */
export const packageHashTarget: Target = {
  name: 'package-hashes',
  paths: [''],
  seeds: () => [...samples, samples.join(' ')].map((text) => single(Buffer.from(text))),
  mutations: [...textMutations, goBack, someWords],
  run(input) {
    const text = bytesOf(input).toString();
    const hashes = hashesOfIntegrity(text);
    const plain = text.replaceAll('_', '/').replaceAll('+', '-');
    for (const hash of hashes) {
      check(hash);
      const { algorithm, hex } = packageHashParts(hash);
      // The text has the hash itself. Bits that the last character has too many of may differ.
      const [digits = ''] = Buffer.from(hex, 'hex').toString('base64').split('=');
      if (!plain.includes(`${algorithm}-${digits.slice(0, -1)}`.replaceAll('+', '-')))
        throw new InvariantViolation('a hash is not in the text');
    }
    if (hashes.join() !== [...new Set(hashes)].sort().join())
      throw new InvariantViolation('hashes are not sorted, or repeated');
    if (new Set(hashes.map((hash) => packageHashParts(hash).algorithm)).size !== hashes.length)
      throw new InvariantViolation('two hashes have one algorithm');
    for (const algorithm of [...algorithms, text.slice(0, 8)])
      for (const hash of [packageHashOf(algorithm, text), hashOfBase64(algorithm, text)])
        if (hash !== undefined) check(hash);
    if (isPackageHash(text)) check(text);
  },
};

function check(hash: PackageHash): void {
  const { algorithm, hex } = packageHashParts(hash);
  const bytes = bytesOfHash[algorithms.indexOf(algorithm)];
  if (!/^[\da-f]*$/.test(hex) || hex.length !== 2 * (bytes ?? Number.NaN))
    throw new InvariantViolation('a hash does not have the digits of its algorithm');
}
