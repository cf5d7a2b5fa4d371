import { Injectable } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { DomainError, keepFlowSecrets } from '@flowkeep/contracts';
import { isJsonObject, type JsonObject, type JsonValue } from '@flowkeep/flow-graph';
import { liftSecrets, type SecretPlace, secretReference } from '@flowkeep/flow-langflow';
import { UuidV7 } from '@flowkeep/persistence';
import { FlowRunnerOptions } from '../flow-runner-options.ts';
import { SecretCleanup } from './secret-cleanup.ts';

const limits = { secrets: 1000, valueLength: 1_048_576 } as const;

/** A document whose literal secrets were taken out. */
export interface LiftedDocument {
  /** With references in their places. */
  readonly document: JsonObject;
  readonly places: readonly SecretPlace[];
  readonly secrets: readonly LiftedSecret[];
}

interface LiftedSecret extends SecretPlace {
  readonly id: string;
  /** The value as JSON: a field may hold more than a text. */
  readonly value: string;
}

/** Moves the secrets of flows into the vault. */
@Injectable()
export class FlowSecrets {
  constructor(
    private readonly bus: Bus,
    private readonly cleanup: SecretCleanup,
    private readonly ids: UuidV7,
    private readonly options: FlowRunnerOptions,
  ) {}

  /** Whether secrets are kept at all. */
  get areKept(): boolean {
    return !this.options.removeSecrets;
  }

  /** @throws DomainError `flow_invalid` for more secrets, or longer ones, than a flow may have */
  lift(document: JsonObject): LiftedDocument {
    if (!this.areKept) {
      const { document: kept, lifted } = liftSecrets(document, ({ value }) => emptied(value));
      return { document: kept, places: lifted, secrets: [] };
    }
    const secrets: LiftedSecret[] = [];
    const { document: kept, lifted } = liftSecrets(document, ({ nodeId, field, value }) => {
      const secret = { id: this.ids.next(), nodeId, field, value: JSON.stringify(value) };
      if (secret.value.length > limits.valueLength) throw tooMuch(`The secret in ${field} of ${nodeId} is too long.`);
      if (secrets.push(secret) > limits.secrets) throw tooMuch(`A flow may have ${limits.secrets} secrets.`);
      return secretReference(secret.id);
    });
    return { document: kept, places: lifted, secrets };
  }

  /**
   * Hands the secrets to the vault before the flow that refers to them is stored.
   *
   * @returns what the transaction that stores the flow has to settle; null when there are none
   * @throws DomainError `unavailable` while the vault is away; nothing is left behind
   */
  async keep(workspaceId: string, flowId: string, secrets: readonly LiftedSecret[]): Promise<string | null> {
    if (secrets.length === 0) return null;
    const ids = secrets.map(({ id }) => id);
    const announced = await this.cleanup.announce(workspaceId, flowId, ids);
    try {
      await this.bus.call(keepFlowSecrets, { workspaceId, flowId, secrets: [...secrets] }, systemContext);
    } catch (error) {
      await this.cleanup.abandon(announced);
      throw error;
    }
    return announced;
  }
}

/** What an editor shows as an empty field of the same kind. */
function emptied(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return [];
  return isJsonObject(value) ? {} : '';
}

function tooMuch(message: string): DomainError {
  return new DomainError('flow_invalid', { message });
}
