import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type Compression, compressionOf } from '../../../src/kit/decompress/compression.ts';
import { inflaterFor } from '../../../src/kit/decompress/inflater-for.ts';
import { corpusFiles } from '../corpus-seeds.ts';
import { assertExpectedError, InvariantViolation } from '../invariants.ts';
import { streamMutations } from '../mutation/compressed.ts';
import type { Mutation } from '../mutation/mutation.ts';
import { inAnyPieces } from '../pieces.ts';
import { layerTars } from '../seed-archives.ts';
import { bytesOf, single, type Target } from './target.ts';

type Packed = Exclude<Compression, 'none'>;

/** Maximum inflated bytes here; larger outputs are truncated. */
const outputBytesMax = 2 * 1024 * 1024;

class TooMuch extends Error {}

/** Returns a target for each inflater. */
export function inflaterTargets(): Target[] {
  return [
    inflaterTarget('gzip', () => texts().map((text) => gzipSync(text)), streamMutations),
    inflaterTarget('zstd', () => texts().map((text) => zstdCompressSync(text)), streamMutations),
    inflaterTarget('xz', () => xzSamples.map(fromBase64), []),
    inflaterTarget('bzip2', () => bzip2Samples.map(fromBase64), []),
  ].filter(({ name }) => isReadable(name as Packed));
}

function inflaterTarget(
  compression: Packed,
  samples: () => Buffer[],
  mutations: readonly Mutation[],
): Target {
  return {
    name: compression,
    paths: [''],
    seeds: () =>
      [
        ...samples(),
        ...corpusFiles('images', new RegExp(`\\.(?:${compression}|${endings[compression]})$`), 4),
      ].map(single),
    mutations,
    async run(input) {
      const bytes = bytesOf(input);
      const whole = await inflate(compression, [bytes]);
      const inPieces = await inflate(compression, inAnyPieces(bytes));
      // libzstd enforces the stated size of a frame only if it gets the whole frame at once.
      if (compression !== 'zstd' && typeof whole !== typeof inPieces)
        throw new InvariantViolation(
          `refused only ${typeof whole === 'string' ? 'as a whole' : 'in pieces'}`,
        );
      if (typeof whole !== 'string' && typeof inPieces !== 'string' && !whole.equals(inPieces))
        throw new InvariantViolation('the result differs when inflated in pieces');
      compare(compression, bytes, whole);
    },
  };
}

async function inflate(compression: Packed, pieces: readonly Buffer[]): Promise<Buffer | string> {
  const output: Buffer[] = [];
  let size = 0;
  try {
    const inflater = inflaterFor(compression, (bytes) => {
      size += bytes.length;
      if (size > outputBytesMax) throw new TooMuch();
      output.push(Buffer.from(bytes));
    });
    for (const piece of pieces) {
      // The inflater reuses the memory of a chunk.
      const taken = Buffer.from(piece);
      await inflater.push(taken);
      taken.fill(0xaa);
    }
    await inflater.end();
    return Buffer.concat(output);
  } catch (error) {
    return assertExpectedError(error, Error);
  }
}

/** Compares with the public functions of node:zlib, if they accept the input. Those for zstd handle one frame only. */
function compare(compression: Packed, bytes: Buffer, ours: Buffer | string): void {
  if (typeof ours === 'string' || (compression !== 'gzip' && compression !== 'zstd')) return;
  let theirs: Buffer;
  try {
    theirs = (compression === 'gzip' ? gunzipSync : zstdDecompressSync)(bytes, {
      maxOutputLength: outputBytesMax,
    });
  } catch {
    return;
  }
  const isPart =
    compression === 'zstd' ? ours.subarray(0, theirs.length).equals(theirs) : ours.equals(theirs);
  if (!isPart) throw new InvariantViolation('the result differs from node:zlib');
}

function isReadable(compression: Packed): boolean {
  try {
    inflaterFor(compression, () => undefined);
    return true;
  } catch {
    return false;
  }
}

function texts(): Uint8Array[] {
  return [new Uint8Array(), Buffer.from('clair'), Buffer.alloc(300_000, 'clair'), ...layerTars()];
}

const endings: Readonly<Record<Packed, string>> = { gzip: 'gz', zstd: 'zst', xz: 'txz', bzip2: 'bz2' };

function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (compressionOf(bytes) === 'none') throw new Error('a sample has the wrong format');
  return bytes;
}

/**
 * Written by xz 5: a word; nothing; two streams with different checks and padding between them; literals at other positions; noise; several
 * blocks.
 */
