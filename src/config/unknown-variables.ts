import { closestMatch } from '../kit/closest-match.ts';

/** Variables that clair reads elsewhere and that are not settings. */
const otherPrefixes = /^CLAIR_(?:REGISTRY|TEST)_/;

/** Variables that Kubernetes sets for a service called `clair` or `clair-…`. */
const kubernetesVariable =
  /_SERVICE_(?:HOST|PORT)(?:_\w+)?$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/;

/** Maximum edit distance, in characters, between a variable and the setting that it misspells. */
const distanceMax = 2;

/** Variables that begin with `CLAIR_` and set nothing. */
export interface UnknownVariables {
  /** Problems of the variables that resemble a setting. */
  readonly problems: readonly string[];
  /** The names of the others. */
  readonly unknown: readonly string[];
}

/** Finds the variables that set neither a setting nor an option of the command line. */
export function findUnknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  settings: ReadonlySet<string>,
  options: ReadonlySet<string>,
): UnknownVariables {
  const problems: string[] = [];
  const unknown: string[] = [];
  for (const [name, value = ''] of Object.entries(env)) {
    if (!name.startsWith('CLAIR_') || settings.has(name) || options.has(name)) continue;
    if (otherPrefixes.test(name) || isKubernetesVariable(name, value)) continue;
    const meant = closestMatch(name, [...settings], distanceMax);
    if (meant === undefined) unknown.push(name);
    else problems.push(`${name} names no setting: did you mean ${meant}?`);
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
