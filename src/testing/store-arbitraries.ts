import fc from 'fast-check';
import type { FixState } from '../model/fix.ts';
import { encodeFunctions } from '../model/function-set.ts';
import { packageEvidences } from '../model/package.ts';
import type { VersionKey } from '../plugin/version-scheme.ts';
import type { KeyedAffected, KeyedVulnerabilityRecord } from '../store/advisory-store.ts';
import type { ImagePackage } from '../store/image-store.ts';
import { bookworm, installed, record, trixie } from './store-content.ts';

const states: readonly FixState[] = ['fixed', 'unfixed', 'not-affected', 'end-of-life'];
const bytes = fc.uint8Array({ min: 1, max: 3, minLength: 1, maxLength: 2 });
const namespaces = [bookworm, trixie];
const names = ['a', 'b', 'b\u{1f41b}'];

const affected: fc.Arbitrary<KeyedAffected> = fc
  .record({
    namespace: fc.constantFrom(...namespaces),
    package: fc.constantFrom(...names),
    lo: fc.oneof(fc.constant(new Uint8Array()), bytes),
    hi: fc.oneof(fc.constant(Uint8Array.of(0xff)), bytes),
    hasKeys: fc.integer({ min: 0, max: 4 }),
    state: fc.constantFrom(...states),
    from: fc.constantFrom('1', '2'),
    symbol: fc.option(fc.constantFrom('F', 'G'), { nil: undefined, freq: 2 }),
  })
  .map(({ lo, hi, hasKeys, state, from, symbol, ...row }) => ({
    ...row,
    range: { from },
    ...(symbol !== undefined && { only: { imports: [{ path: 'x', symbols: [symbol] }] } }),
    fix: state === 'fixed' ? { state, version: '9' } : { state },
    ...(hasKeys > 0 && { keys: { lo, hi } }),
  }));

/** Records of a whole feed, with few ids, names and keys, so that they often match. */
export const feedRecords: fc.Arbitrary<KeyedVulnerabilityRecord[]> = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.array(affected, { maxLength: 6 })), {
    selector: ([id]) => id,
  })
  .map((records) => records.map(([id, rows]) => record(`CVE-${id}`, { affected: rows })));

/** Packages of an image, with the same names and keys as `feedRecords`. */
export const installedPackages: fc.Arbitrary<ImagePackage[]> = fc.array(
  fc
    .record({
      name: fc.constantFrom(...names),
      namespace: fc.option(fc.constantFrom(...namespaces), { nil: undefined }),
      key: fc.option(bytes, { nil: undefined }),
      evidence: fc.option(fc.constantFrom(...packageEvidences), { nil: undefined, freq: 2 }),
      symbols: fc.option(fc.subarray(['F', 'G']), { nil: undefined, freq: 2 }),
    })
    .map(({ name, namespace, key, evidence, symbols }) => ({
      ...installed(name),
      ...(evidence !== undefined && { evidence, parent: { name: 'outer' } }),
      ...(symbols !== undefined && {
        functions: encodeFunctions(['x', ...symbols.map((symbol) => `x ${symbol}`)]),
      }),
      lookup:
        namespace === undefined
          ? null
          : { namespace, name, version: '3', ...(key !== undefined && { key: key as VersionKey }) },
    })),
  { maxLength: 8 },
);
