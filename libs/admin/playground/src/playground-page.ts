import { CdkTextareaAutosize } from '@angular/cdk/text-field';
import {
  afterRenderEffect,
  Component,
  DestroyRef,
  type ElementRef,
  inject,
  input,
  resource,
  signal,
  viewChild,
} from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { RouterLink } from '@angular/router';
import { ApiClient } from '@flowkeep/admin-api';
import { EmptyState, Icon, LoadState, PageHeader } from '@flowkeep/admin-ui';
import { CallPanel } from './call-panel.ts';
import { Chat } from './chat.ts';

/** Talk with a flow, and see how a program would. */
@Component({
  selector: 'fk-playground-page',
  imports: [
    CallPanel,
    CdkTextareaAutosize,
    EmptyState,
    Icon,
    LoadState,
    MatButton,
    MatIconButton,
    PageHeader,
    RouterLink,
  ],
  providers: [Chat],
  templateUrl: './playground-page.html',
  styleUrl: './playground-page.scss',
})
export class PlaygroundPage {
  private readonly api = inject(ApiClient);
  private readonly log = viewChild<ElementRef<HTMLElement>>('log');
  private readonly composer = viewChild<ElementRef<HTMLTextAreaElement>>('text');

  /** The flow's id, from the address. */
  readonly id = input.required<string>();

  protected readonly chat = inject(Chat);
  protected readonly draft = signal('');
  protected readonly flow = resource({
    params: () => ({ flowId: this.id() }),
    loader: ({ params }) => this.api.call('getFlow', { params }),
  });

  constructor() {
    // The newest words stay in sight while an answer grows.
    afterRenderEffect(() => {
      this.chat.entries();
      const log = this.log()?.nativeElement;
      if (log !== undefined) log.scrollTop = log.scrollHeight;
    });
    inject(DestroyRef).onDestroy(() => this.chat.stop());
  }

  protected async send(): Promise<void> {
    const text = this.draft().trim();
    if (text === '' || this.chat.running() !== null) return;
    this.clearDraft();
    this.backToComposer();
    await this.chat.send(this.id(), text);
  }

  protected stop(): void {
    this.backToComposer();
    this.chat.stop();
  }

  /** Enter sends; with Shift it begins a new line, and while a word is composed it belongs to the input method. */
  protected async sendOnEnter(event: Event): Promise<void> {
    if ((event as KeyboardEvent).isComposing) return;
    event.preventDefault();
    await this.send();
  }

  /** Also in the field itself: what was typed may not have been rendered yet, and then nothing seems to change. */
  private clearDraft(): void {
    this.draft.set('');
    const composer = this.composer()?.nativeElement;
    if (composer !== undefined) composer.value = '';
  }

  /** The button that was pressed gives way to another: the keyboard must not be left nowhere. */
  private backToComposer(): void {
    this.composer()?.nativeElement.focus();
  }
}
