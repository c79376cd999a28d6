import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Provider } from 'oidc-provider';
import * as v from 'valibot';
import { Secret } from '#domain/secret.ts';
import { errorMessage } from './page-messages.ts';
import { messagePage, sendPage, signInPage } from './pages.ts';
import type { SignIn, SignInResult } from './sign-in.ts';

const largestForm = 16 * 1_024;
const longestField = 1_024;

const formSchema = v.object({
  decision: v.optional(v.string()),
  subject: v.pipe(v.optional(v.string(), ''), v.maxLength(longestField)),
  password: v.pipe(v.optional(v.string(), ''), v.maxLength(longestField)),
});
type Form = v.InferOutput<typeof formSchema>;

export interface InteractionParts {
  provider: Provider;
  signIn: SignIn;
  issuer: string;
}

/**
 * The page that a person signs in on. The library ties it to the browser that began: by a cookie that other sites' forms do
 * not bring (SameSite), and that is for this page's address only; where a browser says what page a form stood on, that must be ours.
 */
export async function handleInteraction(
  parts: InteractionParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { uid } = await parts.provider.interactionDetails(request, response);
    const action = `${parts.issuer}/interaction/${uid}`;
    if (request.method === 'POST') await submit(parts, action, request, response);
    else sendPage(response, 200, signInPage({ action }));
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error;
    sendPage(response, 400, messagePage('This does not go on', errorMessage(error.error), error.error));
  }
}

async function submit(
  { provider, signIn, issuer }: InteractionParts,
  action: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const form = isOurs(request, issuer) ? await readForm(request) : undefined;
  if (form === undefined) {
    return sendPage(
      response,
      400,
      signInPage({ action, message: 'The form did not come as it should. Fill it in again.' }),
    );
  }
  const finish = { mergeWithLastSubmission: false };
  if (form.decision === 'cancel') {
    const result = { error: 'access_denied', error_description: 'the person stopped the sign-in' };
    return await provider.interactionFinished(request, response, result, finish);
  }
  const result = await signIn.check(form.subject.trim(), Secret.fromText(form.password));
  if ('refused' in result) {
    const { status, message } = refusals[result.refused];
    return sendPage(response, status, signInPage({ action, subject: form.subject, message }));
  }
  const login = { accountId: result.account.subject, amr: ['pwd'], remember: false };
  await provider.interactionFinished(request, response, { login }, finish);
}

const refusals: Readonly<
  Record<Extract<SignInResult, { refused: string }>['refused'], { status: number; message: string }>
> = {
  'wrong-password': {
    status: 400,
    message: 'The account name or the password is not right. Check both, and whether capitals are on.',
  },
  'too-many-requests': {
    status: 429,
    message:
      'Too many wrong passwords came for this account. Wait fifteen minutes, or ask an administrator for another password.',
  },
  busy: {
    status: 503,
    message: 'Too many people are signing in at this moment. Wait some seconds, and try again.',
  },
};

function isOurs({ headers }: IncomingMessage, issuer: string): boolean {
  const sameOrigin = headers.origin === undefined || headers.origin === new URL(issuer).origin;
  return sameOrigin && /^application\/x-www-form-urlencoded(?:;|$)/i.test(headers['content-type'] ?? '');
}

/** The form of a request; undefined if it is longer than any of ours, or has a field twice. */
async function readForm(request: IncomingMessage): Promise<Form | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!(chunk instanceof Uint8Array)) continue;
    length += chunk.length;
    if (length > largestForm) return undefined;
    chunks.push(chunk);
  }
  const fields = new URLSearchParams(Buffer.concat(chunks).toString());
  if (new Set(fields.keys()).size !== fields.size) return undefined;
  const form = v.safeParse(formSchema, Object.fromEntries(fields));
  return form.success ? form.output : undefined;
}
