import { type DynamicModule, type INestMicroservice, type RpcExceptionFilter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { throwError, type Observable } from 'rxjs';
import type { Bus } from './bus.ts';
import { BusServer } from './bus-server.ts';
import type { LinkBus } from './link-bus.ts';

/** Nest would replace an error it does not know by "internal server error"; the bus wants the error itself. */
class PassErrorsOn implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Runs a service's module: its handlers answer on the bus from when this resolves.
 *
 * @throws Error when an operation of the service has no handler, or a handler names none
 */
export async function serve(module: DynamicModule, bus: Bus): Promise<INestMicroservice> {
  const strategy = new BusServer(bus as LinkBus);
  const app = await NestFactory.createMicroservice(module, { strategy, logger: false, abortOnError: false });
  app.useGlobalFilters(new PassErrorsOn());
  await app.listen();
  return app;
}
