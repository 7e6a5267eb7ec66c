// What the command line may ask for.

import { parseArgs } from 'node:util';
import { scenarios as scenariosFor } from '../scenarios.mjs';
import { allPeers, ON_REQUEST } from './peers.mjs';

export const USAGE = `node bench/run.mjs [options]

  --quick            one round of 2 s, smaller populations: shows that it works, measures nothing
  --only S1,S2       these scenarios: S1 S2 S3 S4 storm
  --peers a,b        these servers: roomcast socketio ws-ioredis stock-nest roomcast-acked
  --rounds N         how often every server is measured (3)
  --seconds N        how long each time (4)
  --no-pin           leave it to the system which process runs on which core
  --write            write RESULTS.md and the charts even if only a part was measured
  --json FILE        write all samples there too
  --help`;

/** @template {{ id: string }} T @param {T[]} all @param {string | undefined} names @returns {T[]} */
function pick(all, names) {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find(({ id }) => id.toLowerCase() === name.trim().toLowerCase());
    if (!found) throw new Error(`${name}: there is only ${all.map(({ id }) => id).join(', ')}`);
    return found;
  });
}

/** @param {string} name @param {string | undefined} text @param {number} otherwise */
export function positive(name, text, otherwise) {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0`);
  return value;
}

/** @param {string[]} args @returns {import('./types.js').Options | undefined} nothing where help is asked for */
export function readOptions(args) {
  const flag = { type: /** @type {const} */ ('boolean'), default: false };
  const text = { type: /** @type {const} */ ('string') };
  const options = {
    quick: flag,
    only: text,
    peers: text,
    rounds: text,
    seconds: text,
    'no-pin': flag,
    write: flag,
    json: text,
    help: flag,
  };
  const { values } = parseArgs({ args, options });
  if (values.help) return undefined;
  const { quick, only, peers, json } = values;
  const usual = allPeers().filter(({ id }) => !ON_REQUEST.has(id));
  return {
    quick,
    rounds: positive('rounds', values.rounds, quick ? 1 : 3),
    seconds: positive('seconds', values.seconds, quick ? 2 : 4),
    scenarios: pick(scenariosFor(quick), only),
    peers: peers === undefined ? usual : pick(allPeers(), peers),
    pin: !values['no-pin'],
    write: values.write || (!quick && only === undefined && peers === undefined),
    json,
  };
}
