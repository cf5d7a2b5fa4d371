export { ChangePasswordPage } from './change-password-page.ts';
export { SignInPage } from './sign-in-page.ts';
