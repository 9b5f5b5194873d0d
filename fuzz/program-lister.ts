import type { PackageLister, ProgramPart } from '../src/plugin/package-lister.ts';

/**
 * Returns a lister of programs as one of files: those with the names of parts are the parts of one program, and the others are files. Returns
 * any other lister unchanged.
 */
export function listerOfParts(lister: PackageLister): PackageLister {
  const { listProgram, programParts = [] } = lister;
  if (listProgram === undefined) return lister;
  return {
    ...lister,
    wants: [...lister.wants, ...programParts],
    *list(files) {
      const isPart = (path: string): path is ProgramPart => programParts.some((part) => part === path);
      const others = [...files].filter(([path]) => !isPart(path));
      yield* lister.list(new Map(others));
      const parts = new Map([...files].flatMap(([path, content]) => (isPart(path) ? [[path, content]] : [])));
      const [path] = parts.keys();
      if (path !== undefined) yield* listProgram(path, parts);
    },
  };
}
