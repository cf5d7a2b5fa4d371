const dayMs = 24 * 60 * 60 * 1000;

/** How long a key may live, as the dialog offers it. */
export const expiryPresets = [
  { value: 'never', name: 'Never' },
  { value: '7', name: 'In 7 days' },
  { value: '30', name: 'In 30 days' },
  { value: '90', name: 'In 90 days' },
  { value: '365', name: 'In a year' },
] as const;

/**
 * When a key made now ends.
 *
 * @param preset the value of a preset
 * @param nowMs milliseconds since 1970
 * @returns milliseconds since 1970, or null for never
 */
export function expiryAt(preset: string, nowMs: number): number | null {
  return preset === 'never' ? null : nowMs + Number(preset) * dayMs;
}
