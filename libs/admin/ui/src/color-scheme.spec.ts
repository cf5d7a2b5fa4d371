import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { ColorScheme } from './color-scheme.ts';

describe('the colour scheme', () => {
  const shown = () => document.documentElement.style.colorScheme;

  beforeEach(() => localStorage.clear());

  it('is the system’s until something else is chosen', () => {
    const scheme = TestBed.inject(ColorScheme);
    scheme.apply();
    expect(scheme.choice()).toBe('system');
    expect(shown()).toBe('light dark');
  });

  it('is remembered by this browser', () => {
    TestBed.inject(ColorScheme).choose('dark');
    expect(shown()).toBe('dark');
    TestBed.resetTestingModule();
    expect(TestBed.inject(ColorScheme).choice()).toBe('dark');
  });

  it('is the system’s when what was kept means nothing', () => {
    localStorage.setItem('flowkeep-color-scheme', 'purple');
    expect(TestBed.inject(ColorScheme).choice()).toBe('system');
  });
});
