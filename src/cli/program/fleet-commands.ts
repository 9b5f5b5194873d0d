import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ImagesOptions } from '../images.ts';
import type { JobsOptions } from '../jobs.ts';
import type { RegistriesOptions } from '../registries.ts';
import type { ImageFilter } from '../remote-list/remote-images.ts';
import { databaseOption } from './advisory-commands.ts';
import { CliOption } from './cli-option.ts';
import { plainFormatOption } from './format-option.ts';
import { addListServerOptions, type CommandDeps } from './options.ts';
import { addRunOptions } from './run-options.ts';

/** Adds the commands `images` and `forget`, about the images of the database. */
export function addFleetCommands(program: Command, { run, loaded }: CommandDeps): void {
  addListServerOptions(
    addRunOptions(
      program.command('images').description('list the images of the database with their names and digests'),
    ),
  )
    .addOption(plainFormatOption())
    .addOption(
      new CliOption(
        '--filter <condition>',
        'only these images: repository=shop/web, image=shop/web:1.4, image=sha256:…, or untagged: those that have lost all of their tags',
      )
        .suggest(['repository=', 'image=', 'untagged'])
        .argParser(imageFilterOf),
    )
    .option('--history <name>', 'list what this name meant, and when: shop/web:1.4')
    .addOption(
      new Option('--limit <number>', 'maximum number of images').argParser(countOf(imagesMax)).default(100),
    )
    .addOption(
      new Option(
        '--after <number>',
        'list the images after the one with this number; with --server, a token of the server',
      ),
    )
    .addOption(databaseOption())
    .addHelpText(
      'after',
      '\nExamples:\n  clair images\n  clair images --server https://clair.example\n  clair images --filter repository=registry.example/shop/web\n  clair images --history registry.example/shop/web:1.4',
    )
    .action(async (options: ImagesOptions) => {
      const { showImages } = await import('../images.ts');
      run(showImages, { ...options, loaded });
    });
  addRunOptions(
    program.command('forget').description('delete an image from the database, with all of its names'),
  )
    .argument('<image>', 'a name with a tag, or a digest; a name deletes the images of all platforms')
    .addOption(databaseOption())
    .addHelpText('after', '\nExample:\n  clair forget registry.example/shop/web:1.4')
    .action(async (reference: string, options: Pick<ImagesOptions, 'db'>) => {
      const { forgetImage } = await import('../images.ts');
      run(forgetImage, reference, { ...options, loaded });
    });
}

/** Adds the command `jobs`. */
export function addFailedScans(program: Command, { run, loaded }: CommandDeps): void {
  addListServerOptions(
    addRunOptions(program.command('jobs').description('list the scans of servers that have failed')),
  )
    .addOption(plainFormatOption())
    .option('--registry <host>', 'only scans of images of this registry')
    .addOption(
      new Option('--limit <number>', 'maximum number of scans').argParser(countOf(jobsMax)).default(100),
    )
    .option('--after <id>', 'list the scans after the one with this id; with --server, a token of the server')
    .addOption(databaseOption())
    .addHelpText('after', '\nExamples:\n  clair jobs\n  clair jobs --server https://clair.example')
    .action(async (options: JobsOptions) => {
      const { showJobs } = await import('../jobs.ts');
      run(showJobs, { ...options, loaded });
    });
}

/** Scans that one run of `clair jobs` lists. */
const jobsMax = 1000;

/** Adds the command `registries`. */
export function addRegistries(program: Command, { run, loaded }: CommandDeps): void {
  addRunOptions(
    program.command('registries').description('show the registries that servers with this database watch'),
  )
    .addOption(plainFormatOption())
    .addOption(databaseOption())
    .addHelpText('after', '\nExample:\n  clair registries --db postgresql://clair@db.example.org/clair')
    .action(async (options: RegistriesOptions) => {
      const { showRegistries } = await import('../registries.ts');
      run(showRegistries, { ...options, loaded });
    });
}

/** Images that one run of `clair images` lists. */
const imagesMax = 10_000;

function countOf(max: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,15}$/.test(text) && Number(text) <= max && Number(text) > 0) return Number(text);
    throw new InvalidArgumentError(`Write a whole number from 1 to ${max}.`);
  };
}

function imageFilterOf(text: string): ImageFilter {
  const [, by = '', value = ''] = /^(\w+)(?:=(.+))?$/s.exec(text) ?? [];
  if (by === 'untagged' && value === '') return { by };
  if ((by === 'repository' || by === 'image') && value !== '') return { by, text: value };
  throw new InvalidArgumentError('Write repository=NAME, image=NAME, image=DIGEST or untagged.');
}
