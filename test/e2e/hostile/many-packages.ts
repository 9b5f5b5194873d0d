import { goProgram } from '../../../src/testing/go-program.ts';
import type { HostileImage, Sizes } from './hostile-image.ts';
import { layeredImage, zstd } from './layered-image.ts';
import { end, members, system } from './tar-pieces.ts';

/** Modules of each program, besides the standard library. */
const modules = 19;

/** Layers with very many language packages, below all limits. */
export function manyPackages({ goPrograms: count, packages }: Sizes): HostileImage[] {
  return [
    layeredImage(
      `${packages} different npm packages`,
      { packages: 'some' },
      zstd(() => npmPackages(packages)),
    ),
    layeredImage(
      `${count} Go programs of the same modules`,
      { packages: 'some' },
      zstd(() => programs(count, { versions: 1, functions: 500 })),
    ),
    layeredImage(
      `${count} Go programs of different modules`,
      { packages: 'some' },
      zstd(() => programs(count, { versions: count, functions: 20 })),
    ),
  ];
}

/** Content of the programs: different versions of each module, and functions of each module in each program. */
interface ProgramsPlan {
  readonly versions: number;
  readonly functions: number;
}

/** Yields a layer with programs, whose functions all differ. */
function* programs(count: number, { versions, functions }: ProgramsPlan): Generator<Uint8Array> {
  yield system;
  const names = Array.from({ length: modules }, (_, i) => `example.com/organization/module-${i}`);
  for (let program = 0; program < count; program++) {
    const lines = names.map((name) => `dep\t${name}\tv1.${program % versions}.0\th1:x`);
    const ofModules = names.flatMap((name) =>
      Array.from({ length: functions }, (_, i) => `${name}/directory.(*Type).f${program}x${i}`),
    );
    const content = goProgram({
      lines: ['path\texample.com/app', ...lines],
      functions: ['runtime.main', ...ofModules],
    });
    yield members({ path: `usr/local/bin/program-${program}`, content });
  }
  yield end;
}

/** Yields a layer with packages whose names and versions differ. */
function* npmPackages(count: number): Generator<Uint8Array> {
  yield system;
  for (let first = 0; first < count; first += 1000)
    yield members(
      ...Array.from({ length: Math.min(1000, count - first) }, (_, i) => ({
        path: `app/node_modules/package-${first + i}/package.json`,
        content: JSON.stringify({ name: `package-${first + i}`, version: `1.0.${i}`, license: 'MIT' }),
      })),
    );
  yield end;
}
