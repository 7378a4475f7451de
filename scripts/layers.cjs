/**
 * Which part may import which: dependencies point down, and nothing goes round in a circle. Type imports count.
 * dependency-cruiser reads this (`npm run check`); `test/unit/layers.test.ts` plants a violation of each rule.
 */
const shared = (layer) => `^shared/${layer}/`;

/** Layers of shared/, the lowest first: each may import itself and those below. */
const LAYERS = [
  ['core'],
  ['ports'],
  ['contexts', 'tasks', 'telemetry'],
  ['runtime', 'views'],
  ['project', 'aws'],
];

/** The parts that stand on shared/, and which other parts each may use. */
const PARTS = {
  agent: [],
  functions: [],
  infra: [],
  local: ['sim'],
  sim: ['agent'],
  console: ['local'],
  cli: ['console', 'local', 'scripts'],
  package: ['agent', 'infra'],
};

/** Packages without a clock, chance or input and output of their own. */
const PURE_PACKAGES = ['croner', 'zod'];

const layerRules = LAYERS.flatMap((layers, index) =>
  layers.map((layer) => ({
    name: `shared/${layer}-imports-down`,
    comment: 'An arrow up: move what is imported down, or what imports it up.',
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
  comment: 'Parts do not import each other: what two of them need belongs in shared/.',
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
      comment: 'Two files that import each other are one file, or want a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'core-is-pure',
      comment: 'The core imports itself and pure packages: time, chance and the outside come in as values.',
      severity: 'error',
      from: { path: '^shared/core/' },
      to: { pathNot: ['^shared/core/', ...PURE_PACKAGES.map((name) => `^node_modules/${name}/`)] },
    },
    {
      name: 'aws-is-behind-ports',
      comment: 'Only shared/aws knows the SDK: everything else sees the ports.',
      severity: 'error',
      from: { path: '^shared/', pathNot: '^shared/aws/' },
      to: { path: '^node_modules/@aws-sdk/' },
    },
    ...layerRules,
    ...partRules,
  ],
  options: { tsPreCompilationDeps: true, parser: 'swc', doNotFollow: { path: 'node_modules' } },
};
