import { baseOf, parentOf } from '../src/kit/tar/path.ts';
import type { PackageLister, ProgramPart } from '../src/plugin/package-lister.ts';

/**
 * Returns a lister of programs as one of files: those with the names of parts are the parts of one program, and the others are files. The
 * directory of a part is the path of the program: `usr/bin/node/version-texts`. Returns any other lister unchanged.
 */
export function listerOfParts(lister: PackageLister): PackageLister {
  const { listProgram, programParts = [] } = lister;
  if (listProgram === undefined) return lister;
  const partOf = (path: string): ProgramPart | undefined =>
    programParts.find((part) => part === baseOf(path));
  return {
    ...lister,
    wants: [...lister.wants, ...programParts],
    *list(files) {
      const others = [...files].filter(([path]) => partOf(path) === undefined);
      yield* lister.list(new Map(others));
      const parts = new Map(
        [...files].flatMap(([path, content]) => {
          const part = partOf(path);
          return part === undefined ? [] : [[part, content]];
        }),
      );
      const path = [...files.keys()].find((one) => partOf(one) !== undefined);
      if (path === undefined) return;
      for (const event of listProgram(parentOf(path) || path, parts)) yield { ...event, path };
    },
  };
}
