import type { Package } from '../../model/package.ts';
import type { V4Repository } from './types.ts';

/** Clair's names and pages of the registries of languages, by purl type. */
const registries: Readonly<Record<string, V4Repository>> = {
  pypi: { name: 'pypi', uri: 'https://pypi.org/simple', cpe: '' },
  maven: { name: 'maven', uri: 'https://repo1.maven.apache.org/maven2', cpe: '' },
  golang: { name: 'go', uri: 'https://pkg.go.dev/', cpe: '' },
  gem: { name: 'rubygems', uri: 'https://rubygems.org/gems/', cpe: '' },
};

/**
 * Returns the repositories of a package: the registry of its language, or those that the image declares for packages of its distribution,
 * by the ids of their vendor. `isOwn` is true if it belongs to the distribution.
 */
export function repositoryOf(
  { type, repositories = [] }: Pick<Package, 'type' | 'repositories'>,
  isOwn: boolean,
): readonly V4Repository[] {
  if (!isOwn) return [registryOf(type)];
  return repositories.map((name) => ({ name, uri: `repoid=${name}`, cpe: '' }));
}

/** Returns the registry of a language, by purl type. */
export function registryOf(type: string): V4Repository {
  return registries[type] ?? { name: type, cpe: '' };
}

/** Returns the purl type of a registry, by the name that `registryOf` gives it. */
export function typeOfRegistry(name: string): string {
  return Object.keys(registries).find((type) => registries[type]?.name === name) ?? name;
}
