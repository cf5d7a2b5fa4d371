import { apiKeyRoutes } from './api-keys.ts';
import { authRoutes } from './auth.ts';
import { credentialRoutes } from './credentials.ts';

/** Flowise's HTTP API as data (contract: Flowise 1, 2, 4). */
export const flowiseRoutes = { ...authRoutes, ...apiKeyRoutes, ...credentialRoutes } as const;
