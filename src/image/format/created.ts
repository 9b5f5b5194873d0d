import type { Target } from '../../model/report.ts';
import type { ImageConfig } from './documents.ts';

/** Returns the creation time in the configuration, as RFC 3339 in UTC, or nothing if it is not a valid time. */
export function createdOf({ created }: Pick<ImageConfig, 'created'>): Pick<Target, 'created'> {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(created ?? '') ? new Date(created ?? '') : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) return {};
  return { created: time.toISOString().replace(/\.\d+Z$/, 'Z') };
}
