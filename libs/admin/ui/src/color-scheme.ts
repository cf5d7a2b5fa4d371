import { DOCUMENT, inject, Service, signal } from '@angular/core';

export const colorSchemes = ['system', 'light', 'dark'] as const;

export type ColorSchemeChoice = (typeof colorSchemes)[number];

const storageKey = 'flowkeep-color-scheme';

/** Light, dark, or as the system has it; this browser remembers the choice. */
@Service()
export class ColorScheme {
  private readonly document = inject(DOCUMENT);
  private readonly chosen = signal<ColorSchemeChoice>(this.remembered());

  readonly choice = this.chosen.asReadonly();

  choose(choice: ColorSchemeChoice): void {
    this.chosen.set(choice);
    try {
      this.document.defaultView?.localStorage.setItem(storageKey, choice);
    } catch {
      // A browser that keeps nothing still shows it until the page is left.
    }
    this.apply();
  }

  /** Puts the choice on the page, whose colours are all `light-dark(…)`. */
  apply(): void {
    const choice = this.chosen();
    this.document.documentElement.style.colorScheme = choice === 'system' ? 'light dark' : choice;
  }

  private remembered(): ColorSchemeChoice {
    try {
      const kept = this.document.defaultView?.localStorage.getItem(storageKey);
      return colorSchemes.find((scheme) => scheme === kept) ?? 'system';
    } catch {
      return 'system';
    }
  }
}
