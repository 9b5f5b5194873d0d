import { cvesIn } from '../../model/cve.ts';
import type { FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { type Description, ovalDocuments, versionsOf } from '../oval/advisories.ts';
import type { Definition } from '../oval/definition.ts';
import type { Part } from '../rows.ts';
import { parseModified, vendorSeverity } from '../vendor-values.ts';

/** Yields the vulnerabilities of one file of Microsoft's data. The file does not name its release. */
export function azureVulnerabilities(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  const isMariner = feed.startsWith('cbl-mariner-');
  const platform = isMariner ? 'CBL-Mariner' : 'Azure Linux';
  const namespace = feed.replace(/^cbl-mariner-/, 'mariner:').replace(/^azurelinux-/, 'azurelinux:');
  return ovalDocuments(
    {
      source: 'azure',
      read: ({ comment }, test) => (test === undefined ? { unclear: `"${comment}"` } : versionsOf(test)),
      describe: (definition) => describe(definition, platform),
      finish: (alternatives, definition) =>
        alternatives.map((part) => ({ ...part, namespace, ...stateOf(part, definition) })),
    },
    feed,
    content,
  );
}

/**
 * Matches the usual description, which repeats the package and its fixed version and does not describe the
 * vulnerability.
 */
const isAboutUpdate = /^CVE-[\d-]+ affecting package /;

function describe(definition: Definition, platform: string): Description {
  const { title, references, severity, description, date, platforms } = definition;
  const [id, ...aliases] = cvesIn(...references.map((reference) => reference.id), title);
  if (id === undefined) return { skipped: 'it names no CVE' };
  if (!platforms.includes(platform)) return { skipped: `it is for ${platforms.join()}, not ${platform}` };
  return {
    id,
    aliases,
    ...(description && !isAboutUpdate.test(description) && { description }),
    ...(title && { title }),
    links: references.flatMap(({ url }) => (url ? [url] : [])),
    severity: vendorSeverity(severity),
    cvss: [],
    ...parseModified(date),
  };
}

/** Returns the state for Microsoft's `Not Applicable`, which means that the CVE does not apply or never applied. */
function stateOf(part: Part, { patchable }: Definition): Pick<Part, 'state'> {
  if (patchable?.toLowerCase() === 'not applicable') return { state: 'not-affected' };
  return part.to === undefined ? { state: 'unfixed' } : {};
}
