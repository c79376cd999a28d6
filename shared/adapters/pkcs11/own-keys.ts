import { ProviderError } from '#domain/errors.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import { receiptJwk } from '../receipt-jwk.ts';
import { attempt } from './attempt.ts';
import { lackOf, type TokenCapabilities } from './capabilities.ts';
import type { Handle } from './cryptoki.ts';
import { macKeyMechanisms, proveMac } from './mac-keys.ts';
import { mechanisms } from './mechanisms.ts';
import { sign, type TokenSession } from './operations.ts';
import { readPublicKey, subjectPublicKeyInfo } from './public-key.ts';
import { ensureTokenKey, findTokenKey, publicHalfOf, tokenKeyKinds } from './token-keys.ts';
import type { TokenSigner } from './token-signer.ts';

/** What the provider does with keys of its own. */
export interface OwnKeys {
  receiptJwk: PublicJwk & { kid: string };
  /** ECDSA P-256 with SHA-256. @returns r and s, 32 bytes each */
  signReceipt(token: TokenSession, message: Uint8Array): Promise<Uint8Array>;
  /** HMAC-SHA256. @returns 32 bytes */
  mac(token: TokenSession, message: Uint8Array): Promise<Uint8Array>;
}

const needed = [
  { oneOf: macKeyMechanisms, for: 'make keys for HMAC-SHA256' },
  { oneOf: [mechanisms.CKM_SHA256_HMAC], for: 'compute HMAC-SHA256' },
];
const hmac = { mechanism: mechanisms.CKM_SHA256_HMAC };

/**
 * Finds the provider's own keys in the token, or makes them, and tries both: a receipt must verify, and a MAC be one.
 * @throws ProviderError `provider-incapable` if the token cannot do without which nothing works; `provider-misconfigured`
 *   if its keys are not as they must be
 */
export async function openOwnKeys(
  token: TokenSession,
  capabilities: TokenCapabilities,
  signer: TokenSigner,
): Promise<OwnKeys> {
  checkMechanisms(capabilities);
  const macKey = await ensureTokenKey(token, tokenKeyKinds.mac);
  const mac: OwnKeys['mac'] = (session, message) => sign(session, hmac, macKey, message);
  await tryMac(token, macKey);

  const handle = await ensureTokenKey(token, tokenKeyKinds.receipt);
  const publicKey = readPublicKey(token, publicHalfOf(token, handle), 'ECC_NIST_P256');
  const key = { handle, publicKey: () => subjectPublicKeyInfo(publicKey) };
  const { mechanism, input } = await signer.find(token, 'ECDSA_SHA256', key);
  return {
    receiptJwk: receiptJwk(publicKey),
    signReceipt: (session, message) => sign(session, mechanism, handle, input(message)),
    mac,
  };
}

/**
 * Looks whether a token is the one that was opened before, and changes nothing in it.
 * @param receiptKeyId the `kid` of its receipt key
 * @throws ProviderError `provider-unavailable` if it has another, or none
 */
export function checkReceiptKey(token: TokenSession, receiptKeyId: string): void {
  const handle = findTokenKey(token, tokenKeyKinds.receipt);
  if (handle !== undefined && jwkOf(token, handle).kid === receiptKeyId) return;
  throw new ProviderError('provider-unavailable', {
    why: 'another token of the same name is there, with other keys',
    next: 'Put the token that this service was set up with in its place, or name it by its serial number.',
  });
}

function jwkOf(token: TokenSession, receiptKey: Handle): OwnKeys['receiptJwk'] {
  return receiptJwk(readPublicKey(token, publicHalfOf(token, receiptKey), 'ECC_NIST_P256'));
}

function checkMechanisms({ mechanisms: available, specs }: TokenCapabilities): void {
  for (const { oneOf, for: what } of needed) {
    const lack = lackOf(available, oneOf);
    if (lack !== undefined) {
      throw new ProviderError('provider-incapable', { why: `${lack}, and so does not ${what}` });
    }
  }
  if (!specs.includes('ECC_NIST_P256')) {
    throw new ProviderError('provider-incapable', { why: 'the token does not make and use P-256 keys' });
  }
}

async function tryMac(token: TokenSession, key: Handle): Promise<void> {
  const tried = await attempt(() => proveMac(token, key));
  if (tried.works) return;
  throw new ProviderError('provider-incapable', {
    why: `the token does not compute HMAC-SHA256: ${tried.why}`,
  });
}
