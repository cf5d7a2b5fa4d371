import { Controller } from '@nestjs/common';
import { Handles } from '@flowkeep/bus';
import { keysHealth } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';

@Controller()
export class HealthController {
  constructor(private readonly database: Database) {}

  @Handles(keysHealth)
  async health() {
    return { database: await this.database.health() };
  }
}
