#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from './cli/cache-directory.ts';

// Compiled code is kept between runs, which takes a tenth off a short one; where it cannot be kept, nothing is lost.
enableCompileCache(join(cacheDirectory(), 'code'));
const { main } = await import('./main.ts');
await main();
