/** There are five layers. A file may import its own folder and the layers below it, never another folder of its layer or a layer above. */
const modules =
  'image|analyze|version|source|enrich|match|notify|report|sbom|store|config|plugin-host|suppression-files|peer-reports|advisory-db';
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'model-imports-nothing',
      severity: 'error',
      from: { path: '^src/model/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/model/' },
    },
    {
      name: 'kit-has-no-domain',
      severity: 'error',
      from: { path: '^src/kit/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(kit|core)/' },
    },
    {
      name: 'core-imports-only-kit',
      severity: 'error',
      from: { path: '^src/core/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(core|kit)/' },
    },
    {
      name: 'plugin-is-contracts-only',
      severity: 'error',
      from: { path: '^src/plugin/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(plugin|model)/' },
    },
    {
      name: 'modules-do-not-import-each-other',
      severity: 'error',
      from: { path: `^src/(${modules})/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/($1|plugin|model|kit|core)/' },
    },
    {
      name: 'services-import-contracts-only',
      severity: 'error',
      from: { path: '^src/service/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^src/',
        pathNot: '^src/(service|plugin|model|kit|core|match|image)/|^src/store/(?!store-timeout)[^/]+\\.ts$',
      },
    },
    {
      name: 'images-and-jobs-use-no-other-service',
      severity: 'error',
      from: { path: '^src/service/(images|jobs)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/service/', pathNot: '^src/service/$1/' },
    },
    {
      name: 'feeds-use-only-jobs',
      severity: 'error',
      from: { path: '^src/service/feeds/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/service/', pathNot: '^src/service/(feeds|jobs)/' },
    },
    {
      name: 'findings-use-only-images-and-feeds',
      severity: 'error',
      from: { path: '^src/service/findings/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/service/', pathNot: '^src/service/(findings|images|feeds)/' },
    },
    {
      name: 'ingest-and-notifications-are-independent',
      severity: 'error',
      from: { path: '^src/service/(ingest|notifications)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/service/(ingest|notifications)/', pathNot: '^src/service/$1/' },
    },
    {
      name: 'cells-use-no-other-service',
      severity: 'error',
      from: { path: '^src/service/cells/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/service/', pathNot: '^src/service/cells/' },
    },
    {
      name: 'ui-takes-only-types-of-the-api',
      severity: 'error',
      from: { path: '^ui/' },
      to: { path: '^src/', pathNot: '^src/api/http/v[0-9]+/types\\.ts$' },
    },
    {
      name: 'entry-points-are-the-top',
      severity: 'error',
      from: {
        pathNot: '^ui/|^src/(api|cli|testing)/|^src/(index|main|start|start-bundle|feed-worker)\\.ts$',
      },
      to: { path: '^src/(api|cli)/' },
    },
    {
      name: 'api-does-not-use-other-entry-points',
      severity: 'error',
      from: { path: '^src/api/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(cli|layer-pool|parser-pool)/' },
    },
    {
      name: 'only-the-composition-root-imports-extensions',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(index|extensions|layer-worker)\\.ts$|^src/cli/|\\.test\\.ts$' },
      to: { path: '^src/extensions\\.ts$' },
    },
    {
      name: 'sql-only-in-store',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/store/' },
      to: { path: '(^|node_modules/)(kysely|pg|node:sqlite|sqlite)($|/)' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$|^src/testing/' },
      to: { path: '\\.test\\.ts$|^src/testing/' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: '\\.test\\.ts$|\\.d\\.ts$|^src/testing/' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
