import { textTooLong } from '@flowkeep/flow-engine';

/** How a template writes its variables: `{name}` with `{{` and `}}` for braces, or `{{name}}`. */
export type TemplateMode = 'f-string' | 'mustache';

const patterns: Readonly<Record<TemplateMode, RegExp>> = {
  'f-string': /\{\{|\}\}|\{([^{}\n]{1,255})\}/g,
  mustache: /\{\{\s*([^{}\s]{1,255})\s*\}\}/g,
};

/**
 * Fills a template in one pass, so that what a variable holds is never taken for a template. In f-string mode a name
 * without a variable stays as it is written; in mustache mode it gives nothing.
 *
 * @param limit how many characters the text may have
 * @throws DomainError `run_limit_exceeded`, before a longer text is built
 */
export function fillTemplate(
  template: string,
  mode: TemplateMode,
  variables: ReadonlyMap<string, string>,
  limit: number,
): string {
  const parts: string[] = [];
  let length = 0;
  let position = 0;
  const add = (part: string): void => {
    length += part.length;
    if (length > limit) throw textTooLong(limit);
    parts.push(part);
  };
  for (const match of template.matchAll(patterns[mode])) {
    add(template.slice(position, match.index));
    add(replacement(match[0], match[1], mode, variables));
    position = match.index + match[0].length;
  }
  add(template.slice(position));
  return parts.join('');
}

function replacement(
  written: string,
  name: string | undefined,
  mode: TemplateMode,
  variables: ReadonlyMap<string, string>,
): string {
  if (name === undefined) return written.slice(1);
  return variables.get(name) ?? (mode === 'mustache' ? '' : written);
}
