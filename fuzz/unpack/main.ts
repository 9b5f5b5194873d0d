/**
 * Compares what clair reads of unusual images with what container runtimes unpack:
 *
 *     node fuzz/unpack/main.ts --images 2000 --seed 1 [--artifacts DIR]
 *     node fuzz/unpack/main.ts --confirm 500 --seed 1
 *
 * The runtimes are umoci and containerd, linked into one program. If it cannot be built, the umoci command judges fewer images.
 * `--confirm` compares the linked umoci with the command. Exits with 0 if there is no dangerous difference and no doubt about a plain
 * image, 1 if there is one, 2 if no runtime is available.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Judged, judgeImages } from './campaign.ts';
import { confirm } from './confirm.ts';
import { Figures } from './figures.ts';
import { linkedRuntimes } from './linked-runtimes.ts';
import { minimised } from './minimise.ts';
import { type Runtimes, RuntimesMissing } from './runtime.ts';
import { describe, keepSample } from './sample.ts';
import { umociCommand } from './umoci-command.ts';

/** Number of images for the umoci command if the program cannot be built. */
const imagesOfCommand = 150;
const shownImages = 10;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      confirm: { type: 'string' },
      artifacts: { type: 'string', default: join(tmpdir(), 'clair-fuzz-artifacts') },
    },
  });
  const [images, seed] = [Number(values.confirm ?? values.images), Number(values.seed)];
  if (!(Number.isInteger(images) && images > 0 && Number.isInteger(seed))) return usage();
  // Images are written and removed often, so they are kept in memory if possible.
  const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'clair-unpack-'));
  const plan = { images, seed, scratch, artifacts: values.artifacts };
  try {
    return values.confirm === undefined ? await fuzz(plan) : await confirmLinked(plan);
  } catch (error) {
    if (!(error instanceof RuntimesMissing)) throw error;
    process.stderr.write(`cannot unpack images: ${error.message}\n`);
    return 2;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function usage(): number {
  process.stderr.write(
    'usage: [--images N | --confirm N] [--seed N] [--artifacts DIR], with whole numbers\n',
  );
  return 2;
}

interface Plan {
  readonly images: number;
  readonly seed: number;
  readonly scratch: string;
  readonly artifacts: string;
}

async function fuzz(plan: Plan): Promise<number> {
  const { runtimes, images } = openRuntimes(plan);
  print(`runtimes: ${runtimes.name}`, `seed: ${plan.seed}`, `images: ${images}`);
  const figures = new Figures();
  const place = join(plan.scratch, 'images');
  let shown = 0;
  for await (const judged of judgeImages(runtimes, { ...plan, images, scratch: place })) {
    figures.add(judged);
    if (isFine(judged) || ++shown > shownImages) continue;
    await show(judged, runtimes, plan);
  }
  await runtimes.stop();
  print(...figures.lines());
  return figures.isClean ? 0 : 1;
}

/** Returns the linked program, or the umoci command if the program is not available. */
function openRuntimes({ images, scratch }: Plan): { readonly runtimes: Runtimes; readonly images: number } {
  try {
    return { runtimes: linkedRuntimes(scratch), images };
  } catch (error) {
    if (!(error instanceof RuntimesMissing)) throw error;
    print(`only the command umoci judges, and fewer images: ${error.message}`);
    return { runtimes: umociCommand(scratch), images: Math.min(images, imagesOfCommand) };
  }
}

function isFine({ verdict, image }: Judged): boolean {
  if (verdict === 'dangerous') return false;
  return !(image.isPlain && (verdict === 'alarm' || verdict === 'refused' || verdict === 'stated'));
}

async function show(judged: Judged, runtimes: Runtimes, { scratch, artifacts }: Plan): Promise<void> {
  const { seed, verdict, reasons, image } = judged;
  const smallest =
    verdict === 'dangerous' ? await minimised(image, runtimes, join(scratch, 'smaller')) : image;
  const kept = keepSample(smallest, artifacts, `unpack-${seed}`);
  print(`seed ${seed}: ${verdict}, kept in ${kept}`, ...reasons.map((reason) => `  ${reason}`));
  print(...describe(smallest).map((line) => `  ${line}`));
}

async function confirmLinked({ images, seed, scratch }: Plan): Promise<number> {
  const linked = linkedRuntimes(scratch);
  const command = umociCommand(scratch);
  print(`confirms ${linked.name} by ${command.name}`, `seed: ${seed}`);
  const { agreeing, differing } = await confirm({ linked, command }, { images, seed, scratch });
  await linked.stop();
  print(`agreeing: ${agreeing}`, `differing: ${differing.length}`, ...differing.slice(0, shownImages));
  return differing.length === 0 ? 0 : 1;
}

function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
