/**
 * Builds the image of the program as an OCI layout, without a container engine. Two builds of one commit have the same digest:
 *
 *     npm run image -- --output DIR [--platform linux/amd64]… [--inputs DIR]
 *
 * `--inputs` keeps the packages that the image is built from. `--update` pins the newest ones in `tools/image/inputs.json` instead. Needs
 * `apt-get`, `dpkg-deb`, Debian's archive keyring, `npm` and `tar`.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImageLayout } from './image/build-image.ts';
import { readInputs, updateInputs } from './image/inputs.ts';
import { platformsNamed } from './image/platforms.ts';

const { values } = parseArgs({
  options: {
    output: { type: 'string' },
    platform: { type: 'string', multiple: true, default: [] },
    inputs: { type: 'string' },
    update: { type: 'boolean', default: false },
  },
});
const inputs = values.inputs ?? mkdtempSync(join(tmpdir(), 'clair-inputs-'));
if (values.update) updateInputs(inputs);
else if (values.output === undefined) {
  console.error('usage: npm run image -- --output DIR [--platform linux/amd64]… [--inputs DIR]');
  process.exitCode = 2;
} else {
  const wanted = platformsNamed(values.platform);
  const lines = buildImageLayout(values.output, { wanted, pinned: readInputs(), inputsDirectory: inputs });
  for (const line of lines) console.log(line);
}
