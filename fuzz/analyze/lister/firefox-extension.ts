import { zipSync } from 'fflate';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const manifest = '{"manifest_version":2,"version":"1.0","applications":{"gecko":{"id":"a@b.c"}}}';
const archive = zipSync({ 'manifest.json': Buffer.from(manifest) }, { mtime: '1980-01-01', level: 0 });

const seeds = (): Input[] => [files({ 'extensions/a.xpi': archive })];

const ownWords = words(
  '{',
  '}',
  '"version":',
  '"gecko":',
  'null',
  'PK\x01\x02',
  'PK\x05\x06',
  'manifest.json',
);

/** Archives of extensions of Firefox. */
export const targets: ListerTargets = {
  'firefox-extension': { seeds, mutations: [...textMutations, ownWords] },
};
