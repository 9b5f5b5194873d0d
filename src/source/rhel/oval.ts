import { cvesIn } from '../../model/cve.ts';
import type { FeedDocument, FetchedFeed, FixState } from '../../plugin/index.ts';
import {
  cvssOf,
  type Description,
  ovalDocuments,
  versionsByComment,
  versionsOf,
} from '../oval/advisories.ts';
import type { Fact } from '../oval/criteria.ts';
import type { Criterion, Definition } from '../oval/definition.ts';
import type { PackageTest } from '../oval/package-tests.ts';
import type { Part } from '../rows.ts';
import { parseIssued, parseModified, unnamedModule, vendorSeverity } from '../vendor-values.ts';

/** Yields the advisories of one release from OVAL version 1, or the advisories and open CVEs from version 2. */
export function rhelOvalDocuments(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  return ovalDocuments({ source: 'rhel-oval', read, describe, finish }, feed, content);
}

function describe(definition: Definition): Description {
  const { title, references, severity, description, date, issued, cves } = definition;
  const advisory =
    references.find(({ source }) => source === 'RHSA')?.id ?? /^RH[SBE]A-\d{4}:\d+/.exec(title)?.[0];
  const [first, ...others] = cvesIn(...references.map(({ id }) => id), ...cves.map(({ id }) => id), title);
  const id = advisory ?? first;
  if (id === undefined) return { skipped: 'it names neither an advisory nor a CVE' };
  return {
    id,
    aliases: advisory !== undefined && first !== undefined ? [first, ...others] : others,
    ...(description && { description }),
    ...(advisory !== undefined && title && { title }),
    links: references.flatMap(({ url }) => (url ? [url] : [])),
    severity: vendorSeverity(severity),
    cvss: cvssOf('Red Hat', definition),
    ...parseModified(date),
    ...(advisory !== undefined && parseIssued(issued)),
  };
}

/** Criteria that are true in every image: rpm checks signatures, and no kernel runs in a container. */
const holding =
  / is signed with Red Hat | is currently running$| is set to boot up on next boot$|^kernel(-rt)? version equals /;
/** Criteria that are never true: other systems than that of the rows, and live patching. */
const failing =
  /^Red Hat Enterprise Linux must be installed$|^Red Hat CoreOS \d+ is installed$| (Client|Workstation|ComputeNode) is installed$|^kpatch-patch not installed for /;

function read({ comment }: Criterion, test: PackageTest | undefined, { id }: Definition): Fact {
  if (holding.test(comment)) return 'holds';
  if (failing.test(comment)) return 'fails';
  const release = /^Red Hat Enterprise Linux (\d+)(?: Server)? is installed$/.exec(comment)?.[1];
  if (release !== undefined) return { namespace: `rhel:${release}` };
  const module = /^Module (\S+) is enabled$/.exec(comment)?.[1];
  if (module !== undefined) return { module };
  if (test === undefined) return versionsByComment(comment) ?? { unclear: `"${comment}"` };
  // For unaffected packages, version 2 writes "is installed, and is not": a definition that is never true.
  return isCleared(id) ? { package: test.package } : versionsOf(test);
}

function finish(alternatives: readonly Part[], { id, resolutions }: Definition): readonly Part[] {
  return alternatives.map((part) => {
    if (isCleared(id)) return { ...part, state: 'not-affected' };
    if (part.to !== undefined) return { ...unnamedModule(part.to), ...part };
    return { ...part, state: stateOf(resolutions[part.package ?? '']) };
  });
}

function isCleared(definitionId: string): boolean {
  return definitionId.startsWith('oval:com.redhat.unaffected:');
}

function stateOf(resolution = ''): Exclude<FixState, 'fixed'> {
  if (resolution === 'Will not fix') return 'will-not-fix';
  if (resolution === 'Out of support scope') return 'end-of-life';
  if (resolution === 'Fix deferred') return 'deferred';
  return resolution === 'Under investigation' ? 'under-investigation' : 'unfixed';
}
