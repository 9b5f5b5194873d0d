import { parseSeverity } from '../../../model/severity.ts';
import type { Extensions } from '../../../plugin/extensions.ts';
import {
  isVersionOf,
  type VulnerabilityName,
  type WrittenFields,
  type WrittenFix,
} from '../../../service/posts/write-vulnerability.ts';
import { badRequest } from './faults.ts';
import { namespaceOfWire, storableName } from './names.ts';
import { noFix } from './render.ts';
import type { Feature, Vulnerability } from './types.ts';

/** Clair's words for a version above all others, and for one below. */
const aboveAll = '#MAXV#';
const belowAll = '#MINV#';

/** The orders of versions that Clair knows. */
const versionFormats: ReadonlySet<string> = new Set(['dpkg', 'rpm']);

/** What a client says of a vulnerability, in the order in which Clair finds fault with it. */
export function fieldsOf(posted: Vulnerability): WrittenFields {
  const severity = parseSeverity(posted.Severity ?? '');
  if (severity === undefined) throw badRequest('failed to parse Severity from input');
  const { Description: description = '', Link: link = '', Metadata: metadata } = posted;
  const hasMetadata = metadata !== undefined && Object.keys(metadata).length > 0;
  return { description, link: storableName(link), severity, metadata: hasMetadata ? metadata : undefined };
}

/** The version of a feature that is said to be fixed: checked as Clair checks it, before anything else of it. */
export function fixOf(
  { Name: name = '', VersionFormat: format = '', Version: version = '' }: Feature,
  extensions: Pick<Extensions, 'schemes'>,
): WrittenFix {
  if (!versionFormats.has(format)) throw badRequest('unknown version format');
  if (version === belowAll) return { package: name, fix: undefined };
  if (version === noFix || version === aboveAll) return { package: name, fix: { state: 'unfixed' } };
  if (!isVersionOf(format, version, extensions)) throw badRequest('invalid version');
  return { package: name, fix: { state: 'fixed', version } };
}

/** The name under which a vulnerability is kept. */
export function nameOf(namespace: string, id: string): VulnerabilityName {
  if (namespace === '' || id === '')
    throw badRequest('insertVulnerability needs at least the Name and the Namespace');
  return { namespace: storableName(namespaceOfWire(namespace)), id: storableName(id) };
}

/** Refuses a feature that cannot belong to a vulnerability of a namespace. One that names no namespace belongs to that one. */
export function refuseStranger(
  { Name: name = '', NamespaceName: own = '', Version: version = '' }: Feature,
  { namespace }: VulnerabilityName,
): void {
  if (own !== '' && namespaceOfWire(own) !== namespace)
    throw badRequest(
      'could not insert an invalid vulnerability that contains FixedIn FeatureVersion that are not in the same namespace as the Vulnerability',
    );
  if (name === '') throw badRequest('could not find/insert invalid Feature');
  storableName(name);
  storableName(version);
}
