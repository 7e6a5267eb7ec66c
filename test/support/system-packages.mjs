// Makes sure that the servers which the tests start, and a C compiler, are installed: by apt where that is allowed, else
// it says how.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

// One line for each: the command, and the packages that bring it.
const REQUIRED = [
  { command: 'redis-server', debian: 'redis-server', homebrew: 'redis' },
  { command: 'nats-server', debian: 'nats-server', homebrew: 'nats-server' },
  { command: 'nginx', debian: 'nginx', homebrew: 'nginx' },
  { command: 'haproxy', debian: 'haproxy', homebrew: 'haproxy' },
  { command: 'chromium', debian: 'chromium', homebrew: 'chromium' },
  { command: 'cc', debian: 'gcc libc6-dev', homebrew: 'gcc' },
  // Linux's own: elsewhere the image is run by Docker.
  ...(process.platform === 'linux' ? [{ command: 'bwrap', debian: 'bubblewrap' }] : []),
];

// Debian keeps servers in sbin, which is not on every user's PATH.
const SEARCH_PATH = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].filter(
  Boolean,
);

function isInstalled(command) {
  return SEARCH_PATH.some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const missing = () => REQUIRED.filter(({ command }) => !isInstalled(command));
const isRoot = () => process.getuid?.() === 0;
const succeeds = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

function installWithApt(packages) {
  const prefix = isRoot() ? [] : ['sudo', '-n'];
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    // Output goes to stderr, so that stdout stays the tests' own. The exit status is not looked at: a package
    // whose service could not start counts as failed for apt, while its command is there, and that is enough.
    spawnSync(command, rest, { stdio: ['ignore', 2, 2] });
  }
}

function howToInstall(packages) {
  const names = (manager) => packages.map((entry) => entry[manager]).join(' ');
  if (isInstalled('apt-get')) {
    const sudo = isRoot() ? '' : 'sudo ';
    const install = `${sudo}apt-get install -y --no-install-recommends ${names('debian')}`;
    return `Install it with:\n\n  ${sudo}apt-get update && ${install}\n`;
  }
  if (isInstalled('brew')) return `Install it with:\n\n  brew install ${names('homebrew')}\n`;
  return "Install it with your system's package manager, so that the command is on PATH.\n";
}

const wanted = missing();
if (wanted.length > 0 && isInstalled('apt-get') && (isRoot() || succeeds('sudo', '-n', 'true'))) {
  console.error(`Installing what the tests need: ${wanted.map(({ debian }) => debian).join(', ')}`);
  installWithApt(wanted.flatMap(({ debian }) => debian.split(' ')));
}

const stillMissing = missing();
if (stillMissing.length > 0) {
  const commands = stillMissing.map(({ command }) => command).join(', ');
  console.error(`The tests need what is not installed here: ${commands}. ${howToInstall(stillMissing)}`);
  process.exit(1);
}
