// Replays docker/Dockerfile without Docker: its instructions are done in clean directories, one for each stage.
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Copy, DockerfileParser, type Instruction } from 'dockerfile-ast';
import { runInSandbox } from './sandbox.js';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const WORKDIR = '/app';
const run = promisify(execFile);
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

export const DOCKERFILE = join(REPOSITORY, 'docker/Dockerfile');

/** What a container of the last stage is started with. */
export interface Image {
  /** The directory which is its /app. */
  readonly app: string;
  readonly env: Record<string, string>;
  readonly user: string;
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
  remove(): Promise<void>;
}

interface Stage {
  readonly app: string;
  readonly env: Record<string, string>;
  user: string;
  command: readonly string[];
  healthCheck: readonly string[];
}

/** A line of .dockerignore: a path from the root, a `**` in front of it for any directory, a `*` within a name. */
function ignorePattern(line: string): RegExp {
  const name = line
    .replace(/^\*\*\//, '')
    .replaceAll('.', String.raw`\.`)
    .replaceAll('*', '[^/]*');
  return new RegExp(`^${line.startsWith('**/') ? '(.*/)?' : ''}${name}(/|$)`);
}

async function copyContext(to: string): Promise<void> {
  const lines = (await readFile(join(REPOSITORY, '.dockerignore'), 'utf8')).split('\n');
  const ignored = lines.filter((line) => line !== '').map(ignorePattern);
  const filter = (path: string): boolean => !ignored.some((each) => each.test(relative(REPOSITORY, path)));
  await cp(REPOSITORY, to, { recursive: true, filter });
}

async function workspacesOf(app: string): Promise<string[]> {
  const { workspaces = [] }: { workspaces?: string[] } = JSON.parse(
    await readFile(join(app, 'package.json'), 'utf8'),
  );
  return workspaces;
}

/** Instead of `npm ci`: what it has installed here. */
async function install(app: string): Promise<void> {
  const workspaces = await workspacesOf(app);
  for (const name of ['package-lock.json', ...workspaces.map((each) => join(each, 'package.json'))]) {
    if (!(await exists(join(app, name)))) throw new Error(`npm ci needs ${name}`);
  }
  for (const directory of ['.', ...workspaces]) {
    const from = join(REPOSITORY, directory, 'node_modules');
    const to = join(app, directory, 'node_modules');
    // Links where the file system has them.
    if (await exists(from)) await run('cp', ['-al', from, to]).catch(() => run('cp', ['-a', from, to]));
  }
  // These are written to in place; and caches are no part of what is installed.
  await rm(join(app, 'node_modules/.cache'), { recursive: true, force: true });
  await rm(join(app, 'node_modules/.package-lock.json'), { force: true });
}

async function copy(operands: string[], from: Stage | undefined, to: Stage): Promise<void> {
  const target = operands.at(-1)!;
  for (const source of operands.slice(0, -1)) {
    if (source === '.') {
      await copyContext(join(to.app, target));
      continue;
    }
    const path = from ? join(from.app, relative(WORKDIR, source)) : join(REPOSITORY, source);
    const isFile = (await stat(path)).isFile();
    const intoDirectory = isFile && target.endsWith('/');
    const destination = join(to.app, target, intoDirectory ? (source.split('/').at(-1) ?? '') : '');
    await mkdir(dirname(destination), { recursive: true });
    await run('cp', ['-a', path, destination]);
  }
}

/** Instead of `npm run build`: what it has built here. */
async function copyBuilt(app: string): Promise<void> {
  for (const directory of ['.', ...(await workspacesOf(app))]) {
    const built = join(REPOSITORY, directory, 'dist');
    if (await exists(built)) await cp(built, join(app, directory, 'dist'), { recursive: true });
  }
}

/** What has been done before the tests began is not done again: it takes a minute, and the network. */
const SUBSTITUTES: Readonly<Record<string, (app: string) => Promise<void>>> = {
  'apk add --no-cache gcc musl-dev': async () => {},
  'npm ci': install,
  'npm run build': copyBuilt,
};

type Step = (build: Build, instruction: Instruction, text: string) => void | Promise<void>;

const NOTHING: Step = () => {};
const STEPS: Readonly<Record<string, Step>> = {
  ARG: NOTHING,
  EXPOSE: NOTHING,
  STOPSIGNAL: NOTHING,
  FROM: (build, _instruction, text) => build.enter(/ AS (\S+)$/.exec(text)?.[1] ?? 'final'),
  WORKDIR: (_build, _instruction, text) => {
    if (text !== WORKDIR) throw new Error(`This replays a WORKDIR ${WORKDIR}, not ${text}`);
  },
  ENV: ({ stage }, _instruction, text) => {
    const equals = text.indexOf('=');
    stage.env[text.slice(0, equals)] = text.slice(equals + 1);
  },
  USER: ({ stage }, _instruction, text) => {
    stage.user = text;
  },
  COPY: async ({ stage, stages }, instruction) => {
    const name = instruction instanceof Copy ? instruction.getFromFlag()?.getValue() : undefined;
    const operands = instruction.getArguments().map((each) => each.getValue());
    await copy(operands, stages.get(name ?? ''), stage);
  },
  RUN: async ({ stage }, _instruction, text) => {
    for (const command of text.split(' && ')) {
      const substitute = SUBSTITUTES[command];
      if (substitute) await substitute(stage.app);
      else await runInSandbox(['sh', '-c', command], { ...stage, building: true });
    }
  },
  CMD: ({ stage }, _instruction, text) => {
    stage.command = JSON.parse(text);
  },
  HEALTHCHECK: ({ stage }, _instruction, text) => {
    stage.healthCheck = JSON.parse(text.slice(text.indexOf('[')));
  },
};

class Build {
  readonly stages = new Map<string, Stage>();
  #stage: Stage | undefined;

  constructor(private readonly dir: string) {}

  get stage(): Stage {
    if (!this.#stage) throw new Error('The Dockerfile has no FROM');
    return this.#stage;
  }

  async enter(name: string): Promise<void> {
    this.#stage = { app: join(this.dir, name), env: {}, user: '', command: [], healthCheck: [] };
    await mkdir(this.#stage.app);
    this.stages.set(name, this.#stage);
  }
}

/** @throws when an instruction fails, or is one which this doesn't know */
export async function buildImage(): Promise<Image> {
  const dir = await mkdtemp(join(tmpdir(), 'roomcast-image-'));
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  // The image's user has to reach the files in there.
  await chmod(dir, 0o755);
  const build = new Build(dir);
  try {
    for (const instruction of DockerfileParser.parse(await readFile(DOCKERFILE, 'utf8')).getInstructions()) {
      const step = STEPS[instruction.getKeyword()];
      if (!step) throw new Error(`This cannot replay ${instruction.getKeyword()}`);
      await step(build, instruction, instruction.getArgumentsContent() ?? '');
    }
    return { ...build.stage, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
