import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { announce, decorateClass, decorateMethod } from './support.ts';

/** The back half of the NATS yardstick. */
class HelloController {
  hello(): { hello: string } {
    return { hello: 'world' };
  }
}
decorateMethod(HelloController, 'hello', [MessagePattern('bench.hello')]);
decorateClass(HelloController, [Controller()]);

class HelloModule {}
decorateClass(HelloModule, [Module({ controllers: [HelloController] })]);

const app = await NestFactory.createMicroservice<MicroserviceOptions>(HelloModule, {
  transport: Transport.NATS,
  options: { servers: process.argv[2] as string, queue: 'bench' },
  logger: false,
});
await app.listen();
announce('nats');
