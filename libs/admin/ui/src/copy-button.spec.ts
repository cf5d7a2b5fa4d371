import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Clipboard } from '@angular/cdk/clipboard';
import { TestBed } from '@angular/core/testing';
import { CopyButton } from './copy-button.ts';

describe('the copy button', () => {
  const copy = jest.fn<Clipboard['copy']>();

  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function open() {
    TestBed.configureTestingModule({ providers: [{ provide: Clipboard, useValue: { copy } }] });
    const fixture = TestBed.createComponent(CopyButton);
    fixture.componentRef.setInput('text', 'fk_secret');
    fixture.componentRef.setInput('what', 'the key');
    fixture.detectChanges();
    const button = (fixture.nativeElement as HTMLElement).querySelector('button') as HTMLButtonElement;
    return {
      says: () => {
        fixture.detectChanges();
        return button.textContent.trim();
      },
      click: () => button.click(),
    };
  }

  it('copies its text, and says so for a moment', () => {
    copy.mockReturnValue(true);
    const button = open();
    expect(button.says()).toBe('Copy the key');
    button.click();
    expect(copy).toHaveBeenCalledWith('fk_secret');
    expect(button.says()).toBe('Copied the key');
    jest.advanceTimersByTime(2_000);
    expect(button.says()).toBe('Copy the key');
  });

  it('claims nothing when the browser refused', () => {
    copy.mockReturnValue(false);
    const button = open();
    button.click();
    expect(button.says()).toBe('Copy the key');
  });
});
