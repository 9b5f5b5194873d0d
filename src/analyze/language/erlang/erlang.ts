import { ecosystemOfType, type Namespace } from '../../../model/namespace.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { type ErlangResult, readApplication, readRunTime } from './application.ts';

const resourceFiles = '**/ebin/*.app';
const releaseFiles = '**/releases/*/*.rel';

/**
 * Lists packages of Hex: the applications of Erlang and Elixir in a release or a build. Each has a resource file beside its code. The
 * applications that a release file names may have been removed since.
 */
export const hexLister: PackageLister = {
  name: 'hex',
  version: 1,
  wants: [resourceFiles],
  ecosystem: ecosystemOfType('hex') as Namespace,
  *list(files: Files) {
    for (const { path, result } of results(files))
      if ('problem' in result) yield { kind: 'problem', path, problem: result.problem };
      else if (result.type === 'hex') yield packageAt(path, result);
  },
};

/** Lists the applications that Erlang/OTP and Elixir consist of, and the run time. Files that cannot be read are problems of `hexLister`. */
export const otpLister: PackageLister = {
  name: 'otp',
  version: 1,
  wants: [resourceFiles, releaseFiles],
  ecosystem: { name: 'otp', versionScheme: 'semver' },
  *list(files: Files) {
    for (const { path, result } of results(files))
      if (!('problem' in result)) {
        if (result.type === 'otp') yield packageAt(path, result);
      } else if (path.endsWith('.rel')) yield { kind: 'problem', path, problem: result.problem };
  },
};

function* results(files: Files): Generator<{ readonly path: string; readonly result: ErlangResult }> {
  for (const [path, content] of files) {
    if (path.endsWith('.app')) yield { path, result: readApplication(content) };
    else if (path.endsWith('.rel')) yield { path, result: readRunTime(content) };
  }
}

function packageAt(path: string, application: Exclude<ErlangResult, { problem: string }>): ListerEvent {
  return { kind: 'package', path, package: { ...application, evidence: 'installed' } };
}
