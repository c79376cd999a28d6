import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** The pages of the issuer: plain HTML of our own, that fetches nothing and runs nothing. */

const style = `
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
body { max-width: 26rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { width: 100%; box-sizing: border-box; font: inherit; padding: .5rem; margin-top: .25rem; }
button { font: inherit; padding: .5rem 1.25rem; margin: 1.5rem .5rem 0 0; }
code { font-size: 1.6rem; letter-spacing: .1em; }
[role=alert] { border-left: .3rem solid #c0392b; padding: .25rem .75rem; }
`;

const styleHash = createHash('sha256').update(style).digest('base64');

/**
 * The headers of every page. Browsers hold a form's redirects to `form-action` as well, and the one after signing in goes
 * to the program that waits on a port of this machine (RFC 8252 section 7.3).
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    "form-action 'self' http://127.0.0.1:*",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  // Not `no-referrer`: forms would then be sent with `Origin: null`.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** HTML whose parts are safe already. */
interface Html {
  html: string;
}

/** HTML from a template: what is put in is escaped, unless it is HTML itself. */
function html(literals: TemplateStringsArray, ...values: (string | Html | undefined)[]): Html {
  const parts = literals.map((literal, index) => literal + asHtml(values[index]));
  return { html: parts.join('') };
}

function asHtml(value: string | Html | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? escaped(value) : value.html;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

function page(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - enrollment key escrow</title>
<style>${{ html: style }}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.html;
}

function alert(message: string | undefined): Html | undefined {
  return message === undefined ? undefined : html`<p role="alert" id="message">${message}</p>`;
}

/** @param message what went wrong, and what to do */
export function signInPage({
  action,
  subject = '',
  message,
}: {
  action: string;
  subject?: string;
  message?: string;
}): string {
  const described = message === undefined ? undefined : html` aria-describedby="message"`;
  return page(
    'Sign in',
    html`${alert(message)}
<p>A program on your computer or device asks to use the key escrow service in your name. Go on only if you started it.</p>
<form method="post" action="${action}" autocomplete="on">
<label for="subject">Account name</label>
<input id="subject" name="subject" value="${subject}" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${described}>
<button type="submit" name="decision" value="sign-in">Sign in</button>
<button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button>
</form>`,
  );
}

interface DeviceForm {
  action: string;
  /** The library's proof that the form is its own. */
  xsrf: string;
}

/** Where the code is entered that a device shows (RFC 8628 section 3.3). */
export function deviceCodePage({
  action,
  xsrf,
  code = '',
  message,
}: DeviceForm & { code?: string; message?: string }): string {
  return page(
    'Connect a device',
    html`${alert(message)}
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${xsrf}">
<label for="user_code">Code that the device shows</label>
<input id="user_code" name="user_code" value="${code}" autocomplete="off" autocapitalize="characters" spellcheck="false" required autofocus>
<button type="submit">Go on</button>
</form>`,
  );
}

/** Asks whether the code is the one on the device in front of the person (RFC 8628 section 5.4). */
export function deviceConfirmPage({ action, xsrf, code }: DeviceForm & { code: string }): string {
  return page(
    'Is this your device?',
    html`<p>The device must show this code:</p>
<p><code>${code}</code></p>
<p>Go on only if you started this yourself, and see the same code there. Whoever sent you a code could use the service in your name.</p>
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${xsrf}">
<input type="hidden" name="user_code" value="${code}">
<input type="hidden" name="confirm" value="yes">
<button type="submit">Yes, go on</button>
<button type="submit" name="abort" value="yes">No, stop</button>
</form>`,
  );
}

/** A page that only says something. @param code what to tell whoever helps */
export function messagePage(title: string, message: string, code?: string): string {
  const told = code === undefined ? undefined : html`<p>Code of this message: ${code}</p>`;
  return page(title, html`<p>${message}</p>${told}`);
}

/** Sends a page. */
export function sendPage(response: ServerResponse, status: number, content: string): void {
  // What was not read of a body would be taken for the next request.
  const unread = !response.req.complete;
  const close = unread && { connection: 'close' };
  response.writeHead(status, { ...pageHeaders, 'content-type': 'text/html; charset=utf-8', ...close });
  response.end(content);
  if (unread) response.req.resume();
}
