import type { Distro } from '../../model/distro.ts';
import { releaseOf, unstable } from '../../model/release.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { NamespaceDetector } from '../../plugin/namespace-detector.ts';
import { aptSuites, distroOfSuite, sourcesFiles } from './apt-suites.ts';
import { firstLineOf, wordOf } from './release-text.ts';

/** The point release of a stable Debian, or `trixie/sid` before a release. Ubuntu also has Debian's text here. */
export const debianVersionFile = 'etc/debian_version';

/**
 * Recognises Debian and Ubuntu by files of apt and base-files, for images without os-release: Debian 6 and stripped
 * images.
 */
export const aptSources: NamespaceDetector = {
  name: 'apt-sources',
  version: 1,
  wants: [...sourcesFiles, debianVersionFile],
  detect(files) {
    const suites = aptSuites(files).flatMap((suite) => distroOfSuite(suite) ?? []);
    const bySuite = suites.find(isReleased) ?? suites[0];
    const byFile = ofDebianVersion(files);
    // A number is the installed version, and only Debian writes one. A name may come from a derivative.
    if (byFile?.versionId !== undefined && bySuite?.id !== 'ubuntu') return byFile;
    return bySuite !== undefined && isReleased(bySuite) ? bySuite : (byFile ?? bySuite);
  },
};

function isReleased({ versionId, versionCodename }: Distro): boolean {
  return versionId !== undefined || versionCodename !== undefined;
}

function ofDebianVersion(files: Files): Distro | undefined {
  const text = firstLineOf(files, debianVersionFile);
  const versionId = wordOf(/^(\d+)(?:\.\d+)*$/.exec(text)?.[1]);
  if (versionId !== undefined) return { id: 'debian', versionId, like: [] };
  if (/^\w+\/sid$/.test(text)) return { id: 'debian', versionCodename: unstable, like: [] };
  return releaseOf(text)?.id === 'debian' ? { id: 'debian', versionCodename: text, like: [] } : undefined;
}
