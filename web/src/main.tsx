// Starts the page.
import '@fontsource-variable/onest/wght.css';
import { render } from 'preact';
import { App } from './app.js';
import { startTheme } from './model/theme.js';

startTheme();
render(<App />, document.querySelector('#app')!);
