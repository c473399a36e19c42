// The layer table of docs/architecture: who may import whom. A message says what to do instead.
const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });
const outside = (...allowed) => ({ pathNot: allowed.map((path) => `^${path}`) });

module.exports = {
  forbidden: [
    rule('no-cycles', {}, { circular: true }, 'Move what both need into a third module.'),
    rule(
      'app-is-pure',
      { path: '^app/(?!contract|project)', pathNot: '\\.test\\.ts$' },
      outside('app/'),
      'app/ runs anywhere: no packages, no Node, no other folder. Put the effect into main/.',
    ),
    rule(
      'app-contract',
      { path: '^app/(contract|project)', pathNot: '\\.test\\.ts$' },
      outside('app/', 'node_modules/zod'),
      'The contract needs zod and the types of app/ only.',
    ),
    rule(
      'model-is-alone',
      { path: '^app/model/', pathNot: '\\.test\\.ts$' },
      outside('app/model/', 'app/error\\.ts', 'app/random\\.ts'),
      'Models know tensors only: pass what they need as an argument.',
    ),
    rule(
      'raster-vector',
      { path: '^app/(raster|vector)/', pathNot: '\\.test\\.ts$' },
      outside('app/(raster|vector)/', 'app/error\\.ts', 'app/phrase\\.ts', 'app/random\\.ts'),
      'Rasters and ROIs know nothing of models or services.',
    ),
    rule(
      'raster-below-vector',
      { path: '^app/raster/', pathNot: '\\.test\\.ts$' },
      { path: '^app/vector/' },
      'app/vector may use app/raster, not the reverse.',
    ),
    rule(
      'learn',
      { path: '^app/learn/', pathNot: '\\.test\\.ts$' },
      outside('app/(learn|model|raster|vector)/', 'app/error\\.ts', 'app/random\\.ts'),
      'Learning uses models, rasters and ROIs only.',
    ),
    rule(
      'native',
      { path: '^native/', pathNot: '\\.test\\.ts$' },
      { path: '^(main|renderer|e2e|app/(?!model/|error))' },
      'Kernels know the tensor interface of app/model only.',
    ),
    rule(
      'main-parts',
      {
        path: '^main/(raster|vector|engines|transport|store|weights)/',
        pathNot: '\\.test\\.ts$|/testing/',
      },
      { path: '^main/(services|workers|shell)/' },
      'Readers, engines and transports are used by services, never the reverse.',
    ),
    rule(
      'main-parts-apart',
      {
        path: '^main/(raster|vector|engines|transport|store)/',
        pathNot: '\\.test\\.ts$|/testing/',
      },
      { path: '^main/(raster|vector|engines|transport|store|weights)/', pathNot: '^main/$1/' },
      'Parts of main/ meet in services and workers, not in each other.',
    ),
    rule(
      'weights',
      { path: '^main/weights/', pathNot: '\\.test\\.ts$|/testing/' },
      { path: '^main/(raster|vector|transport|store|engines/(?!safetensors\\.ts))' },
      'Weights files need the safetensors format of the engines and nothing else of them.',
    ),
    rule(
      'workers',
      { path: '^main/workers/', pathNot: '\\.test\\.ts$' },
      { path: '^main/(services|shell)/' },
      'A compute process gets its task as a message.',
    ),
    rule(
      'shell-on-top',
      { path: '^main/(?!shell/|server\\.ts|electron\\.ts)' },
      { path: '^main/shell/' },
      'Shells show what services do; only the two entries build them.',
    ),
    rule(
      'electron-in-shell',
      { path: '^(?!main/shell/desktop)' },
      { path: 'node_modules/electron/' },
      'Only main/shell/desktop imports electron.',
    ),
    rule(
      'renderer',
      { path: '^renderer/' },
      { path: '^(main|native|e2e)/' },
      'The renderer speaks to main through app/contract.',
    ),
    rule(
      'renderer-map',
      { path: '^renderer/map/', pathNot: '\\.test\\.ts$' },
      { path: '^renderer/(panels|actions)/' },
      'The map follows state and edits; panels and commands ask it through state/mapControls.ts.',
    ),
    rule(
      'renderer-panels',
      { path: '^renderer/panels/' },
      { path: '^renderer/(map)/' },
      'Panels ask the map through state/mapControls.ts.',
    ),
    rule(
      'renderer-state',
      { path: '^renderer/(state|edits|words)/', pathNot: '\\.test\\.ts$' },
      { path: '^renderer/(panels|actions|map)/' },
      'State and edits know nothing of what shows them.',
    ),
    rule(
      'e2e-from-outside',
      { path: '^e2e/' },
      { path: '^(main|renderer|native)/' },
      'Journeys start the product by command.',
    ),
    rule(
      'resources-are-read',
      {},
      { path: '^resources/' },
      'Read resources at run time; never import them.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(\\.cache|native/build|demo)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
