import type { LogDetails, Scope } from '../route.ts';
import type { V3Methods } from './methods.ts';
import type { MessageShape } from './proto-json.ts';

/** A method with its service in the proto, its HTTP path, and the scope that a token needs. */
export interface Rpc {
  readonly service: 'AncestryService' | 'StatusService' | 'NotificationService';
  readonly method: keyof V3Methods;
  readonly verb: 'GET' | 'POST' | 'DELETE';
  /** As in `Route`. */
  readonly path: string;
  readonly scope: Scope;
  /** Fields of the request, in the body, or as text in path and query. */
  readonly request: MessageShape;
  /** Numeric fields of the request, in the query. */
  readonly numbers: readonly string[];
}

/** The methods of the Clair v3 API. */
export const rpcs: readonly Rpc[] = [
  {
    service: 'AncestryService',
    method: 'GetAncestry',
    verb: 'GET',
    path: '/ancestry/:ancestry_name',
    scope: 'read',
    request: { ancestry_name: 'string' },
    numbers: [],
  },
  {
    service: 'AncestryService',
    method: 'PostAncestry',
    verb: 'POST',
    path: '/ancestry',
    scope: 'scan',
    request: {
      ancestry_name: 'string',
      format: 'string',
      layers: { listOf: { hash: 'string', path: 'string', headers: 'text map' } },
    },
    numbers: [],
  },
  {
    service: 'StatusService',
    method: 'GetStatus',
    verb: 'GET',
    path: '/status',
    scope: 'read',
    request: {},
    numbers: [],
  },
  {
    service: 'NotificationService',
    method: 'GetNotification',
    verb: 'GET',
    path: '/notifications/:name',
    scope: 'read',
    request: { old_vulnerability_page: 'string', new_vulnerability_page: 'string', name: 'string' },
    numbers: ['limit'],
  },
  {
    service: 'NotificationService',
    method: 'MarkNotificationAsRead',
    verb: 'DELETE',
    path: '/notifications/:name',
    scope: 'admin',
    request: { name: 'string' },
    numbers: [],
  },
];

/** The package name of the proto. */
export const protoPackage = 'coreos.clair';

/** Returns the label of a method in metrics: `v3/getAncestry`. */
export function metricLabelOf(method: keyof V3Methods): string {
  return `v3/${method.charAt(0).toLowerCase()}${method.slice(1)}`;
}

/** Returns the ancestry or the notification that a request names, for the log. */
export function logDetailsOf(request: object): LogDetails {
  const { ancestry_name: ancestry, name: notification } = request as Readonly<Record<string, unknown>>;
  return {
    ...(typeof ancestry === 'string' && ancestry !== '' && { ancestry }),
    ...(typeof notification === 'string' && notification !== '' && { notification }),
  };
}

/** Returns the method at a gRPC path; undefined for other services. */
export function rpcByPath(path: string): Rpc | undefined {
  return rpcs.find(({ service, method }) => path === `/${protoPackage}.${service}/${method}`);
}
