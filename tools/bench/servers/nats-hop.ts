import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { announce, decorateClass, decorateMethod } from './support.ts';

/** Yardstick: Nest on Fastify asking another Nest process over NATS with Nest's own client. The front half. */
const servers = process.argv[2] as string;
const client: ClientProxy = ClientProxyFactory.create({ transport: Transport.NATS, options: { servers } });
await client.connect();

class HopController {
  hello() {
    return client.send('bench.hello', {});
  }
}
decorateMethod(HopController, 'hello', [Get('/')]);
decorateClass(HopController, [Controller()]);

class HopModule {}
decorateClass(HopModule, [Module({ controllers: [HopController] })]);

const app = await NestFactory.create<NestFastifyApplication>(HopModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
announce(await app.getUrl());
