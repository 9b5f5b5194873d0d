import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkLister } from '../../../plugin/contract/index.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import { wordpressLister } from './wordpress.ts';
import { readWordpressHeader, readWordpressVersion } from './wordpress-header.ts';

const site = 'usr/src/wordpress';
const versionFile = `<?php
/**
 * @global string $wp_version
 */
$wp_version = '6.4.2';
$wp_db_version = 56657;
$required_php_version = '7.0.0';
`;
const plugin = `<?php
/**
 * @package Akismet
 */
/*
Plugin Name: Akismet Anti-spam: Spam Protection
Plugin URI: https://akismet.com/
Version: 5.3
Requires PHP: 5.6.20
Author: Automattic - Anti-spam Team
License: GPLv2
Requires Plugins: woocommerce, contact-form-7
*/
define( 'AKISMET_VERSION', '5.2' );
`;
const theme = `/*
Theme Name: Twenty Child
Template: twentytwentyfour
Version: 1.0.1
License: GPL-2.0-or-later
*/
body { color: red; version: 3; }
`;

function list(path: string, content: string | Uint8Array): ListerEvent[] {
  return [...wordpressLister.list(new Map([[path, Buffer.from(content as Uint8Array)]]))];
}

test('wordpress: passes the contract check for WordPress, its plugins and themes', () => {
  checkLister(wordpressLister, [
    {
      files: {
        [`${site}/wp-includes/version.php`]: versionFile,
        [`${site}/wp-content/plugins/akismet/akismet.php`]: plugin,
        [`${site}/wp-content/plugins/akismet/index.php`]: '<?php\n// Silence is golden.\n',
        [`${site}/wp-content/plugins/hello.php`]:
          '<?php /* Plugin Name: Hello Dolly */ ?>\n<?php\n * Version: 1.7.2 */',
        [`${site}/wp-content/mu-plugins/loader/loader.php`]: '<?php\n// Plugin Name: Loader\n# VERSION:2.0\n',
        [`${site}/wp-content/themes/child/style.css`]: theme,
      },
      packages: [
        'wordpress 6.4.2',
        'plugin/akismet 5.3',
        'plugin/hello 1.7.2',
        'plugin/loader 2.0',
        'theme/child 1.0.1',
      ],
    },
  ]);
});

test('wordpress: states supplier, licence and required extensions', () => {
  const path = `${site}/wp-content/plugins/akismet/akismet.php`;
  assert.deepEqual(list(path, plugin), [
    {
      kind: 'package',
      path,
      package: {
        type: 'wordpress',
        name: 'plugin/akismet',
        version: '5.3',
        evidence: 'installed',
        licenses: ['GPL-2.0-only'],
        supplier: 'Automattic - Anti-spam Team',
        requires: ['plugin/woocommerce', 'plugin/contact-form-7'],
      },
    },
  ]);
  const [child] = list(`${site}/wp-content/themes/child/style.css`, theme);
  assert.ok(child?.kind === 'package');
  assert.deepEqual(child.package.requires, ['theme/twentytwentyfour']);
});

suite('wordpress: reports what states no version', () => {
  const cases: Readonly<
    Record<string, readonly [path: string, content: string | Uint8Array, problem: RegExp]>
  > = {
    'a version file': [
      'wp-includes/version.php',
      '<?php\n$wp_version = get();',
      /no usable version of WordPress/,
    ],
    'a plugin': ['wp-content/plugins/a/a.php', '/* Plugin Name: A */', /no usable version of plugin\/a/],
    'a version with a blank': [
      'wp-content/plugins/a/a.php',
      '// Plugin Name: A\n// Version: 1.0 beta',
      /no usable version of plugin\/a/,
    ],
    'a directory with a blank': [
      'wp-content/themes/my theme/style.css',
      'Theme Name: A\nVersion: 1',
      /impossible name: "theme\/my theme"/,
    ],
    'a theme in UTF-16': [
      'wp-content/themes/a/style.css',
      Buffer.from('\ufeffTheme Name: A\nVersion: 1', 'utf16le'),
      /UTF-16/,
    ],
  };
  for (const [name, [path, content, problem]] of Object.entries(cases))
    test(name, () => {
      const [event, ...others] = list(path, content);
      assert.ok(event?.kind === 'problem');
      assert.match(event.problem, problem);
      assert.deepEqual(others, []);
    });
});

test('wordpress: leaves the directory of a plugin unread without a header, and counts other files as read', () => {
  assert.deepEqual(list('wp-content/plugins/a/index.php', '<?php\n// Silence is golden.'), []);
  for (const path of ['wp-content/plugins/index.php', 'wp-content/themes/a/style.css'])
    assert.deepEqual(list(path, '/* A */'), [{ kind: 'no-package', path }]);
  assert.deepEqual(list('wp-includes/other/version.php', versionFile), []);
});

test('wordpress: reads a header with a byte order mark, carriage returns and the end of PHP code', () => {
  const read = (text: string): unknown => Object.fromEntries(readWordpressHeader(Buffer.from(text)));
  assert.deepEqual(read('\ufeff<?php /* Plugin Name: A\r * Version: 1.0 */ // x\r\n'), {
    'Plugin Name': 'A',
    Version: '1.0',
  });
  assert.deepEqual(read('<?php // PLUGIN NAME: A ?> b\nVersion: \nVersion: 2'), { 'Plugin Name': 'A' });
  assert.deepEqual(read('A Plugin Name: x\nPlugin Name : y'), {});
});

test('wordpress: reads no more of a file than WordPress does', () => {
  const far = `${' '.repeat(8 * 1024)}\nPlugin Name: A\nVersion: 1`;
  assert.equal(readWordpressHeader(Buffer.from(far)).size, 0);
  assert.equal(readWordpressVersion(Buffer.from('x\r$wp_version="6.5-beta1-57489" ;')), '6.5-beta1-57489');
});
