import { rulesAsOpenVex } from '../../../report/vex/openvex.ts';
import { exportRules } from '../../../service/suppressions/export-rules.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { FleetDeps } from './fleet-route.ts';
import { checkedSuppressions, unknownFile } from './suppressions.ts';

/** Author of a document whose file was saved by a client without a name. */
const unnamedAuthor = 'unknown client';

/**
 * `GET /suppressions/:name/openvex`: returns the rules of a file as OpenVEX, with the packages of the fleet whose findings they suppress now.
 */
export async function getRuleExportRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const file = await deps.store.suppressions.find(request.params['name'] ?? '');
  if (file === undefined) throw unknownFile();
  const { statements } = checkedSuppressions(file, deps.parse);
  if (statements.length > 0) throw new WireError(409, 'the file is a VEX document: read it as it is');
  const { exported, notExported, isComplete } = await deps.listLimiter.run(request.signal, () =>
    exportRules(file, deps),
  );
  if (exported.length === 0)
    throw new WireError(409, 'no rule of the file suppresses a finding now in a way that VEX can express');
  const issue = { author: file.savedBy ?? unnamedAuthor, time: wholeSeconds(file.savedAt) };
  return {
    status: 200,
    headers: {
      'Clair-Complete': String(isComplete && notExported.length === 0),
      'Content-Disposition': 'attachment; filename="openvex.json"',
    },
    contentType: 'application/vnd.openvex+json',
    text: `${JSON.stringify(rulesAsOpenVex(exported, issue), null, 2)}\n`,
  };
}

/** The schema of OpenVEX wants times of RFC 3339. */
function wholeSeconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}
