import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'root/.julia/packages/JSON/93Ea8/Project.toml':
      'name = "JSON"\nuuid = "682c06a0-de6a-54ab-a142-c8b1cf79cde6"\nversion = "0.21.4"\n\n[deps]\nDates = "ade2ca70-3891-5945-98fb-dc099432e06a"\n',
    'root/.julia/environments/v1.9/Manifest.toml': 'julia_version = "1.9.3"\nmanifest_format = "2.0"\n',
  }),
];

const ownWords = words('name = ', 'version = ', '"', '[deps]', '# ', '\n', '\uFEFF');

/** Projects of Julia. */
export const targets: ListerTargets = { julia: { seeds, mutations: [...textMutations, ownWords] } };
