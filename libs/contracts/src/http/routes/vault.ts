import * as vault from '../../operations/vault/index.ts';
import { asked, type NativeRoute, strict } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

export const vaultRoutes = {
  rotation: asked(
    vault.rotationStatus,
    'Which secret key the data are under, and how far the last change of keys is.',
    {},
  ),
  rotateSecretKey: asked(vault.rotateSecretKey, 'Brings every data key under the secret key of the settings.', {
    body: strict(vault.rotateSecretKey.request),
  }),
  rotateDataKeys: asked(vault.rotateDataKeys, 'Makes new data keys and encrypts what is there anew.', {
    body: strict(vault.rotateDataKeys.request),
  }),
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
