import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { DependencyBudget } from '../../package/dependency-names.ts';
import { readGemSpecification } from './gem-specification.ts';

/** A specification of an installed gem, of a default gem of Ruby, or of an extension that a platform built. */
const specification = /(?:^|\/)specifications\/(?:[^/]+\/)?[^/]+\.gemspec$/;

/**
 * Lists Ruby gems by the specifications that RubyGems wrote when it installed them. Specifications in source trees, `Gemfile.lock` and
 * the archives in `cache/` are no evidence. A default gem is listed even if a newer one is installed: both can be loaded.
 */
export const rubyLister: PackageLister = {
  name: 'gem',
  version: 1,
  wants: ['**/specifications/*.gemspec', '**/specifications/*/*.gemspec'],
  ecosystem: namespaceOfEcosystem('gem'),
  *list(files: Files) {
    const budget = new DependencyBudget();
    for (const [path, content] of files) if (specification.test(path)) yield listFile(path, content, budget);
  },
};

function listFile(path: string, content: Uint8Array, budget: DependencyBudget): ListerEvent {
  const read = readGemSpecification(content, budget);
  if ('problem' in read) return { kind: 'problem', path, ...read };
  return { kind: 'package', path, package: { ...read, evidence: 'installed' } };
}
