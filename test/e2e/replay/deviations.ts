import type { Answer } from './compare.ts';

/** An answer that is otherwise than Clair's on purpose. */
export interface Deviation {
  /** The heading in docs/reference/deviations.md that says why. */
  readonly rule: string;
  /** What is answered instead. The body is that of the recording unless it is given; of JSON, as an object. */
  readonly status?: number;
  readonly body?: object | string;
  readonly location?: string;
}

const features = (
  name: string,
  namespace: string,
  parent: string,
  list: readonly (readonly [string, string, string])[],
  format = 'dpkg',
): object => ({
  Layer: {
    Name: name,
    NamespaceName: namespace,
    ...(parent !== '' && { ParentName: parent }),
    IndexedByVersion: 3,
    ...(list.length > 0 && {
      Features: list.map(([feature, version, addedBy]) => ({
        Name: feature,
        NamespaceName: namespace,
        VersionFormat: format,
        Version: version,
        AddedBy: addedBy,
      })),
    }),
  },
});

/** Deviations by the number of their exchange. */
export type Deviations = Readonly<Record<number, Deviation>>;

export const layerDeviations: Deviations = {};

/** The answer that is expected where a recorded one is deviated from. */
export function expectedAnswer(recorded: Answer, deviation: Deviation | undefined): Answer {
  if (deviation === undefined) return recorded;
  const { status = recorded.status, body, location = recorded.location } = deviation;
  if (body === undefined) return { ...recorded, status, location };
  return typeof body === 'string'
    ? { ...recorded, status, location, body }
    : { status, location, contentType: 'application/json;charset=utf-8', body: `${JSON.stringify(body)}\n` };
}
void features;
