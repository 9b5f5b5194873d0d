import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const info = [
  'go1.26.5-X:jsonv2',
  'path\texample.com/app/cmd/app',
  'mod\texample.com/app\t(devel)\t',
  'dep\tgopkg.in/yaml.v3\tv3.0.1\th1:a=',
  'dep\tgithub.com/acme/left\tv1.0.0',
  '=>\t./left\t(devel)\t',
  'build\t-ldflags="-s -w -X main.version=v1.2.3"',
  'build\tvcs.revision=ee646b4ed8d3aabbccddeeff0011223344556677',
  'build\tvcs.time=2023-04-22T20:40:55Z',
].join('\n');

const seeds = (): Input[] => [
  files({
    'go-build-info': info,
    'go-functions':
      'net/http.(*Server).Serve.func1\0slices.Sort[go.shape.[]int]\0main.run\0gopkg.in/yaml%2ev3.F\0',
  }),
  files({ 'go-build-info': 'go1.19.8\n' }),
];

const ownWords = words(
  '\t',
  '=>\t',
  'dep\t',
  'mod\t',
  'build\t',
  '-ldflags=',
  ' -X ',
  '"',
  "'",
  '=',
  '(devel)',
  '\0',
  '[',
  ']',
  '%2e',
  '.func1',
);

/** Build information and names of functions of Go programs. */
export const targets: ListerTargets = { golang: { seeds, mutations: [...textMutations, ownWords] } };
