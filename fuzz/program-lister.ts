import type { PackageLister, ProgramPart } from '../src/plugin/package-lister.ts';

/** Returns a lister of programs as one of files: the files are the parts of one program, by their names. Returns any other unchanged. */
export function listerOfParts(lister: PackageLister): PackageLister {
  const { listProgram, programParts = [] } = lister;
  if (listProgram === undefined) return lister;
  return {
    ...lister,
    wants: programParts,
    *list(files) {
      const [path] = files.keys();
      if (path !== undefined) yield* listProgram(path, files as ReadonlyMap<ProgramPart, Uint8Array>);
    },
  };
}
