/** What of the settings the gateway's features need to know. */
export class GatewayOptions {
  /** Whether uses of keys are counted. */
  readonly trackUsage: boolean;
  readonly maxUploadBytes: number;

  constructor(options: { readonly trackUsage: boolean; readonly maxUploadBytes: number }) {
    this.trackUsage = options.trackUsage;
    this.maxUploadBytes = options.maxUploadBytes;
  }
}
