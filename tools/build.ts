import { rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import { rolldown } from 'rolldown';

/**
 * Bundles one app: our own sources into one file, packages left where npm put them.
 *
 * Usage: node tools/build.ts apps/<name>
 */
const project = process.argv[2];
if (project === undefined) throw new Error('usage: node tools/build.ts apps/<name>');

const root = resolve(import.meta.dirname, '..');
const outputDir = resolve(root, 'dist', project);

const bundle = await rolldown({
  input: { main: resolve(root, project, 'src/main.ts') },
  cwd: root,
  platform: 'node',
  tsconfig: resolve(root, 'tsconfig.base.json'),
  external: (id) => isBuiltin(id) || isPackage(id),
});
await rm(outputDir, { recursive: true, force: true });
await bundle.write({ dir: outputDir, format: 'esm', entryFileNames: '[name].js', sourcemap: true });
await bundle.close();

/** A package from npm; not our own aliases, and not the bundler's helpers. */
function isPackage(id: string): boolean {
  if (id.startsWith('\0') || id.startsWith('@oxc-project/') || id.startsWith('@flowkeep/')) return false;
  return /^(@[a-z0-9-~][\w.-]*\/)?[a-z0-9-~][\w.-]*(\/.*)?$/i.test(id) && !id.startsWith('/');
}
