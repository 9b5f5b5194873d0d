import { ClairError } from '../../core/errors.ts';

/** `native` is `/api/v1` and the additional routes, `console` the page for browsers, which uses `native`. */
const apiNames = ['v1', 'v3', 'v4', 'harbor', 'native', 'console'] as const;

/** An API of a server. */
export type ApiName = (typeof apiNames)[number];

/** Returns the APIs that a server answers: all without a name. Throws `config-invalid` for an unknown name, and for the console alone. */
export function servedApis(names: readonly string[]): ReadonlySet<ApiName> {
  const served = new Set(names.length === 0 ? apiNames : names.map(apiOfName));
  if (served.has('console') && !served.has('native'))
    throw new ClairError('config-invalid', 'api.apis has console without native, which the console uses');
  return served;
}

function apiOfName(name: string): ApiName {
  const api = apiNames.find((one) => one === name);
  if (api !== undefined) return api;
  throw new ClairError('config-invalid', `api.apis takes ${apiNames.join(', ')}, not ${name}`);
}
