import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { boundaries } from './boundaries.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(resolve(root, path), 'utf8');
const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');

describe('the tags of the projects', () => {
  const projects = tracked
    .filter((path) => /(^|\/)project\.json$/.test(path))
    .map((path) => ({ path, tags: (JSON.parse(read(path)) as { tags?: string[] }).tags ?? [] }));
  const constrained = boundaries.depConstraints.map(({ sourceTag }) => sourceTag);

  it.each(projects)('of $path are one type and one scope, each with its rule', ({ tags }) => {
    expect(tags.map((tag) => tag.split(':')[0]).sort()).toEqual(['scope', 'type']);
    expect(constrained).toEqual(expect.arrayContaining(tags));
  });

  it('have one rule each, and no rule is for a tag that nothing has', () => {
    const used = new Set(projects.flatMap(({ tags }) => tags));
    expect([...constrained].sort()).toEqual([...used].sort());
  });

  it('are what rules allow: none allows everything', () => {
    for (const { onlyDependOnLibsWithTags } of boundaries.depConstraints) {
      expect(onlyDependOnLibsWithTags.filter((tag) => tag.includes('*') || !constrained.includes(tag))).toEqual([]);
    }
    // Files outside every library; each is one file, not a folder.
    expect(boundaries.allow.filter((pattern) => !/^[\w/-]+(\[a-z-\]\+)?\\\.(json|ts)\$$/.test(pattern))).toEqual([]);
  });
});

describe('package-lock.json', () => {
  interface Locked {
    readonly version?: string;
    readonly resolved?: string;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
  const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

  it('names no address to download from', () => {
    const addresses = Object.entries(packages).filter(([, { resolved }]) => resolved?.startsWith('http'));
    expect(addresses.map(([path]) => path)).toEqual([]);
  });

  it('has the native parts for Linux and macOS on both processors', () => {
    const present = new Set(Object.keys(packages).map(nameOf));
    const wanted = Object.values(packages)
      .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
      .filter((name) => /(linux|darwin).*-(x64|arm64)(-gnu)?$/.test(name));
    expect(wanted.length).toBeGreaterThan(20);
    const missing = [...new Set(wanted.filter((name) => !present.has(name)))].sort();
    expect(missing).toEqual([]);
  });
});

it('no tracked file names a place on somebody’s machine or a private registry', () => {
  const place = new RegExp(
    ['/(?:home|Users)/[a-z]\\w*/', '/root/', 'https?://[^/\\s]*(?:npm|registry)[\\w.-]*:\\d'].join('|'),
  );
  const self = 'tools/repository.spec.ts';
  const found = tracked.filter((path) => path !== self && place.test(read(path)));
  expect(found).toEqual([]);
});
