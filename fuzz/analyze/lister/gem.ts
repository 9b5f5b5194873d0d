import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const directory = 'usr/local/bundle/specifications';

const seeds = (): Input[] => [
  files({
    [`${directory}/rake-13.0.3.gemspec`]:
      '# -*- encoding: utf-8 -*-\n# stub: rake 13.0.3 ruby lib\n\nGem::Specification.new do |s|\n  s.licenses = ["MIT".freeze]\n  s.add_dependency(%q<rack>.freeze, ["~> 2.0"])\nend\n',
    [`${directory}/default/json-2.6.1.gemspec`]:
      'Gem::Specification.new do |s|\n  s.name = %q{json}\n  s.version = Gem::Version.new("2.6.1")\n  s.authors = ["A \\u00E9", \'B\']\nend\n',
  }),
];

const ownWords = words(
  '# stub: ',
  '  s.',
  's.name = ',
  's.version = ',
  '.freeze',
  '%q<',
  '"',
  '\\u{',
  '\r\n',
);

/** Specifications of Ruby gems. */
export const targets: ListerTargets = { gem: { seeds, mutations: [...textMutations, ownWords] } };
