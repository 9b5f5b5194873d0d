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
  summary: 'How many at the most; more than 1,000 counts as 1,000.',
};
const page: QueryDescription = {
  type: 'string',
  summary: 'Where to go on: the `NextPage` of the page before.',
};

/** What the routes of Clair's first API are for, for the OpenAPI document. */
export const v1Descriptions = {
  postLayer: {
    summary: 'Reads a layer and stores it under its name, upon the layer that it names as its parent.',
    requestType: layerEnvelope,
    responseType: layerEnvelope,
    status: 201,
    errorStatuses: [400, 422, 503],
  },
  getLayer: {
    summary: 'Tells what is known of a layer.',
    query: {
      features: { type: 'string', allowsEmptyValue: true, summary: 'Where it is there, packages are told.' },
      vulnerabilities: {
        type: 'string',
        allowsEmptyValue: true,
        summary: 'Where it is there, packages are told with their vulnerabilities.',
      },
    },
    responseType: layerEnvelope,
    errorStatuses: [404],
  },
  deleteLayer: { summary: 'Forgets a layer and all that were posted upon it.', errorStatuses: [404] },
  getNamespaces: {
    summary: 'Tells which namespaces are known.',
    responseType: namespaceEnvelope,
    errorStatuses: [503],
  },
  getVulnerabilities: {
    summary: 'Lists the vulnerabilities of a namespace, by the order in which they were last written.',
    query: { limit, page },
    responseType: vulnerabilityEnvelope,
    errorStatuses: [400, 404, 503],
  },
  postVulnerability: {
    summary:
      'Writes a vulnerability, and adds the fixes given to those that are known. Each of `FixedIn` needs `VersionFormat`: `dpkg` or `rpm`.',
    requestType: vulnerabilityEnvelope,
    responseType: vulnerabilityEnvelope,
    status: 201,
    errorStatuses: [400],
  },
  getVulnerability: {
    summary: 'Tells what is known of a vulnerability in a namespace.',
    query: {
      fixedIn: { type: 'string', allowsEmptyValue: true, summary: 'Where it is there, fixes are told too.' },
    },
    responseType: vulnerabilityEnvelope,
    errorStatuses: [404],
  },
  putVulnerability: {
    summary: 'Replaces everything of a vulnerability but its fixes.',
    requestType: vulnerabilityEnvelope,
    responseType: vulnerabilityEnvelope,
    errorStatuses: [400],
  },
  deleteVulnerability: { summary: 'Deletes a vulnerability of a namespace.', errorStatuses: [404] },
  getFixes: {
    summary: 'Lists the packages that a vulnerability touches, with the versions that fix it.',
    responseType: featureEnvelope,
    errorStatuses: [404],
  },
  putFix: {
    summary: 'Says which version of a package fixes a vulnerability.',
    requestType: featureEnvelope,
    responseType: featureEnvelope,
    errorStatuses: [400, 404],
  },
  deleteFix: { summary: 'Says that a vulnerability does not touch a package.', errorStatuses: [404] },
  getNotification: {
    summary: 'Tells what changed of a vulnerability, and which layers it concerns.',
    query: { limit, page },
    responseType: notificationEnvelope,
    errorStatuses: [400, 404, 503],
  },
  deleteNotification: { summary: 'Marks a notification as read.', errorStatuses: [404] },
  getMetrics: { summary: 'The metrics of this server, as Prometheus reads them.', responseType: 'text' },
} as const satisfies Readonly<Record<string, RouteDescription>>;
