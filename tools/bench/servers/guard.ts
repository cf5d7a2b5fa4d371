import 'reflect-metadata';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { announce, decorateClass, decorateMethod } from './support.ts';

/** Yardstick: Nest on Fastify with a Passport key guard in front of a hello. What a plain Nest project has. */
const keys = new Set(['bench-key']);

class KeyStrategy extends PassportStrategy(HeaderAPIKeyStrategy, 'bench-key') {
  constructor() {
    super({ header: 'x-api-key', prefix: '' }, false);
  }

  validate(key: string): { key: string } | null {
    return keys.has(key) ? { key } : null;
  }
}

class HelloController {
  hello(): { hello: string } {
    return { hello: 'world' };
  }
}
decorateMethod(HelloController, 'hello', [Get('/'), UseGuards(AuthGuard('bench-key'))]);
decorateClass(HelloController, [Controller()]);

class HelloModule {}
decorateClass(HelloModule, [
  Module({ imports: [PassportModule], controllers: [HelloController], providers: [KeyStrategy] }),
]);

const app = await NestFactory.create<NestFastifyApplication>(HelloModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
announce(await app.getUrl());
