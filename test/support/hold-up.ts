/** Keeps the process from doing anything else: no timer fires, no socket is read. */
export function holdUp(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
