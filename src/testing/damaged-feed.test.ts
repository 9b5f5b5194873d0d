import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { UnexpectedContent, withFeedErrors } from '../core/corrupt-feed.ts';
import { inflateStream } from '../kit/decompress/inflate-stream.ts';
import { tarEntries } from '../kit/tar/entries.ts';
import { attributeOf, childOf, textOf } from '../kit/xml/xml-element.ts';
import { type XmlElement, XmlStreamError, xmlRecords } from '../kit/xml/xml-stream.ts';
import type { FeedRecord, FetchedFeed } from '../plugin/index.ts';
import { assertDetectsDamage, type FeedSample } from './damaged-feed.ts';
import { inChunks } from './streams.ts';
import { tar } from './tar-writer.ts';

const advisory =
  '<?xml version="1.0"?>\n<!DOCTYPE advisory SYSTEM "http://a.example/x.dtd">\n<advisory id="X-1"><package name="xz"/><to>1.0</to></advisory>\n';

/** Returns a sample of a source whose feed is an archive with one XML document per advisory; `nameOf` reads the package. */
function sampleThat(nameOf: (root: XmlElement) => string): FeedSample {
  const pack = (text: unknown): Uint8Array =>
    gzipSync(tar([{ path: 'x-1.xml', content: String(text) }]), { level: 1 });
  const source: FeedSample['source'] = {
    name: 'acme',
    parse: (feed, content) => withFeedErrors({ source: 'acme', feed, content }, records(content, nameOf)),
  };
  return {
    source,
    feed: 'all',
    url: 'https://a.example/all.tar.gz',
    content: pack(advisory),
    packed: { record: advisory, pack },
  };
}

async function* records(
  { body, url }: FetchedFeed,
  nameOf: (root: XmlElement) => string,
): AsyncGenerator<FeedRecord> {
  let count = 0;
  for await (const { path, bytes } of tarEntries(inflateStream(body, url), (name) => name.endsWith('.xml'))) {
    count++;
    try {
      const shape = { root: 'advisory', level: 0, allowDoctype: true };
      for await (const { element } of xmlRecords(inChunks(bytes), shape))
        yield vulnerability(element, nameOf(element));
    } catch (error) {
      if (!(error instanceof UnexpectedContent || error instanceof XmlStreamError)) throw error;
      yield { kind: 'skipped', key: path, reason: `${error.place}: ${error.message}` };
    }
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it has no advisory');
}

function vulnerability(root: XmlElement, name: string): FeedRecord {
  const id = attributeOf(root, 'id');
  const namespace = { name: 'acme', versionScheme: 'rpm' };
  const fix = { state: 'fixed', version: textOf(root, 'to') || '0' } as const;
  return {
    kind: 'vulnerability',
    key: id,
    id,
    aliases: [],
    links: [],
    severity: 'Unknown',
    cvss: [],
    affected: [{ namespace, package: name, range: { to: fix.version }, fix }],
  };
}

test('accepts a source that checks the XML in an archive', () =>
  assertDetectsDamage(
    sampleThat((root) => {
      const element = childOf(root, 'package');
      if (element === undefined) throw new UnexpectedContent(`line ${root.line}`, 'it names no package');
      return attributeOf(element, 'name');
    }),
  ));

test('rejects a source that does not check the XML in an archive', async () => {
  const careless = sampleThat((root) => childOf(root, 'package')?.attributes['name']?.trim() as string);
  await assert.rejects(assertDetectsDamage(careless), { name: 'UnexpectedContent', place: /<package/ });
});
