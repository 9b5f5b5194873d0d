import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'app/Shop.deps.json':
      '{"runtimeTarget":{"name":".NETCoreApp,Version=v8.0/linux-x64"},"targets":{".NETCoreApp,Version=v8.0/linux-x64":{"A/1.0.0":{"runtime":{"lib/A.dll":{}}},"runtimepack.B/8.0.1":{"native":{"b.so":{}}}}},"libraries":{"A/1.0.0":{"type":"package"},"runtimepack.B/8.0.1":{"type":"runtimepack"},"Shop/1.0.0":{"type":"project"}}}',
    'usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/Microsoft.NETCore.App.deps.json':
      '{"runtimeTarget":".NETCoreApp,Version=v8.0/linux-x64","targets":{},"libraries":{"A/1":{"type":"package"}}}',
  }),
];

const bundled = (): Input[] => [
  files({
    'dotnet-dependencies':
      '{"runtimeTarget":{"name":"net8.0"},"targets":{"net8.0":{"A/1.0.0":{"runtime":{"lib/A.dll":{}}}}},"libraries":{"A/1.0.0":{"type":"package"},"Shop/1.0.0":{"type":"project"}}}',
  }),
];

const ownWords = words(
  '{',
  '}',
  '[]',
  '":',
  '"type":"package"',
  '"runtime":',
  'runtimepack.',
  '/1.0',
  'null',
  '\uFEFF',
);

/** Dependency files of .NET applications, and those in programs. */
export const targets: ListerTargets = {
  nuget: { seeds, mutations: [...textMutations, ownWords] },
  'nuget-bundle': { seeds: bundled, mutations: [...textMutations, ownWords] },
};
