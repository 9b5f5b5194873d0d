import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { childOf, childrenOf, textOf } from '../../kit/xml/xml-element.ts';
import { type XmlElement, xmlTexts } from '../../kit/xml/xml-stream.ts';
import { cvesIn } from '../../model/cve.ts';
import type {
  Affected,
  FeedDocument,
  FeedRecord,
  FetchedFeed,
  Namespace,
  Severity,
  VulnerabilityRecord,
} from '../../plugin/index.ts';
import { withDocumentErrors } from '../feed-documents.ts';
import { type FixedRpm, rowsOfFixedRpms } from '../fixed-rpms.ts';
import { vendorSeverity } from '../vendor-values.ts';

/** A reference of an update: its kind, such as `cve`, and the id of that kind. */
export interface UpdateReference {
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  readonly href?: string | undefined;
  readonly title?: string | undefined;
}

/** A vendor's file of updates, and what differs between vendors. */
export interface UpdateinfoFeed {
  readonly source: string;
  readonly feed: string;
  /** Name of the namespace of all its packages. */
  readonly namespace: string;
  /** Returns the vendor's page on an advisory. Undefined if there is no such page. */
  readonly pageOf: (id: string, references: readonly UpdateReference[]) => string | undefined;
  /** Returns the CVE ids that a reference names. By default, those of the type `cve`. */
  readonly cvesOf?: (reference: UpdateReference) => readonly string[];
  /** Returns the severity of the vendor's word. By default, as most vendors write it. */
  readonly severityOf?: (word: string | undefined) => Severity;
  /** Whether an update applies to every architecture, since the file lists those of one repository only. */
  readonly isForEveryArchitecture?: true;
}

/** Yields the updates of an `updateinfo.xml`, all in one namespace. Those of other types than security have no records. */
export function updateinfoDocuments(
  from: UpdateinfoFeed,
  content: FetchedFeed,
): AsyncGenerator<FeedDocument> {
  const { source, feed } = from;
  return withDocumentErrors({ source, feed, content }, documents(from, content));
}

async function* documents(from: UpdateinfoFeed, { body, url }: FetchedFeed): AsyncGenerator<FeedDocument> {
  let updates = 0;
  for await (const { bytes, element } of xmlTexts(inflateStream(body, url), { root: 'updates', level: 1 })) {
    updates++;
    yield { kind: 'document', context: '', bytes, read: () => readUpdate(element(), from) };
  }
  if (updates === 0) throw new UnexpectedContent('its end', 'it holds no update');
}

function readUpdate(element: XmlElement, from: UpdateinfoFeed): FeedRecord[] {
  if (element.name !== 'update') throw misplaced(element, `${element.name} instead of an update`);
  return element.attributes['type'] === 'security' ? [advisory(element, from)] : [];
}

function advisory(update: XmlElement, from: UpdateinfoFeed): FeedRecord {
  const id = statedText(update, 'id');
  if (id === undefined) throw misplaced(update, 'an update without an id');
  const namespace = { name: from.namespace, versionScheme: 'rpm' };
  const packages = within(update, ['pkglist', 'collection', 'package']);
  const rpms = packages.flatMap((element) => rpmOf(element, namespace) ?? []);
  // An omitted rpm would look unaffected.
  if (rpms.length < packages.length) {
    const reason = 'a package without name, version, release or architecture';
    return { kind: 'skipped', key: id, reason };
  }
  return vulnerability(id, { update, rpms, from });
}

interface Advisory {
  readonly update: XmlElement;
  readonly rpms: readonly FixedRpm[];
  readonly from: UpdateinfoFeed;
}

function vulnerability(id: string, { update, rpms, from }: Advisory): VulnerabilityRecord {
  const { pageOf, cvesOf = statedCves, severityOf = vendorSeverity, isForEveryArchitecture } = from;
  const description = statedText(update, 'description');
  const issued = timeOf(dateOf(update, 'issued'));
  const modified = timeOf(dateOf(update, 'updated')) ?? issued;
  const references = within(update, ['references', 'reference']).map(
    ({ attributes }): UpdateReference => attributes,
  );
  const page = pageOf(id, references);
  const rows = rowsOfFixedRpms(rpms);
  return {
    kind: 'vulnerability',
    key: id,
    id,
    aliases: [...new Set(references.flatMap(cvesOf))],
    ...(description !== undefined && { description }),
    title: statedText(update, 'title') ?? id,
    links: page === undefined ? [] : [page],
    severity: severityOf(statedText(update, 'severity')),
    cvss: [],
    ...(modified !== undefined && { modified }),
    ...(issued !== undefined && { issued }),
    affected: isForEveryArchitecture ? rows.map(withoutArchitecture) : rows,
  };
}

function statedCves({ type, id }: UpdateReference): readonly string[] {
  return type === 'cve' && id !== undefined ? [id.trim()] : [];
}

/** Returns the CVE ids of a reference of the type `cve`, or in the title of a bug. */
export function cvesOfBugs({ type, id, title }: UpdateReference): readonly string[] {
  return type === 'cve' ? statedCves({ type, id }) : cvesIn(title ?? '');
}

function withoutArchitecture({ only: { arch: _, ...only } = {}, ...row }: Affected): Affected {
  return Object.keys(only).length === 0 ? row : { ...row, only };
}

function rpmOf({ attributes }: XmlElement, namespace: Namespace): FixedRpm | undefined {
  const { name, epoch, version, release, arch } = attributes;
  if (!name || !version || !release || !arch) return undefined;
  return { namespace, name, epoch, version, release, arch };
}

function dateOf(update: XmlElement, name: string): string | undefined {
  return childOf(update, name)?.attributes['date'];
}

/** Parses `2018-01-16 01:28` with optional seconds. The time is always UTC. */
function timeOf(date: string | undefined): string | undefined {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)/.exec(date?.trim() ?? '') ?? [];
  const text = `${day}T${time}Z`;
  return Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString();
}

function statedText(update: XmlElement, name: string): string | undefined {
  return textOf(update, name) || undefined;
}

/** Returns the elements at the end of a path of names. */
function within(element: XmlElement, path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (elements, name) => elements.flatMap((above) => childrenOf(above, name)),
    [element],
  );
}

function misplaced({ line }: XmlElement, message: string): UnexpectedContent {
  return new UnexpectedContent(`line ${line}`, message);
}
