import { listSome } from '../kit/collections.ts';
import { functionsIn } from '../model/function-set.ts';
import type { AdvisoryHit } from '../model/hit.ts';
import type { ListedPackage, Location } from '../model/package.ts';
import type { Justification } from '../model/suppression.ts';
import type { GoImport } from '../model/vulnerability.ts';

/** The proof that a program does not contain the functions that have a vulnerability. */
export interface AbsentFunctions {
  readonly reason: string;
  readonly justification: Justification;
}

/** A package with its functions in programs, and where these programs are. */
export type ProgramPackage = Pick<ListedPackage, 'functions'> & {
  readonly location: Location;
  readonly locations?: readonly Location[];
};

/** Functions that a reason names. The others are counted. */
const namedMax = 8;

/**
 * Returns the proof that no function of an advisory is in the programs of a package. Undefined if there may be one, if the functions of the
 * programs are unknown, or if the advisory names none.
 */
export function absentFunctions(
  { id, only }: Pick<AdvisoryHit, 'id' | 'only'>,
  { functions, location, locations = [location] }: ProgramPackage,
): AbsentFunctions | undefined {
  const imports = only?.imports ?? [];
  if (functions === undefined || imports.length === 0) return undefined;
  const contains = functionsIn(functions);
  if (imports.some((one) => mayContain(one, contains))) return undefined;
  const [{ path }] = locations as [Location];
  const programs = locations.length === 1 ? path : `${path} and ${locations.length - 1} more programs`;
  return imports.some(({ path: name }) => contains(name))
    ? {
        reason: `${id} affects only programs with ${list(imports.flatMap(functionNames))}; ${programs} has none of them`,
        justification: 'vulnerable_code_not_present',
      }
    : {
        reason: `${id} affects only programs with the package ${list(imports.map((one) => one.path))}; ${programs} does not contain it`,
        justification: 'vulnerable_code_not_present',
      };
}

/** Whether a program may contain a function of a package. Without names of functions, the whole package has the vulnerability. */
function mayContain({ path, symbols = [] }: GoImport, contains: (name: string) => boolean): boolean {
  return symbols.length === 0 ? contains(path) : symbols.some((symbol) => contains(`${path} ${symbol}`));
}

function functionNames({ path, symbols = [] }: GoImport): string[] {
  return symbols.map((symbol) => `${path}.${symbol}`);
}

function list(names: readonly string[]): string {
  return listSome(names, namedMax);
}
