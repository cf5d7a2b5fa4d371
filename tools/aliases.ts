import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Lets plain Node resolve the aliases of tsconfig.base.json. Import it before what uses them. */
const root = resolve(import.meta.dirname, '..');
const config = JSON.parse(readFileSync(resolve(root, 'tsconfig.base.json'), 'utf8')) as {
  readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly [string]>> };
};
const { paths } = config.compilerOptions;

registerHooks({
  resolve: (specifier, context, next) => {
    const target = paths[specifier]?.[0];
    return target === undefined
      ? next(specifier, context)
      : { url: pathToFileURL(resolve(root, target)).href, shortCircuit: true };
  },
});
