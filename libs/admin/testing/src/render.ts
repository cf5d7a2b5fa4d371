import type { EnvironmentProviders, Provider, Type } from '@angular/core';
import { TestBed } from '@angular/core/testing';

/** A component on a page, used as a person would: by what controls are called. */
export interface Rendered {
  readonly element: HTMLElement;
  /** What the whole page says, dialogs included. */
  text(): string;
  /** Every button and link with this accessible name. */
  controls(name: string): HTMLElement[];
  click(name: string): Promise<void>;
  fill(label: string, value: string): Promise<void>;
  submit(): Promise<void>;
  /** Waits until nothing is under way. */
  settle(): Promise<void>;
}

/** Puts a component on an empty page, with what it needs from elsewhere. */
export async function render(
  component: Type<unknown>,
  providers: (Provider | EnvironmentProviders)[] = [],
  inputs: Readonly<Record<string, unknown>> = {},
): Promise<Rendered> {
  // A test that already used a service has said what there is.
  if (providers.length > 0) TestBed.configureTestingModule({ providers });
  const fixture = TestBed.createComponent(component);
  for (const [name, value] of Object.entries(inputs)) fixture.componentRef.setInput(name, value);
  const settle = async () => {
    await fixture.whenStable();
    // Dialogs close on the next turn, and what was waiting for that goes on.
    await new Promise((resolve) => setTimeout(resolve));
    await fixture.whenStable();
  };
  const { body } = document;
  const controls = (name: string) =>
    [...body.querySelectorAll<HTMLElement>('button, a, [role=menuitem], [role=menuitemradio]')].filter(
      (control) => nameOf(control) === name,
    );
  await settle();
  return {
    element: fixture.nativeElement as HTMLElement,
    text: () => spaced(body.textContent),
    controls,
    settle,
    click: async (name) => {
      const [control] = controls(name);
      if (control === undefined) throw new Error(`nothing is called ${name}: ${spaced(body.textContent)}`);
      control.click();
      await settle();
    },
    fill: async (label, value) => {
      const field = fieldOf(body, label);
      field.value = value;
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.dispatchEvent(new Event('change', { bubbles: true }));
      await settle();
    },
    submit: async () => {
      body.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }));
      await settle();
    },
  };
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function fieldOf(body: HTMLElement, label: string): Field {
  const labelled = [...body.querySelectorAll('label')].find(
    ({ textContent }) => spaced(textContent).replace(/ ?\*$/, '') === label,
  );
  const selector = labelled === undefined ? `[aria-label="${label}"]` : `#${labelled.htmlFor}`;
  const field = body.querySelector<Field>(selector);
  if (field === null) throw new Error(`no field is called ${label}`);
  return field;
}

function nameOf(control: HTMLElement): string {
  return spaced(control.getAttribute('aria-label') ?? control.textContent);
}

function spaced(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
