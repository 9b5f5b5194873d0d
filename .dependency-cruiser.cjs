/**
 * The house has five floors; a file may import its own folder and the floors below, never sideways, never up.
 */
const rooms = 'image|analyze|version|source|enrich|match|notify|report|sbom|store|config|plugin-host|policy';
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'model-imports-nothing',
      severity: 'error',
      from: { path: '^src/model/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/model/' },
    },
    {
      name: 'kit-knows-no-domain',
      severity: 'error',
      from: { path: '^src/kit/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/kit/' },
    },
    {
      name: 'plugin-is-contracts-only',
      severity: 'error',
      from: { path: '^src/plugin/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(plugin|model)/' },
    },
    {
      name: 'rooms-do-not-import-each-other',
      severity: 'error',
      from: { path: `^src/(${rooms})/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/($1|plugin|model|kit)/' },
    },
    {
      name: 'services-know-contracts-not-implementations',
      severity: 'error',
      from: { path: '^src/service/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(service|plugin|model|kit|match|image)/|^src/store/store\\.ts$' },
    },
    {
      name: 'stories-begin-with-images-and-feeds',
      severity: 'error',
      from: { path: '^src/service/(images|feeds)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/service/', pathNot: '^src/service/$1/' },
    },
    {
      name: 'findings-come-of-images-and-feeds',
      severity: 'error',
      from: { path: '^src/service/findings/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/service/(posts|notices)/' },
    },
    {
      name: 'posts-and-notices-are-stories-of-their-own',
      severity: 'error',
      from: { path: '^src/service/(posts|notices)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/service/(posts|notices)/', pathNot: '^src/service/$1/' },
    },
    {
      name: 'ui-takes-only-types-of-the-api',
      severity: 'error',
      from: { path: '^ui/' },
      to: { path: '^src/', pathNot: '^src/api/http/v[0-9]+/types\\.ts$' },
    },
    {
      name: 'doors-are-the-top',
      severity: 'error',
      from: { pathNot: '^ui/|^src/(api|cli)/|^src/(index|main|start|start-bundle|feed-worker)\\.ts$' },
      to: { path: '^src/(api|cli)/' },
    },
    {
      name: 'only-the-composition-root-knows-builtins',
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
