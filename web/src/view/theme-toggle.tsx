// Switches between light and dark.
import { theme, toggleTheme } from '../model/theme.js';
import { MoonIcon, SunIcon } from './icons.js';

export function ThemeToggle() {
  const dark = theme.value === 'dark';
  const label = dark ? 'Light colours' : 'Dark colours';
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={toggleTheme}>
      {dark ? <SunIcon /> : <MoonIcon />}
    </button>
  );
}
