export type Theme = 'system' | 'light' | 'dark';

const key = 'prismap.theme';

export function chosenTheme(): Theme {
  const stored = localStorage.getItem(key);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export const chooseTheme = (theme: Theme): void => localStorage.setItem(key, theme);

/** Puts the theme into force; `system` leaves it to the style sheet. */
export function applyTheme(): void {
  const theme = chosenTheme();
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}
