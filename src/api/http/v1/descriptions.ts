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
    takes: layerEnvelope,
    gives: layerEnvelope,
    status: 201,
    faults: [400, 422, 503],
  },
  getLayer: {
    summary: 'Tells what is known of a layer.',
    query: {
      features: { type: 'string', allowsNothing: true, summary: 'Where it is there, packages are told.' },
      vulnerabilities: {
        type: 'string',
        allowsNothing: true,
        summary: 'Where it is there, packages are told with their vulnerabilities.',
      },
    },
    gives: layerEnvelope,
    faults: [404],
  },
  deleteLayer: { summary: 'Forgets a layer and all that were posted upon it.', faults: [404] },
  getNamespaces: { summary: 'Tells which namespaces are known.', gives: namespaceEnvelope, faults: [503] },
  getVulnerabilities: {
    summary: 'Lists the vulnerabilities of a namespace, by the order in which they were last written.',
    query: { limit, page },
    gives: vulnerabilityEnvelope,
    faults: [400, 404, 503],
  },
  postVulnerability: {
    summary:
      'Writes a vulnerability, and adds the fixes given to those that are known. Each of `FixedIn` needs `VersionFormat`: `dpkg` or `rpm`.',
    takes: vulnerabilityEnvelope,
    gives: vulnerabilityEnvelope,
    status: 201,
    faults: [400],
  },
  getVulnerability: {
    summary: 'Tells what is known of a vulnerability in a namespace.',
    query: {
      fixedIn: { type: 'string', allowsNothing: true, summary: 'Where it is there, fixes are told too.' },
    },
    gives: vulnerabilityEnvelope,
    faults: [404],
  },
  putVulnerability: {
    summary: 'Replaces everything of a vulnerability but its fixes.',
    takes: vulnerabilityEnvelope,
    gives: vulnerabilityEnvelope,
    faults: [400],
  },
  deleteVulnerability: { summary: 'Deletes a vulnerability of a namespace.', faults: [404] },
  getFixes: {
    summary: 'Lists the packages that a vulnerability touches, with the versions that fix it.',
    gives: featureEnvelope,
    faults: [404],
  },
  putFix: {
    summary: 'Says which version of a package fixes a vulnerability.',
    takes: featureEnvelope,
    gives: featureEnvelope,
    faults: [400, 404],
  },
  deleteFix: { summary: 'Says that a vulnerability does not touch a package.', faults: [404] },
  getNotification: {
    summary: 'Tells what changed of a vulnerability, and which layers it concerns.',
    query: { limit, page },
    gives: notificationEnvelope,
    faults: [400, 404, 503],
  },
  deleteNotification: { summary: 'Marks a notification as read.', faults: [404] },
  getMetrics: { summary: 'The metrics of this server, as Prometheus reads them.', gives: 'text' },
} as const satisfies Readonly<Record<string, RouteDescription>>;
