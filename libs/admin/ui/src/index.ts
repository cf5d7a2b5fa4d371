export { ColorScheme, type ColorSchemeChoice } from './color-scheme.ts';
export { confirm, type Confirmation } from './confirm-dialog.ts';
export { CopyButton } from './copy-button.ts';
export { EmptyState } from './empty-state.ts';
export { Icon, type IconName } from './icon.ts';
export { LoadState } from './load-state.ts';
export { Notice } from './notice.ts';
export { PageHeader } from './page-header.ts';
export { PageTitle } from './page-title.ts';
