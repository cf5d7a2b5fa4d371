import { Component, computed, DOCUMENT, inject, input, signal } from '@angular/core';
import { MatButtonToggle, MatButtonToggleGroup } from '@angular/material/button-toggle';
import { RouterLink } from '@angular/router';
import { CopyButton } from '@flowkeep/admin-ui';
import { type Language, languages, snippet } from './snippets.ts';

/** How a program calls the flow, ready to copy. */
@Component({
  selector: 'fk-call-panel',
  imports: [CopyButton, MatButtonToggle, MatButtonToggleGroup, RouterLink],
  templateUrl: './call-panel.html',
  styleUrl: './call-panel.scss',
})
export class CallPanel {
  private readonly origin = inject(DOCUMENT).location.origin;

  /** The flow's endpoint name, or its id. */
  readonly reference = input.required<string>();

  protected readonly languages = languages;
  protected readonly language = signal<Language>('curl');
  protected readonly code = computed(() =>
    snippet(this.language(), `${this.origin}/api/v1/run/${encodeURIComponent(this.reference())}`),
  );
}
