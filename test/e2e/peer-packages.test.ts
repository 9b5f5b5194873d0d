import assert from 'node:assert/strict';
import { appImage, appImages } from '../../src/testing/app-images.ts';
import { corpusTest } from '../../src/testing/corpus.ts';
import { differencesFromPeer, differenceText, hiddenLosses, peers } from '../../src/testing/peer-packages.ts';
import { report } from './clair.ts';

/** Rules that may explain a package that is listed, too: a lock file names it as well, or the distribution owns it. */
const rulesOfListed = new Set(['peer/lock-file', 'peer/claimed', 'peer/owned-by-debian']);

for (const name of appImages())
  corpusTest(`explains each difference from the packages of other scanners in ${name} by a rule`, () => {
    const listed = report('sbom', appImage(name), '--db', ':memory:');
    for (const peer of peers) {
      assert.deepEqual(
        differencesFromPeer(name, peer, listed)
          .filter(({ rule }) => rule === undefined)
          .map(differenceText),
        [],
      );
      const hidden = hiddenLosses(name, peer, listed).filter(
        ({ rule }) => !rulesOfListed.has(rule?.id ?? ''),
      );
      assert.deepEqual(hidden.map(differenceText), []);
    }
  });
