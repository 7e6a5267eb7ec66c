/** The floors of docs/ARCHITECTURE.md: each imports only those below it. */
const below = {
  protocol: [],
  core: ['protocol'],
  brokers: ['core', 'protocol'],
  subscription: ['core', 'protocol'],
  auth: ['core', 'protocol'],
  rooms: ['subscription', 'core', 'protocol'],
  gateway: ['rooms', 'auth', 'subscription', 'core', 'protocol'],
  http: ['rooms', 'auth', 'subscription', 'core', 'protocol'],
};

const floorRules = Object.entries(below).map(([floor, allowed]) => ({
  name: `floor-${floor}`,
  comment: `src/${floor} may import only from: ${[floor, ...allowed].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${floor}/` },
  to: { path: '^src/', pathNot: `^src/(${[floor, ...allowed].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...floorRules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'protocol-imports-nothing',
      comment: 'the client SDK shares it',
      severity: 'error',
      from: { path: '^src/protocol/' },
      to: { pathNot: '^src/protocol/' },
    },
    {
      name: 'core-without-nest',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: 'node_modules/@nestjs' },
    },
    {
      name: 'client-stands-alone',
      comment: 'the client shares the types of src/protocol, and nothing that runs',
      severity: 'error',
      from: { path: '^client/src/' },
      to: { pathNot: '^client/src/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'client-knows-only-the-protocol',
      severity: 'error',
      from: { path: '^client/src/' },
      to: { pathNot: '^(client/src|src/protocol)/' },
    },
    {
      name: 'server-without-client',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(client|web)/' },
    },
    {
      name: 'web-only-on-the-client',
      comment: 'the page is a frontend like any other: it knows the server by the SDK alone',
      severity: 'error',
      from: { path: '^web/src/' },
      to: { path: '^(src|client|test)/', pathNot: '^client/src/index.ts$' },
    },
    {
      name: 'web-model-without-views',
      severity: 'error',
      from: { path: '^web/src/model/' },
      to: { path: '^web/src/(view/|app)' },
    },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
