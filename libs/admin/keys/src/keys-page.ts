import { Component } from '@angular/core';

@Component({ selector: 'fk-keys-page', template: '<h1>keys</h1>' })
export class KeysPage {}
