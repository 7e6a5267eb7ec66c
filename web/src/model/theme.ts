// Light or dark: as the system has it, or as the reader wants it here.
import { signal } from '@preact/signals';
import { Stored } from './storage.js';

type Theme = 'light' | 'dark';

const kept = new Stored<Theme>(
  () => localStorage,
  'theme',
  (value): value is Theme => value === 'light' || value === 'dark',
);

const system = matchMedia('(prefers-color-scheme: dark)');
const systemTheme = (): Theme => (system.matches ? 'dark' : 'light');

let chosen = kept.read();

export const theme = signal<Theme>(systemTheme());

/** To be called once, before anything is shown. */
export function startTheme(): void {
  system.addEventListener('change', apply);
  apply();
}

/** The other one; when that is the system's, it goes with the system again. */
export function toggleTheme(): void {
  const wanted: Theme = theme.value === 'dark' ? 'light' : 'dark';
  chosen = wanted === systemTheme() ? undefined : wanted;
  kept.write(chosen);
  apply();
}

function apply(): void {
  theme.value = chosen ?? systemTheme();
  document.documentElement.dataset['theme'] = theme.value;
}
