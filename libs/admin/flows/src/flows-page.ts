import { Component } from '@angular/core';

@Component({ selector: 'fk-flows-page', template: '<h1>flows</h1>' })
export class FlowsPage {}
