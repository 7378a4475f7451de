/**
 * Which part may import which. Dependencies point down and there are no cycles, with type imports included.
 * dependency-cruiser reads these rules (`npm run check`); `test/unit/layers.test.ts` plants a violation of each.
 */
const shared = (layer) => `^shared/${layer}/`;

/** Layers of shared/, lowest first. Each may import itself and the layers below. */
const LAYERS = [
  ['core'],
  ['ports'],
  ['contexts', 'tasks', 'telemetry'],
  ['runtime', 'views'],
  ['project', 'aws'],
];

/** The parts above shared/, and the other parts that each may import. */
const PARTS = {
  agent: [],
  functions: [],
  infra: [],
  local: ['sim'],
  sim: ['agent'],
  console: ['local', 'sim'],
  cli: ['console', 'local', 'sim', 'scripts'],
  package: ['agent', 'infra'],
};

/** Packages that use no clock, no randomness and no I/O. */
const PURE_PACKAGES = ['croner', 'zod'];

const layerRules = LAYERS.flatMap((layers, index) =>
  layers.map((layer) => ({
    name: `shared/${layer}-imports-down`,
    comment: 'This import points up: move the imported code down or the importing code up.',
    severity: 'error',
    from: { path: shared(layer) },
    to: {
      path: '^(shared|agent|functions|infra|local|sim|console|cli|package|test|scripts)/',
      pathNot: LAYERS.slice(0, index + 1)
        .flat()
        .map(shared),
    },
  })),
);

const partRules = Object.entries(PARTS).map(([part, allowed]) => ({
  name: `${part}-imports-shared`,
  comment: "Parts don't import each other: what two of them need belongs in shared/.",
  severity: 'error',
  from: { path: `^${part}/` },
  to: {
    path: '^(agent|functions|infra|local|sim|console|cli|package|test|scripts)/',
    pathNot: [part, ...allowed].map((each) => `^${each}/`),
  },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Merge the files that import each other, or move what they share into a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'core-is-pure',
      comment:
        'The core imports itself and pure packages: time, randomness and the environment come in as values.',
      severity: 'error',
      from: { path: '^shared/core/' },
      to: { pathNot: ['^shared/core/', ...PURE_PACKAGES.map((name) => `^node_modules/${name}/`)] },
    },
    {
      name: 'aws-is-behind-ports',
      comment: 'Only shared/aws imports the SDK: everything else uses the ports.',
      severity: 'error',
      from: { path: '^shared/', pathNot: '^shared/aws/' },
      to: { path: '^node_modules/@aws-sdk/' },
    },
    ...layerRules,
    ...partRules,
  ],
  options: { tsPreCompilationDeps: true, parser: 'swc', doNotFollow: { path: 'node_modules' } },
};
