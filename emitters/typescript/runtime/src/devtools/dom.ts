/** As much of a user interface library as the panel needs: elements made by name, and lists that keep their place when drawn anew. */

/** What an element is told: attributes by name, or a listener by `on` and an event's name. */
export interface Told {
  readonly [name: string]: string | boolean | undefined | (() => void);
}

/** Makes an element. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  told: Told = {},
  ...children: readonly (Node | string | null)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(told)) {
    if (typeof value === 'function') made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Puts other children into an element, and its scroll back to where it was. */
export function redraw(parent: HTMLElement, ...children: readonly (Node | string | null)[]): void {
  const { scrollTop, scrollLeft } = parent;
  parent.replaceChildren(...children.filter((child) => child !== null));
  parent.scrollTop = scrollTop;
  parent.scrollLeft = scrollLeft;
}

/** A value in as little room as it takes. */
export function brief(value: unknown, limit = 80): string {
  const text = toText(value);
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** A value as JSON, `bigint` as digits. */
export function toText(value: unknown, indent?: number): string {
  if (value === undefined) return '—';
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? `${member}` : member), indent);
}

/** The time of day of a stamp, or of Unix milliseconds. */
export function timeOf(time: string | number): string {
  const ms = typeof time === 'number' ? time : Number(time.slice(0, 15));
  return `${new Date(ms).toLocaleTimeString([], { hour12: false })}.${String(ms % 1000).padStart(3, '0')}`;
}
