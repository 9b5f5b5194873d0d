import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { type ErlangResult, isOwnApplication, readApplication, readRunTime } from './application.ts';

const resourceFiles = '**/ebin/*.app';
const releaseFiles = '**/releases/*/*.rel';

/**
 * Lists packages of Hex: the applications of Erlang and Elixir in a release or a build. Each has a resource file of its name beside its
 * code. The applications that a release file names may have been removed since.
 */
export const hexLister: PackageLister = {
  name: 'hex',
  version: 2,
  wants: [resourceFiles],
  ecosystem: namespaceOfEcosystem('hex'),
  *list(files: Files) {
    for (const [path, content] of files)
      if (path.endsWith('.app') && !isOwnApplication(nameOfFile(path)))
        yield eventOf('hex', path, readApplication(content));
  },
};

/** Lists the applications that Erlang/OTP and Elixir consist of, and the run time. */
export const otpLister: PackageLister = {
  name: 'otp',
  version: 2,
  wants: [resourceFiles, releaseFiles],
  ecosystem: { name: 'otp', versionScheme: 'semver' },
  *list(files: Files) {
    for (const [path, content] of files)
      if (path.endsWith('.rel')) yield eventOf('otp', path, readRunTime(content));
      else if (path.endsWith('.app') && isOwnApplication(nameOfFile(path)))
        yield eventOf('otp', path, readApplication(content));
  },
};

function nameOfFile(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1, path.lastIndexOf('.'));
}

function eventOf(type: 'hex' | 'otp', path: string, result: ErlangResult): ListerEvent {
  if ('problem' in result) return { kind: 'problem', path, problem: result.problem };
  if (result.type !== type)
    return { kind: 'problem', path, problem: `has the name of another application than ${result.name}` };
  return { kind: 'package', path, package: { ...result, evidence: 'installed' } };
}
