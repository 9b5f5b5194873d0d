import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import type { ListedPackage } from '../../../model/package.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import { type EntryProblem, isWord } from '../../package/listing.ts';
import { type GoModule, parseBuildInfo } from './build-info.ts';
import { mainVersion } from './main-version.ts';

/** `go1.21.5`, `go1.22rc1`. Experiments and the names of vendors may follow: `go1.26.5-X:jsonv2`, `go1.26.5 (Red Hat 1.26.5-1.el10)`. */
const release = /^go(\d+\.\d+(?:\.\d+)?)(?:(rc|beta)(\d+))?(?![\d.])/;

/** Yields the packages of one Go program: the standard library, the main module and the modules it was built with. */
export function* readGoProgram(content: Uint8Array): Generator<ListedPackage | EntryProblem> {
  const info = parseBuildInfo(content);
  yield standardLibrary(info.goVersion);
  const { main, modules } = info;
  const built = [...(main === undefined ? [] : [{ ...main, version: mainVersion(main, info) }]), ...modules];
  for (const module of built) yield packageOf(module);
}

/** The standard library has the version of the toolchain, as the Go vulnerability database writes it. */
function standardLibrary(goVersion: string): ListedPackage | EntryProblem {
  const [, version, stage, number] = release.exec(goVersion) ?? [];
  if (version === undefined)
    return {
      problem: `states no release of Go, but ${quoteUntrusted(goVersion)}; its standard library is not assessed`,
      lacks: 'version',
    };
  // Go's database orders them as semantic versions, which need three numbers before a pre-release.
  const isShort = /^\d+\.\d+$/.test(version);
  const full = stage === undefined ? version : `${version}${isShort ? '.0' : ''}-${stage}.${number}`;
  return { type: 'golang', name: 'stdlib', version: full, evidence: 'build-info' };
}

function packageOf({ path, version }: GoModule): ListedPackage | EntryProblem {
  if (!isWord(path)) return { problem: `names the impossible module ${quoteUntrusted(path)}` };
  // Semantic versions have one `+`.
  const plain = version.replace(/\+incompatible\+/, '+incompatible.');
  if (!isWord(plain)) return { problem: `names no version of ${path}`, lacks: 'version' };
  return { type: 'golang', name: path, version: plain, evidence: 'build-info' };
}

/** Yields the events of one program. */
export function* listGoProgram(path: string, content: Uint8Array): Generator<ListerEvent> {
  for (const item of readGoProgram(content)) {
    if ('problem' in item) yield { kind: 'problem', path, ...item };
    else yield { kind: 'package', path, package: item };
  }
}
