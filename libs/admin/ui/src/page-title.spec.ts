import { expect, it } from '@jest/globals';
import { Component } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter, Router, TitleStrategy } from '@angular/router';
import { PageTitle } from './page-title.ts';

@Component({ selector: 'fk-nothing', template: '' })
class Nothing {}

it('the browser’s title names the page', async () => {
  const routes = [
    { path: 'flows', title: 'Flows', component: Nothing },
    { path: '**', component: Nothing },
  ];
  TestBed.configureTestingModule({
    providers: [provideRouter(routes), { provide: TitleStrategy, useExisting: PageTitle }],
  });
  await TestBed.inject(Router).navigateByUrl('/flows');
  expect(document.title).toBe('Flows · Flowkeep');
  await TestBed.inject(Router).navigateByUrl('/other');
  expect(document.title).toBe('Flowkeep');
});
