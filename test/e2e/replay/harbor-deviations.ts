/** A response that differs from that of Harbor's adapter on purpose. */
export interface HarborDeviation {
  /** Heading in docs/reference/deviations.md with the reason. */
  readonly rule: string;
  readonly status?: number;
  /** Whether this server has no such route or state, so that there is nothing to compare. */
  readonly isAbsent?: true;
}

/** Deviations by the number of their exchange. */
export type HarborDeviations = Readonly<Record<number, HarborDeviation>>;

/** Deviations in the recording of the adapter. */
export const harborDeviations: HarborDeviations = {
  5: { rule: 'Health checks have their own port', isAbsent: true },
  6: { rule: 'Health checks have their own port', isAbsent: true },
  9: { rule: 'Wrong methods get 405', status: 405 },
  26: { rule: 'Media types are compared by their meaning', status: 200 },
  27: { rule: 'Media types are compared by their meaning', status: 200 },
  40: { rule: 'An image that is not assessed is an error', status: 500 },
  50: { rule: 'Media types are compared by their meaning', status: 400 },
  51: { rule: 'Errors have the media type of the specification' },
  63: { rule: 'Passing faults do not fail a scan', status: 302 },
  72: { rule: 'A wrong request is refused at once', status: 422 },
  73: { rule: 'A wrong request is refused at once', status: 404 },
  75: { rule: 'A wrong request is refused at once', status: 404 },
  86: { rule: 'Optional fields may be absent', status: 202 },
  91: { rule: 'A wrong request is refused at once', status: 422 },
};

/** Deviations in the recording of the adapter without its database of vulnerabilities, and without its queue. */
export const harborNoDatabaseDeviations: HarborDeviations = {
  10: { rule: 'SBOMs need no advisories', status: 200 },
  12: { rule: 'Health checks have their own port', isAbsent: true },
  13: { rule: 'Health checks have their own port', isAbsent: true },
  15: { rule: 'The queue is in the database', isAbsent: true },
  16: { rule: 'The queue is in the database', isAbsent: true },
};
