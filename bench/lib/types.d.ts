// What the parts of the bench hand each other.

/** A server that is measured. */
export interface Peer {
  id: string;
  title: string;
  /** Its main module. */
  main: string;
  nodeOptions?: string[];
  /** Of load/dialects.mjs. */
  dialect: string;
  env?: Record<string, string>;
}

/** Who is connected. */
export interface Shape {
  instances: number;
  rooms: number;
  members: number;
  senders: number;
}

/** One row of the results: what is asked of the server once its rooms are full. */
export interface Row {
  id: string;
  title: string;
  unit: string;
}

export interface LoadRow extends Row {
  per: 'delivery' | 'message';
  window?: number;
  rate?: number;
}

export type Scenario = { id: string; title: string; shape: Shape } & (
  | { kind: 'load'; rows: LoadRow[] }
  | { kind: 'memory'; rows: [Row]; from: number; to: number }
  | { kind: 'storm'; rows: [Row]; missed: number }
);

/** How long things are measured. */
export interface Timing {
  /** At full load, before anything counts. */
  warmMs: number;
  /** After it, where a row has a rate, at that. */
  paceMs: number;
  /** In all turns of a round together. */
  measureMs: number;
  /** After the last join, before anything is sent. */
  settleMs: number;
  /** After the last join, before memory is read. */
  idleMs: number;
}

/** What was measured of one peer in one round; `undefined` where it doesn't apply. */
export interface Sample {
  row: string;
  peer: string;
  round: number;
  /** The figure that peers are compared by, in the row's unit. */
  value: number;
  /** Column → number; the columns are the row's kind's own. */
  more: Record<string, number | undefined>;
  /** How many cores the generator kept busy. */
  generatorCores: number;
  /** How many cores were busy with anything that isn't the bench's. */
  foreignCores: number;
}

/** What came of measuring one peer in one round. */
export interface Outcome {
  peer: Peer;
  samples: Omit<Sample, 'peer' | 'round'>[];
  /** Why there is no more. */
  failure?: string;
}

export interface Failure {
  scenario: string;
  peer: string;
  round: number;
  reason: string;
}

/** CPU time up to now, µs. */
export interface Cpu {
  servers: number;
  redis: number;
  generator: number;
  /** Of the bench itself. */
  bench: number;
  /** Of all cores. */
  machine: number;
  /** When that was, ms. */
  at: number;
}

/** What a stretch of load has used, µs, and what it has done. */
export interface Spent extends Cpu {
  sent: number;
  delivered: number;
}

export interface Usage {
  cpuMicros: number;
  rssKb: number;
}

export interface Options {
  quick: boolean;
  rounds: number;
  seconds: number;
  scenarios: Scenario[];
  peers: Peer[];
  pin: boolean;
  write: boolean;
  json?: string;
}

export interface Pins {
  servers: string[];
  redis?: string;
  generator?: string;
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGib: number;
  system: string;
  node: string;
  redis: string;
  pinned: string;
}

export interface Results {
  date: string;
  rounds: number;
  seconds: number;
  machine: Machine;
  peers: Peer[];
  scenarios: Scenario[];
  samples: Sample[];
  failures: Failure[];
}

/** The rounds of one peer in one row, in one. */
export interface Summary {
  value: number;
  low: number;
  high: number;
  /** To the same round of the base. */
  ratio?: number;
  more: Record<string, number | undefined>;
  generatorCores: number;
  foreignCores: number;
}

export interface Bar {
  label: string;
  value: number;
  /** A shorter one upon it. */
  inner?: number;
  low?: number;
  high?: number;
  text: string;
  own: boolean;
}

export interface Panel {
  title: string;
  bars: Bar[];
}
