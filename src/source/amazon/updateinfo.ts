import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { type XmlElement, xmlTexts } from '../../kit/xml/xml-stream.ts';
import type {
  FeedDocument,
  FeedRecord,
  FetchedFeed,
  Namespace,
  VulnerabilityRecord,
} from '../../plugin/index.ts';
import { withDocumentErrors } from '../feed-documents.ts';
import { type FixedRpm, rowsOfFixedRpms } from '../fixed-rpms.ts';
import { vendorSeverity } from '../vendor-values.ts';

/** Yields the updates of an `updateinfo.xml`, all in one namespace. Those of other types than security have no records. */
export function updateinfoDocuments(
  feed: string,
  namespace: string,
  content: FetchedFeed,
): AsyncGenerator<FeedDocument> {
  const updates = documents({ name: namespace, versionScheme: 'rpm' }, content);
  return withDocumentErrors({ source: 'amazon', feed, content }, updates);
}

async function* documents(namespace: Namespace, { body, url }: FetchedFeed): AsyncGenerator<FeedDocument> {
  let updates = 0;
  for await (const { bytes, element } of xmlTexts(inflateStream(body, url), { root: 'updates', level: 1 })) {
    updates++;
    yield { kind: 'document', context: '', bytes, read: () => readUpdate(element(), namespace) };
  }
  if (updates === 0) throw new UnexpectedContent('its end', 'it holds no update');
}

function readUpdate(element: XmlElement, namespace: Namespace): FeedRecord[] {
  if (element.name !== 'update') throw misplaced(element, `${element.name} instead of an update`);
  return element.attributes['type'] === 'security' ? [advisory(element, namespace)] : [];
}

function advisory(update: XmlElement, namespace: Namespace): FeedRecord {
  const id = textOf(update, 'id');
  if (id === undefined) throw misplaced(update, 'an update without an id');
  const packages = within(update, ['pkglist', 'collection', 'package']);
  const rpms = packages.flatMap((element) => rpmOf(element, namespace) ?? []);
  // An omitted rpm would look unaffected.
  if (rpms.length < packages.length) {
    const reason = 'a package without name, version, release or architecture';
    return { kind: 'skipped', key: id, reason };
  }
  return vulnerability(id, update, rpms);
}

function vulnerability(id: string, update: XmlElement, rpms: readonly FixedRpm[]): VulnerabilityRecord {
  const description = textOf(update, 'description');
  const modified = timeOf(dateOf(update, 'updated') ?? dateOf(update, 'issued'));
  return {
    kind: 'vulnerability',
    key: id,
    id,
    aliases: cvesOf(update),
    ...(description !== undefined && { description }),
    title: textOf(update, 'title') ?? id,
    links: [pageOf(id)],
    severity: vendorSeverity(textOf(update, 'severity')),
    cvss: [],
    ...(modified !== undefined && { modified }),
    affected: rowsOfFixedRpms(rpms),
  };
}

function cvesOf(update: XmlElement): string[] {
  const cves = within(update, ['references', 'reference']).flatMap(({ attributes: { type, id } }) =>
    type === 'cve' && id !== undefined ? [id.trim()] : [],
  );
  return [...new Set(cves)];
}

function rpmOf({ attributes }: XmlElement, namespace: Namespace): FixedRpm | undefined {
  const { name, epoch, version, release, arch } = attributes;
  if (!name || !version || !release || !arch) return undefined;
  return { namespace, name, epoch, version, release, arch };
}

/**
 * Returns Amazon's page on an advisory. Its directory is the release in `ALAS2DOCKER-2021-001` or `ALAS2023-2023-319`.
 */
function pageOf(id: string): string {
  const [, release, rest] = /^ALAS(2023|2022|2)?(.+)$/.exec(id) ?? [];
  const name = rest === undefined ? id : `ALAS${rest}`;
  return `https://alas.aws.amazon.com/${release === undefined ? '' : `AL${release}/`}${name}.html`;
}

function dateOf(update: XmlElement, name: string): string | undefined {
  return update.children.find((child) => child.name === name)?.attributes['date'];
}

/** Parses `2018-01-16 01:28` with optional seconds. The time is always UTC. */
function timeOf(date: string | undefined): string | undefined {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)/.exec(date?.trim() ?? '') ?? [];
  const text = `${day}T${time}Z`;
  return Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString();
}

function textOf(update: XmlElement, name: string): string | undefined {
  return update.children.find((child) => child.name === name)?.text.trim() || undefined;
}

/** Returns the elements at the end of a path of names. */
function within(element: XmlElement, path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (elements, name) => elements.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [element],
  );
}

function misplaced({ line }: XmlElement, message: string): UnexpectedContent {
  return new UnexpectedContent(`line ${line}`, message);
}
