import { ProviderError } from '#domain/errors.ts';

/** Far more than any issuer's metadata or keys take. */
const longestAnswer = 256 * 1024;

/**
 * `fetch` for an issuer's documents: it follows no redirect, and takes no more than 256 KiB.
 * @throws ProviderError `issuer-unavailable` for a longer answer; what `fetch` throws otherwise
 */
export async function boundedFetch(url: string | URL, options: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...options, redirect: 'manual' });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the rest of the body.
    if (length > longestAnswer) throw unavailable('answers at more length than its documents have');
    chunks.push(chunk);
  }
  // A redirect has no body, and `Response` takes none with status 304.
  const body = response.status === 200 ? Buffer.concat(chunks) : null;
  return new Response(body, { status: response.status, headers: response.headers });
}

/** ProviderError `issuer-unavailable`: no token can be judged, so none is refused. */
export function unavailable(why: string, cause?: unknown): ProviderError {
  return new ProviderError('issuer-unavailable', { field: 'token issuer', why, cause });
}
