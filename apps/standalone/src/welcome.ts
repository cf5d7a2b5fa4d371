import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { initialPasswordPath, type Settings } from '@flowkeep/config';

/**
 * What a newcomer needs to know: where it is, where the first password lies, and a line that works. The password itself
 * is shown on a terminal only, never in a log.
 */
export function welcome(url: string, settings: Settings, terminal: boolean): string {
  const user = settings.superuser ?? 'flowkeep';
  const path = initialPasswordPath(settings.dataDir);
  const opening = settings.backendOnly ? 'Use the API' : 'Open it in a browser';
  const lines = ['', `Flowkeep is running at ${url}`];
  if (existsSync(path)) {
    const shown = relative(process.cwd(), path) || path;
    const password = terminal ? `: ${readFileSync(path, 'utf8')}` : '';
    lines.push(
      `First user ${user}, password in ${shown}${password}`,
      '',
      `${opening}, or try it here:`,
      `  curl ${url}/api/v1/login -d username=${user} --data-urlencode password@${shown}`,
    );
  } else {
    lines.push('', `${opening}, or try it here:`, `  curl ${url}/health_check`);
  }
  return `${lines.join('\n')}\n\n`;
}
