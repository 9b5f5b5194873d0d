import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import { platformForm } from '../../image/format/platform.ts';
import {
  distributionListing,
  type RegistryListingOptions,
} from '../../image/registry/listing/distribution-listing.ts';
import { harborListing } from '../../image/registry/listing/harbor-listing.ts';
import { quayListing } from '../../image/registry/listing/quay-listing.ts';
import type { RegistryListing } from '../../image/registry/listing/registry-listing.ts';
import { parseReference } from '../../image/registry/reference.ts';
import type { WatchedRegistry } from '../../service/registries/watched-registry.ts';

/** A watched registry, and how its content is listed. */
export interface ConfiguredRegistry extends WatchedRegistry {
  /** Scans of its images that all servers together run at a time. Undefined for the number of other registries. */
  readonly scans: number | undefined;
  readonly open: (options: RegistryListingOptions) => RegistryListing;
}

type RegistrySettings = Config['registries'][string];

/** The settings with defaults that do not depend on others. */
type GivenSettings = Required<Omit<RegistrySettings, 'scans'>>;

/** The settings of a registry that an entry leaves out. */
const defaults: GivenSettings = {
  host: '',
  kind: 'distribution',
  namespaces: [],
  apitoken: '',
  repositories: [],
  exclude: [],
  tags: [],
  excludetags: [],
  platforms: [],
  keep: 0,
  interval: 3_600_000,
  requests: 4,
  secret: '',
};

/** Shortest interval between walks, in milliseconds. */
const minIntervalMs = 60_000;

const minSecretCharacters = 16;

/** Returns the registries of the settings. Throws `config-invalid` for one that cannot be watched. */
export function watchedRegistriesOf({ registries }: Pick<Config, 'registries'>): ConfiguredRegistry[] {
  return Object.entries(registries).map(([name, settings]) => watchedRegistry(name, settings));
}

function watchedRegistry(name: string, settings: RegistrySettings): ConfiguredRegistry {
  const path = `registries.${name}`;
  if (!/^[a-z\d](?:[a-z\d.:-]{0,61}[a-z\d])?$/.test(name))
    throw new ClairError('config-invalid', `${path}: a name has up to 63 of a-z, 0-9, dot, colon and hyphen`);
  const all = { ...defaults, ...settings };
  checkValues(path, all);
  const host = hostOf(path, all.host === '' ? name : all.host);
  const { repositories, exclude, tags, platforms, keep, requests, secret } = all;
  return {
    name,
    registry: host,
    repositories,
    exclude,
    tags,
    platforms,
    keep,
    requests,
    scans: settings.scans,
    secret,
    excludeTags: all.excludetags,
    intervalMs: all.interval,
    open: listingOf(path, host, all),
  };
}

function checkValues(path: string, { interval, secret, platforms }: GivenSettings): void {
  if (interval !== 0 && interval < minIntervalMs)
    throw new ClairError('config-invalid', `${path}.interval takes 0, or at least 1m`);
  if (secret !== '' && secret.length < minSecretCharacters)
    throw new ClairError('config-invalid', `${path}.secret needs at least ${minSecretCharacters} characters`);
  const wrong = platforms.find((platform) => !platformForm.test(platform));
  if (wrong === undefined) return;
  throw new ClairError(
    'config-invalid',
    `${path}.platforms takes platforms such as linux/arm64, not ${wrong}`,
  );
}

function hostOf(path: string, host: string): string {
  try {
    const { registry } = parseReference(`${host}/repository`);
    if (registry === host.toLowerCase()) return registry;
  } catch {
    // The message below says it.
  }
  throw new ClairError(
    'config-invalid',
    `${path}.host takes a host such as registry.example:5000, not ${host}`,
  );
}

/** Returns how the content of a registry is listed. */
function listingOf(
  path: string,
  host: string,
  { kind, repositories, namespaces, apitoken: apiToken }: GivenSettings,
): ConfiguredRegistry['open'] {
  if (kind === 'harbor') return (options) => harborListing(host, options);
  if (kind === 'quay') {
    if (namespaces.length === 0)
      throw new ClairError(
        'config-invalid',
        `${path}.namespaces must name the organizations of Quay to list`,
      );
    return (options) => quayListing(host, { apiToken, namespaces }, options);
  }
  if (kind !== 'list') return (options) => distributionListing(host, options);
  const isPattern = repositories.some((repository) => repository.includes('*'));
  if (repositories.length === 0 || isPattern)
    throw new ClairError(
      'config-invalid',
      `${path}.repositories must list the names of repositories, without *`,
    );
  return (options) => ({
    ...distributionListing(host, options),
    async *repositories() {
      yield* repositories;
    },
  });
}
