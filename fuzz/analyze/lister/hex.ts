import type { ListerFormat, ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'opt/shop/lib/plug-1.15.3/ebin/plug.app':
      '%% coding\n{application,plug,\n [{description,"A \\"b\\""},{modules,[\'Elixir.Plug\']},{env,[{a,$,},{b,<<"x">>},{c,-1.5}]},{vsn,"1.15.3"}]}.\n',
    'opt/shop/lib/ssl-10.8/ebin/ssl.app': '{application, ssl, [{vsn, "10.8"}]}.\n',
    'opt/shop/releases/0.5.2/shop.rel':
      '{release,{"shop","0.5.2"},{erts,"13.1.5"},[{kernel,"8.5.3",permanent}]}.\n',
  }),
];

const ownWords = words(
  '{',
  '}',
  '[',
  ']',
  ',',
  '"',
  "'",
  '<<',
  '$',
  '\\',
  '%',
  '{vsn,"1"}',
  'application',
  'release',
  '.',
);

/** Terms of Erlang, as `otp` reads them, too. */
export const termFormat: ListerFormat = { seeds, mutations: [...textMutations, ownWords] };

/** Resource files of Erlang applications. */
export const targets: ListerTargets = { hex: termFormat };
