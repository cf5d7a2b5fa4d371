/**
 * Who may import whom, by the tags of each project. Used by lint; a test makes sure that every tag has its rule and that
 * no rule allows everything.
 */
export const boundaries = {
  enforceBuildableLibDependency: false,
  allow: ['package\\.json$', 'tools/node-flags\\.ts$', 'examples/[a-z-]+\\.json$'],
  // Specs of the libraries they are made of use the testing libraries; lint keeps them out of everything but tests.
  ignoredCircularDependencies: [
    ['testing', '*'],
    ['admin-testing', '*'],
  ],
  depConstraints: [
    { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:service', 'type:contracts', 'type:platform'] },
    { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['type:testing', 'type:contracts', 'type:platform'] },
    {
      sourceTag: 'type:service',
      onlyDependOnLibsWithTags: ['type:contracts', 'type:platform', 'type:flows', 'type:testing'],
    },
    { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:contracts', 'type:platform', 'type:testing'] },
    { sourceTag: 'type:flows', onlyDependOnLibsWithTags: ['type:contracts', 'type:flows', 'type:testing'] },
    {
      sourceTag: 'type:contracts',
      onlyDependOnLibsWithTags: [],
      allowedExternalImports: ['zod', 'fast-check', '@jest/globals'],
    },
    { sourceTag: 'type:testing', onlyDependOnLibsWithTags: ['type:contracts', 'type:platform', 'type:testing'] },
    { sourceTag: 'type:portal-app', onlyDependOnLibsWithTags: ['type:portal'] },
    // Of the contracts only the HTTP types and paths; lint keeps everything else of them out of the browser.
    { sourceTag: 'type:portal', onlyDependOnLibsWithTags: ['type:portal', 'type:contracts'] },
    { sourceTag: 'type:tools', onlyDependOnLibsWithTags: ['type:contracts', 'type:platform', 'type:testing'] },
    { sourceTag: 'scope:gateway', onlyDependOnLibsWithTags: ['scope:gateway', 'scope:shared'] },
    { sourceTag: 'scope:identity', onlyDependOnLibsWithTags: ['scope:identity', 'scope:shared'] },
    { sourceTag: 'scope:keys', onlyDependOnLibsWithTags: ['scope:keys', 'scope:shared'] },
    { sourceTag: 'scope:vault', onlyDependOnLibsWithTags: ['scope:vault', 'scope:shared'] },
    { sourceTag: 'scope:runner', onlyDependOnLibsWithTags: ['scope:runner', 'scope:shared'] },
    { sourceTag: 'scope:portal', onlyDependOnLibsWithTags: ['scope:portal', 'scope:shared'] },
    { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:shared'] },
    {
      sourceTag: 'scope:all',
      onlyDependOnLibsWithTags: [
        'scope:gateway',
        'scope:identity',
        'scope:keys',
        'scope:vault',
        'scope:runner',
        'scope:shared',
      ],
    },
  ],
};
