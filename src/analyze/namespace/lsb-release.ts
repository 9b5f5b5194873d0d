import { omitUndefined } from '../../kit/collections.ts';
import type { NamespaceDetector } from '../../plugin/namespace-detector.ts';
import { assignmentsOf, wordOf } from './release-text.ts';

const releaseFile = 'etc/lsb-release';

/** Distributor ids that differ from `ID` of os-release, in lower case and without spaces. */
const ids: Readonly<Record<string, string>> = {
  redhatenterpriselinux: 'rhel',
  redhatenterpriseserver: 'rhel',
  redhatenterprise: 'rhel',
  oracleserver: 'ol',
  amazonami: 'amzn',
  amazon: 'amzn',
  suselinux: 'sles',
  opensuseproject: 'opensuse',
};

/** Recognises a distribution by the file of lsb_release(1), which every Ubuntu release has. */
export const lsbRelease: NamespaceDetector = {
  name: 'lsb-release',
  version: 1,
  wants: [releaseFile],
  detect(files) {
    const values = assignmentsOf(files, releaseFile);
    const name = (values.get('DISTRIB_ID') ?? '').toLowerCase().replace(/\s+/g, '');
    const id = wordOf(Object.hasOwn(ids, name) ? ids[name] : name);
    if (id === undefined) return undefined;
    const optional = {
      versionId: wordOf(values.get('DISTRIB_RELEASE')),
      versionCodename: wordOf(values.get('DISTRIB_CODENAME')?.toLowerCase()),
      prettyName: values.get('DISTRIB_DESCRIPTION') || undefined,
    };
    return { id, ...omitUndefined(optional), like: [] };
  },
};
