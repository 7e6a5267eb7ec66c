// Keeps what the reader looks at where it is, while rows come and go above and below it.

/** A message's text by its number, and how far its top is below that of the list. */
export interface Anchor {
  readonly index: number;
  readonly top: number;
}

/** So near to the end counts as at the end. */
const END_MARGIN = 40;

export class ScrollKeeper {
  /** Stays at the end whatever comes. */
  pinned = true;
  anchor: Anchor | undefined;
  #scroller: HTMLElement | undefined;
  #observer: ResizeObserver | undefined;

  attach(scroller: HTMLElement): void {
    this.#scroller = scroller;
    this.#observer = new ResizeObserver(() => this.restore());
    this.#observer.observe(scroller);
    if (scroller.lastElementChild) this.#observer.observe(scroller.lastElementChild);
  }

  detach(): void {
    this.#observer?.disconnect();
    this.#scroller = undefined;
  }

  /** Pixels of rows above what is seen. */
  get above(): number {
    return this.#scroller?.scrollTop ?? 0;
  }

  get below(): number {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = this.#scroller ?? {};
    return scrollHeight - scrollTop - clientHeight;
  }

  /** To be called when the reader has scrolled. */
  note(endIsOnPage: boolean): void {
    this.pinned = endIsOnPage && this.below < END_MARGIN;
    this.anchor = this.#firstSeen();
  }

  /** The reader may be at the end without having scrolled. */
  noteEnd(endIsOnPage: boolean): void {
    this.pinned ||= endIsOnPage && this.below < END_MARGIN;
  }

  restore(): void {
    const scroller = this.#scroller;
    if (!scroller) return;
    if (this.pinned) {
      scroller.scrollTop = scroller.scrollHeight;
      return;
    }
    const { anchor } = this;
    const row = anchor && scroller.querySelector(`[data-index="${anchor.index}"]`);
    if (row) scroller.scrollTop += this.#topOf(row) - anchor.top;
  }

  #firstSeen(): Anchor | undefined {
    const { top } = this.#scroller!.getBoundingClientRect();
    for (const row of this.#scroller!.querySelectorAll<HTMLElement>('[data-index]')) {
      if (row.getBoundingClientRect().bottom > top) {
        return { index: Number(row.dataset['index']), top: this.#topOf(row) };
      }
    }
    return undefined;
  }

  #topOf(row: Element): number {
    return row.getBoundingClientRect().top - this.#scroller!.getBoundingClientRect().top;
  }
}
