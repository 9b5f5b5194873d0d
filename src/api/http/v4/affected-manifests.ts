import * as z from 'zod/mini';
import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { parseBySchema, parseJson } from '../../../kit/json/json-document.ts';
import { manifestOfName } from '../../../model/digest.ts';
import { ecosystemOfType, type Namespace, namespaceOfDistro } from '../../../model/namespace.ts';
import type { Extensions } from '../../../plugin/extensions.ts';
import { noV4Distribution } from '../../../report/clair4/distribution.ts';
import { typeOfRegistry } from '../../../report/clair4/repository.ts';
import { noV4Time } from '../../../report/clair4/stored-vulnerability.ts';
import { type V4AffectedManifests, v4DistributionMembers } from '../../../report/clair4/types.ts';
import {
  type AskedVulnerability,
  affectedByRanges,
} from '../../../service/notifications/affected-by-ranges.ts';
import type { Store } from '../../../store/store.ts';
import type { ListLimiter } from '../list-limiter.ts';
import { type ApiRequest, type ApiResponse, badRequest } from '../route.ts';
import { negotiatedType } from './negotiate.ts';

/** Dependencies of the route of affected manifests. */
export interface AffectedManifestsDeps {
  readonly matching: {
    readonly store: Pick<Store, 'images'>;
    readonly extensions: Pick<Extensions, 'schemes'>;
  };
  readonly listLimiter: ListLimiter;
}

const text = z._default(z.string(), '');
const severities = ['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical'] as const;

const distributionSchema = z.object(
  Object.fromEntries(v4DistributionMembers.map((member) => [member, text])) as Record<
    (typeof v4DistributionMembers)[number],
    typeof text
  >,
);

const vulnerabilitySchema = z.object({
  id: text,
  updater: text,
  name: text,
  description: text,
  links: text,
  severity: text,
  issued: z._default(z.string(), noV4Time),
  normalized_severity: z._default(z.enum(severities), 'Unknown'),
  package: z._default(z.looseObject({ name: text }), { name: '' }),
  distribution: z._default(z.nullable(distributionSchema), null),
  repository: z._default(z.nullable(z.looseObject({ name: text })), null),
  fixed_in_version: text,
});

const requestSchema = z.object({
  vulnerabilities: z._default(
    z.nullable(z.array(vulnerabilitySchema).check(z.maxLength(limits.postedVulnerabilities))),
    null,
  ),
});

type PostedVulnerability = z.output<typeof vulnerabilitySchema>;

/** `POST internal/affected_manifest/`: returns the manifests that the posted vulnerabilities affect. */
export async function postAffectedManifests(
  request: ApiRequest,
  { matching, listLimiter }: AffectedManifestsDeps,
): Promise<ApiResponse> {
  const contentType = negotiatedType('affected_manifests', request.headers);
  const refuse = (fault: string) => badRequest(`failed to deserialize vulnerabilities: ${fault}`);
  const posted = parseBySchema(requestSchema, parseJson(await request.body(), refuse), ({ fault }) =>
    refuse(fault),
  );
  const vulnerabilities = posted.vulnerabilities ?? [];
  const asked = vulnerabilities.flatMap((one) => askedOf(one) ?? []);
  const found = await listLimiter.run(request.signal, () => readManifests(asked, matching));
  const body: V4AffectedManifests = {
    vulnerabilities: Object.fromEntries(vulnerabilities.map((one) => [one.id, onWire(one)])),
    vulnerable_manifests: Object.fromEntries(found),
  };
  return { status: 200, contentType, text: JSON.stringify(body) };
}

/** Clair's clients expect every object. */
function onWire({ package: item, repository, distribution, ...members }: PostedVulnerability): object {
  return {
    ...members,
    package: { id: '', version: '', normalized_version: '', cpe: '', detector: null, ...item },
    distribution: distribution ?? noV4Distribution,
    repository: { cpe: '', ...repository },
  };
}

/** Returns what to look for; undefined if no manifest can have packages of that distribution or repository. */
function askedOf(posted: PostedVulnerability): AskedVulnerability | undefined {
  const namespace = namespaceOfPosted(posted);
  if (namespace === undefined) return undefined;
  const { fixed, introduced } = versionsOf(posted.fixed_in_version);
  return {
    id: posted.id,
    namespace,
    package: posted.package.name,
    range: { ...(fixed !== '' && { to: fixed }), ...(introduced !== '' && { from: introduced }) },
  };
}

function namespaceOfPosted({ distribution, repository }: PostedVulnerability): Namespace | undefined {
  const { did = '', version_id: versionId = '', version = '' } = distribution ?? {};
  if (did === '') return ecosystemOfType(typeOfRegistry(repository?.name ?? ''));
  const release = versionId === '' ? version : versionId;
  return namespaceOfDistro({ id: did, like: [], ...(release !== '' && { versionId: release }) });
}

/** Clair encodes the versions of a language package as a query. */
function versionsOf(fixed: string): Readonly<Record<'fixed' | 'introduced', string>> {
  const query = new URLSearchParams(fixed.includes('=') ? fixed : '');
  const plain = fixed.includes('=') ? (query.get('fixed') ?? '') : fixed;
  const introduced = query.get('introduced') ?? '';
  return { fixed: plain === '0' ? '' : plain, introduced: introduced === '0' ? '' : introduced };
}

/** Returns the ids of vulnerabilities by manifest. */
async function readManifests(
  asked: readonly AskedVulnerability[],
  deps: AffectedManifestsDeps['matching'],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, Set<string>>();
  for await (const { names, ids } of affectedByRanges(asked, deps))
    for (const name of names) {
      const manifest = manifestOfName(name);
      if (manifest === undefined) continue;
      found.set(manifest, new Set([...(found.get(manifest) ?? []), ...ids]));
      if (found.size > limits.affectedManifests)
        throw new ClairError(
          'limit-exceeded',
          `more than ${limits.affectedManifests} manifests are affected`,
        );
    }
  return new Map([...found].map(([manifest, ids]) => [manifest, [...ids]]));
}
