import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { builtIn } from '../../src/extensions.ts';
import { openImage } from '../../src/image/open-image.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import type { Report, Target } from '../../src/model/report.ts';
import type { ReportFormat } from '../../src/plugin/report-format.ts';
import { jsonFormat } from '../../src/report/json.ts';
import { readSbom } from '../../src/sbom/read-sbom.ts';
import { analyzeLayers } from '../../src/service/analyze-layers.ts';
import { type IndexedImage, indexImage } from '../../src/service/index-image.ts';
import { indexSbom } from '../../src/service/index-sbom.ts';
import { matchImage } from '../../src/service/match-image.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { clair, inCheckout, report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';
import { corpusMirror } from './mirror.ts';

/** The ways to write what comes back, with findings and without. */
const written = {
  scan: builtIn.formats.filter(({ name }) => /^(?:json|cyclonedx|spdx)$/.test(name)),
  sbom: builtIn.sbomFormats,
};

function textOf(format: ReportFormat, shown: Report): string {
  return [...format.write(shown, { colors: false })].join('');
}

/** A report without what an inventory names otherwise: the target, of which platform and manifest stay. */
function comparable({ target, ...rest }: Report): object {
  return { ...rest, manifest: target.manifest, platform: target.platform };
}

async function assess(target: Target, image: IndexedImage, store: Store): Promise<Report> {
  const room = { extensions: builtIn, store, outcomes: [], now: () => new Date(0), staleAfterMs: Infinity };
  return (await matchImage(target, image, room)).report;
}

function targetOf({ subject: { reference, kind, manifest, platform } }: Inventory): Target {
  return { reference: 'sbom:F', kind: 'sbom', manifest, platform, subject: { reference, kind } };
}

/** Every document that is written of an image gives the image back, and the same document again. */
async function goThereAndBack(name: string): Promise<Report> {
  await using store = await openSqliteStore(':memory:');
  const image = await openImage(name, { platform: 'linux/amd64' });
  const index = await indexImage(image, {
    extensions: builtIn,
    store,
    analyze: (layers, options) => analyzeLayers(layers, builtIn, options),
    verify: false,
    onProgress: () => undefined,
  });
  const original = await assess(image.target, index, store);
  for (const [command, formats] of Object.entries(written)) {
    for (const format of formats) {
      const what = `clair ${command} ${name} --format ${format.name}`;
      const text = textOf(format, original);
      const inventory = readSbom(Buffer.from(text), 'F');
      const back = await indexSbom(inventory, { extensions: builtIn, store });
      assert.deepEqual(back.packages, index.packages, what);
      const again = await assess(targetOf(inventory), back, store);
      assert.equal(
        textOf(jsonFormat, { ...again, target: original.target }),
        textOf(jsonFormat, original),
        what,
      );
      if (format.name !== 'json') assert.equal(textOf(format, again), text, what);
    }
  }
  return original;
}

corpusTest('an SBOM gives its image back: images of many distributions', async () => {
  const files = [
    ...readdirSync(corpus('golden/images')).map((file) => corpus(`golden/images/${file}`)),
    ...['layers-a-docker.tar.gz', 'layers-a-oci', 'busybox-with-lockfile.tar.gz', 'alpine-39.tar.gz'].map(
      (file) => corpus(`images/${file}`),
    ),
    ...readdirSync(corpus('images'))
      .filter((file) => /rootfs.*\.tar\.gz$|\.tar\.xz$/.test(file))
      .map((file) => corpus(`images/${file}`)),
  ];
  const packages = new Map<string, number>();
  const distros = new Set<string | undefined>();
  for (const file of files) {
    const { distro, packages: found } = await goThereAndBack(file);
    packages.set(basename(file), found.length);
    distros.add(distro?.id);
  }
  assert.ok(files.length >= 20 && distros.size >= 10, [...distros].join());
});
