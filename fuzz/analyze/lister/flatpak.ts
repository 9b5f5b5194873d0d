import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'var/lib/flatpak/app/org.gnome.Maps/x86_64/stable/0a1b/metadata':
      '[Application]\nname=org.gnome.Maps\nruntime=org.gnome.Platform/x86_64/45\n\n[Context]\nshared=network;\n',
  }),
];

const ownWords = words('[Application]', '[Runtime]', 'name=', '\n');

/** Metadata of Flatpak. */
export const targets: ListerTargets = { flatpak: { seeds, mutations: [...textMutations, ownWords] } };
