// Loaded into the attacked server: SIGUSR2 collects all garbage and gives free pages back, as V8 does by itself only under pressure.
'use strict';
const { runInNewContext } = require('node:vm');
const { setFlagsFromString } = require('node:v8');
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  process.on('SIGUSR2', () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }));
}
