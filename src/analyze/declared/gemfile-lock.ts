import { type DeclaredFormat, type DeclaredItem, declaredPackage } from './declared-format.ts';
import { textLines } from './documents.ts';

/** Sections with gems. `PATH` has those of the project itself. */
const sections: ReadonlySet<string> = new Set(['GEM', 'GIT', 'PLUGIN SOURCE']);

/** Lock files of Bundler. */
export const gemfileLock: DeclaredFormat = {
  name: 'gemfile-lock',
  type: 'gem',
  files: ['Gemfile.lock', 'gems.locked', '*.gemfile.lock'],
  *read(content) {
    let section = '';
    for (const line of textLines(content)) {
      if (/^\S/.test(line)) section = line.trim();
      else if (sections.has(section)) yield* gemOf(line);
    }
  },
};

/** A gem is indented by four blanks, its dependencies by six. The platform of a gem follows its version after a hyphen. */
function* gemOf(line: string): Generator<DeclaredItem> {
  const [, name, version] = /^ {4}(\S+) \(([^\s()-]+)[)-]/.exec(line) ?? [];
  if (name !== undefined && version !== undefined) yield declaredPackage(name, version);
}
