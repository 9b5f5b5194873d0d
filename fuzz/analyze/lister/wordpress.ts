import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'srv/wp-includes/version.php': "<?php\n/** @global string $wp_version */\n$wp_version = '6.4.2';\n",
    'srv/wp-content/plugins/akismet/akismet.php':
      '<?php\n/*\nPlugin Name: Akismet\nVersion: 5.3\nAuthor: A\nLicense: GPLv2\nRequires Plugins: b, c\n*/\n',
    'srv/wp-content/plugins/hello.php': '<?php // Plugin Name: Hello ?>\n# Version: 1.7.2',
    'srv/wp-content/themes/child/style.css':
      '/*\nTheme Name: Child\nTemplate: a\nVersion: 1.0\n*/\nbody {}\n',
  }),
];

const ownWords = words(
  '<?php',
  '?>',
  '/*',
  '*/',
  ' * ',
  'Plugin Name:',
  'Version:',
  'Template:',
  ',',
  "$wp_version = '",
  "';",
  '\uFEFF',
);

/** Headers of WordPress. */
export const targets: ListerTargets = { wordpress: { seeds, mutations: [...textMutations, ownWords] } };
