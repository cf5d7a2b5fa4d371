import type { Routes } from '@angular/router';
import { mayChangePassword, signedIn } from '@flowkeep/admin-api';

/** Every page is a chunk of its own: what a visitor does not open is not loaded. */
export const routes: Routes = [
  {
    path: 'login',
    title: 'Sign in',
    loadComponent: async () => (await import('@flowkeep/admin-account')).SignInPage,
  },
  {
    path: 'change-password',
    title: 'Change password',
    canActivate: [mayChangePassword],
    loadComponent: async () => (await import('@flowkeep/admin-account')).ChangePasswordPage,
  },
  {
    path: '',
    canActivate: [signedIn],
    loadComponent: async () => (await import('@flowkeep/admin-shell')).Shell,
    children: [
      { path: '', pathMatch: 'full', redirectTo: 'flows' },
      {
        path: 'flows',
        title: 'Flows',
        loadComponent: async () => (await import('@flowkeep/admin-flows')).FlowsPage,
      },
      {
        path: 'flows/:id',
        title: 'Playground',
        loadComponent: async () => (await import('@flowkeep/admin-playground')).PlaygroundPage,
      },
      {
        path: 'settings/api-keys',
        title: 'API keys',
        loadComponent: async () => (await import('@flowkeep/admin-keys')).KeysPage,
      },
      {
        path: 'settings/global-variables',
        title: 'Global variables',
        loadComponent: async () => (await import('@flowkeep/admin-variables')).VariablesPage,
      },
    ],
  },
  {
    path: '**',
    title: 'Page not found',
    loadComponent: async () => (await import('./not-found-page.ts')).NotFoundPage,
  },
];
