import type { RunRequest } from '@flowkeep/contracts';

export type JsonObject = RunRequest['overrides'];

export type JsonValue = JsonObject[string];
