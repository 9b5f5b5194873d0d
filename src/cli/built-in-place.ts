/** The published database that was chosen at build time, by `tools/bundle.ts`. Empty without one. */
declare const builtInPlace: string;
/** The root document of that database, in base64. Empty without one. */
declare const builtInRoot: string;

/** The published database that commands use if the user names none. Undefined in the sources, and by default. */
const defaultPlace: string | undefined =
  typeof builtInPlace === 'undefined' || builtInPlace === '' ? undefined : builtInPlace;

/** Options that say where advisories come from. */
export interface OriginOptions {
  readonly from?: readonly string[] | undefined;
  readonly mirror?: string | undefined;
  readonly asOf?: string | undefined;
}

/** Returns the places of published databases: those that the user names, or else the built-in one, and then the vendors. */
export function placesOf({ from, mirror, asOf }: OriginOptions): readonly string[] {
  if (from !== undefined) return from;
  // A mirror is the place of the user, and a published database has no history.
  const isLeftToVendors = defaultPlace === undefined || mirror !== undefined || asOf !== undefined;
  return isLeftToVendors ? [] : [defaultPlace, 'vendors'];
}

/** Returns the root document of the built-in place, if these are its places. */
export function builtInRootFor(places: readonly string[] | undefined): Buffer | undefined {
  if (typeof builtInRoot === 'undefined' || builtInRoot === '') return undefined;
  return places?.[0] === defaultPlace ? Buffer.from(builtInRoot, 'base64') : undefined;
}
