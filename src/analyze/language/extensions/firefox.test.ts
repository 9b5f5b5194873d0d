import { test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { checkLister } from '../../../plugin/contract/index.ts';
import { firefoxLister } from './firefox.ts';

/** The archive of an extension with this manifest. */
function xpi(manifest: unknown, name = 'manifest.json'): Uint8Array {
  return zipSync({ 'META-INF/manifest.mf': strToU8('x'), [name]: strToU8(JSON.stringify(manifest)) });
}

const profile = 'root/.mozilla/firefox/a.default/extensions';

test('firefox-extension: lists archives by the id of their manifest, and reports others', () => {
  checkLister(firefoxLister, [
    {
      files: {
        [`${profile}/uBlock0@raymondhill.net.xpi`]: xpi({
          manifest_version: 2,
          name: '__MSG_name__',
          version: '1.57.2',
          browser_specific_settings: { gecko: { id: 'uBlock0@raymondhill.net', strict_min_version: '79' } },
        }),
        'usr/lib/firefox/browser/features/formautofill@mozilla.org.xpi': xpi({
          manifest_version: 2,
          version: '1.0.1',
          applications: { gecko: { id: 'formautofill@mozilla.org' } },
        }),
        [`${profile}/{446900e4-71c2-419f-a6a7-df9c091e268b}.xpi`]: xpi({
          manifest_version: 3,
          version: '2024.4.1',
        }),
        [`${profile}/old.xpi`]: xpi({}, 'install.rdf'),
        [`${profile}/bare.xpi`]: xpi({ manifest_version: 2 }),
        [`${profile}/text.xpi`]: 'no archive',
      },
      packages: [
        'uBlock0@raymondhill.net 1.57.2',
        'formautofill@mozilla.org 1.0.1',
        '{446900e4-71c2-419f-a6a7-df9c091e268b} 2024.4.1',
      ],
      problems: 3,
    },
  ]);
});
