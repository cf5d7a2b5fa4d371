import { Controller } from '@nestjs/common';
import { Handles } from '@flowkeep/bus';
import { vaultHealth } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';

@Controller()
export class HealthController {
  constructor(private readonly database: Database) {}

  @Handles(vaultHealth)
  async health() {
    return { database: await this.database.health() };
  }
}
