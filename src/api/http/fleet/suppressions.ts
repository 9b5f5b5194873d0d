import * as z from 'zod/mini';
import { ClairError, messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { ParseSuppressions, Suppressions } from '../../../match/suppress/decide.ts';
import {
  assertCanSaveRules,
  type ReadSavedFile,
  readSavedFiles,
} from '../../../service/suppressions/saved-files.ts';
import type { Store } from '../../../store/store.ts';
import type { SavedSuppression } from '../../../store/suppression-store.ts';
import { integerParameter, parseQuery } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import { pageCursor } from './page-cursor.ts';
import { jsonResponse } from './problem.ts';

/** Dependencies of the routes of suppressions. */
export interface SuppressionRouteDeps {
  readonly store: Pick<Store, 'suppressions'>;
  readonly parse: ParseSuppressions;
}

const nameForm = /^[\w-][\w.-]{0,99}\.(?:json|ya?ml|trivyignore)$/;

/** `GET /suppressions`: lists the files that clients have saved, with the numbers of their rules and statements. */
export async function getSuppressionsRoute(
  _: ApiRequest,
  { store, parse }: SuppressionRouteDeps,
): Promise<ApiResponse> {
  const files = await store.suppressions.list();
  return jsonResponse(200, { suppressions: readSavedFiles(files, parse).map(toListed) });
}

/** `GET /suppressions/:name`: returns the content of a file. */
export async function getSuppressionRoute(
  { params }: ApiRequest,
  { store }: SuppressionRouteDeps,
): Promise<ApiResponse> {
  const file = await store.suppressions.find(params['name'] ?? '');
  if (file === undefined) throw unknownFile();
  const contentType = file.name.endsWith('.json') ? 'application/json' : 'text/plain; charset=utf-8';
  return { status: 200, contentType, text: file.content };
}

/** `PUT /suppressions/:name`: checks and saves a file of rules or a VEX document. */
export async function putSuppressionRoute(
  request: ApiRequest,
  { store, parse }: SuppressionRouteDeps,
): Promise<ApiResponse> {
  const name = checkedName(request.params['name'] ?? '');
  request.addLogDetails({ suppression: name });
  const content = (await request.body()).toString();
  const parsed = checkedSuppressions({ name, content }, parse);
  try {
    const others = (await store.suppressions.list()).filter((file) => file.name !== name);
    assertCanSaveRules(parsed, others, parse);
    const saved = await store.suppressions.save(name, content, request.client ?? null);
    return jsonResponse(200, toJson(saved, parsed));
  } catch (error) {
    if (error instanceof ClairError && error.code === 'limit-exceeded')
      throw new WireError(409, error.message);
    throw error;
  }
}

/** `DELETE /suppressions/:name`: deletes a file. */
export async function deleteSuppressionRoute(
  request: ApiRequest,
  { store }: SuppressionRouteDeps,
): Promise<ApiResponse> {
  const name = request.params['name'] ?? '';
  request.addLogDetails({ suppression: name });
  if (!(await store.suppressions.delete(name, request.client ?? null))) throw unknownFile();
  return { status: 204 };
}

const entriesPerPage = 100;
const auditCursor = pageCursor('audit', z.int());
const auditQuery = z.strictObject({
  limit: z._default(integerParameter(1, limits.affectedPerPage), entriesPerPage),
  after: z.optional(auditCursor.parameter),
});

/** `GET /audit`: returns a page of the changes that clients made, the newest first. */
export async function getAuditRoute(
  request: ApiRequest,
  { store }: SuppressionRouteDeps,
): Promise<ApiResponse> {
  const { limit, after } = parseQuery(request, auditQuery);
  const page = { limit, ...(after !== undefined && { after }) };
  const { entries, next } = await store.suppressions.pageAudit(page);
  return jsonResponse(200, { entries, ...(next !== undefined && { next: auditCursor.write(next) }) });
}

/** Returns the name of a file. Throws `WireError` 400 if a file cannot have that name. */
export function checkedName(name: string): string {
  if (nameForm.test(name)) return name;
  throw new WireError(400, 'the name must end with .json for VEX, or with .yaml or .trivyignore for rules');
}

/** Reads a file. Throws `WireError` 400 with the line of the first error. */
export function checkedSuppressions(
  file: Pick<SavedSuppression, 'name' | 'content'>,
  parse: ParseSuppressions,
): ReturnType<ParseSuppressions> {
  try {
    return parse(file);
  } catch (error) {
    if (error instanceof ClairError && error.code === 'config-invalid')
      throw new WireError(400, error.message);
    throw error;
  }
}

/** Returns a file in the list. One that suppresses nothing has an `error` that says why. */
function toListed({ file, suppressions, error }: ReadSavedFile<SavedSuppression>): object {
  return { ...toJson(file, suppressions), ...(error !== undefined && { error: messageOf(error) }) };
}

/** Returns a file without its content, with the numbers of its rules and statements. */
function toJson({ content: _, ...file }: SavedSuppression, { rules, statements }: Suppressions): object {
  return { ...file, rules: rules.length, statements: statements.length };
}

/** Returns the error for a name that no file has. */
export function unknownFile(): WireError {
  return new WireError(404, 'no client has saved a file of this name');
}
