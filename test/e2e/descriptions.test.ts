import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { builtIn } from '../../src/extensions.ts';
import { statementOn } from '../../src/match/advisory-statement.ts';
import { isCve } from '../../src/model/cve.ts';
import type { Vulnerability } from '../../src/model/vulnerability.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { collectAll, inChunks } from '../../src/testing/streams.ts';

/** Sources with advisories on updates: a feed of each, its file, and the percentage of CVEs with a description. */
const feeds: readonly (readonly [source: string, feed: string, file: string, share: number])[] = [
  ['amazon', '2023', 'amazon/al2023.updateinfo.xml.gz', 99],
  ['amazon', '2', 'amazon/amzn2-core.updateinfo.xml.gz', 99],
  ['rhel-oval', '8', 'redhat-ovalv1/com.redhat.rhsa-RHEL8.xml.bz2', 90],
  ['oracle', 'oracle', 'oracle-oval/com.oracle.elsa-2017-2023.part.xml.bz2', 30],
  ['alma', '8', 'alma/errata-8.full.json.zst', 90],
];

async function advisories(source: string, feed: string, file: string): Promise<Vulnerability[]> {
  const bytes = readFileSync(corpus(`feeds/${file}`));
  const content = file.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes;
  const url = `https://feeds.example/${file.replace(/\.zst$/, '')}`;
  const found = builtIn.sources.find(({ name }) => name === source);
  assert.ok(found, source);
  const records = await collectAll(found.parse(feed, { url, body: inChunks(content), fingerprint: '' }));
  return records.filter((record) => record.kind === 'vulnerability');
}

for (const [source, feed, file, share] of feeds)
  corpusTest(
    `${source} ${feed}: never describes a CVE by the product or by the change log before it`,
    async () => {
      let cves = 0;
      let described = 0;
      for (const { id, title, description = '', aliases } of await advisories(source, feed, file)) {
        assert.ok(title, `${id} has no title`);
        const [opening = ''] = description.replaceAll(/\s+/g, ' ').trim().split('. ', 1);
        for (const cve of aliases.filter(isCve)) {
          cves++;
          const statement = statementOn(cve, description);
          if (statement === undefined) continue;
          described++;
          assert.ok(
            opening.includes('CVE-') || opening === '' || !statement.startsWith(opening),
            `${id}: ${statement}`,
          );
          assert.doesNotMatch(statement, /^\[\d|^Package updates are available/, id);
        }
      }
      assert.ok(described >= (share / 100) * cves, `${described} of ${cves}`);
    },
  );
