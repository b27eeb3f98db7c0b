// Who may import whom (ARCHITECTURE.md, "The floors"). One table; the rules below are made from it.
const mayImport = {
  lib: [],
  domain: ['lib'],
  platform: ['lib'],
  storage: ['lib', 'domain', 'platform'],
  integrations: ['lib', 'domain', 'platform'],
  pipeline: ['lib', 'domain', 'platform'],
  operations: ['lib', 'domain', 'platform', 'pipeline'],
  doors: ['lib', 'domain', 'platform', 'operations'],
};

const floors = Object.entries(mayImport).map(([floor, allowed]) => ({
  name: `floor-${floor}`,
  severity: 'error',
  comment: `${floor} may import only ${[floor, ...allowed].join(', ')}`,
  from: { path: `^src/${floor}/`, pathNot: '[.](test|suite)[.]ts$' },
  to: { path: '^src/', pathNot: [floor, ...allowed].map((name) => `^src/${name}/`) },
}));

// Rooms of the integrations floor are strangers to each other.
const strangers = {
  name: 'integrations-are-strangers',
  severity: 'error',
  from: { path: '^src/integrations/([^/]+)/', pathNot: '[.](test|suite)[.]ts$' },
  to: { path: '^src/integrations/', pathNot: '^src/integrations/$1/' },
};

module.exports = {
  forbidden: [
    ...floors,
    strangers,
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nobody-imports-app',
      severity: 'error',
      from: { pathNot: '^(src/app|test|bench|scripts|src/index[.]ts)' },
      to: { path: '^src/app/' },
    },
    {
      name: 'contracts-are-light',
      severity: 'error',
      comment: 'a contract is all that the dashboard and --help load: domain and lib only',
      from: { path: '^src/operations/[^/]+/contract[.]ts$' },
      to: {
        path: '^src/',
        pathNot: ['^src/domain/', '^src/lib/', '^src/operations/operation[.]ts$'],
      },
    },
    {
      name: 'floor-web',
      severity: 'error',
      comment: 'the dashboard sees contracts, the typed client and the words of the domain',
      from: { path: '^web/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/domain/',
          '^src/operations/[^/]+/contract[.]ts$',
          '^src/operations/operation[.]ts$',
          '^src/operations/api-client/',
        ],
      },
    },
    {
      name: 'api-client-is-light',
      severity: 'error',
      comment: 'it runs in the browser: only lib, and what a contract is',
      from: { path: '^src/operations/api-client/', pathNot: '[.]test[.]ts$' },
      to: {
        path: '^src/',
        pathNot: ['^src/lib/app-error[.]ts$', '^src/operations/(operation[.]ts$|api-client/)'],
      },
    },
    {
      name: 'no-attic',
      severity: 'error',
      from: {},
      to: { path: '^(src|web)/.*/(utils|util|helpers|helper|common|shared|core|misc)/' },
    },
    {
      name: 'no-tests-in-product',
      severity: 'error',
      from: { path: '^src/', pathNot: '[.](test|suite)[.]ts$' },
      to: { path: ['[.](test|suite)[.]ts$', '^test/'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
  },
};
