import { closestMatch } from '../kit/closest-match.ts';

/** Returns whether a variable is for clair but sets neither a setting nor an option. */
export function isReadElsewhere(name: string): boolean {
  return /^CLAIR_(?:(?:REGISTRY|TEST)_|SERVER_TOKEN$)/.test(name);
}

/** Variables that Kubernetes sets for a service called `clair` or `clair-…`. */
const kubernetesVariable =
  /_SERVICE_(?:HOST|PORT)(?:_\w+)?$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/;

/** Maximum edit distance, in characters, between a variable and the one that it misspells. Short names have many neighbours. */
function distanceMaxOf(name: string): number {
  return Math.min(2, Math.trunc((name.length - 'CLAIR_'.length) / 3));
}

/** Variables that begin with `CLAIR_` and set nothing. */
export interface UnknownVariables {
  /** Problems of the variables that resemble a known one. */
  readonly problems: readonly string[];
  /** The names of the others. */
  readonly unknown: readonly string[];
}

/** The variables that have a meaning. */
export interface KnownVariables {
  /** Those that a misspelt variable may mean. */
  readonly known: ReadonlySet<string>;
  /** Others that are read elsewhere. */
  readonly others?: ReadonlySet<string>;
  /** Noun in messages for what a known variable sets. */
  readonly noun: 'setting' | 'option';
}

/** Finds the variables that begin with `CLAIR_` and set nothing. */
export function findUnknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  { known, others = new Set(), noun }: KnownVariables,
): UnknownVariables {
  const problems: string[] = [];
  const unknown: string[] = [];
  for (const [name, value = ''] of Object.entries(env)) {
    if (!name.startsWith('CLAIR_') || known.has(name) || others.has(name)) continue;
    if (isReadElsewhere(name) || isKubernetesVariable(name, value)) continue;
    const meant = closestMatch(name, [...known], distanceMaxOf(name));
    if (meant === undefined) unknown.push(name);
    else problems.push(`${name} names no ${noun}: did you mean ${meant}?`);
  }
  return { problems, unknown: unknown.sort() };
}

/**
 * Returns whether Kubernetes set a variable that has the name of a setting. For a service called `clair-api` it sets
 * `CLAIR_API_PORT=tcp://…`.
 */
export function isServiceAddress(name: string, value: string): boolean {
  return name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value);
}

function isKubernetesVariable(name: string, value: string): boolean {
  if (!kubernetesVariable.test(name)) return false;
  return (
    !name.endsWith('_PORT') ||
    name.endsWith('_SERVICE_PORT') ||
    isServiceAddress(name, value) ||
    /_(?:TCP|UDP|SCTP)_PORT$/.test(name)
  );
}