const xzSamples: readonly string[] = [
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAEY2xhaXIAAAAA5YOJ8XOJAqUAAR0FuC2Arx+2830BAAAAAARZWg==',
  '/Td6WFoAAATm1rRGAAAAABzfRCEftvN9AQAAAAAEWVo=',
  '/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AMbAPddADGbCEeC7AsFk0MQM9cxgFDlIOzxpPLkg2y8h1QIcWypxgyIsz5dwsnLXQlL4uln6MfmUX39djcUdCFaHMo3jAwT//ugVTq2R5j8mCnHEyZ2SasahrqV0Bbl9auRizfDi6SLUV+B15yuGN+xLBkOYiEIyyYCXcaoe96sXVpsP1mODi65HZtS6W9FVk1d4roO8U0ll/ixAtufjSyK/blrHTS4zH66u9nlsRfdtNHAqTUwbaICEmn0FG12ss1EHSAqS48zUHfT7Dn5mAwdfSUvvmQSWQ/CohCbREgJXcxI8EEe48WmgENvQZWOA59r5azO3f3wLFoLIAAAAJEhhtYAAY8CnAYAAB4DaKU+MA2LAgAAAAABWVoAAAAA/Td6WFoAAArh+wyhAgAhARYAAAB0L+WjAQAEY2xhaXIAAAAA4igYgCemYW4dL/UQ1nOJF8gISX7Xp4GXEhwUJEIPupsAATUFEoPd8hibS5oBAAAAAApZWgAAAAA=',
  '/Td6WFoAAAD/EtlBAgAhAQAAAAA3J5fW4AMbARISADGb4U3J0/57g1ewLHto00pxmTRksXxX2BrhY/YWEmxgu5QCDBcTq8AxWQNspHi2OpzP8/+I2R711Jf6spOC4N+B7PseX81KU4tmvZeuXktx+gkB0HFnBtr6trBUY5JNhMyBU2v6EpsID5ft7lqi3+0xF5OXp3g4NXqnlyET215HPxhYwGmcGX+AfBvrfOFfGsUiIQgfDlkW+jX2ISwLMZsQ08mrfuXmBwfkcObpyIkSpkR4o1lb/OUmSX7pb9N4m97V3AbEP6xsWPrhcZhXtTXWaglrUsnf9DySpwWajNyAp6J6Ew5jHeAMRdQyZ1D6TpAE15OiTWlohhn+0GMkkIeyPrTrbFBVY8UlSBH+bSqLIAAAAAAAAaYCnAYAAOBXy4WoAAr8AgAAAAAAWVo=',
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AMfAahdACIIDEPIKxmG8rIFI79PmZRyDEMLECp9MYjVbVE3a5TnOg5955ezSnu4gr288lUkpah/P2D+XM3gjaof/9o4o6xNhuMGoLzLXeSccIaaiUTtno2Po9L6xirDck4V491BIUtakgOBlPl0SKt+7/beqji4WOeLsDC9ezUDotmnPxpbYOUTLj5jGlxYtH3fJSX57XoknohPMWnFspV/IJmthzayIUM/ZMkcOQWP3XjGB+M6ggOrln1bUpeHZBBstueMVO5ltgKBjKbsPiyXK0+fmg5ZyVb7Bp1/KNV6r/PN8vqrZT1maPcV05HQzs34wV8EgeYgRpCsYNwHl/FqjgbV4w3ToAa5sL+BsaRFuLBLYtlje7EqyNVKJqF/i160y+/r6nGsWbPbKxjFyi+7bdu+joXXUi9B4yAmlPySaQuOU2guk0TfVEpJe+LY56pFeBeSq6p7/xPkmitSyCocj7i7N1zYiU2qngRbqS9aZX/dDWUuL+AVlB+PerXa9TpovpU++L0Cup3VgF4e2n2Fm442T1mVd7l5QnzPPg1gWh/IzC5P3EOPkeLcAAAAhwWcuJ7cQxYAAcQDoAYAABiXakexxGf7AgAAAAAEWVo=',
  '/Td6WFoAAATm1rRGA8ATyAEhARYAAAAAZSD44+AAxwALXQAxmwhHgvThQSMAAAAAJjWrLrZkOP4DwBPIASEBFgAAAABlIPjj4ADHAAtdADGbCEeC9OFBIwAAAAAmNasutmQ4/gPAE8gBIQEWAAAAAGUg+OPgAMcAC10AMZsIR4L04UEjAAAAACY1qy62ZDj+AAMryAEryAEryAEADv/KZhQXOzADAAAAAARZWg==',
];

/** Written by bzip2 1.0: a word; nothing; two streams; a long run. */
const bzip2Samples: readonly string[] = [
  'QlpoOTFBWSZTWUTWD2QAAACBgCgkEAAgACGGgZoDU3F3JFOFCQRNYPZA',
  'QlpoORdyRThQkAAAAAA=',
  'QlpoMTFBWSZTWaNVzK4AAHJ/////////////////////////////////////////////sAD6kIAAAAAAAAAACYAAAAAAAAAABMAAAAAAAAAAAAAAAAAAJgJhJgAJgACYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAESiBkNJpkYEabQE0GEYAEYjCYJhGEwBGA0ammmmEwJgIMAABGEaGRgTJgARgCZMATQNMTEyaYEDsYNKCkqKywcPLS4vIGHAMeCZGfC4ZoamxucHPE4p1xiZEYIQgAieHp8foCDx0JsLC0uLzAxMjM0NTY3ODk6Ozw9Pj/+ICChIaIioyOkJKUlpianJ6goqSmqKqsrrCytLa4ztDS1NaULd/w0G4kAAIBodfoCEIAUOw4OLk5ug8AAQOrsOAAEBIg7vBPsjgABA8sPaeu299x8fX5/7sBAwUHCQvehoeIiYqLjO/4PD4o2Oj5CRkpOUlZaam5ydnp+goaKjpKWmp6ipqqusra6vsLGys7S1tre4ubq7vL2+v8DBwsPExcbHyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5ufo6err7O3u7/Dx8vP/enr7e/x8yP1O//7/P0XckU4UJCjVcyuAQlpoOTFBWSZTWUTWD2QAAACBgCgkEAAgACGGgZoDU3F3JFOFCQRNYPZA',
  'QlpoOTFBWSZTWU/9+QIAAMR///ULoQREBEyGFAAJwKEpZ4QQYCSKEDBlGpyhjlJFGGN6oAB0KiAAAAGgNB6gaABkeoGjQ2o9MmUGlQaANDQAGgZDIaDQANBoD1Gg0GwAQAJJyRAEACxOAAQALncg2T1j+RvmNtnyZKLvWNPHuXaVCtJHhoXGVmvTAdSYmeBzaSF8J8hbV1ePclWUc/ax+OIVRA/Ldmu6VhtwbrZPmApitII4gyAgABIAAJdTo/i7kinChIJ/78gQ',
];
