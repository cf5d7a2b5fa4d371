import { Component } from '@angular/core';

@Component({ selector: 'fk-variables-page', template: '<h1>variables</h1>' })
export class VariablesPage {}
