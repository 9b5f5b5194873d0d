import { findVulnerability } from '../../../service/findings/vulnerability-view.ts';
import { changeFixes } from '../../../service/ingest/write-vulnerability.ts';
import { encodeGoValue } from '../go-json-encode.ts';
import type { RouteHandler } from '../route.ts';
import { badRequest } from '../route.ts';
import type { V1Deps } from './deps.ts';
import { notFoundError } from './errors.ts';
import { renderFixes } from './render.ts';
import { bodyOf, vulnerabilityIn } from './request.ts';
import { featureEnvelope } from './types.ts';
import { assertSameNamespace, parseFix } from './vulnerability-input.ts';

/** `GET …/vulnerabilities/:name/fixes`: returns the features that fix it. */
export const getFixesRoute =
  (deps: V1Deps): RouteHandler =>
  async (request) => {
    const { namespace, id } = vulnerabilityIn(request);
    const vulnerability = await findVulnerability(namespace, id, deps);
    if (vulnerability === undefined) throw notFoundError();
    return { status: 200, text: encodeGoValue(featureEnvelope, { Features: renderFixes(vulnerability) }) };
  };

/** `PUT …/vulnerabilities/:name/fixes/:feature`: adds or replaces a fix, and echoes the request. */
export const putFixRoute =
  (deps: V1Deps): RouteHandler =>
  async (request) => {
    const { Feature: feature } = await bodyOf(request, featureEnvelope);
    if (feature === undefined) throw badRequest('failed to provide feature');
    if (feature.Name !== request.params['feature'])
      throw badRequest('feature name in URL and JSON do not match');
    const fix = parseFix(feature, request.params['namespace'] ?? '', deps.extensions);
    const name = vulnerabilityIn(request);
    assertSameNamespace(feature, name);
    request.addLogDetails({ namespace: name.namespace, vulnerability: name.id, package: fix.package });
    if (!(await changeFixes(name, [fix], deps.writing))) throw notFoundError();
    return { status: 200, text: encodeGoValue(featureEnvelope, { Feature: feature }) };
  };

/** `DELETE …/vulnerabilities/:name/fixes/:feature`: removes a fix. */
export const deleteFixRoute =
  (deps: V1Deps): RouteHandler =>
  async (request) => {
    const removal = { package: request.params['feature'] ?? '', fix: undefined };
    const name = vulnerabilityIn(request);
    request.addLogDetails({ namespace: name.namespace, vulnerability: name.id, package: removal.package });
    if (!(await changeFixes(name, [removal], deps.writing))) throw notFoundError();
    return { status: 200 };
  };
