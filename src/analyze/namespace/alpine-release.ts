import type { Files } from '../../plugin/layer-files.ts';
import type { NamespaceDetector } from '../../plugin/namespace-detector.ts';
import { alpineVersion, repositoriesFile } from './alpine-branch.ts';
import { firstLineOf, wordOf } from './release-text.ts';

const releaseFile = 'etc/alpine-release';
const issueFile = 'etc/issue';

/** Recognises Alpine without os-release: by its release file, or by the console greeting if even that is missing. */
export const alpineRelease: NamespaceDetector = {
  name: 'alpine-release',
  version: 1,
  wants: [releaseFile, issueFile, repositoriesFile],
  detect(files) {
    const stated = statedVersion(files);
    return stated === undefined
      ? undefined
      : { id: 'alpine', versionId: alpineVersion(files, stated), like: [] };
  },
};

function statedVersion(files: Files): string | undefined {
  return (
    wordOf(/^\d+\.\d[\w.]*$/.exec(firstLineOf(files, releaseFile))?.[0]) ??
    wordOf(/\bAlpine Linux v?(\d+\.\d[\w.]*|edge)(?:\s|$)/.exec(firstLineOf(files, issueFile))?.[1])
  );
}
