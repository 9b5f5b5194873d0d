import type { QueryDescription, RouteDescription } from '../openapi.ts';
import {
  featureEnvelope,
  layerEnvelope,
  namespaceEnvelope,
  notificationEnvelope,
  vulnerabilityEnvelope,
} from './types.ts';

const limit: QueryDescription = {
  type: 'integer',
  isRequired: true,
  summary: 'Maximum number of entries; more than 1,000 counts as 1,000.',
};
const page: QueryDescription = {
  type: 'string',
  summary: 'Start of the page: `NextPage` of the previous page.',
};

/** Descriptions of the routes of the Clair v1 API for the OpenAPI document. */
export const v1Descriptions = {
  postLayer: {
    summary: 'Reads a layer and stores it under its name, on top of its parent layer.',
    requestType: layerEnvelope,
    responseType: layerEnvelope,
    status: 201,
    errorStatuses: [400, 422, 503],
  },
  getLayer: {
    summary: 'Returns a layer, optionally with its packages and their vulnerabilities.',
    query: {
      features: { type: 'string', allowsEmptyValue: true, summary: 'If present, the packages are included.' },
      vulnerabilities: {
        type: 'string',
        allowsEmptyValue: true,
        summary: 'If present, the packages are included with their vulnerabilities.',
      },
    },
    responseType: layerEnvelope,
    errorStatuses: [404],
  },
  deleteLayer: { summary: 'Deletes a layer and all layers on top of it.', errorStatuses: [404] },
  getNamespaces: {
    summary: 'Lists the namespaces.',
    responseType: namespaceEnvelope,
    errorStatuses: [503],
  },
  getVulnerabilities: {
    summary: 'Lists the vulnerabilities of a namespace, in the order of their last write.',
    query: { limit, page },
    responseType: vulnerabilityEnvelope,
    errorStatuses: [400, 404, 503],
  },
  postVulnerability: {
    summary:
      'Creates or updates a vulnerability, and adds the given fixes to the existing ones. Each entry of `FixedIn` needs `VersionFormat`: `dpkg` or `rpm`.',
    requestType: vulnerabilityEnvelope,
    responseType: vulnerabilityEnvelope,
    status: 201,
    errorStatuses: [400],
  },
  getVulnerability: {
    summary: 'Returns a vulnerability of a namespace.',
    query: {
      fixedIn: { type: 'string', allowsEmptyValue: true, summary: 'If present, the fixes are included.' },
    },
    responseType: vulnerabilityEnvelope,
    errorStatuses: [404],
  },
  putVulnerability: {
    summary: 'Replaces a vulnerability, except its fixes.',
    requestType: vulnerabilityEnvelope,
    responseType: vulnerabilityEnvelope,
    errorStatuses: [400],
  },
  deleteVulnerability: { summary: 'Deletes a vulnerability of a namespace.', errorStatuses: [404] },
  getFixes: {
    summary: 'Lists the packages that a vulnerability affects, with the versions that fix it.',
    responseType: featureEnvelope,
    errorStatuses: [404],
  },
  putFix: {
    summary: 'Sets the version of a package that fixes a vulnerability.',
    requestType: featureEnvelope,
    responseType: featureEnvelope,
    errorStatuses: [400, 404],
  },
  deleteFix: { summary: 'Removes a package from a vulnerability.', errorStatuses: [404] },
  getNotification: {
    summary: 'Returns the change of a vulnerability, and the affected layers.',
    query: { limit, page },
    responseType: notificationEnvelope,
    errorStatuses: [400, 404, 503],
  },
  deleteNotification: { summary: 'Marks a notification as read.', errorStatuses: [404] },
  getMetrics: {
    summary: 'Returns the metrics of this server in the text format of Prometheus.',
    responseType: 'text',
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;
