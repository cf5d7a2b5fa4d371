import { Component } from '@angular/core';

@Component({ selector: 'fk-playground-page', template: '<h1>playground</h1>' })
export class PlaygroundPage {}
