import { rhelContentManifest } from '../../../src/analyze/package/rhel-content-manifest.ts';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { concrete, files, type Input } from '../target/target.ts';

const texts = [
  '{"metadata":{"icm_version":1,"icm_spec":"x","image_layer_index":1},"content_sets":["rhel-9-for-x86_64-baseos-rpms"],"image_contents":[]}',
  'FROM x\nLABEL "com.redhat.component"="ubi9-container" name="ubi9" version="9.4" "release"="1" architecture="x86_64"\n',
];

const seeds = (): Input[] =>
  rhelContentManifest.wants.flatMap((pattern) => texts.map((text) => files({ [concrete(pattern)]: text })));

const ownWords = words('{', '}', '[]', '":', '"content_sets":[', '"metadata":{', 'null', '\n');

/** Red Hat content manifests, and invalid data in place of the dnf history. */
export const targets: ListerTargets = {
  'rhel-content-manifest': { seeds, mutations: [...textMutations, ownWords] },
};
