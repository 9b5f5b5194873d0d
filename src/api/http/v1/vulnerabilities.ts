import { limits } from '../../../kit/limits.ts';
import { findVulnerability, listVulnerabilities } from '../../../service/findings/vulnerability-view.ts';
import {
  deleteVulnerability,
  insertVulnerability,
  namespaceNamed,
  type VulnerabilityName,
} from '../../../service/posts/write-vulnerability.ts';
import type { ApiAnswer, ApiRequest } from '../exchange.ts';
import { asGo, LongListText } from '../go-json-encode.ts';
import { badRequest, notFound } from './faults.ts';
import { namespaceOfWire } from './names.ts';
import { renderVulnerability, renderWithFixes } from './render.ts';
import { bodyOf, limitOf, vulnerabilityIn } from './request.ts';
import type { V1Room } from './room.ts';
import { type Feature, vulnerability, vulnerabilityEnvelope } from './types.ts';
import { fieldsOf, fixOf, nameOf, refuseStranger } from './written.ts';

/** `GET /namespaces/:namespace/vulnerabilities`: a page of them, by the order in which they were last written. */
export async function listVulnerabilitiesRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const limit = Math.min(limitOf(request), limits.listedPerPage);
  if (limit < 0) throw badRequest('limit value should not be less than zero');
  const page = request.query.get('page');
  const from = page === null ? 0 : room.tokens.readRow(page);
  const name = request.params['namespace'] ?? '';
  if (name === '') throw badRequest('namespace should not be empty');
  const namespace = namespaceOfWire(name);
  const known = await room.store.advisories.namespaces();
  if (!known.some((one) => one.name === namespace)) throw notFound();
  const text = await room.lists.make(request.signal, () => pageText(namespace, { from, limit }, room));
  return { status: 200, text };
}

interface Page {
  readonly from: number;
  readonly limit: number;
}

/** A page of at most `limit` vulnerabilities. It ends early when it becomes too long, and names the next page as any other. */
async function pageText(namespace: string, { from, limit }: Page, room: V1Room): Promise<string> {
  const list = new LongListText('Vulnerabilities', vulnerability);
  // Clair tells of a next page of nothing, for ever.
  if (limit === 0) return list.end();
  let count = 0;
  for await (const view of listVulnerabilities(namespace, { after: from - 1, atMost: limit + 1 }, room)) {
    if (count++ >= limit || list.characters >= limits.listCharacters)
      return list.end({ NextPage: room.tokens.writeRow(view.number) });
    list.add(renderVulnerability(view));
  }
  return list.end();
}

/** `POST /namespaces/:namespace/vulnerabilities`: writes one, and answers what was posted. */
export async function postVulnerabilityRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const { Vulnerability: posted } = await bodyOf(request, vulnerabilityEnvelope);
  if (posted === undefined) throw badRequest('failed to provide vulnerability');
  const fields = fieldsOf(posted);
  const features = posted.FixedIn ?? [];
  const fixes = features.map((one) => fixOf(one, room.extensions));
  const name = nameOf(posted.NamespaceName || (request.params['namespace'] ?? ''), posted.Name ?? '');
  for (const one of features) refuseStranger(one, name);
  request.note({ namespace: name.namespace, vulnerability: name.id });
  await learnNamespace(name, features, room);
  await insertVulnerability(name, fields, fixes, room.writing);
  return { status: 201, body: asGo(vulnerabilityEnvelope, { Vulnerability: posted }) };
}

/** A namespace that nobody knows orders its versions as its first fix says. */
async function learnNamespace(
  { namespace }: VulnerabilityName,
  [feature]: readonly Feature[],
  { store: { advisories } }: V1Room,
): Promise<void> {
  const known = await namespaceNamed(namespace, { advisories });
  const versionScheme = known.versionScheme || (feature?.VersionFormat ?? '');
  await advisories.noteNamespace({ name: namespace, versionScheme });
}

/** `GET /namespaces/:namespace/vulnerabilities/:name`, with what fixes it where the query names `fixedIn`. */
export async function getVulnerabilityRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const { namespace, id } = vulnerabilityIn(request);
  const found = await findVulnerability(namespace, id, room);
  if (found === undefined) throw notFound();
  const shown = request.query.has('fixedIn') ? renderWithFixes(found) : renderVulnerability(found);
  return { status: 200, body: asGo(vulnerabilityEnvelope, { Vulnerability: shown }) };
}

/** `PUT /namespaces/:namespace/vulnerabilities/:name`: replaces all but what fixes it, and answers what was sent. */
export async function putVulnerabilityRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const { Vulnerability: sent } = await bodyOf(request, vulnerabilityEnvelope);
  if (sent === undefined) throw badRequest('failed to provide vulnerability');
  if ((sent.FixedIn ?? []).length > 0) throw badRequest('Vulnerability.FixedIn must be empty');
  const fields = fieldsOf(sent);
  const name = nameOf(request.params['namespace'] ?? '', request.params['name'] ?? '');
  request.note({ namespace: name.namespace, vulnerability: name.id });
  await insertVulnerability(name, fields, [], room.writing);
  return { status: 200, body: asGo(vulnerabilityEnvelope, { Vulnerability: sent }) };
}

/** `DELETE /namespaces/:namespace/vulnerabilities/:name`. */
export async function deleteVulnerabilityRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const name = vulnerabilityIn(request);
  request.note({ namespace: name.namespace, vulnerability: name.id });
  if (!(await deleteVulnerability(name, room.writing))) throw notFound();
  return { status: 200 };
}
