import type { SqlValue } from './query.ts';

/** The conditions of a statement, all of which hold, with the values bound to them. */
export class Conditions {
  readonly values: SqlValue[] = [];
  private readonly texts: string[] = [];

  /** @param text makes the condition of its values' places */
  add(text: (...places: string[]) => string, ...values: SqlValue[]): void {
    this.texts.push(text(...values.map((value) => this.bind(value))));
  }

  /** @returns the place of one value that no condition is made of, such as a limit */
  bind(value: SqlValue): string {
    return `$${this.values.push(value)}`;
  }

  get text(): string {
    return this.texts.join(' and ');
  }
}
