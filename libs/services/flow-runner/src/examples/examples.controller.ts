import { Controller } from '@nestjs/common';
import { Handles } from '@flowkeep/bus';
import { addExamples, type RequestOf } from '@flowkeep/contracts';
import { Examples } from './examples.ts';

@Controller()
export class ExamplesController {
  constructor(private readonly examples: Examples) {}

  @Handles(addExamples)
  add(request: RequestOf<typeof addExamples>) {
    return this.examples.add(request);
  }
}
