import { dateEvidence } from '../model/content-date.ts';
import type { FeedState } from '../store/feed-state.ts';
import type { Job } from '../store/job-store.ts';
import type { Schema } from './http/go-schema.ts';

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time' };

/** Schemas of all keys of a `FeedState`, and of `stale`: whether the latest content of its source is too old. */
const properties: Readonly<Record<keyof FeedState | 'stale', Schema>> = {
  source: text,
  feed: text,
  sourceVersion: { type: 'integer' },
  origin: text,
  presence: { enum: ['loaded', 'absent', 'failed'] },
  fingerprint: text,
  fetchedAt: time,
  checkedAt: time,
  newestAdvisory: { type: ['string', 'null'] },
  contentDate: { type: ['string', 'null'], format: 'date-time' },
  contentEvidence: { enum: [...dateEvidence, null] },
  contentModel: text,
  records: { type: 'integer' },
  skipped: {
    type: 'object',
    properties: {
      count: { type: 'integer' },
      sample: { type: 'array', items: { type: 'object', properties: { key: text, reason: text } } },
    },
  },
  kept: { type: 'array', items: text },
  stale: { type: 'boolean' },
  lastFailure: { type: ['object', 'null'], properties: { at: time, message: text } },
};

/** Keys that are absent if their value is unknown. */
const optionalKeys: ReadonlySet<string> = new Set<keyof FeedState>(['contentModel']);

const feedState: Schema = {
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optionalKeys.has(key)),
};

/** Schemas of all keys of a `Job`. */
const jobProperties: Readonly<Record<keyof Job, Schema>> = {
  name: text,
  kind: text,
  lane: text,
  state: { enum: ['waiting', 'running', 'failed'] },
  runAt: time,
  attempt: { type: 'integer' },
  error: { type: ['string', 'null'] },
};

/** The response of `/status`. */
export const feedAndJobStatusSchema: Schema = {
  type: 'object',
  properties: {
    feeds: { type: 'array', items: feedState },
    jobs: {
      type: 'array',
      items: { type: 'object', properties: jobProperties, required: Object.keys(jobProperties) },
    },
  },
  required: ['feeds', 'jobs'],
};

const count: Schema = { type: 'integer' };

/** Schema of a `MissingPart`. */
const missingPart: Schema = {
  type: 'object',
  properties: { part: { enum: ['database', 'schema', 'feeds', 'jobs'] }, reason: text },
  required: ['part', 'reason'],
};

/** The response of `/ready` and `/readyz`. Without the database, it has no feeds. */
export const readinessSchema: Schema = {
  type: 'object',
  properties: {
    ready: { type: 'boolean' },
    missing: { type: 'array', items: missingPart },
    feeds: { type: 'object', properties: { loaded: count, unavailable: count, waiting: count } },
    oldestCheck: { type: ['string', 'null'], format: 'date-time' },
    notLoaded: { type: 'array', items: text },
  },
  required: ['ready', 'missing'],
};
