import { limits } from '../../../core/limits.ts';
import { namespaceOfWire } from '../../../model/namespace.ts';
import { findVulnerability, listVulnerabilities } from '../../../service/findings/vulnerability-view.ts';
import {
  deleteVulnerability,
  findNamespace,
  insertVulnerability,
  type VulnerabilityName,
} from '../../../service/ingest/write-vulnerability.ts';
import { encodeGoValue, JsonListBuilder } from '../go-json-encode.ts';
import type { RouteHandler } from '../route.ts';
import { badRequest } from '../route.ts';
import type { V1Deps } from './deps.ts';
import { notFoundError } from './errors.ts';
import { renderNamespace, renderVulnerability, renderWithFixes } from './render.ts';
import { bodyOf, limitOf, vulnerabilityIn } from './request.ts';
import { namespaceEnvelope, type V1Feature, vulnerability, vulnerabilityEnvelope } from './types.ts';
import {
  assertSameNamespace,
  parseFix,
  parseVulnerabilityFields,
  toVulnerabilityName,
} from './vulnerability-input.ts';

/** `GET /namespaces/:namespace/vulnerabilities`: returns a page of vulnerabilities, in the order of their last write. */
export const listVulnerabilitiesRoute =
  (deps: V1Deps): RouteHandler =>
  async (request) => {
    const limit = Math.min(limitOf(request), limits.listedPerPage);
    if (limit < 0) throw badRequest('limit value should not be less than zero');
    const page = request.query.get('page');
    const from = page === null ? 0 : deps.tokens.readRow(page);
    const name = request.params['namespace'] ?? '';
    if (name === '') throw badRequest('namespace should not be empty');
    const namespace = namespaceOfWire(name);
    const text = await deps.listLimiter.run(request.signal, async () => {
      await assertNamespaceExists(namespace, deps);
      return await pageText(namespace, { from, limit }, deps);
    });
    return { status: 200, text };
  };

async function assertNamespaceExists(namespace: string, { store }: V1Deps): Promise<void> {
  const stored = await store.advisories.findNamespaces();
  if (!stored.some(({ name }) => name === namespace)) throw notFoundError();
}

interface Page {
  readonly from: number;
  readonly limit: number;
}

/** Encodes a page of at most `limit` vulnerabilities. A page over `limits.listCharacters` ends early, with a token for the next page. */
async function pageText(namespace: string, { from, limit }: Page, deps: V1Deps): Promise<string> {
  const list = new JsonListBuilder('Vulnerabilities', vulnerability);
  // Clair would return a next page without end.
  if (limit === 0) return list.end();
  let count = 0;
  for await (const view of listVulnerabilities(namespace, { after: from - 1, atMost: limit + 1 }, deps)) {
    if (count++ >= limit || list.characters >= limits.listCharacters)
      return list.end({ NextPage: deps.tokens.writeRow(view.number) });
    list.add(renderVulnerability(view));
  }
  return list.end();
}

/** `POST /namespaces/:namespace/vulnerabilities`: writes a vulnerability, and echoes the request. */
export const postVulnerabilityRoute =
  (deps: V1Deps): RouteHandler =>
  async (request) => {
    const { Vulnerability: posted } = await bodyOf(request, vulnerabilityEnvelope);
    if (posted === undefined) throw badRequest('failed to provide vulnerability');
    const fields = parseVulnerabilityFields(posted);
    const features = posted.FixedIn ?? [];
    const namespace = posted.NamespaceName || (request.params['namespace'] ?? '');
    const fixes = features.map((one) => parseFix(one, namespace, deps.extensions));
    const name = toVulnerabilityName(namespace, posted.Name ?? '');
    for (const one of features) assertSameNamespace(one, name);
    request.addLogDetails({ namespace: name.namespace, vulnerability: name.id });
    await learnNamespace(name, features, deps);
    await insertVulnerability(name, fields, fixes, deps.writing);
    return { status: 201, text: encodeGoValue(vulnerabilityEnvelope, { Vulnerability: posted }) };
  };

/** Stores the namespace of a vulnerability. An unknown namespace takes the version scheme of the first fix. */
async function learnNamespace(
  { namespace }: VulnerabilityName,
  [feature]: readonly V1Feature[],
  { store: { advisories } }: V1Deps,
): Promise<void> {
  const stored = await findNamespace(namespace, { advisories });
  const versionScheme = stored.versionScheme || (feature?.VersionFormat ?? '');
  await advisories.saveNamespace({ name: namespace, versionScheme });
}

/** `GET /namespaces/:namespace/vulnerabilities/:name`: returns a vulnerability, with fixes if the query has `fixedIn`. */
export const getVulnerabilityRoute =
  (deps: V1Deps): RouteHandler =>
  async (request) => {
    const { namespace, id } = vulnerabilityIn(request);
    const view = await findVulnerability(namespace, id, deps);
    if (view === undefined) throw notFoundError();
    const rendered = request.query.has('fixedIn') ? renderWithFixes(view) : renderVulnerability(view);
    return { status: 200, text: encodeGoValue(vulnerabilityEnvelope, { Vulnerability: rendered }) };
  };

/** `PUT /namespaces/:namespace/vulnerabilities/:name`: replaces a vulnerability except its fixes, and echoes the request. */
export const putVulnerabilityRoute =
  (deps: V1Deps): RouteHandler =>
  async (request) => {
    const { Vulnerability: input } = await bodyOf(request, vulnerabilityEnvelope);
    if (input === undefined) throw badRequest('failed to provide vulnerability');
    if ((input.FixedIn ?? []).length > 0) throw badRequest('Vulnerability.FixedIn must be empty');
    const fields = parseVulnerabilityFields(input);
    const name = toVulnerabilityName(request.params['namespace'] ?? '', request.params['name'] ?? '');
    request.addLogDetails({ namespace: name.namespace, vulnerability: name.id });
    await insertVulnerability(name, fields, [], deps.writing);
    return { status: 200, text: encodeGoValue(vulnerabilityEnvelope, { Vulnerability: input }) };
  };

/** `DELETE /namespaces/:namespace/vulnerabilities/:name`: deletes a vulnerability. */
export const deleteVulnerabilityRoute =
  (deps: V1Deps): RouteHandler =>
  async (request) => {
    const name = vulnerabilityIn(request);
    request.addLogDetails({ namespace: name.namespace, vulnerability: name.id });
    if (!(await deleteVulnerability(name, deps.writing))) throw notFoundError();
    return { status: 200 };
  };

/** `GET /namespaces`: lists the namespaces of layers and advisories, in the order in which they were added. */
export const listNamespacesRoute =
  ({ store, listLimiter }: V1Deps): RouteHandler =>
  async ({ signal }) => {
    const rendered = (await listLimiter.run(signal, () => store.advisories.findNamespaces())).map(
      renderNamespace,
    );
    const distinct = [...new Map(rendered.map((one) => [one.Name, one])).values()];
    return { status: 200, text: encodeGoValue(namespaceEnvelope, { Namespaces: distinct }) };
  };
