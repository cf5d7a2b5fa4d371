/** What of the settings the gateway's features need to know. */
export class GatewayOptions {
  /** Whether uses of keys are counted. */
  readonly trackUsage: boolean;
  readonly maxUploadBytes: number;
  /** The only key there is, when the operator gave one; null = keys are made by people. */
  readonly environmentKey: string | null;

  constructor(options: {
    readonly trackUsage: boolean;
    readonly maxUploadBytes: number;
    readonly environmentKey: string | null;
  }) {
    this.trackUsage = options.trackUsage;
    this.maxUploadBytes = options.maxUploadBytes;
    this.environmentKey = options.environmentKey;
  }
}
