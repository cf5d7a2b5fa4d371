import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { declaredOverlaps, overlap, requireRoutes, routeTable, type ServedRoute } from './route-table.ts';
import { type Route, route } from './route.ts';
import { Serves } from './serves.ts';
import '../edge/request.ts';

const open = { access: 'public', dialect: 'plain', status: 200 } as const;
const one = route({ ...open, method: 'GET', path: '/one' });
const two = route({ ...open, method: 'POST', path: '/two/:id' });

@Controller()
class OneController {
  @Serves(one)
  one() {
    return {};
  }
}

@Controller()
class TwoController {
  @Serves(two)
  two() {
    return {};
  }
}

/** What a Nest application with these controllers serves. */
async function servedBy(...controllers: Type[]): Promise<ServedRoute[]> {
  class AppModule {}
  Module({ controllers })(AppModule);
  const adapter = new FastifyAdapter({ logger: false });
  const served: ServedRoute[] = [];
  adapter.getInstance<FastifyInstance>().addHook('onRoute', ({ method, url, config }) => {
    for (const name of [method].flat()) {
      if (name !== 'HEAD') served.push({ method: name, path: url, route: config?.route });
    }
  });
  const app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
  try {
    await app.init();
    return served;
  } finally {
    await app.close();
  }
}

describe('the start', () => {
  it('passes when what is declared is served, and nothing else', async () => {
    requireRoutes(await servedBy(OneController, TwoController), [one, two]);
  });

  it('fails for a handler without a declared route', async () => {
    @Controller()
    class Stray {
      @Get('/stray')
      stray() {
        return {};
      }
    }
    const served = await servedBy(OneController, Stray);
    expect(() => requireRoutes(served, [one])).toThrow(/^GET \/stray has no declared route$/);
  });

  it('fails for a handler whose route is not in the table', async () => {
    const served = await servedBy(OneController, TwoController);
    expect(() => requireRoutes(served, [one])).toThrow(/^POST \/two\/:id has no declared route$/);
  });

  it('fails for a declared route that nobody serves', async () => {
    const served = await servedBy(OneController);
    expect(() => requireRoutes(served, [one, two])).toThrow(/^POST \/two\/:id is declared and nobody serves it$/);
  });

  it('fails for a handler that answers elsewhere than declared', async () => {
    @Controller('/prefix')
    class Moved {
      @Serves(one)
      one() {
        return {};
      }
    }
    const served = await servedBy(Moved);
    expect(() => requireRoutes(served, [one])).toThrow(/^GET \/prefix\/one is declared as GET \/one$/);
  });

  it('fails for a route that two handlers serve', async () => {
    @Controller('/prefix')
    class Again {
      @Serves(one)
      one() {
        return {};
      }
    }
    const served = await servedBy(OneController, Again);
    expect(() => requireRoutes(served, [one])).toThrow(/GET \/one is served 2 times/);
  });

  it('fails for two handlers at one address', async () => {
    @Controller()
    class Same {
      @Serves(route({ ...open, method: 'GET', path: '/one' }))
      one() {
        return {};
      }
    }
    await expect(servedBy(OneController, Same)).rejects.toThrow(/already declared/i);
  });

  it('names every problem at once', () => {
    const served = [{ method: 'GET', path: '/a', route: undefined }];
    expect(() => requireRoutes(served, [one, two])).toThrow(/GET \/a .*\nGET \/one .*\nPOST \/two/);
  });
});

describe('two routes overlap', () => {
  const pair = (left: `/${string}`, right: `/${string}`, methods: ['GET' | 'PUT', 'GET' | 'PUT'] = ['GET', 'GET']) =>
    [left, right].map((path, index) => ({ ...open, method: methods[index], path }) as Route) as [Route, Route];

  it.each<[string, [Route, Route], boolean]>([
    ['a word and a parameter', pair('/a/new', '/a/:id'), true],
    ['a parameter and a word', pair('/a/:id', '/a/new'), true],
    ['two parameters', pair('/a/:id', '/a/:name'), true],
    ['crossing parameters', pair('/a/:id/b', '/a/x/:id'), true],
    ['two words', pair('/a/x', '/a/y'), false],
    ['other lengths', pair('/a/:id', '/a'), false],
    ['other methods', pair('/a/:id', '/a/new', ['GET', 'PUT']), false],
    ['another case', pair('/a/x', '/a/X'), false],
  ])('%s', (_name, [left, right], expected) => {
    expect(overlap(left, right)).toBe(expected);
  });
});

describe('the route table', () => {
  const named = ({ method, path }: Route) => `${method} ${path}`;

  it('has exactly the overlaps it declares', () => {
    const found = routeTable.flatMap((left, index) =>
      routeTable
        .slice(index + 1)
        .filter((right) => overlap(left, right))
        .map((right) => [named(left), named(right)].sort()),
    );
    expect(found.sort()).toEqual(declaredOverlaps.map((pair) => [...pair].sort()).sort());
  });

  it('names no route twice', () => {
    const names = routeTable.map(named);
    expect(names).toEqual([...new Set(names)]);
  });

  it('writes paths without a trailing slash or an empty segment', () => {
    expect(routeTable.filter(({ path }) => path.endsWith('/') || path.includes('//'))).toEqual([]);
  });

  it('declares a body schema only with the kind of body it reads', () => {
    expect(routeTable.filter(({ body, consumes }) => body !== undefined && consumes === undefined)).toEqual([]);
  });
});
