import { findVulnerability } from '../../../service/findings/vulnerability-view.ts';
import { changeFixes } from '../../../service/posts/write-vulnerability.ts';
import type { ApiAnswer, ApiRequest } from '../exchange.ts';
import { asGo } from '../go-json-encode.ts';
import { badRequest, notFound } from './faults.ts';
import { renderFixes } from './render.ts';
import { bodyOf, vulnerabilityIn } from './request.ts';
import type { V1Room } from './room.ts';
import { featureEnvelope } from './types.ts';
import { fixOf, refuseStranger } from './written.ts';

/** `GET …/vulnerabilities/:name/fixes`: the features that fix it. */
export async function getFixesRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const { namespace, id } = vulnerabilityIn(request);
  const found = await findVulnerability(namespace, id, room);
  if (found === undefined) throw notFound();
  return { status: 200, body: asGo(featureEnvelope, { Features: renderFixes(found) }) };
}

/** `PUT …/vulnerabilities/:name/fixes/:feature`: adds or replaces one, and answers what was sent. */
export async function putFixRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const { Feature: sent } = await bodyOf(request, featureEnvelope);
  if (sent === undefined) throw badRequest('failed to provide feature');
  if (sent.Name !== request.params['feature']) throw badRequest('feature name in URL and JSON do not match');
  const fix = fixOf(sent, room.extensions);
  const name = vulnerabilityIn(request);
  refuseStranger(sent, name);
  request.note({ namespace: name.namespace, vulnerability: name.id, package: fix.package });
  if (!(await changeFixes(name, [fix], room.writing))) throw notFound();
  return { status: 200, body: asGo(featureEnvelope, { Feature: sent }) };
}

/** `DELETE …/vulnerabilities/:name/fixes/:feature`. */
export async function deleteFixRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const gone = { package: request.params['feature'] ?? '', fix: undefined };
  const name = vulnerabilityIn(request);
  request.note({ namespace: name.namespace, vulnerability: name.id, package: gone.package });
  if (!(await changeFixes(name, [gone], room.writing))) throw notFound();
  return { status: 200 };
}
