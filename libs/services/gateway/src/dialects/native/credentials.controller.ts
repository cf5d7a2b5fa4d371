import { Controller } from '@nestjs/common';
import { credentialTypes } from '@flowkeep/contracts';
import { Serves } from '../../routing/serves.ts';
import { nativeRoutes } from './routes.ts';

/** What of credentials the gateway knows by itself. */
@Controller()
export class NativeCredentialsController {
  @Serves(nativeRoutes.listCredentialTypes)
  types() {
    return { types: credentialTypes };
  }
}
