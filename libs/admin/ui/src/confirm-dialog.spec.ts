import { describe, expect, it } from '@jest/globals';
import { Component, inject } from '@angular/core';
import { MatDialog } from '@angular/material/dialog';
import { render } from '@flowkeep/admin-testing';
import { confirm } from './confirm-dialog.ts';

@Component({ selector: 'fk-asker', template: '<button type="button" (click)="ask()">Ask</button>' })
class Asker {
  private readonly dialog = inject(MatDialog);

  ask(): void {
    answers.push(confirm(this.dialog, { heading: 'Delete it?', consequence: 'It is gone.', action: 'Delete' }));
  }
}

const answers: Promise<boolean>[] = [];

describe('a confirmation', () => {
  it.each([
    ['Delete', true],
    ['Cancel', false],
  ])('answered with %s is %s', async (choice, agreed) => {
    const page = await render(Asker);
    await page.click('Ask');
    expect(page.text()).toContain('Delete it?');
    expect(page.text()).toContain('It is gone.');
    expect(document.querySelector('[role=alertdialog]')).not.toBeNull();
    await page.click(choice);
    expect(await answers.at(-1)).toBe(agreed);
  });
});
