/** A page that a browser shows, or the address outside the issuer that it was sent to. */
export interface Page {
  url: string;
  status: number;
  headers: Headers;
  html: string;
}

/** As much of a browser as signing in takes: cookies by path, redirects, forms. It runs no scripts, as none may be needed. */
export class Browser {
  readonly #origin: string;
  readonly #cookies = new Map<string, { name: string; value: string; path: string }>();

  /** @param origin beyond which no redirect is followed */
  constructor(origin: string) {
    this.#origin = origin;
  }

  async open(
    url: string,
    options: { body?: URLSearchParams; headers?: Record<string, string> } = {},
  ): Promise<Page> {
    if (new URL(url).origin !== this.#origin) return { url, status: 0, headers: new Headers(), html: '' };
    const response = await fetch(url, {
      ...(options.body !== undefined && { method: 'POST', body: options.body }),
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: this.#cookiesFor(new URL(url).pathname), ...options.headers },
    });
    this.#keep(response.headers.getSetCookie());
    const location = response.headers.get('location');
    if (location !== null) return await this.open(new URL(location, url).href);
    return { url, status: response.status, headers: response.headers, html: await response.text() };
  }

  /** Fills the page's form in and sends it, with what is hidden in it. */
  async submit(
    page: Page,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    const action = /<form method="post" action="([^"]+)"/.exec(page.html)?.[1];
    if (action === undefined) throw new TypeError(`no form on this page:\n${page.html}`);
    const hidden = page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
    const body = new URLSearchParams();
    for (const [, name = '', value = ''] of hidden) body.set(name, value);
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return await this.open(new URL(action, page.url).href, { body, headers });
  }

  #cookiesFor(path: string): string {
    const sent = [...this.#cookies.values()].filter((cookie) => path.startsWith(cookie.path));
    return sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  #keep(setCookies: string[]): void {
    for (const setCookie of setCookies) {
      const [pair = '', ...attributes] = setCookie.split('; ');
      const [name = '', value = ''] = pair.split('=');
      const path = attributes.find((each) => each.startsWith('path='))?.slice('path='.length) ?? '/';
      const expires = attributes.find((each) => each.startsWith('expires='))?.slice('expires='.length);
      const gone = expires !== undefined && Date.parse(expires) < Date.now();
      if (gone) this.#cookies.delete(`${path} ${name}`);
      else this.#cookies.set(`${path} ${name}`, { name, value, path });
    }
  }
}
